"""Slow peers and idle connections against a running server."""
import os
import resource
import selectors
import socket
import threading
import time
from multiprocessing import get_context

GET = b"GET /hello.py HTTP/1.1\r\nHost: a\r\n\r\n"


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def polite(address, seconds, queue):
    """One caller that calls, waits for the answer, pauses 5 ms; puts its times into `queue`."""
    times, stop = [], time.monotonic() + seconds
    with socket.create_connection(address, timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < stop:
            begin = time.perf_counter()
            connection.sendall(GET)
            data = connection.recv(4096)
            times.append(time.perf_counter() - begin)
            assert data.startswith(b"HTTP/1.1 200"), data
            time.sleep(0.005)
    queue.put(times)


def latency(address, seconds, callers=4):
    """Milliseconds of `callers` polite callers: (median, p99, calls)."""
    context = get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=polite, args=(address, seconds, queue)) for _ in range(callers)]
    for process in processes:
        process.start()
    times = [one for _ in processes for one in queue.get()]
    for process in processes:
        process.join()
    return percentile(times, 0.5) * 1e3, percentile(times, 0.99) * 1e3, len(times)


class SlowPeers:
    """Senders that drip bodies and readers that sip answers, each just fast enough not to be dropped."""

    def __init__(self, address, senders, readers):
        self.address, self.stopped, self.lost = address, threading.Event(), 0
        self.readers = [self.begin_answer() for _ in range(readers)]
        self.await_answers()
        self.senders = [self.begin_body() for _ in range(senders)]
        self.thread = threading.Thread(target=self.drip, daemon=True)
        self.thread.start()

    def begin_body(self):
        connection = socket.create_connection(self.address, timeout=10)
        connection.sendall(b"POST /hello.py HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        connection.setblocking(False)
        return connection

    def begin_answer(self):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        connection.settimeout(10)
        connection.connect(self.address)
        connection.sendall(b"GET /big.py HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.setblocking(False)
        return connection

    def await_answers(self):
        """Making the answers is work of the scripts; what is measured is holding them."""
        with selectors.DefaultSelector() as selector:
            for one in self.readers:
                selector.register(one, selectors.EVENT_READ)
            deadline = time.monotonic() + 60
            while selector.get_map() and time.monotonic() < deadline:
                for key, _ in selector.select(1):
                    selector.unregister(key.fileobj)
            assert not selector.get_map(), "every reader has the beginning of its answer"

    def drip(self):
        """Each sender 400 bytes and each reader 10 KiB every 500 ms, spread over that time."""
        peers = [(True, one) for one in self.senders] + [(False, one) for one in self.readers]
        while not self.stopped.is_set():
            begin = time.monotonic()
            for number, (sends, one) in enumerate(peers):
                try:
                    if sends:
                        one.send(b"x" * 400)
                    elif not one.recv(10240):
                        self.lost += 1
                except BlockingIOError:
                    pass
                except OSError:
                    self.lost += 1
                if number % 10 == 9:
                    time.sleep(max(0, begin + 0.5 * number / len(peers) - time.monotonic()))
            self.stopped.wait(max(0, begin + 0.5 - time.monotonic()))

    def stop(self):
        self.stopped.set()
        self.thread.join()
        for one in self.senders + self.readers:
            one.close()


def resident(pid):
    """Resident bytes of a process."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def idle(address, pid, count):
    """Bytes of the server's memory for each of `count` connections that had one answer each and stay open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 1000), hard))
    warm = [hold(address) for _ in range(100)]
    for one in warm:
        one.close()
    time.sleep(1)
    before, connections = resident(pid), []
    for number in range(count):
        connections.append(hold(address, source=f"127.0.0.{2 + number // 5000}"))
    time.sleep(1)
    after = resident(pid)
    with selectors.DefaultSelector() as selector:
        for one in connections:
            selector.register(one, selectors.EVENT_READ)
        gone = len(selector.select(0))
    for one in connections:
        one.close()
    return (after - before) / count, gone


def hold(address, source="127.0.0.1"):
    connection = socket.create_connection(address, timeout=20, source_address=(source, 0))
    connection.sendall(GET)
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    return connection
