"""The sending end of a worker's data socket.

Frames are collected and sent together. Both threads may flush; only frames of finished replies, logs and
streams are ever in here, in the order in which they must arrive.
"""

from __future__ import annotations

import os
import socket
import threading
from time import perf_counter_ns
from typing import Optional

from . import frames

HOLD_NS = 200_000
"""How long a finished reply may wait for the next one, in nanoseconds."""

_LONG_CALL_NS = 1_000_000
_CHUNK_SIZE = 1024 * 1024


class Outbox:
    """Made in the zygote, connected in the worker. Until then lines go to standard error."""

    def __init__(self) -> None:
        self._data: Optional[socket.socket] = None
        self._lock = threading.Lock()
        self._parts: list = []
        self.append = self._parts.append
        self.call = 0
        self.call_started = 0

    def connect(self, data: Optional[socket.socket]) -> None:
        """From now on frames leave through `data`."""
        self._data = data
        self._parts.clear()
        self.call = 0

    def flush(self) -> None:
        """Sends all that is collected. Appending at the same time is safe: it comes with the next flush."""
        with self._lock:
            self._send()

    def try_flush(self) -> None:
        """Flushes unless a flush is under way: a script's signal handler may print in the midst of one."""
        if self._lock.acquire(blocking=False):
            try:
                self._send()
            finally:
                self._lock.release()

    def _send(self) -> None:
        parts = self._parts
        count = len(parts)
        if count and self._data is not None:
            data = parts[0] if count == 1 else b"".join(parts[:count])
            del parts[:count]
            self._data.sendall(data)

    def log(self, flag: int, line: str) -> None:
        """One line of output of the running call. Lines over 16 KiB go out in pieces."""
        payload = line.encode("utf-8", "replace")
        if self._data is None:
            os.write(2, payload + b"\n")
            return
        for start in range(0, len(payload) or 1, frames.MAX_LOG):
            piece = payload[start : start + frames.MAX_LOG]
            self.append(frames.pack(frames.LOG, piece, flags=flag, call=self.call))
        if not self.call or perf_counter_ns() - self.call_started > _LONG_CALL_NS:
            self.try_flush()

    def head(self, call: int, status: int, flags: int, block: bytes) -> None:
        """Begins a streamed answer, at once."""
        self.append(frames.pack(frames.HEAD, block, flags=flags, status=status, call=call, a=len(block)))
        self.flush()

    def chunk(self, call: int, body: bytes) -> None:
        """A piece of a streamed answer's body, at once."""
        for start in range(0, len(body), _CHUNK_SIZE):
            piece = body if len(body) <= _CHUNK_SIZE else body[start : start + _CHUNK_SIZE]
            self.append(frames.pack(frames.CHUNK, piece, call=call))
            self.flush()
