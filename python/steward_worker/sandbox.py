"""The worker's own layer of Landlock, and what else sets it apart from the zygote that it was forked from.

`steward-launch` has confined the whole zone; a worker takes away once more, so that it reaches neither the other
workers of its zone nor the zygote: not their scratch folders, not their memory, not by signals. Landlock only
allows, so a zone folder with folders of other zones in it is named entry by entry without them.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from typing import Iterable, Optional

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

# include/uapi/linux/landlock.h
_EXECUTE = 1 << 0
_WRITE_FILE = 1 << 1
_READ_FILE = 1 << 2
_READ_DIR = 1 << 3
_REFER = 1 << 13
_TRUNCATE = 1 << 14
_IOCTL_DEV = 1 << 15
_RIGHTS_BY_VERSION = (13, 14, 15, 15, 16)
"""How many bits of file rights each version handles: 1, 2, 3, 4, 5 and later."""
_SCOPE_ABSTRACT_SOCKETS = 1 << 0
_SCOPE_SIGNALS = 1 << 1
_FIRST_WITH_SCOPES = 6

_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_DEVICE = _READ_FILE | _WRITE_FILE | _IOCTL_DEV

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The kernel did not do what the worker must not run without."""


def adopt_orphans() -> None:
    """Descendants whose parents end become this process's children."""
    if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise Refused(f"PR_SET_CHILD_SUBREAPER: {os.strerror(ctypes.get_errno())}")


def version() -> int:
    """The kernel's version of Landlock; 0 where it has none."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


class Layer:
    """What all workers of the zone may reach. Made in the zygote, which opens the paths once. `own` are folders that may
    be written to because nobody outside the zone sees them."""

    def __init__(self, described: dict, own: Iterable[str] = ()) -> None:
        self._version = version()
        self._rules: list = []
        if not self._version:
            return
        bits = _RIGHTS_BY_VERSION[min(self._version, len(_RIGHTS_BY_VERSION)) - 1]
        self._all = (1 << bits) - 1
        for rights, paths in (
            (_READ, described.get("read", ())),
            (self._all & ~_IOCTL_DEV, described.get("write", ())),
            (_DEVICE, described.get("devices", ())),
        ):
            for path in paths:
                self._prepare(path, rights)
        for path in own:
            self._prepare(path, self._all & ~_IOCTL_DEV, path)

    def _prepare(self, path: str, rights: int, own: Optional[str] = None) -> None:
        opened = _open(path)
        if opened is not None:
            descriptor, is_folder = opened
            self._rules.append((descriptor, self._fit(rights, is_folder), own))

    def _fit(self, rights: int, is_folder: bool) -> int:
        return rights & self._all if is_folder else rights & self._all & _OF_FILES

    def confine(self, folder: str, excluded: Iterable[str], scratch: Optional[str], devices: Iterable[str]) -> None:
        """Puts this process, which must have one thread, into the layer. There is no way back."""
        if not self._version:
            return
        ruleset = self._ruleset()
        try:
            for descriptor, rights, own in self._rules:
                # What is mounted beneath counts as beneath: the zone's scripts, the scratch folders of other workers.
                if own is None or not _is_beneath(own, folder, scratch):
                    _add(ruleset, descriptor, rights)
            self._allow(ruleset, "/proc/self", _READ)
            # Its name and the like are a process's own to write; nothing else beneath is its user's.
            self._allow_zone(ruleset, folder.rstrip("/") or "/", set(excluded))
            if scratch:
                self._allow(ruleset, scratch, self._all & ~_IOCTL_DEV)
            for path in devices:
                self._allow(ruleset, path, _DEVICE)
            _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
            _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
        finally:
            os.close(ruleset)
            for descriptor, _, _ in self._rules:
                os.close(descriptor)
            self._rules = []

    def _ruleset(self) -> int:
        scoped = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if self._version >= _FIRST_WITH_SCOPES else 0
        # Ports are the base layer's: the same for all workers.
        attributes = struct.pack("=QQQ", self._all, 0, scoped)
        size = 24 if self._version >= _FIRST_WITH_SCOPES else 8
        ruleset = _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
        return _check(ruleset, "landlock_create_ruleset")

    def _allow(self, ruleset: int, path: str, rights: int, follow: bool = True) -> None:
        opened = _open(path, follow)
        if opened is None:
            return
        descriptor, is_folder = opened
        try:
            _add(ruleset, descriptor, self._fit(rights, is_folder))
        finally:
            os.close(descriptor)

    def _allow_zone(self, ruleset: int, folder: str, excluded: set) -> None:
        if not excluded:
            return self._allow(ruleset, folder, _READ)
        self._allow_entries(ruleset, folder, excluded)

    def _allow_entries(self, ruleset: int, folder: str, excluded: set) -> None:
        """`excluded` are paths relative to `folder`. Links are not followed: what they lead to within the zone has a name
        of its own there."""
        self._allow(ruleset, folder, _READ_DIR)
        inner: dict = {}
        for path in excluded:
            name, slash, rest = path.partition("/")
            inner.setdefault(name, set()).add(rest)
        try:
            names = os.listdir(folder)
        except OSError:
            return
        for name in names:
            path = os.path.join(folder, name)
            if name not in inner:
                self._allow(ruleset, path, _READ, follow=False)
            elif "" not in inner[name] and not os.path.islink(path):
                self._allow_entries(ruleset, path, inner[name])


def _is_beneath(above: str, *paths: Optional[str]) -> bool:
    """Whether any of the paths lies beneath `above`."""
    return any(path is not None and path.startswith(above.rstrip("/") + "/") for path in paths)


def _open(path: str, follow: bool = True) -> Optional[tuple]:
    """(descriptor, whether it is a folder), or None where there is nothing to open."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    except OSError:
        return None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISLNK(mode):
        os.close(descriptor)
        return None
    return descriptor, stat.S_ISDIR(mode)


def _add(ruleset: int, descriptor: int, rights: int) -> None:
    rule = struct.pack("=Qi", rights, descriptor)
    _check(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), "landlock_add_rule")


def _check(result: int, what: str) -> int:
    if result < 0:
        raise Refused(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result
