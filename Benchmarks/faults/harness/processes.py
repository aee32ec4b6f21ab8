"""The processes beneath this one. The harness adopts every orphan, so that none of a server's can get away unseen."""
import ctypes
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    state: str
    started: int
    command: str


def adopt_orphans():
    """From now on whatever loses its parent beneath this process becomes its child."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def look(pid):
    """What /proc says of a process, or None."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return None
    fields = text.rsplit(")", 1)[1].split()
    return Process(pid, int(fields[1]), fields[0], int(fields[19]), command or text[text.find("(") + 1:text.rfind(")")])


def beneath(root=None):
    """{pid: Process} of everything beneath `root` (this process)."""
    root = root or os.getpid()
    if os.path.exists(f"/proc/{root}/task/{root}/children"):
        return quickly_beneath(root)
    everything = [found for entry in os.listdir("/proc") if entry.isdigit() and (found := look(int(entry)))]
    children = {}
    for process in everything:
        children.setdefault(process.parent, []).append(process)
    found, frontier = {}, [root]
    while frontier:
        for child in children.get(frontier.pop(), []):
            found[child.pid] = child
            frontier.append(child.pid)
    return found


def quickly_beneath(root):
    """The same by the kernel's own lists of children, which costs nothing for the other processes of the machine."""
    found, frontier = {}, [root]
    while frontier:
        parent = frontier.pop()
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                pids = [int(pid) for pid in path.read_text().split()]
            except OSError:
                continue
            for pid in pids:
                if pid not in found and (process := look(pid)):
                    found[pid] = process
                    frontier.append(pid)
    return found


def of(word, root=None):
    """Pids beneath `root` whose command line has the word and that still run."""
    return sorted(pid for pid, process in beneath(root).items() if word in process.command and process.state not in "ZX")


def zombies(root):
    """Pids beneath `root` that ended and nobody has collected."""
    return sorted(pid for pid, process in beneath(root).items() if process.state == "Z")


def collect(known=()):
    """Takes the exit status of orphans that this process adopted and that nobody else waits for."""
    for process in beneath().values():
        if process.parent == os.getpid() and process.state == "Z" and process.pid not in known:
            try:
                os.waitpid(process.pid, os.WNOHANG)
            except ChildProcessError:
                pass


def gone_after(pids, timeout=5.0, since=None):
    """Milliseconds until none of the pids runs any more; None if some still do after `timeout` seconds."""
    since = since or time.monotonic()
    left = set(pids)
    while left:
        left = {pid for pid in left if (found := look(pid)) and found.state not in "ZX"}
        if left and time.monotonic() - since > timeout:
            return None
        if left:
            time.sleep(0.0005)
    return (time.monotonic() - since) * 1000


def end(pids):
    """SIGKILL to what a fault left behind, so that it doesn't disturb the next one."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
