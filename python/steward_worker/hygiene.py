"""What a worker restores after each call, so that nothing of one call leaks into the next."""

from __future__ import annotations

import contextlib
import gc
import locale
import logging
import os
import signal
import socket
import sys
import time

from . import children, guards, logs


class Hygiene:
    """Knows the clean state of the process. Made in the zygote and completed by `adopt` in each worker."""

    def __init__(self) -> None:
        self._folder = "/"
        self._environ = os.environ
        self._variables = dict(os.environ)
        self._umask = os.umask(0o022)
        os.umask(self._umask)
        self._signals = {number: signal.getsignal(number) for number in _catchable()}
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._locale = locale.setlocale(locale.LC_ALL)
        self._timeout = socket.getdefaulttimeout()
        self._stdout, self._stderr, self._stdin = sys.stdout, sys.stderr, sys.stdin
        self._argv = list(sys.argv)
        self._argv_object = sys.argv
        self._path_object = sys.path
        self._recursion = sys.getrecursionlimit()
        self._hooks = (sys.excepthook, sys.displayhook)
        self._root = logging.root
        self._logs = logs.DEFAULT_STATE
        self._dirty = guards.dirty
        self._dirty.clear()
        self.path: list = list(sys.path)

    def adopt(self, zone: str, folder: str, environment: dict) -> None:
        """Makes this process the clean one of a zone."""
        self._folder = folder
        if environment:
            os.environ.update(environment)
            self._variables = dict(os.environ)
        sys.argv[:] = self._argv = [zone]
        self._signals[signal.SIGCHLD] = signal.SIG_DFL
        with contextlib.suppress(OSError):
            guards.original["chdir"](folder)
        self._dirty.clear()

    def check(self) -> None:
        """Restores what the last call changed. Costs well under a microsecond when nothing was."""
        if self._dirty or os.environ is not self._environ:
            self._restore_process()
        root = self._root
        if root.level != logs.ROOT_LEVEL or root.handlers != [logs.DEFAULT_HANDLER]:
            logs.restore(self._logs)
        if (
            sys.stdout is not self._stdout
            or sys.stderr is not self._stderr
            or sys.stdin is not self._stdin
            or sys.argv is not self._argv_object
            or sys.argv != self._argv
            or sys.path is not self._path_object
            or sys.path != self.path
            or sys.getrecursionlimit() != self._recursion
            or not gc.isenabled()
            or sys.gettrace() is not None
            or sys.getprofile() is not None
        ):
            self._restore_interpreter()

    def capture(self) -> dict:
        """How the process differs from its clean state now, in a form that `apply` takes."""
        changes: dict = {}
        marks = self._dirty
        if "environ" in marks or os.environ is not self._environ:
            now = dict(os.environ)
            changes = {("environ", name): text for name, text in now.items() if self._variables.get(name) != text}
            changes.update({("environ", name): None for name in self._variables if name not in now})
        if "cwd" in marks:
            changes["cwd", ""] = os.getcwd()
        if "umask" in marks:
            mask = os.umask(0o077)
            os.umask(mask)
            changes["umask", ""] = mask
        if "locale" in marks:
            changes["locale", ""] = locale.setlocale(locale.LC_ALL)
        if "timeout" in marks:
            changes["timeout", ""] = socket.getdefaulttimeout()
        if logs.state() != logs.DEFAULT_STATE:
            changes["logs", ""] = logs.state()
        if sys.getrecursionlimit() != self._recursion:
            changes["recursion", ""] = sys.getrecursionlimit()
        return changes

    def apply(self, changes: dict) -> None:
        """Makes captured changes for the call that follows; `check` undoes them."""
        for (kind, name), value in changes.items():
            if kind == "environ":
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            else:
                _APPLY[kind](value)

    def _restore_process(self) -> None:
        marks = set(self._dirty)
        if "environ" in marks or os.environ is not self._environ:
            self._restore_environ()
        if "cwd" in marks:
            with contextlib.suppress(OSError):  # The zone folder itself may be gone.
                os.chdir(self._folder)
        if "umask" in marks:
            os.umask(self._umask)
        if "timers" in marks:
            for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
                signal.setitimer(timer, 0)
        if "signals" in marks:
            for number, handler in self._signals.items():
                if signal.getsignal(number) is not handler:
                    signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if "mask" in marks:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        if "wakeup" in marks:
            signal.set_wakeup_fd(-1)
        if "locale" in marks:
            locale.setlocale(locale.LC_ALL, self._locale)
        if "timeout" in marks:
            socket.setdefaulttimeout(self._timeout)
        if "timezone" in marks:
            time.tzset()
        self._dirty.clear()
        if "children" in marks and children.reap_adopted():
            self._dirty.add("children")

    def _restore_environ(self) -> None:
        os.environ = self._environ
        for name in [name for name in self._environ if name not in self._variables]:
            del self._environ[name]
        for name, value in self._variables.items():
            if self._environ.get(name) != value:
                self._environ[name] = value

    def _restore_interpreter(self) -> None:
        sys.stdout, sys.stderr, sys.stdin = self._stdout, self._stderr, self._stdin
        sys.argv = self._argv_object
        sys.argv[:] = self._argv
        sys.path = self._path_object
        sys.path[:] = self.path
        sys.setrecursionlimit(self._recursion)
        sys.excepthook, sys.displayhook = self._hooks
        gc.enable()
        sys.settrace(None)
        sys.setprofile(None)


def _catchable() -> list:
    never = (signal.SIGKILL, signal.SIGSTOP)
    return [number for number in signal.valid_signals() if number not in never]


_APPLY = {
    "cwd": lambda path: os.chdir(path),
    "umask": lambda mask: os.umask(mask),
    "locale": lambda name: locale.setlocale(locale.LC_ALL, name),
    "timeout": lambda seconds: socket.setdefaulttimeout(seconds),
    "logs": logs.restore,
    "recursion": sys.setrecursionlimit,
}
