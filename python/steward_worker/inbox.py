"""The receiving end of a worker's data socket, shared by its two threads.

The main thread reads while it has nothing to run; while it runs a batch, only the give-back thread may read.
`pending` holds what has not started. Its pops are atomic, so a call is either run or given back, never both.
"""

from __future__ import annotations

import socket
import threading
from collections import deque

from . import frames

RECEIVE_SIZE = 65536
_DRAIN_LIMIT = 256
_IN_PIECES = 262144


class Inbox:
    def __init__(self, data: socket.socket) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._executing = False
        self._partial = bytearray()
        self._needed = frames.HEADER_SIZE
        self.pending: deque = deque()

    def receive(self) -> bool:
        """Blocks until at least one frame is pending and marks the worker as executing. False at the end."""
        receive = self._data.recv
        while True:
            wanted = self._needed - len(self._partial)
            data = receive(RECEIVE_SIZE if wanted < RECEIVE_SIZE else min(wanted, _IN_PIECES))
            if not data:
                return False
            if self._accept(data):
                with self._lock:
                    self._executing = True
                return True

    def finished(self) -> bool:
        """Ends a batch, unless something is still pending."""
        with self._lock:
            if self.pending:
                return False
            self._executing = False
            return True

    def take_unstarted(self) -> list:
        """Called by the give-back thread: the ids of every call that has not started, which now never will.

        What lies in the kernel's buffer is read as well, but only while the main thread executes: otherwise
        that thread is about to read it itself.
        """
        with self._lock:
            if not self._executing:
                return []
            calls, others = self._empty_pending()
            self._drain()
            more, further = self._empty_pending()
            self.pending.extend(others + further)
            return calls + more

    def _empty_pending(self) -> tuple:
        calls, others = [], []
        while True:
            try:
                frame = self.pending.popleft()
            except IndexError:
                return calls, others
            if frame[0][1] == frames.CALL:
                calls.append(frame[0][4])
            else:
                others.append(frame)

    def _drain(self) -> None:
        for _ in range(_DRAIN_LIMIT):
            try:
                data = self._data.recv(RECEIVE_SIZE, socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                return
            if not data:
                return
            self._accept(data)

    def _accept(self, data: bytes) -> bool:
        if self._partial:
            self._partial += data
            if len(self._partial) < self._needed:
                return False
            data = bytes(self._partial)
            self._partial = bytearray()
        complete, consumed, self._needed = frames.split(data)
        if consumed < len(data):
            self._partial += data[consumed:]
        self.pending.extend(complete)
        return bool(complete)
