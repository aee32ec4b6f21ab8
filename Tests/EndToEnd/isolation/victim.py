"""A program beside the server that has something to lose; it runs as the scripts do. Tells every signal that it got and every
byte that reached it, a line each."""
import ctypes
import os
import selectors
import signal
import socket
import sys

IPC_CREAT = 0o1000


def main(folder, key, queue):
    def tell(text):
        os.write(1, (text + "\n").encode())

    for number in (signal.SIGURG, signal.SIGUSR1, signal.SIGUSR2, signal.SIGIO, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: tell(f"signal {number}"))
    sockets = {
        "tcp": listening(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "udp": listening(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "unix": listening(socket.AF_UNIX, socket.SOCK_STREAM, f"{folder}/socket"),
        "datagrams": listening(socket.AF_UNIX, socket.SOCK_DGRAM, f"{folder}/datagrams"),
        "abstract": listening(socket.AF_UNIX, socket.SOCK_STREAM, f"\0steward-victim-{os.getpid()}"),
    }
    for name in ("socket", "datagrams"):
        os.chmod(f"{folder}/{name}", 0o777)
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(key, 4096, 0o600 | IPC_CREAT)
    libc.mq_open(queue.encode(), os.O_CREAT | os.O_RDWR, 0o600, None)
    tell(f"ready {sockets['tcp'].getsockname()[1]} {sockets['udp'].getsockname()[1]} steward-victim-{os.getpid()}")
    try:
        watch(sockets, tell)
    finally:
        libc.shmctl(segment, 0, None)
        libc.mq_unlink(queue.encode())


def listening(family, kind, address):
    made = socket.socket(family, kind)
    made.bind(address)
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def watch(sockets, tell):
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ, "end")
        for name, made in sockets.items():
            selector.register(made, selectors.EVENT_READ, name)
        while True:
            for ready, _ in selector.select():
                if ready.data == "end":
                    return
                if ready.fileobj.type == socket.SOCK_STREAM:
                    ready.fileobj.accept()[0].close()
                else:
                    ready.fileobj.recv(100)
                tell(f"{ready.data} was reached")


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
