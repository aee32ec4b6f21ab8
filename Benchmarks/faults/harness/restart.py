"""SIGKILL of the server under load, and how soon it answers again on the same state."""
import os
import random
import signal
import subprocess
import threading
import time

from . import processes
from .world import call, world

SLOW = "import time\ndef main(request):\n    time.sleep(0.02)\n    return 'slow'\n"


def load(server, stopped, path):
    """Calls until stopped; what goes wrong while the server is away is nobody's fault."""
    while not stopped.is_set():
        if call(server, path, timeout=5).status != 200:
            time.sleep(0.01)


def again(server):
    """Starts the killed server; seconds until it answers."""
    began = time.monotonic()
    with open(server.log_path, "ab") as log, open(server.error_path, "ab") as errors:
        server.process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=errors,
                                          cwd=server.scratch, env=server.environment, start_new_session=True)
    while call(server, "/hello.py", timeout=5).status != 200:
        assert time.monotonic() - began < 30 and server.process.poll() is None, server.log_tail()
        time.sleep(0.005)
    return time.monotonic() - began


def measure(options):
    """Kills and starts the server; the load goes on all the time."""
    from .figures import quantile
    count = options.count or 20
    ready, ends, left = [], [], 0
    with world() as made:
        server = made.serve({"slow.py": SLOW})
        stopped = threading.Event()
        callers = [threading.Thread(target=load, args=(server, stopped, path))
                   for path in ["/hello.py", "/slow.py"] * 4]
        for caller in callers:
            caller.start()
        for _ in range(count):
            time.sleep(random.uniform(0.3, 0.8))
            below = list(processes.beneath(server.process.pid))
            os.kill(server.process.pid, signal.SIGKILL)
            began = time.monotonic()
            server.process.wait()
            took = processes.gone_after(below, 5, since=began)
            left += took is None
            ends.append(took or 5000)
            ready.append(again(server))
            processes.collect(known={server.process.pid})
        stopped.set()
        for caller in callers:
            caller.join()
    lines = [f"{count} times SIGKILL while eight callers go on, then a start on the same state folder.", "",
             "| | median | slowest |", "|---|---|---|",
             f"| from the start to the first 200 | {quantile(ready, 0.5):.2f} s | {max(ready):.2f} s |",
             f"| from SIGKILL to the end of the last process beneath it | {quantile(ends, 0.5):.0f} ms | {max(ends):.0f} ms |",
             "", f"Times that a process outlived the server by 5 s: {left}."]
    return lines, max(ready) <= 2 and not left
