"""Wraps the calls that change the process itself, so that a clean call costs one look at an empty set.

Installed in the zygote before anything else is imported: `from os import chdir` elsewhere then finds the
wrapped function too.
"""

from __future__ import annotations

import functools
import locale
import os
import signal
import socket
import time
from typing import Any, Callable

dirty: set = set()
"""What was changed since it was last cleared: names of `Hygiene`'s restorers."""

_WRAPPED = (
    (os, "putenv", "environ"),
    (os, "unsetenv", "environ"),
    (os, "chdir", "cwd"),
    (os, "fchdir", "cwd"),
    (os, "umask", "umask"),
    (signal, "signal", "signals"),
    (signal, "siginterrupt", "signals"),
    (signal, "setitimer", "timers"),
    (signal, "alarm", "timers"),
    (signal, "pthread_sigmask", "mask"),
    (signal, "set_wakeup_fd", "wakeup"),
    (locale, "setlocale", "locale"),
    (socket, "setdefaulttimeout", "timeout"),
    (time, "tzset", "timezone"),
)

original: dict = {}


def install() -> None:
    """Wraps each function once."""
    for module, name, mark in _WRAPPED:
        function = getattr(module, name)
        if name not in original:
            original[name] = function
            setattr(module, name, _wrap(function, mark))


def _wrap(function: Callable, mark: str) -> Callable:
    add = dirty.add

    @functools.wraps(function)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        add(mark)
        return function(*arguments, **options)

    return wrapper
