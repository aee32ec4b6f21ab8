"""The loads, and wrk that makes them."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .paths import WORK
from .verify import BODY, KEY, settle

LUA = Path(__file__).parent / "wrk.lua"


@dataclass(frozen=True)
class Figures:
    """What one load gave: requests a second, milliseconds, and requests that failed or were not 2xx."""

    requests: int
    rps: float
    p50: float
    p99: float
    errors: int


@dataclass(frozen=True)
class Load:
    """One column of the table."""

    name: str
    title: str
    path: str
    connections: int
    post: bool = False
    beside: tuple = ()


SLEEPERS = Load("", "", "sleep50.py", 32)
BURNERS = Load("", "", "cpu5.py", 2)

LOADS = [
    Load("hello-1", "hello, 1 conn", "hello.py?name=Rico", 1),
    Load("hello-16", "hello, 16", "hello.py?name=Rico", 16),
    Load("hello-64", "hello, 64", "hello.py?name=Rico", 64),
    Load("json10k", "10 kB JSON, 16", "json10k.py", 16, post=True),
    Load("json10k-orjson", "10 kB JSON orjson, 16", "json10k_orjson.py", 16, post=True),
    Load("sleep50", "sleep 50 ms, 64", "sleep50.py", 64),
    Load("cpu5", "CPU 5 ms, 16", "cpu5.py", 16),
    Load("mixed", "mixed: hello, 8", "hello.py?name=Rico", 8, beside=(SLEEPERS, BURNERS)),
]


def _wrk(load, port, seconds):
    environment = {**os.environ, "BENCH_KEY": KEY}
    environment.pop("BENCH_BODY", None)
    if load.post:
        body = WORK / "body.json"
        body.write_bytes(BODY)
        environment["BENCH_BODY"] = str(body)
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "30s", "--latency",
               "-s", str(LUA), f"http://127.0.0.1:{port}/api/{load.path}"]
    return subprocess.Popen(command, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _figures(process):
    output, _ = process.communicate()
    for line in output.splitlines():
        if line.startswith("BENCH "):
            requests, micros, p50, p99, *errors = (float(field) for field in line.split()[1:])
            return Figures(int(requests), requests / micros * 1e6, p50 / 1000, p99 / 1000, int(sum(errors)))
    raise RuntimeError(f"wrk gave no figures:\n{output}")


def measure(load, port, seconds):
    """Warms up for a second, then measures; returns the figures and those of the loads beside it.

    wrk leaves with its last requests unanswered; what is still queued of them is waited for, or it would count
    against the next load.
    The loads beside start a second earlier and end a second later.
    """
    settle(port)
    if not load.beside:
        _figures(_wrk(load, port, 1))
        settle(port)
        return _figures(_wrk(load, port, seconds)), []
    beside = [_wrk(other, port, seconds + 2) for other in load.beside]
    time.sleep(1)
    figures = _figures(_wrk(load, port, seconds))
    return figures, [_figures(process) for process in beside]
