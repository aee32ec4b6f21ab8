"""One zone's folder, and files opened beneath it."""

from __future__ import annotations

import os
import stat
from typing import Optional

from .failure import Failure


class Zone:
    """A folder of scripts. `folder` is the path as configured, `real` where it leads."""

    def __init__(self, name: str, prefix: str, folder: str, by_entry: bool = False) -> None:
        self.name = name
        self.by_entry = by_entry
        """Whether this worker may read only those entries of the folder that were there when it was forked."""
        self.prefix = prefix.rstrip("/")
        self.folder = folder.rstrip("/") or "/"
        self.real = ""
        self._descriptor = -1
        self.reopen()

    def reopen(self) -> None:
        """Opens the folder anew: a deployment may have made its path lead elsewhere."""
        try:
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            descriptor = -1
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = descriptor
        self.real = os.path.realpath(self.folder)

    def absolute(self, path: str) -> str:
        return os.path.join(self.folder, path)

    def relative(self, path: str) -> str | None:
        """`path` relative to the zone folder, or None when it lies outside."""
        inside = self.folder.rstrip("/") + "/"
        if path == self.folder:
            return ""
        return path[len(inside) :] if path.startswith(inside) else None

    def open(self, path: str) -> int:
        """Opens a regular file beneath the folder for reading; the caller closes the descriptor.

        Raises Failure `gone` when there is none, or when it lies outside once all links are followed.
        """
        parts = path.split("/")
        if not path or path.startswith("/") or ".." in parts or "\0" in path:
            raise Failure("gone", f"{path!r} is not a path inside zone {self.name!r}", path)
        if self._descriptor < 0:
            raise Failure("gone", f"the folder {self.folder} of zone {self.name!r} is not there", path)
        try:
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
            descriptor = os.open(path, flags, dir_fd=self._descriptor)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Failure("gone", f"{path} is no longer there", path) from None
        except OSError as error:
            raise Failure(self.code_of(error), f"{path} cannot be opened: {error.strerror}", path) from None
        try:
            self._check(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def code_of(self, error: Optional[BaseException]) -> str:
        """`out-of-reach` for a file of the folder that may be newer than this worker's rights, for the server to tell."""
        while error is not None:
            if isinstance(error, PermissionError) and self.by_entry:
                name = error.filename
                if not isinstance(name, str) or not os.path.isabs(name) or self.relative(name) is not None:
                    return "out-of-reach"
            error = error.__cause__ or error.__context__
        return "load-error"

    def _check(self, descriptor: int, path: str) -> None:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Failure("gone", f"{path} is not a regular file", path)
        try:
            real = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            real = os.path.realpath(self.absolute(path))
        if not real.startswith(self.real.rstrip("/") + "/"):
            raise Failure("gone", f"{path} leads out of zone {self.name!r}", path)

    def read(self, path: str) -> bytes:
        """The content of a file beneath the folder. Raises as `open` does."""
        with os.fdopen(self.open(path), "rb") as file:
            return file.read()
