"""Steward itself, by its settings file."""

import os
import subprocess
from pathlib import Path

from ..paths import PYTHON, REPOSITORY
from .server import Server

SETTINGS = """\
listen: 127.0.0.1:{port}
state: {folder}/state
python: {python}
zones:
  /api:
    folder: {scripts}/api
    key: api
    addresses: [127.0.0.0/8]
    workers: {workers}
keys:
  - name: bench
    role: api
    environment: BENCH_KEY
log:
  stdout: false
"""


def binary():
    """The release binary, or what STEWARD names (the harness's --steward)."""
    return Path(os.environ.get("STEWARD") or REPOSITORY / ".build" / "release" / "steward")


def _missing():
    return None if os.access(binary(), os.X_OK) else f"{binary()} is not built (make build)"


def _version():
    done = subprocess.run([binary(), "--version"], capture_output=True, text=True)
    return f"steward {done.stdout.strip() or '?'}"


def _serve(site):
    settings = site.folder / "bench.yaml"
    settings.write_text(SETTINGS.format(
        port=site.port, folder=site.folder, python=PYTHON, scripts=site.scripts, workers=site.workers))
    return [binary(), "serve", "--settings", settings]


STEWARD = Server("steward", "Steward, 2 workers", _serve, _missing, _version)
