"""Processes beneath this one: which are its own, and the end of those that nobody waits for."""

from __future__ import annotations

import functools
import os
import signal
import time
from typing import Any, Callable

import _posixsubprocess

_own: set = set()
"""Children that Python code started here and may still wait for."""
_starting = [0]
fork = os.fork
"""For the zygote, whose workers are no script's children."""

_WRAPPED = (
    (os, "fork"),
    (os, "forkpty"),
    (os, "posix_spawn"),
    (os, "posix_spawnp"),
    (_posixsubprocess, "fork_exec"),
)


def install(dirty: set) -> None:
    """Notes every child that is started from Python from now on, and marks `dirty` with "children"."""
    for module, name in _WRAPPED:
        setattr(module, name, _wrap(getattr(module, name), dirty))


def _wrap(function: Callable, dirty: set) -> Callable:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        dirty.add("children")
        _starting[0] += 1
        try:
            made = function(*arguments, **options)
            pid = made[0] if isinstance(made, tuple) else made
            if pid:
                _own.add(pid)
            return made
        finally:
            _starting[0] -= 1

    return wrapper


def reap_adopted() -> bool:
    """Collects the orphans of earlier children that have ended; whether this process still has children."""
    if _starting[0]:
        return True
    found = set(of(os.getpid()))
    _own.intersection_update(found)
    for pid in found - _own:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
    return bool(found)


def end(known: Callable[[], set], patience: float) -> bool:
    """Kills every child that isn't `known`, and what then becomes a child, until there is none; whether none is left."""
    deadline = time.monotonic() + patience
    while True:
        strangers = set(of(os.getpid())) - known()
        if not strangers:
            return True
        for pid in strangers:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
            except (ProcessLookupError, ChildProcessError, PermissionError):
                pass
        if time.monotonic() > deadline:
            return False
        time.sleep(0.0005)


def of(pid: int) -> list:
    """The children of a process, those that have ended and weren't collected among them."""
    found: list = []
    folder = f"/proc/{pid}/task"
    try:
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
        return found
    except FileNotFoundError:
        return _by_parent(pid)
    except OSError:
        return []


def _by_parent(parent: int) -> list:
    """For kernels without CONFIG_PROC_CHILDREN."""
    found: list = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(name))
    return found
