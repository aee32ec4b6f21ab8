"""What scripts see as `sys.stdout`, `sys.stderr` and `sys.stdin`: text turned into LOG frames, line by line."""

from __future__ import annotations

import io
import threading
from typing import Callable

from .frames import MAX_LOG

Sink = Callable[[int, str], None]


class LogStream(io.TextIOBase):
    """A text stream whose every line becomes one LOG frame."""

    encoding = "utf-8"
    errors = "replace"
    newlines = None

    def __init__(self, flag: int, name: str, descriptor: int, sink: Sink) -> None:
        super().__init__()
        self._flag = flag
        self._descriptor = descriptor
        self._sink = sink
        self._lock = threading.RLock()
        self.name = name
        self.mode = "w"
        self.partial = ""
        self.buffer = _Bytes(self)

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            if "\n" in text:
                lines = (self.partial + text).split("\n")
                self.partial = lines.pop()
                for line in lines:
                    self._sink(self._flag, line.rstrip("\r"))
            else:
                self.partial += text
            while len(self.partial) > MAX_LOG:
                self._sink(self._flag, self.partial[:MAX_LOG])
                self.partial = self.partial[MAX_LOG:]
        return len(text)

    def end_line(self) -> None:
        """Sends a last line that has no line break yet. Called at the end of each call."""
        with self._lock:
            if self.partial:
                line, self.partial = self.partial, ""
                self._sink(self._flag, line.rstrip("\r"))

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        """Does nothing: the stream belongs to the worker, not to one script."""


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`: bytes, decoded as UTF-8."""

    def __init__(self, text: LogStream) -> None:
        super().__init__()
        self._text = text

    def write(self, data: bytes) -> int:
        data = bytes(data)
        self._text.write(data.decode("utf-8", "replace"))
        return len(data)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._text.fileno()

    def close(self) -> None:
        """Does nothing, as for the text stream."""


class EmptyInput(io.TextIOWrapper):
    """`sys.stdin`: always at its end, and never closed by a script."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def fileno(self) -> int:
        return 0

    def close(self) -> None:
        """Does nothing."""
