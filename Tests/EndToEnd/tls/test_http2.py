"""HTTP/2 with curl, httpx, nghttp's rules and single frames: bodies both ways, limits, ends."""
import json
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from support.http2 import (
    DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW, MAX_STREAMS, NO_ERROR, PING, PROTOCOL_ERROR, RST_STREAM, Peer,
    data, headers, ping, reset, window)


@pytest.fixture
def client(shared):
    context = ssl.create_default_context(cafile=shared.authority.path)
    with httpx.Client(http2=True, verify=context, base_url=f"https://localhost:{shared.tls_port}", timeout=20) as client:
        yield client


def peer_of(server, **options):
    return Peer(("127.0.0.1", server.tls_port), **options)


def test_a_client_sees_http2(client):
    answer = client.get("/hello.py")
    assert (answer.http_version, answer.status_code, answer.text) == ("HTTP/2", 200, "hello")
    assert answer.headers["content-length"] == "5" and len(answer.headers["x-trace-id"]) == 32
    assert answer.headers["date"].endswith(" GMT") and "connection" not in answer.headers


@pytest.mark.parametrize("size", [0, 1, 16384, 65535, 65536, 5_000_000])
def test_bodies_arrive_whole_both_ways(client, size):
    seen = client.post("/tell.py", content=b"y" * size).json()
    assert seen["length"] == size and seen["CONTENT_LENGTH"] == str(size)
    assert len(client.get(f"/big.py?size={size}").content) == size


def test_a_body_of_unknown_length_arrives_whole(client):
    seen = client.post("/tell.py", content=(b"z" * 10_000 for _ in range(50))).json()
    assert seen["length"] == 500_000 and seen["method"] == "POST"


def test_streams_come_as_they_are_made(client):
    begun, times = time.monotonic(), []
    with client.stream("GET", "/stream.py?count=4&pause=0.2") as answer:
        assert "content-length" not in answer.headers and "transfer-encoding" not in answer.headers
        for piece in answer.iter_raw():
            times.append(time.monotonic() - begun)
    assert len(times) == 4 and times[0] < 0.4 and times[-1] - times[0] > 0.5


def test_head_and_errors_have_the_same_fields_as_in_http_1_1(shared, client):
    answer = client.head("/big.py?size=1234")
    assert answer.headers["content-length"] == "1234" and answer.content == b""
    problem = client.get("/nothing-here.py")
    assert problem.status_code == 404 and problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["trace_id"] == problem.headers["x-trace-id"]


def test_cookies_in_parts_are_one_and_authority_is_host(shared):
    with peer_of(shared) as peer:
        peer.send(headers(path="/tell.py", fields=[("cookie", "a=1"), ("cookie", "b=2")], host="other.test:8443"))
        seen = json.loads(peer.answer()[2])
    assert seen["HTTP_COOKIE"] == "a=1; b=2" and seen["HTTP_HOST"] == "other.test:8443"
    assert seen["url"] == "https://other.test:8443/tell.py"


def test_a_call_that_expects_100_is_told_to_continue(shared):
    answer = shared.curl("/tell.py", "--http2", "-H", "Expect: 100-continue", "-d", "x" * 2000, "-v")
    assert "< HTTP/2 100" in answer.stderr and json.loads(answer.stdout)["length"] == 2000


@pytest.mark.parametrize("fields, options, code", [
    ([("host", "other.test")], {}, "bad-host"),
    ([], {"drop": [":authority"]}, "bad-host"),
    ([], {"host": "user@one.test"}, "bad-host"),
    ([], {"path": "hello.py"}, "bad-request"),
])
def test_what_http_1_1_would_refuse_is_refused_with_400(shared, fields, options, code):
    with peer_of(shared) as peer:
        peer.send(headers(fields=fields, **options))
        status, _, body = peer.answer()
        assert (status, json.loads(body)["code"]) == (400, code)
        assert peer.alive(), "one bad request does not end the connection"


@pytest.mark.parametrize("options", [{"host": "a b"}, {"path": "/a b"}, {"path": "/a\r\nx: b"}, {"method": "G T"}])
def test_pseudo_headers_that_would_break_http_1_1_are_a_stream_error(shared, options):
    with peer_of(shared) as peer:
        peer.send(headers(**options))
        assert peer.error(PROTOCOL_ERROR).type == RST_STREAM
        assert peer.alive()


@pytest.mark.parametrize("value", [b"a\r\nx: b", b"a\nb", b"a\0b"])
def test_control_characters_never_reach_a_script(shared, value):
    with peer_of(shared) as peer:
        peer.send(headers(fields=[("x-test", value)]))
        peer.until(lambda got: got.stream == 1 and (got.type == RST_STREAM or got.type == HEADERS))
        assert peer.alive()


def test_header_limits_answer_431_and_414(shared):
    with peer_of(shared) as peer:
        for stream, status, options in [
            (1, 431, {"fields": [("x-big", "x" * 9000)]}),
            (3, 431, {"fields": [(f"x-{number}", "y") for number in range(120)]}),
            (5, 414, {"path": "/" + "p" * 9000}),
        ]:
            peer.send(headers(stream, **options))
            assert peer.answer(stream)[0] == status
        assert peer.alive()


