"""The machine, the versions and the date of a run."""

import os
import platform
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from .paths import PYTHON, REPOSITORY


def _cpu():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def _memory_gib():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            return int(line.split()[1]) / 1024 / 1024
    return 0.0


def _first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    except OSError:
        return "?"
    return ((done.stdout + done.stderr).strip().splitlines() or ["?"])[0]


class Steal:
    """The share of CPU time that the host gave to others: figures taken while it is high are noise."""

    def __init__(self):
        self._first = self._read()

    @staticmethod
    def _read():
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(fields), fields[7]

    def percent(self):
        """Steal since the start in percent."""
        total, stolen = (now - first for now, first in zip(self._read(), self._first))
        return 100 * stolen / total if total else 0.0


def header(servers):
    """Lines of the report's head as (label, value); taken before the first load."""
    distribution = platform.freedesktop_os_release().get("PRETTY_NAME", "?")
    versions = [version for server in servers if not server.missing() and (version := server.version())]
    return [
        ("Date", datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("Commit", _first_line("git", "describe", "--always", "--dirty")),
        ("Machine", f"{_cpu()}, {os.cpu_count()} CPUs, {_memory_gib():.1f} GiB"),
        ("System", f"{distribution}, kernel {platform.release()}"),
        ("Python", _first_line(str(PYTHON), "--version").removeprefix("Python ")),
        ("Versions", ", ".join(versions)),
        ("wrk", _first_line(shutil.which("wrk") or "wrk", "-v").split(" [")[0].removeprefix("wrk ")),
        ("Load average before", " ".join(f"{load:.2f}" for load in os.getloadavg())),
    ]
