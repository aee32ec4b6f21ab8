"""Fixtures of the compute tests: the command in a scratch folder, and one server for the module."""
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from support.steward import BINARY, ENVIRONMENT

ADMIN = {"X-Admin-Key": "admin-secret-0123456789abcdef012345", "Content-Type": "application/json"}
API = {"X-API-Key": "api-secret-0123456789abcdef0123456789", "Content-Type": "application/json"}


class Compute:
    """`steward compute` in a folder of its own."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def __call__(self, *arguments, code=0, timeout=60, environment=None, **options):
        result = subprocess.run(
            [str(BINARY), "compute", *map(str, arguments)], capture_output=True, text=True, cwd=self.folder,
            env=environment or self.environment, timeout=timeout, stdin=subprocess.DEVNULL, **options)
        assert result.returncode == code, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *arguments, **options):
        return json.loads(self(*arguments, "--json", **options).stdout)


@pytest.fixture
def compute(tmp_path):
    return Compute(tmp_path, dict(ENVIRONMENT))


def children():
    """The processes of this machine that compute for a steward, by pid."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if words[:3] == [b"steward", b"compute", b"exec"] and state != "Z":
                found[int(entry.name)] = words
    return found


def children_of(pid):
    return [child for child in children() if parent(child) == pid]


def parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
