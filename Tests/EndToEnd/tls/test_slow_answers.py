"""Large answers for slow clients over TLS and HTTP/2 (their HTTP/1.1: ../edge/test_slow_answers.py)."""
from contextlib import ExitStack

from support.http2 import DATA, END_STREAM, Frame, Peer, headers, window
from support.slow import MIB, SCRIPTS, SIZE, expected, kept, lazy, memory, request, target
from support.steward import eventually


def test_what_a_client_does_not_take_waits_in_a_file(secure):
    server = secure(scripts=SCRIPTS)
    assert server.get(target(1)).body == expected(1)
    before, streams = memory(server), range(1, 24, 2)
    wrap = lambda plain: server.context().wrap_socket(plain, server_hostname="one.test")
    with ExitStack() as stack:
        clients = [stack.enter_context(lazy(("127.0.0.1", server.tls_port), request(1), wrap)) for _ in range(12)]
        peer = stack.enter_context(Peer(("127.0.0.1", server.tls_port)))
        peer.send(*(headers(stream=stream, path=target(1)) for stream in streams))
        eventually(lambda: kept(server) > 24 * (SIZE - MIB) and memory(server) < before + 64 * MIB, 25,
                   "192 MiB of answers in the file")
        for client in clients:
            assert client.receive().body == expected(1)
        bodies = {stream: bytearray() for stream in streams}
        peer.send(window(0, len(bodies) * SIZE), *(window(stream, SIZE) for stream in bodies))
        while any(len(body) < SIZE for body in bodies.values()):
            got = peer.next(10)
            assert isinstance(got, Frame), (str(got), {stream: len(body) for stream, body in bodies.items()})
            if got.type == DATA:
                bodies[got.stream] += got.payload
        assert all(body == expected(1) for body in bodies.values())
    eventually(lambda: kept(server) == 0, 5, "the file empty again")


def test_a_stream_of_large_pieces_goes_on_once_its_client_does(secure):
    server = secure(scripts=SCRIPTS)
    with Peer(("127.0.0.1", server.tls_port)) as peer:
        peer.send(headers(path="/stream.py"))
        eventually(lambda: kept(server) > 0, 10, "a piece in the file")
        peer.send(window(0, 3 * SIZE), window(1, 3 * SIZE))
        body = bytearray()
        while True:
            got = peer.next(10)
            assert isinstance(got, Frame), (str(got), len(body))
            if got.type == DATA:
                body += got.payload
                if got.flags & END_STREAM:
                    break
    assert body == b"".join(map(expected, (1, 2, 3)))
