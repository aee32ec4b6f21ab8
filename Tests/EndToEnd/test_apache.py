"""Behind Debian's real Apache 2.4 with deploy/apache/steward.conf, two Stewards in the balancer."""
import hashlib
import os
import time

import pytest

from support import apache, settings
from support.load import Load
from support.steward import Steward, eventually
from support.wire import Connection

pytestmark = pytest.mark.skipif(
    not apache.available(), reason="not run: needs Debian's Apache: apt-get install apache2-bin")

SCRIPTS = {
    "who.py": "def main(request):\n    return {'addr': request.remote_addr, 'host': request.host, "
              "'url': request.url, 'scheme': request.scheme, 'for': request.headers.get('X-Forwarded-For'),"
              "'proto': request.headers.get('X-Forwarded-Proto')}\n",
    "a b+c.py": "def main(request):\n    return {'path': request.path, 'raw': request.environ['REQUEST_URI']}\n",
    "gr\u00fcn/x;y=1.py": "def main(request):\n    return {'path': request.path}\n",
    "echo.py": "def app(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
               "    return [environ['PATH_INFO'].encode('latin-1'), b'|', environ['QUERY_STRING'].encode('latin-1')]\n",
    "size.py": """
        import hashlib
        def main(request):
            sha = hashlib.sha256()
            while piece := request.stream.read(1 << 16):
                sha.update(piece)
            return sha.hexdigest()
        """,
    "drip.py": """
        import time
        def main(request):
            for n in range(5):
                yield f"{n}\\n"
                time.sleep(0.3)
        """,
    "work.py": "import time\ndef main(request):\n    time.sleep(0.02)\n    return request.get_data() or 'worked'\n",
    "go.py": "from flask import redirect\ndef main(request):\n    return redirect('/who.py')\n",
    "fail.py": "def main(request):\n    raise ValueError('x')\n",
}
MEBI = 1 << 20


@pytest.fixture(scope="module")
def setup(tmp_path_factory):
    scratch = tmp_path_factory.mktemp("apache")
    text = settings.text(zones=[settings.zone("/", **settings.body_limit("200MiB"))],
                         **settings.trusted("127.0.0.1/32"))
    # Each has its own state; the folder of scripts is one.
    pair = [Steward(scratch, scripts=SCRIPTS, settings=text, name="first"),
            Steward(scratch, scripts=SCRIPTS, settings=text, name="second")]
    front = apache.Apache(scratch / "httpd", pair[0].address, pair[1].address)
    yield front, pair
    front.stop()
    for server in pair:
        server.stop()


@pytest.fixture
def front(setup):
    return setup[0]


@pytest.fixture
def pair(setup):
    return setup[1]


def record_of(pair, trace):
    def find():
        return next((record for server in pair for record in server.records_so_far()
                     if record.get("trace_id") == trace and record["event"] == "request"), None)
    return eventually(find, message=f"the log record of {trace}")


def test_scripts_and_the_log_see_the_caller_s_address(front, pair):
    with Connection(front.address, source=("127.0.0.77", 0)) as connection:
        answer = connection.call("GET", "/who.py")
    assert answer.json()["addr"] == "127.0.0.77"
    assert record_of(pair, answer.header("X-Trace-Id"))["client"] == "127.0.0.77"
    with Connection(("::1", front.port)) as connection:
        answer = connection.call("GET", "/who.py")
    assert answer.json()["addr"] == "::1"


