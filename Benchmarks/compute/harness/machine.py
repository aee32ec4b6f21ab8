"""The machine, the versions and the date of a run."""
import json
import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]


def _first(path, key):
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return "?"


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=HERE).stdout.strip() or "?"
    except OSError:
        return "?"


def stamp():
    """When, on which commit, beside what load."""
    commit = _output("git", "describe", "--always", "--dirty")
    ahead = "" if os.sched_getscheduler(0) == os.SCHED_OTHER else ", ahead of other work (real-time priority)"
    return (f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, commit {commit}, "
            f"load average before {os.getloadavg()[0]:.1f}{ahead}")


def header(python):
    """Lines of the report's head."""
    memory = int(_first("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    wide = [name for name in ("avx2", "avx512f") if name in _first("/proc/cpuinfo", "flags").split()]
    peers = json.loads(_output(python, str(HERE / "peers.py"), "versions"))
    compiler = _output("clang", "--version").splitlines()[0].split(" (")[0]
    return [
        f"- Machine: {_first('/proc/cpuinfo', 'model name')} ({', '.join(wide)}), {os.cpu_count()} CPUs, {memory:.1f} GiB;"
        f" {platform.freedesktop_os_release().get('PRETTY_NAME', '?')}, kernel {platform.release()}",
        f"- Versions: {'; '.join(f'{name} {version}' for name, version in peers.items())}; OpenBLAS of the system "
        f"{_output('dpkg-query', '-W', '-f', '${Version}', 'libopenblas0-pthread')}; {compiler}",
        "- Each figure is the median of the rounds and the best of them; the rows of a part take turns.",
    ]
