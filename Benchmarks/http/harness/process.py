"""One running server: its process tree, its end."""

import os
import signal
import subprocess
import time
from pathlib import Path


def free_port():
    """A TCP port of the loopback interface that nobody listens on now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stat(pid):
    """Parent and start time (clock ticks) of a process, or None once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else (int(fields[1]), int(fields[19]))


def tree(root):
    """The process and all its descendants as {pid: start time}: workers in own sessions included."""
    parents, starts = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(entry.name)):
            parents.setdefault(stat[0], []).append(int(entry.name))
            starts[int(entry.name)] = stat[1]
    found, todo = {}, [root]
    while todo:
        pid = todo.pop()
        if pid in starts:
            found[pid] = starts[pid]
        todo += parents.get(pid, [])
    return found


class RunningServer:
    """A started server process in a process group of its own; `with` ends it and all it started."""

    def __init__(self, command, environment, folder):
        self.output = folder / "output.log"
        self._file = open(self.output, "wb")
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [str(part) for part in command], env=environment, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=self._file, stderr=subprocess.STDOUT, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def tail(self, lines=8):
        """The last lines that the server printed."""
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        members = tree(self.pid)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._end_the_rest(members)
        self._file.close()

    def _end_the_rest(self, members):
        """Workers that outlive their parent get two seconds, then SIGKILL; a reused pid is left alone."""
        def left():
            return [pid for pid, start in members.items() if (stat := _stat(pid)) and stat[1] == start]

        deadline = time.monotonic() + 2
        while left() and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in left():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
