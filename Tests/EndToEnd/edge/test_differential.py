"""Behind Apache, nginx and haproxy: proxy and server never disagree on how many requests a byte stream holds."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import differential, framing, proxies, settings

STREAMS = 40


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module(framing.SCRIPTS, settings=settings.text(
        zones=[settings.zone("/", queue=1000, **settings.body_limit("64KiB"))],
        limits={"linger": "200ms", "body_window": "1s", "header_timeout": "1s"}))


def drive(kind, server, root, streams):
    tap = differential.Tap(server.address)
    proxy = proxies.Proxy(kind, root, tap.address)
    try:
        lane = differential.Lane(proxy, tap)
        for raw in streams:
            lane.send(raw, patience=0.05)
        return lane.tally
    finally:
        proxy.stop()
        tap.stop()


@pytest.fixture(scope="module")
def tallies(server, tmp_path_factory):
    cases = framing.load()
    streams = [case.raw for case in cases[::6] if case.raw] + list(differential.mutations(cases, STREAMS, seed=6))
    kinds = [kind for kind in proxies.KINDS if proxies.available(kind)]
    with ThreadPoolExecutor(3) as pool:
        found = pool.map(lambda kind: drive(kind, server, tmp_path_factory.mktemp(kind), streams), kinds)
        return dict(zip(kinds, found))


@pytest.mark.parametrize("kind", proxies.KINDS)
def test_proxy_and_server_agree_on_where_requests_end(tallies, kind):
    if kind not in tallies:
        pytest.skip(f"not run: needs {kind}")
    tally = tallies[kind]
    assert tally.disagreements == []
    assert tally.canaries > 0.8 * tally.streams and tally.requests > tally.canaries, "the proxy passed requests on"


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("asked, answered", [
    # Both framings taken for one by a server in front of one that doesn't.
    (b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\n0\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n", OK * 2),
    # The second request taken for the first one's body.
    (b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n", OK),
], ids=["too many answers", "too few answers"])
def test_a_disagreement_would_be_found(asked, answered):
    lane = differential.Lane(None, None)
    lane.compare(b"", differential.Flow(bytearray(asked), bytearray(answered)))
    assert lane.tally.disagreements


def test_no_disagreement_is_made_up():
    """The server ended the connection with its refusal, or the proxy gave up on the second answer."""
    asked = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * 2
    refused = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    lane = differential.Lane(None, None)
    lane.compare(b"", differential.Flow(bytearray(asked), bytearray(refused)))
    lane.compare(b"", differential.Flow(bytearray(asked), bytearray(OK), ended="proxy"))
    assert lane.tally.disagreements == []
