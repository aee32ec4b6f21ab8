"""Requests that are malformed, ambiguous, too large or too slow: refused, and the connection closed."""
import time

import pytest

from support import settings

SCRIPTS = {"x.py": "def main(request):\n    return {'n': len(request.get_data())}\n"}


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module(SCRIPTS)


BAD = {
    "no host": (b"GET /x.py HTTP/1.1\r\n\r\n", {400}),
    "two hosts": (b"GET /x.py HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
    "bad host": (b"GET /x.py HTTP/1.1\r\nHost: a b/c\r\n\r\n", {400}),
    "space before colon": (b"GET /x.py HTTP/1.1\r\nHost : a\r\n\r\n", {400}),
    "folded line": (b"GET /x.py HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", {400}),
    "two lengths": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", {400}),
    "length list": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 4\r\n\r\nabcd", {400}),
    "negative length": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", {400}),
    "plus length": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", {400}),
    "hex length": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc", {400}),
    "huge length": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", {400, 413}),
    "length and chunked": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                           b"0\r\n\r\n", {400}),
    "empty transfer encoding": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n", {400}),
    "unknown transfer encoding": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                                  b"0\r\n\r\n", {400, 501}),
    "chunked twice": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                      {400, 501}),
    "chunked not last": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"
                         b"0\r\n\r\n", {400, 501}),
    "bad chunk size": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", {400}),
    "huge chunk size": (b"POST /x.py HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        b"fffffffffffffffff\r\n", {400, 413}),
    "nul in header": (b"GET /x.py HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", {400}),
    "bare cr in header": (b"GET /x.py HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", {400}),
    "bad method": (b"G@T /x.py HTTP/1.1\r\nHost: a\r\n\r\n", {400, 405, 501}),
    "bad version": (b"GET /x.py HTTP/9.9\r\nHost: a\r\n\r\n", {400, 505}),
    "no version": (b"GET /x.py\r\n\r\n", {400}),
    "space in target": (b"GET /x.py?a b HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    "rubbish": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
    "long target": (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {414, 431, 400}),
    "long query": (b"GET /x.py?" + b"a" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {414}),
    "long header": (b"GET /x.py HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20000 + b"\r\n\r\n", {431}),
    "many headers": (b"GET /x.py HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 200 + b"\r\n", {431}),
    "large header block": (b"GET /x.py HTTP/1.1\r\nHost: a\r\n"
                           + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(60)) + b"\r\n", {431}),
}


@pytest.mark.parametrize("raw, statuses", BAD.values(), ids=BAD.keys())
def test_what_is_malformed_is_refused_and_the_connection_closed(server, raw, statuses):
    smuggled = b"GET /x.py HTTP/1.1\r\nHost: smuggled\r\n\r\n"
    with server.connect(timeout=15) as connection:
        connection.socket.settimeout(15)
        try:
            connection.send(raw + smuggled)
        except OSError:
            pass
        answer = connection.receive()
        assert answer.status in statuses, answer
        rest = connection.rest(15)
        assert rest == b"", "nothing after the refusal is taken for a request"
    assert server.get("/x.py").status == 200


def test_a_refusal_is_a_problem_document_with_a_trace_id(server):
    with server.connect() as connection:
        answer = connection.exchange(b"GET /x.py HTTP/1.1\r\n\r\n")
    assert answer.problem()["trace_id"] == answer.header("X-Trace-Id")
    assert answer.header("Connection") == "close"


def test_a_websocket_upgrade_is_refused_sanely(server):
    with server.connect() as connection:
        answer = connection.call("GET", "/x.py", {
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        assert answer.status != 101
        assert connection.is_closed() or connection.call("GET", "/x.py").status == 200


@pytest.fixture(scope="module")
def strict(serve_module):
    return serve_module({**SCRIPTS, "big.py": "def main(request):\n    return bytes(64 << 20)\n"}, settings=settings.text(
        zones=[settings.zone("/")],
        limits={"header_timeout": "1s", "keep_alive": "1500ms", "write_timeout": "1s", "body_rate": "500B"}))


def test_a_head_that_drips_is_cut_off_within_a_second_of_its_deadline(strict):
    with strict.connect() as connection:
        begin = time.monotonic()
        connection.send(b"GET /x.py HTTP/1.1\r\nHost: a\r\n")
        connection.socket.settimeout(0.2)
        data = None
        while data is None and time.monotonic() - begin < 6:
            try:
                connection.send(b"X: a\r\n")
                data = connection.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
        assert data == b"" or data.startswith(b"HTTP/1.1 408"), data
        assert 0.9 < time.monotonic() - begin < 2.5


def test_an_idle_connection_is_closed(strict):
    with strict.connect() as connection:
        assert connection.call("GET", "/x.py").status == 200
        begin = time.monotonic()
        assert connection.is_closed(6)
        assert 1.4 < time.monotonic() - begin < 3


def test_a_connection_that_never_says_anything_is_closed(strict):
    with strict.connect() as connection:
        begin = time.monotonic()
        assert connection.is_closed(6) and time.monotonic() - begin < 3


def test_a_reader_who_takes_nothing_is_dropped(strict):
    with strict.connect() as connection:
        connection.send(b"GET /big.py HTTP/1.1\r\nHost: a\r\n\r\n")
        strict.wait_for_record(lambda r: r["event"] == "request" and r["path"] == "/big.py", timeout=8)
        got = len(connection.rest(10) or b"x" * (65 << 20))
    assert got < 64 << 20


@pytest.mark.slow
def test_a_body_that_drips_is_cut_off(strict):
    with strict.connect() as connection:
        begin = time.monotonic()
        connection.send(b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        connection.socket.settimeout(0.5)
        data = None
        while data is None and time.monotonic() - begin < 20:
            try:
                connection.send(b"x")
                data = connection.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
        assert data == b"" or data.startswith(b"HTTP/1.1 408"), data


def test_many_idle_connections_do_not_hold_up_calls(server):
    idle = [server.connect() for _ in range(300)]
    try:
        assert server.get("/x.py").status == 200
    finally:
        for connection in idle:
            connection.close()


def test_a_good_request_before_a_bad_one_gets_its_own_answer(serve):
    server = serve({"slow.py": "import time\ndef main(request):\n    time.sleep(0.3)\n    return 'slow'\n"})
    with server.connect() as connection:
        connection.send(b"GET /slow.py HTTP/1.1\r\nHost: a\r\n\r\n" b"NONSENSE\r\n\r\n")
        data = b""
        connection.socket.settimeout(5)
        while chunk := connection.socket.recv(65536):
            data += chunk
    first, second = data.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200") and first.endswith(b"slow")
    assert second.startswith(b"400") and b"Connection: close" in second


def test_connections_beyond_the_limit_wait_instead_of_failing(serve):
    server = serve({"x.py": "def main(request):\n    return 'x'\n"},
                   settings=settings.text(zones=[settings.zone("/")], limits={"connections": 4}))
    held = [server.connect() for _ in range(4)]
    for connection in held:
        assert connection.call("GET", "/x.py").status == 200
    with server.connect() as waiting:
        waiting.send(b"GET /x.py HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        waiting.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            waiting.socket.recv(1)
        held[0].close()
        waiting.socket.settimeout(5)
        assert waiting.socket.recv(12) == b"HTTP/1.1 200"
    for connection in held[1:]:
        connection.close()
