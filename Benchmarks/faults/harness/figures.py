"""The figures: one function each, which returns lines for people and whether the promise holds."""
import datetime
import os
import platform
import re
import subprocess
import sys

from . import inflight, kills, paths, restart, soak, state

FIGURES = {"kills": kills.measure, "soak": soak.measure, "restart": restart.measure, "inflight": inflight.measure,
           "state": state.measure}
RESULTS = paths.ROOT / "Benchmarks/faults/RESULTS.md"


def run(options):
    """Measures one figure, prints it and, where asked, writes it into RESULTS.md."""
    lines, holds = FIGURES[options.what](options)
    text = "\n".join(lines)
    print(text if holds else f"{text}\nWRONG: the promise is broken")
    if options.write:
        write(options.what, text + ("" if holds else "\n\n**The promise is broken.**"))
    return holds


def write(name, text):
    """Replaces the figure's part of RESULTS.md."""
    commit = subprocess.run(["git", "-C", str(paths.ROOT), "rev-parse", "--short", "HEAD"], capture_output=True,
                            text=True).stdout.strip() or "no commit"
    command = "Benchmarks/faults/run " + " ".join(word for word in sys.argv[1:] if word != "--write")
    build = "release" if "release" in os.environ.get("STEWARD_BINARY", "") else "debug build"
    head = f"{datetime.date.today()}, commit {commit}, {build}, Linux {platform.release()}, {os.cpu_count()} cores: `{command}`"
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = RESULTS.read_text()
    assert begin in page and end in page, f"{RESULTS} has no markers of {name}"
    RESULTS.write_text(re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{head}\n\n{text}\n{end}", page, flags=re.S))


def quantile(values, share):
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
