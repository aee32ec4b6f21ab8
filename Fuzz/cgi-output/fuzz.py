"""Reads any bytes as the header block of a program's output: a `cgi-error` that names the program, or fields that make a
block which the server's gate (`HeaderBlock.append` in Sources/Surfaces/Edge) takes as it is."""

import re
import sys

import atheris

with atheris.instrument_imports(include=["steward_worker"]):
    from steward_worker import answer, cgi
    from steward_worker.failure import Failure

# RFC 9112, section 5, as the gate has it.
LINE = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+:[\t\x20-\x7e\x80-\xff]*\r\n")
SERVERS = {b"date", b"connection", b"keep-alive", b"transfer-encoding", b"content-length"}


class NoOutbox:
    pass


def check(data: bytes) -> None:
    end, start = cgi._end_of_header(data)
    assert end < 0 or data[end:start] in (b"\n", b"\r\n")
    head = data if end < 0 else data[:end]
    try:
        status, headers = cgi.parse_header(head, "x.sh")
    except Failure as failure:
        assert failure.status == 502 and "x.sh" in failure.message, failure.message
        return
    assert 200 <= status <= 599, status
    for method in ("GET", "HEAD"):
        code, flags, block, body = answer.Answer(NoOutbox(), 1, method).whole(status, headers, b"body")
        assert code == status and body in (b"body", b"")
        lines = block.split(b"\r\n")
        assert lines.pop() == b""
        for line in lines:
            assert LINE.fullmatch(line + b"\r\n"), line
        names = [line.partition(b":")[0].lower() for line in lines]
        allowed = SERVERS - {b"content-length"} if flags & 1 else SERVERS
        assert not allowed.intersection(names), names
        assert names.count(b"content-length") <= 1


atheris.Setup(sys.argv, check)
atheris.Fuzz()