@pytest.mark.parametrize("headers", [
    {"X-Forwarded-For": "6.6.6.6"}, {"Forwarded": "for=6.6.6.6"},
    {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6"}, {"X-Forwarded-For": "rubbish, 6.6.6.6"}])
def test_a_caller_cannot_choose_its_address(front, headers):
    with Connection(front.address, source=("127.0.0.77", 0)) as connection:
        assert connection.call("GET", "/who.py", headers).json()["addr"] == "127.0.0.77"


def test_scripts_see_the_host_that_the_caller_named(front):
    document = front.get("/who.py?a=%20", {"Host": "api.steward.test:8443"}).json()
    assert document["host"] == "api.steward.test:8443" and document["proto"] == "http"
    assert document["url"] == "http://api.steward.test:8443/who.py?a=%20"


def test_both_stewards_are_used(front, pair):
    before = [len(server.records_so_far()) for server in pair]
    for _ in range(20):
        assert front.get("/who.py").status == 200
    eventually(lambda: all(len(server.records_so_far()) > count for server, count in zip(pair, before)),
               message="calls on both")


def test_encoded_paths_arrive_as_they_were_sent(front):
    answer = front.get("/a%20b+c.py?q=%2F%20+").json()
    assert answer == {"path": "/a b+c.py", "raw": "/a%20b+c.py?q=%2F%20+"}
    assert front.get("/gr%C3%BCn/x;y=1.py").json() == {"path": "/gr\u00fcn/x;y=1.py"}
    assert front.get("/echo.py/%C3%BC/%25/%3F?%3F=%26").body == "/\u00fc/%/?|%3F=%26".encode()


@pytest.mark.parametrize("path", ["/echo.py/a%2Fb", "/a%2F..%2Fwho.py", "/%2e%2e/who.py", "/echo.py/%00", "/who.py%5c"])
def test_paths_that_could_mean_two_things_are_refused(front, path):
    assert front.get(path).status in (400, 404)


def test_a_hundred_megabyte_upload(front):
    piece = os.urandom(MEBI)
    with Connection(front.address, timeout=120) as connection:
        connection.send(b"POST /size.py HTTP/1.1\r\nHost: steward.test\r\nContent-Length: %d\r\n\r\n" % (100 * MEBI))
        for _ in range(100):
            connection.send(piece)
        assert connection.receive("POST").text == hashlib.sha256(piece * 100).hexdigest()


def test_a_chunked_upload(front):
    with Connection(front.address, timeout=60) as connection:
        connection.send(b"POST /size.py HTTP/1.1\r\nHost: steward.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(10):
            connection.send(b"%x\r\n%s\r\n" % (MEBI, b"x" * MEBI))
        connection.send(b"0\r\n\r\n")
        assert connection.receive("POST").text == hashlib.sha256(b"x" * 10 * MEBI).hexdigest()


def test_a_stream_arrives_piece_by_piece(front):
    for headers in ("", "Accept-Encoding: gzip\r\n"):
        with Connection(front.address) as connection:
            connection.send(f"GET /drip.py HTTP/1.1\r\nHost: steward.test\r\n{headers}\r\n".encode())
            begin = time.monotonic()
            response = connection.begin()
            arrivals = []
            while line := response.readline():
                arrivals.append((line, time.monotonic() - begin))
        assert [line for line, _ in arrivals] == [b"0\n", b"1\n", b"2\n", b"3\n", b"4\n"]
        assert arrivals[0][1] < 1 and arrivals[-1][1] - arrivals[0][1] > 0.9, arrivals


def test_a_websocket_upgrade_is_refused_with_a_reason(front, pair):
    with Connection(front.address) as connection:
        answer = connection.call("GET", "/who.py", {
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert answer.status == 501 and b"WebSocket" in answer.body


def test_redirects_and_problems_come_through_unchanged(front):
    answer = front.get("/go.py")
    assert answer.status == 302 and answer.header("Location") == "/who.py"
    failed = front.get("/fail.py")
    assert failed.problem()["trace_id"] == failed.header("X-Trace-Id")
    assert front.get("/none.py").problem()["status"] == 404


def work(connection, number):
    body = f"body {number}" if number % 2 else None
    answer = connection.call("POST" if body else "GET", "/work.py", body=body)
    return answer, answer.status == 200 and answer.text == (body or "worked")


def test_restarting_each_steward_in_turn_fails_no_request(front, pair):
    with Load(front, threads=4, call=work) as load:
        time.sleep(0.5)
        for _ in range(2):
            for server in pair:
                begin = time.monotonic()
                server.restart()
                took = time.monotonic() - begin
                assert took < 10, f"a restart without long calls took {took:.1f} s"
                time.sleep(2.5)
        assert load.count > 200
    assert load.failed == [], f"{len(load.failed)} of {load.count}: {load.failed[:3]}\n{front.log_tail()}"


def test_with_one_steward_down_calls_go_on(front, pair):
    pair[1].stop()
    try:
        assert [front.get("/work.py").status for _ in range(30)] == [200] * 30
    finally:
        pair[1].start()
