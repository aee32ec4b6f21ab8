"""Times forks of Steward's zygote by speaking its control protocol (docs/design/worker-protocol.md, version 1)."""

import json
import os
import socket
import statistics
import struct
import subprocess
import time

from .memory import tree_pss_mib
from .paths import PYTHON, REPOSITORY
from .process import tree

PACKAGE = REPOSITORY / "python" / "steward_worker"
HEADER = struct.Struct("<IBBHIIII")
DESCRIBE, DESCRIBED = 2, 7


class Zygote:
    """A zygote of our own, with the forked workers' sockets."""

    def __init__(self, folder):
        self.folder = folder
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(20)
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "python")}
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$@" 3<&0 </dev/null', "sh", str(PYTHON), "-m", "steward_worker"],
            stdin=theirs, env=environment, start_new_session=True)
        theirs.close()
        self._send({"op": "configure", "protocol": 1, "session_secret": os.urandom(32).hex(), "version": "bench"})
        self.expect("ready")
        self.workers = []

    def _send(self, message, descriptors=()):
        socket.send_fds(self.control, [json.dumps(message).encode()], list(descriptors))

    def expect(self, op):
        message = json.loads(self.control.recv(65536))
        if message["op"] != op:
            raise RuntimeError(f"the zygote sent {message}, expected {op}")
        return message

    def fork(self, number):
        """Forks a worker; seconds until the zygote said so, and until the worker answered a DESCRIBE."""
        data, their_data = socket.socketpair()
        control, their_control = socket.socketpair()
        output, their_output = os.pipe()
        progress = os.memfd_create("progress")
        os.ftruncate(progress, 4096)
        zone = {"name": "api", "prefix": "/api", "folder": str(self.folder), "environment": {}}
        passed = [their_data.fileno(), their_control.fileno(), their_output, progress]
        started = time.perf_counter()
        self._send({"op": "fork", "worker": number, "zone": zone, "nice": 0}, passed)
        self.expect("forked")
        forked = time.perf_counter() - started
        their_data.close(), their_control.close(), os.close(their_output), os.close(progress)
        data.settimeout(20)
        data.sendall(HEADER.pack(2, DESCRIBE, 0, 0, 1, 0, 1, 0) + b"[]")
        while self._frame(data) != DESCRIBED:
            pass
        self.workers.append((data, control, output))
        return forked, time.perf_counter() - started

    @staticmethod
    def _frame(data):
        length, kind, *_ = HEADER.unpack(data.recv(HEADER.size, socket.MSG_WAITALL))
        data.recv(length, socket.MSG_WAITALL) if length else None
        return kind

    def pss_mib(self):
        return tree_pss_mib(self.process.pid)

    def close(self):
        """EOF ends the workers and the zygote, as documented."""
        for data, control, output in self.workers:
            data.close(), control.close(), os.close(output)
        self.control.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            for pid in tree(self.process.pid):
                os.kill(pid, 9)


def spawn_ms(count=20):
    """Median milliseconds of `python3 -c pass`, from spawn to exit."""
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        subprocess.run([str(PYTHON), "-c", "pass"], check=True)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def fork_figures(folder, count=20):
    """{forked, answering: median ms; worker_mib: PSS of each further idle worker}, or None without the package."""
    if not PACKAGE.exists():
        return None
    zygote = Zygote(folder)
    try:
        zygote.fork(1)
        before = zygote.pss_mib()
        times = [zygote.fork(number) for number in range(2, count + 2)]
        time.sleep(0.5)
        return {
            "forked": statistics.median(forked for forked, _ in times) * 1000,
            "answering": statistics.median(answering for _, answering in times) * 1000,
            "worker_mib": (zygote.pss_mib() - before) / count,
        }
    finally:
        zygote.close()
