"""Clients that ask for large answers and take their time; where the answers are meanwhile."""
import os
import random
import socket
from contextlib import contextmanager

from .wire import Connection

MIB = 1 << 20
SIZE = 8 * MIB
SCRIPTS = {"big.py": """
    import random
    DATA = {}
    def main(request):
        seed, size = int(request.args["seed"]), int(request.args["size"])
        if (seed, size) not in DATA:
            DATA[seed, size] = random.Random(seed).randbytes(size)
        return DATA[seed, size]
    """, "stream.py": """
    import random
    def main(request):
        def pieces():
            for seed in (1, 2, 3):
                yield random.Random(seed).randbytes(%d)
        return pieces()
    """ % SIZE}


def expected(seed, size=SIZE):
    return random.Random(seed).randbytes(size)


def target(seed, size=SIZE):
    return f"/big.py?seed={seed}&size={size}"


def request(seed, size=SIZE):
    return f"GET {target(seed, size)} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


@contextmanager
def lazy(address, said, wrap=lambda plain: plain):
    """A connection that has said something and takes nothing yet: its system holds a few kilobytes for it."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.settimeout(30)
    plain.connect(address)
    connection = Connection.__new__(Connection)
    connection.socket = wrap(plain)
    connection.reader = connection.socket.makefile("rb")
    with connection:
        connection.send(said)
        yield connection


def memory(server):
    """Resident memory of the server itself in bytes."""
    with open(f"/proc/{server.process.pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) << 10


def kept(server):
    """Bytes of disk that answers take: in files of the spool folder that have no name."""
    total, folder = 0, f"/proc/{server.process.pid}/fd"
    for name in os.listdir(folder):
        try:
            if "/spool/" in os.readlink(f"{folder}/{name}"):
                total += os.stat(f"{folder}/{name}").st_blocks * 512
        except OSError:
            continue
    return total
