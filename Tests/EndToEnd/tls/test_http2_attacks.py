"""What has brought HTTP/2 servers down: each attack ends its own connection (or stream) and costs nobody else."""
import socket
import time

import pytest

from support.http2 import (
    CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, GOAWAY, HEADERS, INITIAL_WINDOW, PREFACE, PROTOCOL_ERROR,
    REFUSED_STREAM, RST_STREAM, SETTINGS_TIMEOUT, Peer, block, data, frame, headers, integer, literal, ping, priority, reset, settings, window)

from .authority import Authority
from .conftest import Secure


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A server whose deadlines are short."""
    from conftest import RUNNING, stop_all
    folder = tmp_path_factory.mktemp("quick")
    server = Secure(
        folder, Authority(folder / "ca", "server-ca"),
        more="limits: {header_timeout: 500ms, write_timeout: 700ms, keep_alive: 30s, body_window: 700ms}")
    RUNNING.append(server)
    yield server
    stop_all([server])


def peer_of(server, **options):
    return Peer(("127.0.0.1", server.tls_port), **options)


def memory(server):
    for line in open(f"/proc/{server.process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) >> 10


@pytest.fixture(autouse=True)
def others_are_served(quick):
    before = memory(quick)
    yield
    begun = time.monotonic()
    assert quick.get("/hello.py").text == "hello" and quick.curl("/hello.py").stdout == "hello"
    assert time.monotonic() - begun < 2
    assert memory(quick) - before < 60
    with open(f"/proc/{quick.process.pid}/stat") as stat:
        assert stat.read().split()[2] in "SR"


def calmed(peer, timeout=5):
    """Reads until GOAWAY; which must ask for calm, and the connection's end must follow."""
    got = peer.until(lambda got: got.type == GOAWAY, timeout)
    assert got.code == ENHANCE_YOUR_CALM, got
    assert peer.is_closed(3)
    return got


def flood(peer, pieces, seconds=5):
    """Sends until the server has had enough; returns how many pieces went out."""
    sent, end = 0, time.monotonic() + seconds
    for piece in pieces:
        if not peer.send(piece) or time.monotonic() > end:
            break
        sent += 1
    return sent


def test_rapid_reset(quick):
    """CVE-2023-44487: streams opened and taken back at once, beyond any limit of concurrent ones."""
    with peer_of(quick) as peer:
        flood(peer, (headers(2 * n + 1, path="/wait.py?seconds=5") + reset(2 * n + 1) for n in range(3000)))
        calmed(peer)
    ran = sum(record.get("path") == "/wait.py" for record in quick.records())
    assert ran <= 201, "what is taken back counts"


def test_rapid_reset_by_broken_frames(quick):
    """CVE-2025-8671: the server is brought to reset the streams itself."""
    with peer_of(quick) as peer:
        flood(peer, (headers(2 * n + 1, flags=END_HEADERS) + window(2 * n + 1, 0) for n in range(3000)))
        calmed(peer)


def test_continuation_flood(quick):
    """CVE-2024-27316: a header block without end."""
    with peer_of(quick) as peer:
        peer.send(headers(flags=END_STREAM))
        sent = flood(peer, (frame(CONTINUATION, 0, 1, literal(f"x-{n}", "y")) for n in range(5000)))
        calmed(peer)
    assert not any(record.get("path") == "/x-0" for record in quick.records()) and sent <= 5000


def test_large_continuations(quick):
    with peer_of(quick) as peer:
        peer.send(headers(flags=END_STREAM))
        flood(peer, (frame(CONTINUATION, 0, 1, literal("x", "y" * 16000)) for n in range(1000)))
        assert peer.until(lambda got: got.type == GOAWAY).code != 0 and peer.is_closed(3)


def test_empty_continuations(quick):
    with peer_of(quick) as peer:
        peer.send(headers(flags=END_STREAM))
        flood(peer, (frame(CONTINUATION, 0, 1) for n in range(5000)))
        calmed(peer)


@pytest.mark.parametrize("name, piece", [
    ("PING", ping()), ("SETTINGS", settings()), ("SETTINGS with values", settings((INITIAL_WINDOW, 70000))),
    ("PRIORITY", priority(1))], ids=lambda value: value if isinstance(value, str) else "")
def test_control_frame_floods(quick, name, piece):
    """CVE-2019-9512, 9513, 9515."""
    with peer_of(quick) as peer:
        flood(peer, (piece * 10 for _ in range(1000)))
        calmed(peer)


def test_pings_whose_answers_nobody_reads(quick):
    """CVE-2019-9517: answers that pile up."""
    with peer_of(quick) as peer:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        flood(peer, (ping() * 1000 for _ in range(200)))
        assert peer.is_closed(5)


def test_empty_data_frames(quick):
    """CVE-2019-9518."""
    with peer_of(quick) as peer:
        peer.send(headers(flags=END_HEADERS, method="POST", path="/tell.py"))
        flood(peer, (data(1, b"", flags=0) for _ in range(5000)))
        calmed(peer)


