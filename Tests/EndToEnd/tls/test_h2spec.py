"""Every case of h2spec's sections `generic` and `http2` (h2spec_cases.py)."""
import pytest

from support.http2 import Peer

from .h2spec_cases import CASES


@pytest.mark.parametrize("number", CASES, ids=lambda number: f"{number} {CASES[number][0]}")
def test_case(shared, number):
    _, steps, shake = CASES[number]
    with Peer(("127.0.0.1", shared.tls_port), shake=shake) as peer:
        for step in steps:
            if isinstance(step, bytes):
                peer.send(step)
            else:
                step(peer)
    assert shared.get("/hello.py").text == "hello", "the server serves on"


def test_no_case_is_left_out():
    counts = {}
    for number in CASES:
        counts[number.split("/")[0]] = counts.get(number.split("/")[0], 0) + 1
    assert counts == {"generic": 44, "http2": 95}
