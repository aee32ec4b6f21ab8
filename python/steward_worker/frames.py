"""The frames of the data and control sockets: a pure codec, no I/O."""

from __future__ import annotations

import struct

HEADER = struct.Struct("<IBBHIIII")
"""length, kind, flags, status, call, a, b, c"""

HEADER_SIZE = HEADER.size
MAX_LENGTH = 64 * 1024 * 1024
MAX_LOG = 16 * 1024

# Server to worker, data socket.
CALL = 1
DESCRIBE = 2

# Worker to server, data socket.
REPLY = 1
HEAD = 2
CHUNK = 3
END = 4
LOG = 5
FAIL = 6
DESCRIBED = 7

# Control socket.
GIVE_BACK = 16
GIVEN_BACK = 17

# Flags of REPLY and HEAD.
OWN_LENGTH = 1
NO_BODY = 2

# Flags of LOG that are not logging levels.
STDOUT = 0
STDERR = 1

_U32 = 0xFFFFFFFF


class Corrupt(Exception):
    """The stream of frames cannot be read on: its framing is lost."""


def pack(
    kind: int,
    payload: bytes = b"",
    flags: int = 0,
    status: int = 0,
    call: int = 0,
    a: int = 0,
    b: int = 0,
    c: int = 0,
) -> bytes:
    """One frame, header and payload."""
    return HEADER.pack(len(payload), kind, flags, status, call, a, min(b, _U32), min(c, _U32)) + payload


def split(data: bytes) -> tuple:
    """Cuts `data` into its complete frames.

    Returns (frames, consumed, needed): each frame is (header, data, offset of its payload), `consumed` is how
    many bytes they take up, `needed` how long the rest must grow before it can hold one complete frame.
    Nothing is copied. Raises Corrupt for a length over 64 MiB.
    """
    frames = []
    offset = 0
    total = len(data)
    unpack = HEADER.unpack_from
    while total - offset >= HEADER_SIZE:
        header = unpack(data, offset)
        length = header[0]
        if length > MAX_LENGTH:
            raise Corrupt(f"a frame of {length} bytes is longer than {MAX_LENGTH}")
        start = offset + HEADER_SIZE
        if total - start < length:
            return frames, offset, HEADER_SIZE + length
        frames.append((header, data, start))
        offset = start + length
    return frames, offset, HEADER_SIZE
