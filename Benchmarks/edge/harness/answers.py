"""What large answers cost that their clients take slowly or not at all: memory, and what others notice."""
import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
READERS, MIB = 100, 20
SCRIPT = f"def main(request):\n    return b'x' * ({MIB} << 20)\n"


def peers(port):
    """{name: command}"""
    binaries = ROOT / "Benchmarks/http/.work/venv/bin"
    return {
        "gunicorn gthread, 2 x 64 threads": [
            binaries / "gunicorn", "-k", "gthread", "-w", "2", "--threads", "64", "-b", f"127.0.0.1:{port}",
            "--log-level", "error", "wsgi:application"],
        "granian WSGI, 2 x 32 threads": [
            binaries / "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "32", "--host",
            "127.0.0.1", "--port", str(port), "--no-log", "wsgi:application"],
    }


def install():
    """Brings the peers' packages, the ones of Benchmarks/http."""
    code = "from harness.install import install; install(lambda text: print(text))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "Benchmarks/http", check=True, stdout=sys.stderr)


class Peer:
    """A running peer, as `figures` needs it."""

    def __init__(self, command, port):
        self.address = ("127.0.0.1", port)
        self.process = subprocess.Popen([str(word) for word in command], cwd=Path(__file__).parent)
        for _ in range(200):
            try:
                return socket.create_connection(self.address).close()
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{command[0]} does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def tree(pid):
    """A process and everything beneath it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in tree(int(child)))]


def memory(pid):
    """PSS of a process and everything beneath it, bytes."""
    total = 0
    for each in tree(pid):
        try:
            with open(f"/proc/{each}/smaps_rollup") as lines:
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) << 10
        except OSError:
            continue
    return total


def ask(address, path, times=1):
    """A connection that has asked and takes nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(address)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * times)
    return client


def polite(address, seconds=3, patience=2):
    """Answers of a second caller: how many came, and the slowest in milliseconds (patience where one never came)."""
    begin, count, slowest = time.monotonic(), 0, 0.0
    while time.monotonic() - begin < seconds:
        start = time.monotonic()
        try:
            connection = http.client.HTTPConnection(*address, timeout=patience)
            connection.request("GET", "/hello.py")
            count += connection.getresponse().read() == b"hello"
            connection.close()
        except OSError:
            pass
        slowest = max(slowest, time.monotonic() - start)
    return count, slowest * 1000


def watch(pid, seconds):
    """The most memory in that time, and the last."""
    seen, begin = [], time.monotonic()
    while time.monotonic() - begin < seconds:
        seen.append(memory(pid))
        time.sleep(0.25)
    return max(seen), seen[-1]


def figures(server):
    """Growth of memory in MiB with the readers waiting, at its peak and after twelve seconds, and with requests sent ahead; the
    second caller's (count, slowest)."""
    polite(server.address, 0.5)
    with ask(server.address, "/large.py") as one:
        one.recv(1000)
    time.sleep(1)
    before = memory(server.process.pid)
    with ExitStack() as stack:
        for _ in range(READERS):
            stack.enter_context(ask(server.address, "/large.py"))
        second = polite(server.address)
        peak, slow = watch(server.process.pid, 9)
    time.sleep(2)
    now = memory(server.process.pid)
    with ask(server.address, "/large.py", READERS):
        ahead, _ = watch(server.process.pid, 4)
    return (peak - before) / 2**20, (slow - before) / 2**20, (ahead - now) / 2**20, second
