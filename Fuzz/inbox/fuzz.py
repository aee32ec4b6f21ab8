"""Sends any bytes, cut anywhere, to a worker's inbox: it holds the frames that a plain reader finds, and a call that is
asked back was either given back or kept, never both. The first byte is the length of the pieces, the second says after how
many of them everything is asked back."""

import socket
import struct
import sys

import atheris

with atheris.instrument_imports(include=["steward_worker"]):
    from steward_worker import environ, frames
    from steward_worker.inbox import Inbox


def plain(data: bytes) -> tuple:
    found, at = [], 0
    while len(data) - at >= 24:
        length, kind, _, _, call, size, _, _ = struct.unpack_from("<IBBHIIII", data, at)
        if length > 64 * 1024 * 1024:
            return found, True
        if len(data) - at - 24 < length:
            break
        found.append((kind, call, data[at + 24 : at + 24 + length]))
        at += 24 + length
    return found, False


def drain(inbox: Inbox) -> list:
    taken = []
    while inbox.pending:
        header, data, start = inbox.pending.popleft()
        taken.append((header[1], header[4], data[start : start + header[0]]))
        if header[1] == frames.CALL:
            environ.parse(data[start : start + min(header[0], header[5])])
    return taken


def check(data: bytes) -> None:
    if len(data) < 2:
        return
    size, when, stream = data[0] + 1, data[1], data[2:]
    ours, theirs = socket.socketpair()
    inbox = Inbox(theirs)
    expected, is_corrupt = plain(stream)
    taken, back, failed = [], [], False
    with ours, theirs:
        try:
            for number, at in enumerate(range(0, len(stream), size)):
                piece = stream[at : at + size]
                ours.sendall(piece)
                if number == when:
                    inbox._executing = True
                    back = inbox.take_unstarted()
                    inbox._executing = False
                    others = drain(inbox)
                    assert not any(kind == frames.CALL for kind, _, _ in others)
                    taken += others
                else:
                    inbox._accept(theirs.recv(len(piece), socket.MSG_WAITALL))
                    if number != when - 1:
                        taken += drain(inbox)
        except frames.Corrupt:
            failed = True
        taken += drain(inbox)
    assert failed == is_corrupt, (failed, is_corrupt)
    calls = sorted(call for kind, call, _ in expected if kind == frames.CALL)
    seen = sorted([call for kind, call, _ in taken if kind == frames.CALL] + back)
    others = [frame for frame in expected if frame[0] != frames.CALL]
    if failed:
        assert all(call in calls for call in seen)
    else:
        assert seen == calls, (seen, calls)
        assert [frame for frame in taken if frame[0] != frames.CALL] == others
    if not back:
        assert taken == expected[: len(taken)]


atheris.Setup(sys.argv, check)
atheris.Fuzz()
