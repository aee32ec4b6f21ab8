"""The rounds: in each one every server is started, checked, loaded and ended, one after the other."""

import http.client
from dataclasses import dataclass, field

from .load import measure
from .memory import tree_pss_mib
from .site import log_lines, serving
from .verify import WrongAnswer, settle, verify, wait_until_ready


@dataclass
class Row:
    """What was measured of one server, a list entry for each round."""

    server: object
    figures: dict = field(default_factory=dict)
    beside: dict = field(default_factory=dict)
    start_ms: list = field(default_factory=list)
    pss_mib: list = field(default_factory=list)
    not_run: str = ""


def run_rounds(servers, loads, rounds, seconds, say):
    """The rows in the order of the servers; one that can't run or answers wrongly says why."""
    rows = [Row(server, not_run=server.missing() or "") for server in servers]
    for number in range(1, rounds + 1):
        for row in rows:
            if row.not_run:
                say(f"{row.server.name}: not run: {row.not_run}")
                continue
            say(f"round {number}/{rounds}: {row.server.name}")
            try:
                _one(row, loads, seconds, say)
            except (WrongAnswer, OSError, http.client.HTTPException) as error:
                row.not_run = f"{type(error).__name__}: {error}"
                say(f"{row.server.name}: {row.not_run}")
    return rows


def _one(row, loads, seconds, say):
    answered = 0
    with serving(row.server) as (site, running):
        row.start_ms.append(wait_until_ready(site.port, running) * 1000)
        verify(site.port)
        hello_left = sum(load.name.startswith("hello") for load in loads)
        for load in loads:
            figures, beside = measure(load, site.port, seconds)
            answered += figures.requests + sum(other.requests for other in beside)
            row.figures.setdefault(load.name, []).append(figures)
            row.beside.setdefault(load.name, []).append(beside)
            say(f"  {load.title}: {figures.rps:.0f}/s p50 {figures.p50:.2f} p99 {figures.p99:.2f} ms"
                + (f", {figures.errors} errors" if figures.errors else "")
                + "".join(f", beside {other.rps:.0f}/s" for other in beside))
            hello_left -= load.name.startswith("hello")
            if hello_left == 0 and load.name.startswith("hello"):
                settle(site.port)
                row.pss_mib.append(tree_pss_mib(running.pid))
    lines = log_lines(site)
    if lines < answered:
        raise WrongAnswer(f"{answered} answers, but only {lines} lines in the access log")
