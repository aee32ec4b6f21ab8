"""Every deadline of the edge from a raw socket: met within a second, and not before its time."""
import resource
import socket
import threading
import time

import pytest

from support import settings
from support.steward import eventually
from support.wire import Connection, request

SCRIPTS = {
    "x.py": "def main(request):\n    return {'n': len(request.get_data())}\n",
    "big.py": "def main(request):\n    return bytes(int(request.args['mib']) << 20)\n",
    "late.py": "import time\ndef main(request):\n    time.sleep(1.5)\n    return 'late'\n",
    "close.py": "import time\ndef main(request):\n    time.sleep(3)\n",
    "shutdown.py": "import time\ndef main(request):\n    time.sleep(3)\n",
    "stream.py": """
        import time
        def main(request):
            for n in range(2):
                yield b"x"
                time.sleep(1.2)
        """,
}
GET = b"GET /x.py HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
LIMITS = {"header_timeout": "1s", "keep_alive": "1s", "write_timeout": "1s", "write_rate": "20KiB", "body_rate": "1000B",
          "body_window": "1s", "linger": "1s", "linger_size": "1MiB", "drain": "1s", "unread_body": "10KiB"}


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module(SCRIPTS, settings=settings.text(
        zones=[settings.zone("/", workers=4, overflow=4, **settings.body_limit("64MiB"))], limits=LIMITS))


def drip(connection, piece, pause, seconds):
    """Sends pieces until the server answers or closes; (what it said, after how long)."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        try:
            connection.send(piece)
            connection.socket.settimeout(pause)
            data = connection.socket.recv(1 << 16)
            return data, time.monotonic() - begin
        except TimeoutError:
            continue
        except OSError:
            return b"", time.monotonic() - begin
    return None, seconds


def test_a_head_that_drips_gets_408(server):
    with server.connect() as connection:
        connection.send(b"GET /x.py HTTP/1.1\r\n")
        said, after = drip(connection, b"X: a\r\n", 0.1, 5)
        assert said.startswith(b"HTTP/1.1 408") and b"header-timeout" in said
        assert 0.9 < after < 2.2


def test_a_request_line_that_drips_gets_408(server):
    with server.connect() as connection:
        said, after = drip(connection, b"G", 0.1, 5)
        assert said.startswith(b"HTTP/1.1 408") and 0.9 < after < 2.3


def test_the_time_of_a_head_that_is_sent_ahead_begins_with_its_turn(server):
    with server.connect() as connection:
        connection.send(b"GET /late.py HTTP/1.1\r\nHost: a\r\n\r\nGET /x.py HTT")
        assert connection.receive().text == "late"
        begin = time.monotonic()
        time.sleep(0.5)
        assert connection.receive().status == 408
        assert 0.9 < time.monotonic() - begin < 2.2


def test_a_body_that_pauses_gets_408(server):
    with server.connect() as connection:
        connection.send(POST % 9000 + b"x" * 5000)
        begin = time.monotonic()
        assert connection.receive().status == 408
        assert 0.9 < time.monotonic() - begin < 2.2 and connection.is_closed()


def test_a_fast_start_does_not_pay_for_a_slow_rest(server):
    with server.connect() as connection:
        connection.send(POST % 2_000_000 + b"x" * 1_000_000)
        said, after = drip(connection, b"x" * 50, 0.1, 5)
        assert said.startswith(b"HTTP/1.1 408") and b"body_rate" in said
        assert 0.9 < after < 2.4


def test_a_body_just_fast_enough_arrives(server):
    with server.connect() as connection:
        connection.send(POST % 3600)
        for _ in range(18):
            connection.send(b"x" * 200)
            time.sleep(0.1)
        assert connection.receive().json() == {"n": 3600}


def test_a_body_that_is_read_by_nobody_has_the_same_deadline(server):
    with server.connect() as connection:
        connection.send(b"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
        begin = time.monotonic()
        assert connection.receive().status == 404
        assert connection.is_closed(4) and 0.9 < time.monotonic() - begin < 3.4


def test_a_client_that_expects_continue_and_sends_nothing_gets_408(server):
    with server.connect() as connection:
        connection.send(b"POST /x.py HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        begin = time.monotonic()
        assert connection.receive().status == 408
        assert 0.9 < time.monotonic() - begin < 2.2


def test_an_idle_connection_is_closed(server):
    for first in (b"", GET):
        with server.connect() as connection:
            if first:
                assert connection.exchange(first).status == 200
            begin = time.monotonic()
            assert connection.is_closed(5) and 0.9 < time.monotonic() - begin < 2.1


def narrow(server, **options):
    """A connection whose own buffer is small, so that what it doesn't take stays with the server."""
    connection = Connection.__new__(Connection)
    connection.socket = socket.socket()
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.socket.settimeout(20)
    connection.socket.connect(server.address)
    connection.reader = connection.socket.makefile("rb")
    return connection


def is_held(connection):
    """Whether the server still has the other end: what it has closed has no inode."""
    ends = ["%08X:%04X" % (0x0100007F, peer[1]) for peer in
            (connection.socket.getpeername(), connection.socket.getsockname())]
    with open("/proc/net/tcp") as table:
        return any(row.split()[1:3] == ends and row.split()[9] != "0" for row in table)