def test_header_bomb(quick):
    """CVE-2016-6581: one byte a field, through the dynamic table."""
    with peer_of(quick) as peer:
        peer.send(headers(1, payload=block() + b"\x40" + literal("x-bomb", "z" * 3900)[1:]))
        peer.answer(1)
        peer.send(headers(3, payload=block() + integer(62, 7, 0x80) * 16000))
        got = peer.until(lambda got: got.type == GOAWAY or got.stream == 3)
        assert got.type in (GOAWAY, RST_STREAM), "never a request"


def test_a_header_block_that_trickles(quick):
    begun = time.monotonic()
    with peer_of(quick) as peer:
        text = headers()
        while time.monotonic() - begun < 5:
            peer.send(text[:1])
            text = text[1:]
            if getattr(peer.next(0.1), "type", None) == GOAWAY:
                break
        assert 0.4 < time.monotonic() - begun < 1.5 and peer.is_closed(3)


def test_a_header_block_that_never_ends(quick):
    with peer_of(quick) as peer:
        begun = time.monotonic()
        peer.send(headers(flags=END_STREAM))
        calmed(peer)
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("start", [b"", PREFACE[:10], PREFACE + b"\0\0"])
def test_a_preface_that_never_comes(quick, start):
    with peer_of(quick, shake=False) as peer:
        begun = time.monotonic()
        peer.send(start)
        assert peer.is_closed(4) and time.monotonic() - begun < 3.5


def test_a_body_that_stalls_after_a_quick_start(quick):
    """A rate over the whole time would let it wait for as long as it was quick."""
    with peer_of(quick) as peer:
        peer.send(headers(flags=END_HEADERS, method="POST", path="/tell.py"), *[data(1, b"x" * 16384, flags=0)] * 10)
        begun = time.monotonic()
        assert peer.answer(1, timeout=5)[0] == 408
        assert time.monotonic() - begun < 2.5 and peer.alive()


def test_a_client_that_stops_reading_from_its_socket(quick):
    """Its windows are open, and its system takes nothing."""
    with peer_of(quick, initial=[(INITIAL_WINDOW, 1 << 30)]) as peer:
        peer.send(window(0, 1 << 30), headers(1, path="/stream.py?count=4000&size=100000"))
        time.sleep(2.5)
        assert quick.wait_for_record(lambda record: record.get("query", "").startswith("count=4000"))["error"] == "client-left"
        assert memory(quick) < 400


def test_answers_that_nobody_takes(quick):
    """CVE-2019-9511, 9517: many streams, each with an answer and no window for it."""
    with peer_of(quick, initial=[(INITIAL_WINDOW, 0)]) as peer:
        peer.send(*(headers(2 * n + 1, path="/big.py?size=100000") for n in range(100)))
        begun, resets = time.monotonic(), 0
        while resets < 100:
            resets += peer.until(lambda got: got.type in (RST_STREAM, DATA), 5).type == RST_STREAM
        assert time.monotonic() - begun < 4


def test_answers_that_are_taken_byte_by_byte(quick):
    """A byte now and then is no progress."""
    with peer_of(quick, initial=[(INITIAL_WINDOW, 1)]) as peer:
        peer.send(headers(1, path="/big.py?size=1000000"))
        begun = time.monotonic()
        while time.monotonic() - begun < 6:
            got = peer.next(0.3)
            if getattr(got, "type", None) == RST_STREAM:
                break
            peer.send(window(1, 1))
        assert time.monotonic() - begun < 4


def test_an_answer_that_fits_but_is_never_taken(quick):
    with peer_of(quick, initial=[(INITIAL_WINDOW, 0)]) as peer:
        peer.send(headers(1))
        peer.until(lambda got: got.type == RST_STREAM and got.stream == 1, 4)
        assert peer.alive()


@pytest.mark.parametrize("acknowledged", [True, False])
def test_more_streams_than_allowed(quick, acknowledged):
    """A client that never acknowledges the settings is not free of them."""
    with peer_of(quick, shake=acknowledged) as peer:
        if not acknowledged:
            peer.send(PREFACE, settings())
        peer.send(*(headers(2 * n + 1, path="/wait.py?seconds=0.5") for n in range(101)))
        assert peer.until(lambda got: got.type in (RST_STREAM, GOAWAY)).code in (PROTOCOL_ERROR, REFUSED_STREAM)


def test_settings_that_are_never_acknowledged(quick):
    with peer_of(quick, shake=False) as peer:
        peer.send(PREFACE, settings())
        assert peer.until(lambda got: got.type == GOAWAY, 4).code == SETTINGS_TIMEOUT
        assert peer.is_closed(3)


def test_garbage_after_the_handshake(quick):
    with peer_of(quick) as peer:
        peer.send(b"\xff" * 100_000)
        assert peer.is_closed(4)
