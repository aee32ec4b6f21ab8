"""What the harness knows of a server."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

from ..paths import APPS, VENV
from ..verify import KEY


@dataclass(frozen=True)
class Site:
    """What one start of a server gets: its port, a fresh folder, the scripts and the folder of its log."""

    port: int
    folder: Path
    scripts: Path
    log: Path
    workers: int = 2


@dataclass(frozen=True)
class Server:
    """One row: `command` writes the configuration and returns what to run; `missing` says why it can't."""

    name: str
    title: str
    command: Callable[[Site], list]
    missing: Callable[[], Optional[str]] = lambda: None
    version: Callable[[], Optional[str]] = lambda: None


def environment(site):
    """The environment of every server: the venv first in PATH, the platform's settings, nothing of the caller's."""
    return {
        "PATH": f"{VENV}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "VIRTUAL_ENV": str(VENV),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(APPS),
        "BENCH_SCRIPTS": str(site.scripts / "api"),
        "BENCH_LOG": str(site.log),
        "BENCH_KEY": KEY,
        "BENCH_ADDRESSES": "127.0.0.0/8",
        "BENCH_PORT": str(site.port),
    }


def package_version(*names):
    """Versions of packages in the venv, read without starting Python."""
    def found(name):
        for info in VENV.glob(f"lib/python3.*/site-packages/{name}-*.dist-info"):
            return info.name[len(name) + 1:-len(".dist-info")]
        for info in VENV.glob(f"lib/python3.*/site-packages/{name}-*.egg-info"):
            return info.name[len(name) + 1:].split("-py")[0].removesuffix(".egg-info")
        return "?"

    return lambda: ", ".join(f"{name} {found(name)}" for name in names)
