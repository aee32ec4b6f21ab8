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


def test_a_disagreement_would_be_found(server, tmp_path):
    """The same comparison with a server that takes both framings for one, in front of one that doesn't."""
    flow = differential.Flow(
        bytearray(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\n0\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n"),
        bytearray(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 2))
    lane = differential.Lane(None, None)
    lane.compare(b"", flow)
    assert lane.tally.disagreements
