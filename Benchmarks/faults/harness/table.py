"""Runs faults and writes the table of docs/design/faults.md."""
import datetime
import platform
import re
import subprocess
import traceback

from . import paths, processes
from .world import world

BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def run_one(fault, quick=False):
    """The outcome, or the reason why there is none (a string that begins with WRONG or not caused)."""
    reason = fault.needs()
    if reason:
        return f"not caused: {reason}"
    try:
        with world(quick) as made:
            return fault.run(made)
    except Exception as error:
        traceback.print_exc()
        return f"WRONG: {type(error).__name__}: {str(error).splitlines()[0][:300]}"
    finally:
        processes.collect()


def row(fault, outcome):
    cells = [f"`{fault.name}`", fault.cause]
    cells += [outcome, "", ""] if isinstance(outcome, str) else [outcome.sees, outcome.log, outcome.left]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def table(outcomes):
    commit = subprocess.run(["git", "-C", str(paths.ROOT), "rev-parse", "--short", "HEAD"], capture_output=True,
                            text=True).stdout.strip() or "no commit"
    lines = [f"{datetime.date.today()}, commit {commit}, Linux {platform.release()}, "
             f"{'as root' if __import__('os').geteuid() == 0 else 'as an ordinary user'}.", "",
             "| fault | how it is caused | what the caller sees | what the log says | what is left |",
             "|---|---|---|---|---|"]
    return "\n".join(lines + [row(fault, outcome) for fault, outcome in outcomes])


def write(text):
    """Replaces the table between its markers."""
    page = paths.TABLE.read_text()
    assert BEGIN in page and END in page, f"{paths.TABLE} has no markers"
    paths.TABLE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.S))
