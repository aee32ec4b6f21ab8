"""Large answers for clients that take their time: they wait in a file and arrive byte for byte, and memory stays."""
import http.client
import re
import time
from contextlib import ExitStack

import pytest

from support import settings
from support.slow import MIB, SCRIPTS, SIZE, expected, kept, lazy, memory, request, target
from support.steward import eventually


@pytest.fixture(scope="module")
def server(serve_module):
    server = serve_module(SCRIPTS, settings=settings.text(zones=[settings.zone("/", workers=2)]))
    for seed in (1, 2):
        assert server.get(target(seed)).body == expected(seed)
    return server


def test_what_a_client_does_not_take_waits_in_a_file_and_arrives_whole(server):
    before = memory(server)
    with ExitStack() as stack:
        clients = [stack.enter_context(lazy(server.address, request(1 + number % 2))) for number in range(24)]
        eventually(lambda: kept(server) > 24 * (SIZE - MIB) and memory(server) < before + 48 * MIB, 20,
                   "192 MiB of answers in the file")
        told = re.search(r"^steward_answers_kept_bytes (\S+)$", server.get("/_platform/metrics").text, re.M)
        assert 24 * (SIZE - MIB) < float(told[1]) <= 24 * SIZE
        # Others are served meanwhile, and nothing of it has a name.
        assert server.get(target(1, 100)).body == expected(1, 100)
        assert not [path for path in (server.state / "spool").rglob("*") if path.is_file()]
        for number, client in enumerate(clients):
            assert client.receive().body == expected(1 + number % 2)
    eventually(lambda: kept(server) == 0, 5, "the file empty again")


def test_a_client_that_leaves_gives_its_place_in_the_file_back(server):
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(lazy(server.address, request(1)))
        eventually(lambda: kept(server) > 4 * (SIZE - MIB), 10, "the answers in the file")
    eventually(lambda: kept(server) == 0, 5, "the file empty again")


def test_requests_sent_ahead_wait_until_their_client_takes_the_answers(server):
    before = len([line for line in server.records_so_far() if line.get("route") == "/big.py"])
    seen = lambda: len([line for line in server.records_so_far() if line.get("route") == "/big.py"]) - before
    with lazy(server.address, request(1) * 30) as client:
        eventually(lambda: seen() >= 1, 5, "the first call")
        time.sleep(1.5)
        assert seen() == 1 and kept(server) < 2 * SIZE
        for _ in range(30):
            assert client.receive().body == expected(1)
    eventually(lambda: seen() == 30, 5, "all calls")


def test_small_answers_ahead_of_a_large_one_keep_their_order(server):
    sizes = [10, SIZE, 300 * 1024, 0, 70_000, 2 * MIB, 5]
    with lazy(server.address, b"".join(request(1, size) for size in sizes)) as client:
        time.sleep(1)
        for size in sizes:
            assert client.receive().body == expected(1, size)


def test_a_stream_of_large_pieces_goes_on_once_its_client_does(server):
    with lazy(server.address, b"GET /stream.py HTTP/1.1\r\nHost: a\r\n\r\n") as client:
        time.sleep(1)
        assert client.receive().body == b"".join(map(expected, (1, 2, 3)))


def test_beyond_answer_files_the_oldest_give_way(serve):
    server = serve(SCRIPTS, settings=settings.text(
        zones=[settings.zone("/", workers=1)], limits={"answer_files": "24MiB"}))
    with ExitStack() as stack:
        clients = []
        for number in range(6):
            clients.append(stack.enter_context(lazy(server.address, request(1))))
            eventually(lambda: kept(server) > 0, 5)
            time.sleep(0.7)
        eventually(lambda: kept(server) <= 25 * MIB, 5, "no more than fits")
        outcomes = []
        for client in clients:
            try:
                outcomes.append(client.receive().body == expected(1))
            except (OSError, http.client.HTTPException):
                outcomes.append(False)
        assert outcomes[-1] and not outcomes[0] and outcomes == sorted(outcomes), outcomes
    told = [line for line in server.records_so_far() if line["event"] == "answers-gave-way"]
    assert told and "limits.answer_files" in told[0]["message"], told