@pytest.mark.parametrize("close", ["", "Connection: close\r\n"])
def test_a_reader_who_takes_nothing_is_dropped(server, close):
    with narrow(server) as connection:
        connection.send(f"GET /big.py?mib=32 HTTP/1.1\r\nHost: a\r\n{close}\r\n".encode())
        connection.socket.recv(100)
        begin = time.monotonic()
        assert is_held(connection)
        eventually(lambda: not is_held(connection), message="the end of the connection")
        assert 0.8 < time.monotonic() - begin < 2.4


def test_a_reader_who_takes_a_little_now_and_then_is_dropped_too(server):
    with narrow(server) as connection:
        connection.send(b"GET /big.py?mib=32 HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.socket.recv(100)
        begin = time.monotonic()
        while is_held(connection) and time.monotonic() - begin < 6:
            connection.socket.recv(500)
            time.sleep(0.1)
        assert 0.8 < time.monotonic() - begin < 3


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}])
def test_a_slow_reader_above_the_rate_gets_everything_however_long_it_takes(server, headers):
    with narrow(server) as connection:
        connection.send(request("GET", "/big.py?mib=5", headers))
        response, taken, begin = connection.begin(), 0, time.monotonic()
        while piece := response.read(64 << 10):
            taken += len(piece)
            time.sleep(0.03)
        assert taken == 5 << 20 and time.monotonic() - begin > 2


def test_a_stream_that_pauses_is_not_the_reader_s_fault(server):
    assert server.get("/stream.py").body == b"xx"


def test_the_last_answer_is_followed_by_a_bounded_wait(server):
    with server.connect() as connection:
        answer = connection.exchange(b"GET /x.py HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        begin = time.monotonic()
        assert answer.status == 200 and connection.socket.recv(1) == b""
        try:
            while time.monotonic() - begin < 5:
                connection.socket.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            pass
        assert 0.8 < time.monotonic() - begin < 2.2


def test_what_comes_after_the_last_answer_is_bounded_in_bytes(server):
    with server.connect() as connection:
        assert connection.exchange(b"BAD\r\n\r\n").status == 400
        sent, begin = 0, time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - begin < 5:
                connection.socket.sendall(b"x" * 65536)
                sent += 65536
        assert time.monotonic() - begin < 0.9 and 1 << 20 < sent < 64 << 20


def test_an_unread_body_is_thrown_away_up_to_its_limit(server):
    head = b"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    with server.connect() as connection:
        connection.send(head % 10240)
        assert connection.receive().header("Connection") is None
        connection.send(b"x" * 10240 + GET)
        assert connection.receive().status == 200
    with server.connect() as connection:
        connection.send(head % 10241)
        assert connection.receive().header("Connection") == "close" and connection.is_closed()


@pytest.mark.parametrize("end", ["close", "shutdown"])
def test_a_client_that_ends_its_side_cancels_its_call(server, end):
    with server.connect() as connection:
        connection.send(f"GET /{end}.py HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        time.sleep(0.3)
        begin = time.monotonic()
        if end == "close":
            connection.close()
        else:
            connection.socket.shutdown(socket.SHUT_WR)
        record = server.wait_for_record(lambda r: r["event"] == "request" and r["path"] == f"/{end}.py")
        assert record["status"] == 499 and time.monotonic() - begin < 1


def test_requests_sent_ahead_cost_no_more_than_one_read(server):
    with server.connect() as connection:
        connection.socket.settimeout(0.5)
        sent, ahead = 0, GET * 1000
        connection.send(b"GET /late.py HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises(TimeoutError):
            while sent < 256 << 20:
                sent += connection.socket.send(ahead)
        # The rest is in the buffers of the two systems.
        assert sent < 32 << 20


def test_stopping_takes_no_longer_than_the_drain(serve):
    server = serve(SCRIPTS, settings=settings.text(zones=[settings.zone("/")], limits=LIMITS))
    with server.connect() as connection, server.connect() as idle:
        connection.send(b"POST /x.py HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        assert idle.exchange(GET).status == 200
        stop = threading.Event()

        def feed():
            try:
                while not stop.wait(0.05):
                    connection.socket.send(b"x" * 1000)
            except OSError:
                pass

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 2.5
        stop.set()


def test_idle_connections_make_room_when_no_more_are_taken(serve):
    server = serve(SCRIPTS, settings=settings.text(zones=[settings.zone("/")], limits={"connections": 4}))
    held = [server.connect() for _ in range(4)]
    for connection in held:
        assert connection.exchange(GET).status == 200
    begin = time.monotonic()
    with server.connect() as late:
        late.send(GET)
        assert late.receive().status == 200
    assert 0.5 < time.monotonic() - begin < 2.5
    for connection in held:
        connection.close()


def test_the_server_raises_its_limit_of_open_files_or_says_that_it_can_t(serve):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server = serve(SCRIPTS, settings=settings.text(zones=[settings.zone("/")], limits={"connections": 1000}))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[0] >= 1000
    asked = serve(SCRIPTS, name="asked", settings=settings.text(
        zones=[settings.zone("/")], limits={"connections": 1_000_000}))
    record = asked.wait_for_record(lambda r: r["event"] == "open-files")
    assert "LimitNOFILE=" in record["message"]
