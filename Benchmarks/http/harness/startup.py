"""Start and first call: what a server costs before it is warm, for Steward and for gunicorn beside it."""

import http.client
import json
import statistics
import time
from dataclasses import dataclass, field

from .memory import tree_pss_mib
from .site import serving
from .verify import call, wait_until_ready
from .zygote import fork_figures, spawn_ms

SOURCE = 'def main(request):\n    return {{"number": {number}}}\n'


@dataclass
class Startup:
    """Figures of one server; times in milliseconds, memory in MiB."""

    server: object
    answer_ms: list = field(default_factory=list)
    first_call_ms: float = 0
    first_call_worst_ms: float = 0
    first_call_wrong: int = 0
    worker_mib: float = 0


def import_ms(source):
    """What reading, compiling and running such a script costs by itself."""
    started = time.perf_counter()
    module = {}
    exec(compile(source, "dropped.py", "exec"), module)
    return (time.perf_counter() - started) * 1000


def _first_call(site, number):
    """Milliseconds of a dropped script's first call beyond a warm call and its import; None when it failed."""
    source = SOURCE.format(number=number)
    path = f"/api/dropped{number}.py"
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    call(site.port, "/api/hello.py", connection=connection)
    hidden = site.scripts / "api" / f".dropped{number}"
    hidden.write_text(source)
    hidden.rename(site.scripts / "api" / f"dropped{number}.py")
    taken = []
    for _ in range(20):
        started = time.perf_counter()
        status, _, body = call(site.port, path, connection=connection)
        taken.append((time.perf_counter() - started) * 1000)
        if status != 200 or json.loads(body) != {"number": number}:
            connection.close()
            return None
    connection.close()
    return taken[0] - statistics.median(taken[5:]) - import_ms(source)


def _drop_scripts(site, count):
    firsts = []
    for number in range(count):
        firsts.append(_first_call(site, number))
        time.sleep(0.05)
    return firsts


def startup(server, starts=5, drops=20, more_workers=8):
    """Starts the server a few times; drops scripts into it; and compares its memory with 2 and with 10 workers."""
    figures, idle = Startup(server), {}
    for workers in [2] * starts + [2 + more_workers]:
        with serving(server, workers) as (site, running):
            taken = wait_until_ready(site.port, running) * 1000
            time.sleep(1)
            idle[workers] = tree_pss_mib(running.pid)
            if workers != 2:
                continue
            figures.answer_ms.append(taken)
            if len(figures.answer_ms) == starts:
                firsts = _drop_scripts(site, drops)
    right = [first for first in firsts if first is not None] or [float("nan")]
    figures.first_call_ms, figures.first_call_worst_ms = statistics.median(right), max(right)
    figures.first_call_wrong = firsts.count(None)
    figures.worker_mib = (idle[2 + more_workers] - idle[2]) / more_workers
    return figures


def forks(folder):
    """(milliseconds of spawning python3, figures of the zygote or None)."""
    return spawn_ms(), fork_figures(folder)
