"""Bodies in both directions: limits, spooling, streams, slow readers."""
import hashlib
import os
import threading
import time

import pytest

from support import settings
from support.steward import eventually
from support.wire import chunked, multipart

SIZE = """
    import hashlib
    def main(request):
        sha = hashlib.sha256()
        n = 0
        while piece := request.stream.read(1 << 16):
            sha.update(piece)
            n += len(piece)
        return {"n": n, "sha": sha.hexdigest()}
    """
MEBI = 1 << 20


def resident(pid):
    """Resident memory of a process in bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_body_over_the_limit_is_a_413_before_the_worker_sees_it(serve, tmp_path):
    mark = tmp_path / "shared/called"
    server = serve({"size.py": f"def main(request):\n    open({str(mark)!r}, 'w').close()\n    return 'x'\n"},
                   settings=settings.text(zones=[settings.zone("/", write="SHARED", **settings.body_limit("64KiB"))]))
    announced = b"POST /size.py HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"
    with server.connect() as connection:
        connection.send(announced)
        answer = connection.receive()
        assert answer.status == 413
        answer.problem()
        assert connection.is_closed()
    with server.connect() as connection:
        connection.send(b"POST /size.py HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            connection.send(chunked(*[b"x" * 10000] * 8))
        except OSError:
            pass
        assert connection.receive().status == 413
    assert not mark.exists()
    assert server.call("POST", "/size.py", body=b"x" * 65536).status == 200


def test_expect_continue_is_answered_before_the_body_and_not_for_what_is_refused(serve):
    server = serve({"size.py": SIZE}, settings=settings.text(
        zones=[settings.zone("/", **settings.body_limit("64KiB"))]))
    with server.connect() as connection:
        connection.send(b"POST /size.py HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert connection.socket.recv(25).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.send(b"hello")
        assert connection.receive().json()["n"] == 5
    with server.connect() as connection:
        connection.send(b"POST /size.py HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n")
        assert connection.receive().status == 413


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, MEBI, 8 * MEBI + 3])
def test_bodies_of_every_size_arrive_whole(sizer, size):
    body = os.urandom(size)
    answer = sizer.call("POST", "/size.py", body=body)
    assert answer.json() == {"n": size, "sha": hashlib.sha256(body).hexdigest()}


@pytest.fixture(scope="module")
def sizer(serve_module):
    return serve_module({"size.py": SIZE, "big.py": """
        def main(request):
            piece = bytes(range(256)) * 256
            return (piece for _ in range(int(request.args["mib"]) * 16))
        """, "whole.py": "def main(request):\n    return bytes(int(request.args['mib']) << 20)\n",
        "drip.py": """
        import time
        def main(request):
            for n in range(5):
                yield f"{n}\\n"
                time.sleep(0.3)
        """,
        "drip-response.py": """
        import time
        from flask import Response
        def main(request):
            def lines():
                for n in range(5):
                    yield f"data: {n}\\n\\n"
                    time.sleep(0.3)
            return Response(lines(), mimetype="text/event-stream")
        """,
        "breaks.py": "def main(request):\n    yield 'a'\n    raise ValueError('mid-stream')\n",
        "hello.py": "def main(request):\n    return 'hello'\n"},
        settings=settings.text(zones=[settings.zone("/", **settings.body_limit("200MiB"))]))


def test_a_hundred_megabytes_up_do_not_sit_in_the_server_s_memory(sizer):
    size = 100 * MEBI
    piece = os.urandom(MEBI)
    digest = hashlib.sha256(piece * 100).hexdigest()
    before, peak, stop = resident(sizer.process.pid), [0], threading.Event()

    def watch():
        while not stop.wait(0.02):
            peak[0] = max(peak[0], resident(sizer.process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with sizer.connect(timeout=120) as connection:
        connection.send(f"POST /size.py HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(100):
            connection.send(piece)
        answer = connection.receive("POST")
    stop.set()
    watcher.join()
    assert answer.json() == {"n": size, "sha": digest}
    assert peak[0] - before < 50 * MEBI, f"{(peak[0] - before) >> 20} MiB more"


def test_a_hundred_megabyte_form_upload(serve):
    server = serve({"up.py": """
        import hashlib
        def main(request):
            file = request.files["file"]
            sha = hashlib.sha256()
            while piece := file.stream.read(1 << 20):
                sha.update(piece)
            return {"name": file.filename, "sha": sha.hexdigest(), "note": request.form["note"]}
        """}, settings=settings.text(zones=[settings.zone("/", **settings.body_limit("200MiB"))]))
    data = os.urandom(MEBI) * 100
    kind, body = multipart(("note", "n"), ("file", "big.bin", "application/octet-stream", data))
    answer = server.call("POST", "/up.py", {"Content-Type": kind}, body, timeout=120)
    assert answer.json() == {"name": "big.bin", "sha": hashlib.sha256(data).hexdigest(), "note": "n"}
    spool = [path for path in server.state.rglob("*") if path.is_file() and path.stat().st_size > 50 * MEBI]
    eventually(lambda: not [path for path in spool if path.exists()], message="the removal of the spooled body")


def test_a_broken_upload_leaves_nothing_behind(sizer):
    with sizer.connect() as connection:
        connection.send(b"POST /size.py HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 5000000)
        time.sleep(0.3)
    eventually(lambda: not [path for path in sizer.state.rglob("*") if path.is_file()
                            and path.stat().st_size > MEBI and path.suffix not in (".log",)],
               message="the removal of the spooled part")
    assert sizer.get("/hello.py").text == "hello"


@pytest.mark.parametrize("path", ["/drip.py", "/drip-response.py"])
def test_a_stream_arrives_piece_by_piece(sizer, path):
    with sizer.connect() as connection:
        connection.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        begin = time.monotonic()
        response = connection.begin()
        arrivals = []
        while line := response.readline():
            if line.strip():
                arrivals.append(time.monotonic() - begin)
    assert len(arrivals) == 5
    assert arrivals[0] < 1.0 and arrivals[-1] - arrivals[0] > 0.9, arrivals
    assert all(later - earlier > 0.1 for earlier, later in zip(arrivals, arrivals[1:])), arrivals


def test_a_slow_reader_gets_everything_and_holds_up_nobody(sizer):
    with sizer.connect(timeout=60) as slow:
        slow.send(b"GET /big.py?mib=48 HTTP/1.1\r\nHost: a\r\n\r\n")
        response = slow.begin()
        sha, read = hashlib.sha256(), 0
        deadline = time.monotonic() + 2
        before = resident(sizer.process.pid)
        while time.monotonic() < deadline:
            piece = response.read(65536)
            read += len(piece)
            sha.update(piece)
            assert sizer.get("/hello.py", timeout=5).text == "hello"
            time.sleep(0.05)
        assert resident(sizer.process.pid) - before < 24 * MEBI, "a stream waits for its reader"
        while piece := response.read(1 << 20):
            read += len(piece)
            sha.update(piece)
    assert read == 48 * MEBI
    assert sha.hexdigest() == hashlib.sha256(bytes(range(256)) * (48 * 4096)).hexdigest()


def test_a_whole_answer_of_thirty_megabytes(sizer):
    answer = sizer.get("/whole.py?mib=30")
    assert len(answer.body) == 30 * MEBI and answer.header("Content-Length") == str(30 * MEBI)


def test_a_stream_that_fails_half_way_is_cut_and_not_ended(sizer):
    import http.client
    with sizer.connect() as connection:
        connection.send(b"GET /breaks.py HTTP/1.1\r\nHost: a\r\n\r\n")
        response = connection.begin()
        assert response.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()
    assert sizer.get("/hello.py").text == "hello"


def test_a_reader_who_leaves_a_stream_ends_its_generator(serve, tmp_path):
    server = serve({"endless.py": f"""
        import time
        def main(request):
            try:
                while True:
                    yield b"x" * 1000
                    time.sleep(0.01)
            finally:
                open({str(tmp_path / 'shared/closed')!r}, "w").close()
        """, "hello.py": "def main(request):\n    return 'hello'\n"}, shared=True)
    with server.connect() as connection:
        connection.send(b"GET /endless.py HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.begin().read(5000)
    server.wait_for_record(lambda r: r["event"] == "request" and r["route"] == "/endless.py", timeout=10)
    assert server.get("/hello.py").text == "hello"


def test_http_1_0_clients_get_their_answer_and_an_end(sizer):
    for path, body in (("/hello.py", b"hello"), ("/drip.py", b"0\n1\n2\n3\n4\n")):
        with sizer.connect() as connection:
            connection.send(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            answer = connection.receive()
            assert answer.status == 200 and answer.body == body
            assert answer.header("Transfer-Encoding") is None
            assert connection.is_closed()


def test_a_wrong_length_of_a_script_never_shifts_the_next_answer(serve):
    server = serve({"wrong.py": """
        from flask import Response
        def main(request):
            parts = [b"12345", b"HTTP/1.1 500 X\\r\\n\\r\\n"] if request.args["way"] == "more" else [b"123"]
            return Response(iter(parts), headers={"Content-Length": "5"})
        """, "next.py": "def main(request):\n    return 'next'\n"})
    with server.connect() as connection:
        for way, body in (("more", "12345HTTP/1.1 500 X\r\n\r\n"), ("less", "123")):
            answer = connection.call("GET", f"/wrong.py?way={way}")
            assert answer.status == 200 and answer.text == body
            assert int(answer.header("Content-Length")) == len(body)
            assert connection.call("GET", "/next.py").text == "next"


def test_a_senseless_timeout_of_a_script_does_no_harm(serve):
    script = "timeout = {}\ndef main(request):\n    return 'fine'\n"
    server = serve({f"t{n}.py": script.format(value) for n, value in enumerate(["-1", "0", "1e300", "-1e300", "10**400"])})
    for n in range(5):
        assert server.get(f"/t{n}.py").text == "fine"
    assert server.get("/_platform/routes").status == 200
    for n in range(5):
        assert server.get(f"/t{n}.py").text == "fine"
