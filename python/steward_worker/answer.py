"""How an answer leaves the worker: whole, as one REPLY, or streamed as HEAD, CHUNK, ..., END."""

from __future__ import annotations

import re
from typing import Any, Iterable, Optional

from . import frames
from .outbox import Outbox

BUFFER_SIZE = 256 * 1024
"""Answers whose length is declared and at most this many bytes are sent whole."""

# What a header's name and value are made of (RFC 9110, sections 5.1 and 5.5); the server lets nothing else pass.
is_name = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch
is_value = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch

# The server writes these itself.
_OMITTED = {"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length"}


class Answer:
    """The answer to one call. Once `begun`, an error can only cut the stream."""

    def __init__(self, outbox: Outbox, call: int, method: str) -> None:
        self._outbox = outbox
        self._call = call
        self.head_only = method == "HEAD"
        self.begun = False
        self._length: Optional[int] = None
        self._sent = 0
        self._bodiless = False

    def whole(self, status: int, headers: Iterable, body: bytes) -> tuple:
        """(status, flags, block, body) for REPLY."""
        block, length = header_block(headers)
        check_status(status)
        if forbids_body(status):
            return status, frames.NO_BODY, block, b""
        if self.head_only:
            if length is None:
                return status, frames.NO_BODY, block, b""
            return status, frames.OWN_LENGTH, block + _length_line(length), b""
        return status, 0, block, body

    def begin(self, status: int, headers: Iterable) -> None:
        """Sends HEAD."""
        block, length = header_block(headers)
        check_status(status)
        flags = 0
        self._bodiless = self.head_only or forbids_body(status)
        if forbids_body(status):
            flags = frames.NO_BODY
        elif length is not None:
            flags = frames.OWN_LENGTH
            block += _length_line(length)
            self._length = length
        elif self.head_only:
            flags = frames.NO_BODY
        self.begun = True
        self._outbox.head(self._call, status, flags, block)

    def write(self, data: bytes) -> None:
        """Sends CHUNK. Raises ValueError when there is more than the declared length."""
        if not data or self._bodiless:
            return
        self._sent += len(data)
        if self._length is not None and self._sent > self._length:
            raise ValueError(f"the body is longer than its Content-Length of {self._length}")
        self._outbox.chunk(self._call, bytes(data))

    def end(self) -> None:
        """Checks that the declared length was sent; END itself is written with the call's times."""
        if self._length is not None and not self._bodiless and self._sent != self._length:
            raise ValueError(f"the body has {self._sent} bytes, its Content-Length says {self._length}")


def forbids_body(status: int) -> bool:
    return status < 200 or status in (204, 304)


def check_status(status: int) -> None:
    """Raises ValueError for what ends no exchange: after 1xx the client would wait for the answer, and take the next
    caller's for it (RFC 9110, section 15.2)."""
    if not 200 <= status <= 999:
        raise ValueError(f"{status} is no status of an answer; it must be from 200 to 999")


def status_code(line: str) -> int:
    """The code of a status line like "404 NOT FOUND"."""
    code = line.partition(" ")[0]
    if len(code) != 3 or not code.isascii() or not code.isdigit() or code < "100":
        raise ValueError(f"{line!r} is not an HTTP status line")
    return int(code)


def header_block(headers: Iterable) -> tuple:
    """(the block of bytes, the declared Content-Length or None). Raises ValueError for what could split it."""
    lines = []
    length = None
    for name, value in headers:
        _check_header(name, value)
        lower = name.lower()
        if lower == "content-length":
            length = _parse_length(value)
        elif lower not in _OMITTED:
            lines.append(f"{name}: {value}\r\n")
    return "".join(lines).encode("latin-1"), length


def _check_header(name: Any, value: Any) -> None:
    if type(name) is not str or type(value) is not str:
        raise TypeError(f"header {name!r}: names and values must be str")
    if not is_name(name):
        raise ValueError(f"{name!r} is not a header name")
    if not is_value(value):
        raise ValueError(f"the value of header {name} contains a line break, another control character or no Latin-1")


def _parse_length(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"Content-Length {value!r} is not a number of bytes")
    return int(value)


def _length_line(length: int) -> bytes:
    return b"Content-Length: %d\r\n" % length
