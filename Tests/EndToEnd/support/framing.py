"""The table of raw HTTP/1.1 cases (Tests/EndToEnd/edge/cases.txt) and what sends one over a socket."""
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "edge/cases.txt"

# Tells what the server took for a request: the method and the bytes of the body.
SCRIPTS = {"x.py": """
    from flask import Response
    def main(request):
        seen = f"{request.method} {len(request.get_data())}"
        return Response(seen + request.query_string.decode()[:40], headers={"X-Seen": seen})
    """}
CANARY = b"GET /x.py?canary HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@dataclass
class Case:
    name: str
    rfc: str
    answers: list
    state: str
    raw: bytes


def unescape(line):
    """The bytes of one `>` line: \\r \\n \\t \\xNN, and {text*count} for repeats."""
    line = re.sub(r"\{(.*?)\*(\d+)\}", lambda match: match[1] * int(match[2]), line)
    codes = {"r": "\r", "n": "\n", "t": "\t"}
    text = re.sub(r"\\(?:x([0-9a-f]{2})|([rnt]))", lambda m: chr(int(m[1], 16)) if m[1] else codes[m[2]], line)
    return text.encode("latin-1")


def load(path=TABLE):
    """Every case of the table."""
    cases = []
    for block in path.read_text("ascii").split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith("#")]
        if not lines:
            continue
        fields = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
                      for line in lines if not line.startswith(">"))
        assert fields.keys() == {"name", "rfc", "answers", "state"}, block
        raw = b"".join(unescape(line[2:]) for line in lines if line.startswith(">"))
        answers = [answer for answer in fields["answers"].split(", ") if answer]
        cases.append(Case(fields["name"], fields["rfc"], answers, fields["state"], raw))
    assert len({case.name for case in cases}) == len(cases), "names of cases are unique"
    return cases


class Malformed(Exception):
    """Bytes that are not an answer."""


def take_answer(data, method):
    """(status, fields, body, rest) of the first answer in `data`; None if it is incomplete."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    if data and not b"HTTP/1.".startswith(data[:7]):
        raise Malformed(data[:80])
    if not separator:
        return None
    lines = head.split(b"\r\n")
    match = re.fullmatch(rb"HTTP/1\.[01] ([1-5]\d\d) [^\r\n]*", lines[0])
    if not match:
        raise Malformed(lines[0])
    status = int(match[1])
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    if method == "HEAD" or status < 200 or status in (204, 304):
        return status, fields, b"", rest
    if fields.get(b"transfer-encoding") == b"chunked":
        body = b""
        while True:
            size, separator, rest = rest.partition(b"\r\n")
            if not separator or len(rest) < int(size, 16) + 2:
                return None
            if int(size, 16) == 0:
                return status, fields, body, rest[2:]
            body, rest = body + rest[:int(size, 16)], rest[int(size, 16) + 2:]
    if b"content-length" not in fields:
        raise Malformed(head)
    length = int(fields[b"content-length"])
    return None if len(rest) < length else (status, fields, rest[:length], rest[length:])


class Peer:
    """One raw connection that reads answers."""

    def __init__(self, address, timeout=8):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout, self.data, self.is_closed = timeout, b"", False

    def send(self, raw):
        try:
            self.socket.sendall(raw)
        except OSError:
            pass  # The server may have closed; what it said is read next.

    def fill(self, patience):
        """Reads once; False when nothing came or the server closed."""
        self.socket.settimeout(max(patience, 0.001))
        try:
            piece = self.socket.recv(1 << 16)
        except TimeoutError:
            return False
        except OSError:
            piece = b""
        self.data += piece
        self.is_closed = not piece
        return bool(piece)

    def answer(self, method="GET", patience=None):
        """The next answer; None if the server closes first or none comes in time."""
        deadline = time.monotonic() + (patience or self.timeout)
        while (found := take_answer(self.data, method)) is None:
            if not self.fill(deadline - time.monotonic()):
                return None
        self.data = found[3]
        return found

    def closes(self, patience):
        """Whether the server closes, with nothing more said."""
        deadline = time.monotonic() + patience
        while not self.is_closed and time.monotonic() < deadline:
            self.fill(deadline - time.monotonic())
        return self.is_closed


def run(address, case):
    """Sends the case; returns what is wrong with what came back, as sentences."""
    peer = Peer(address)
    try:
        peer.send(case.raw)
        if case.state == "ends":
            peer.socket.shutdown(socket.SHUT_WR)
        elif case.state != "waits":
            peer.send(CANARY)
        return list(judge(peer, case))
    except Malformed as error:
        return [f"what came is not an answer: {error}"]
    finally:
        peer.socket.close()


def judge(peer, case):
    for wanted in case.answers:
        status, _, seen = wanted.partition(" ")
        may_miss = status.endswith("|")
        answer = peer.answer(seen.split(" ")[0] or "GET")
        if answer is None:
            yield f"no answer {wanted!r}"
            return
        if answer[0] != int(status.rstrip("|")):
            if not may_miss:
                yield f"answered {answer[0]} {answer[2][:200]!r} instead of {wanted!r}"
                return
            peer.data = rebuild(answer) + peer.data
        elif " " in seen and answer[1].get(b"x-seen", b"").decode() != seen:
            yield f"took it for {answer[1].get(b'x-seen')} instead of {seen!r}"
    if case.state == "waits":
        if peer.fill(0.4) or peer.is_closed:
            yield f"did not wait for more: {peer.data[:200]!r}"
        return
    canary = peer.answer(patience=4)
    if canary is not None and (case.state != "stays" or not canary[2].endswith(b"canary")):
        yield f"answered more than it was asked: {canary[0]} {canary[2][:200]!r}"
    if canary is None and case.state == "stays":
        yield "did not answer the next request"
    if not peer.closes(4):
        yield "did not close"
    if peer.data:
        yield f"said more: {peer.data[:200]!r}"


def rebuild(answer):
    status, fields, body, _ = answer
    head = b"HTTP/1.1 %d X\r\n" % status + b"".join(b"%s: %s\r\n" % field for field in fields.items())
    return head + b"\r\n" + body