def test_a_hundred_calls_at_a_time_share_one_connection(shared):
    with peer_of(shared) as peer:
        assert peer.settings[MAX_STREAMS] == 100
        peer.send(*(headers(2 * number + 1) for number in range(100)))
        left = set(range(1, 200, 2))
        while left:
            got = peer.until(lambda got: got.type in (HEADERS, DATA, RST_STREAM))
            assert got.type != RST_STREAM, got
            if got.flags & END_STREAM:
                left.discard(got.stream)


def test_slow_and_quick_calls_do_not_wait_for_each_other(shared):
    with peer_of(shared) as peer:
        peer.send(headers(1, path="/wait.py?seconds=1"), headers(3))
        first = peer.until(lambda got: got.type == HEADERS)
        assert first.stream == 3


def test_a_body_over_the_limit_gets_413_while_it_comes(secure, tmp_path):
    server = secure()
    text = server.settings_path.read_text().replace("timeout: 20s", "timeout: 20s, body_limit: 100kB")
    server.settings_path.write_text(text)
    server.restart()
    with peer_of(server) as peer:
        peer.send(headers(1, path="/tell.py", method="POST", flags=END_HEADERS))
        for _ in range(8):
            peer.send(data(1, b"x" * 16384, flags=0))
        peer.until(lambda got: got.type == HEADERS and got.stream == 1)
        peer.until(lambda got: got.type == RST_STREAM and got.stream == 1 and got.code == NO_ERROR)
        assert peer.alive()
    (tmp_path / "body").write_bytes(b"x" * 200_000)
    answer = server.curl("/tell.py", "--http2", "-d", f"@{tmp_path}/body", "-o", "/dev/null", "-w", "%{http_code}")
    assert answer.stdout == "413"


def test_a_reset_cancels_the_call(shared):
    with peer_of(shared) as peer:
        peer.send(headers(1, path="/wait.py?seconds=15"))
        time.sleep(0.3)
        peer.send(reset(1))
        record = shared.wait_for_record(lambda record: record.get("path") == "/wait.py" and record["status"] == 499)
        assert record["error"] == "client-left" and record["protocol"] == "HTTP/2" and record["duration_ms"] < 3000
        assert peer.alive()


def test_a_client_that_is_gone_cancels_all_its_calls(shared):
    with peer_of(shared) as peer:
        peer.send(*(headers(stream, path=f"/wait.py?seconds=15&s={stream}") for stream in (1, 3)))
        time.sleep(0.3)
    for stream in (1, 3):
        shared.wait_for_record(
            lambda record: record.get("query", "").endswith(f"s={stream}") and record["status"] == 499)


def memory(server):
    for line in open(f"/proc/{server.process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) >> 10


def test_a_reader_that_stops_holds_up_its_script_and_no_memory(shared):
    before = memory(shared)
    with peer_of(shared, initial=[(INITIAL_WINDOW, 1000)]) as peer:
        # 400 MB in pieces, of which the client takes a thousand bytes.
        peer.send(headers(1, path="/stream.py?count=4000&size=100000"))
        got = peer.until(lambda got: got.type == DATA)
        assert len(got.payload) == 1000
        time.sleep(1)
        assert memory(shared) - before < 40
        assert shared.get("/hello.py").text == "hello"
        peer.send(window(1, 5000))
        assert len(peer.until(lambda got: got.type == DATA).payload) == 5000
        peer.send(reset(1))


def test_an_upload_waits_for_who_reads_it(shared):
    """What a client may send ahead is bounded by its windows."""
    with peer_of(shared) as peer:
        assert peer.settings.get(INITIAL_WINDOW, 65535) <= 1 << 20


def test_a_drain_ends_what_runs_and_takes_nothing_more(secure):
    server = secure()
    with peer_of(server) as peer, ThreadPoolExecutor() as pool:
        peer.send(headers(1, path="/wait.py?seconds=1.5"))
        time.sleep(0.3)
        stopping = pool.submit(server.stop)
        goodbye = peer.until(lambda got: got.type == GOAWAY)
        assert goodbye.code == NO_ERROR
        # On its way before the client had heard of the end.
        peer.send(headers(3))
        assert peer.answer(3)[2] == b"hello"
        last = peer.until(lambda got: got.type == GOAWAY)
        assert last.code == NO_ERROR and last.payload[:4] == b"\0\0\0\3"
        assert peer.answer(1)[2] == b"waited"
        assert peer.is_closed()
        assert stopping.result() == 0


def test_an_idle_connection_is_ended_with_goaway_and_pings_keep_none_alive(secure):
    server = secure(more="limits: {keep_alive: 1s}")
    with peer_of(server) as peer:
        peer.send(headers(1, path="/wait.py?seconds=1.5"))
        assert peer.answer()[2] == b"waited", "a call keeps it"
        begun = time.monotonic()
        while time.monotonic() - begun < 4:
            peer.send(ping())
            time.sleep(0.1)
            while getattr(got := peer.next(0.1), "type", None) == PING:
                pass
            if getattr(got, "type", None) == GOAWAY:
                break
        assert got.code == NO_ERROR and 0.8 < time.monotonic() - begun < 2.2
        assert peer.is_closed()


def test_nghttp_and_h2load_agree_with_it(shared):
    """Clients of another make, where they are installed."""
    try:
        result = subprocess.run(
            ["h2load", "-n", "500", "-c", "4", "-m", "20", f"https://127.0.0.1:{shared.tls_port}/hello.py"],
            capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("h2load is not installed")
    assert "500 succeeded, 0 failed" in result.stdout, result.stdout
