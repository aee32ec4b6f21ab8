"""Runs commands and measures them: wall and CPU time, peak memory."""
import os
import subprocess
import threading
import time
from dataclasses import dataclass


@dataclass
class Run:
    """One run. Seconds, MiB; `wall` is None where it was ended at the limit."""
    wall: float
    cpu: float
    peak: float
    status: int
    output: bytes


def run(command, limit=600, environment=None):
    """Runs a command; peak memory is the process's own (ru_maxrss), without its children."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=environment, start_new_session=True) as process:
        begin, watch = time.monotonic(), Watch(process, limit)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.end()
    return Run(None if watch.fired else wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
               process.returncode, output)


class Watch:
    """Ends a process that takes longer than its limit."""

    def __init__(self, process, limit):
        self.process, self.fired = process, False
        self.timer = threading.Timer(limit, self.fire)
        self.timer.daemon = True
        self.timer.start()

    def fire(self):
        self.fired = True
        os.killpg(self.process.pid, 9)

    def end(self):
        self.timer.cancel()


def best(command, rounds, **options):
    """A warm-up, then the median by wall time of `rounds` runs."""
    first = run(command, **options)
    runs = sorted((run(command, **options) for _ in range(rounds)), key=lambda one: one.wall or 1e9)
    return first, runs[len(runs) // 2]
