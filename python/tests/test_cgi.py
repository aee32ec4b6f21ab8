"""Executables of other languages."""

from __future__ import annotations

import os
import time

import pytest


def call(zone, text, target="/x.sh", method="GET", headers=None, body=b"", **options):
    options.setdefault("script", "x.sh")
    zone.write("x.sh", text if text.startswith("#!") else "#!/bin/sh\n" + text, 0o755)
    return zone.call(target, method, headers, body, kind="cgi", **options)


def test_status_headers_and_body(zone):
    reply = call(zone, r"printf 'Status: 404 Nope\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\n\r\nbody\n'")
    assert (reply.status, reply.body, reply.streamed) == (404, b"body\n", False)
    assert reply.headers == [("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2")]


def test_bare_line_feeds(zone):
    reply = call(zone, r"printf 'Content-Type: text/plain\n\nbody'")
    assert (reply.status, reply.body) == (200, b"body")


def test_the_environment_is_that_of_the_request_alone(zone):
    zone.options = {"environment": {"ZONE_VAR": "z"}}
    reply = call(
        zone, "echo Content-Type: text/plain; echo; env", "/x.sh/more%20path?a=1&b", "GET",
        {"X-Thing": "t", "Authorization": "Basic x", "Proxy": "evil", "X-API-Key": "secret", "Cookie": "c=1"}, mount="/x.sh",
    )
    seen = dict(line.split("=", 1) for line in reply.body.decode().splitlines())
    for name, value in {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/x.sh",
        "PATH_INFO": "/more path", "QUERY_STRING": "a=1&b", "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080", "HTTP_X_THING": "t", "HTTP_COOKIE": "c=1", "HTTP_HOST": "localhost:8080", "ZONE_VAR": "z",
        "SCRIPT_FILENAME": str(zone.folder / "x.sh"), "PATH_TRANSLATED": f"{zone.folder}/more path",
    }.items():
        assert seen.get(name) == value, name
    for name in ("HTTP_AUTHORIZATION", "HTTP_PROXY", "HTTP_X_API_KEY", "PYTHONPATH", "HOME", "REMOTE_USER"):
        assert name not in seen
    assert seen["PWD"] == str(zone.folder)


def test_the_working_folder_is_the_scripts(zone):
    zone.write("sub/y.sh", "#!/bin/sh\necho Content-Type: text/plain; echo; pwd\n", 0o755)
    assert zone.call("/sub/y.sh", script="sub/y.sh", kind="cgi").body.decode().strip() == str(zone.folder / "sub")


@pytest.mark.parametrize("size", [0, 10, 3_000_000])
def test_the_body_is_on_standard_input(zone, size):
    body = os.urandom(size)
    reply = call(zone, "echo Content-Type: text/plain; echo; cat", "/x.sh", "POST", {}, body)
    assert reply.body == body


def test_a_spooled_body(zone, tmp_path):
    spool = tmp_path / "spool"
    spool.write_bytes(b"spooled " * 10_000)
    reply = call(zone, "echo Content-Type: text/plain; echo; cat; echo $CONTENT_LENGTH", "/x.sh", "POST", spool=spool)
    assert reply.body == spool.read_bytes() + b"80000\n"


def test_a_large_body_is_streamed(zone):
    reply = call(zone, "echo Content-Type: text/plain; echo; head -c 3000000 /dev/zero")
    assert reply.streamed and reply.body == bytes(3_000_000)


def test_a_slow_program_is_streamed(zone):
    zone.write("x.sh", "#!/bin/sh\necho Content-Type: text/plain; echo; echo one; sleep 0.6; echo two\n", 0o755)
    call = zone.worker.submit("/x.sh", script="x.sh", kind="cgi")
    begin = time.monotonic()
    while not zone.worker.replies.get(call) or not zone.worker.replies[call].chunks:
        zone.worker.receive()
    assert time.monotonic() - begin < 0.5
    assert zone.worker.wait(call).body == b"one\ntwo\n"


def test_redirects(zone):
    reply = call(zone, "echo Location: https://example.org/x; echo")
    assert (reply.status, reply.header("Location")) == (302, "https://example.org/x")
    reply = call(zone, "echo Status: 307; echo Location: /y; echo")
    assert (reply.status, reply.header("Location")) == (307, "/y")


def test_standard_error_is_logged_line_by_line(zone):
    reply = call(zone, "echo Content-Type: text/plain; echo; echo one >&2; printf two >&2")
    assert reply.logs == [(1, "one"), (1, "two")]


def test_head_sends_no_body(zone):
    reply = call(zone, "echo Content-Type: text/plain; echo Content-Length: 5; echo; echo body", "/x.sh", "HEAD")
    assert (reply.status, reply.body, reply.header("Content-Length")) == (200, b"", "5")


@pytest.mark.parametrize(
    "text, message",
    [
        ("echo hello", "before its header block was complete"),
        ("echo nonsense; echo; echo x", "where a header field was expected"),
        ("echo", "empty header block"),
        ("echo Status: abc; echo", "no status of an answer"),
        ("echo Status: 101; echo", "no status of an answer"),
        ("printf 'A: 1\\r\\rHTTP/1.1 200 OK\\r\\n\\r\\n'", "control character"),
        ("printf 'A: \\001\\n\\n'", "control character"),
        ("printf 'A(b): 1\\n\\n'", "where a header field was expected"),
        ("printf 'Content-Length: x\\n\\n'", "no number"),
        ("echo oops >&2; exit 3", "exit code 3"),
        ("echo oops >&2; exit 3", "oops"),
        ("kill -9 $$", "signal 9"),
        ("head -c 100000 /dev/zero", "64 KiB"),
        ("#!/nonexistent/interpreter\n", "cannot be run"),
    ],
)
def test_malformed_output_is_a_cgi_error(zone, text, message):
    reply = call(zone, text)
    assert (reply.status, reply.fail["code"]) == (502, "cgi-error")
    assert message in reply.fail["message"] and "x.sh" in reply.fail["message"]


def test_a_program_that_ignores_its_input_is_no_error(zone):
    reply = call(zone, "echo Content-Type: text/plain; echo; echo ok", "/x.sh", "POST", {}, os.urandom(1_000_000))
    assert reply.body == b"ok\n"


def test_a_python_program_with_execute_bit(zone):
    import sys

    reply = call(zone, f"#!{sys.executable}\nprint('Content-Type: text/plain\\n')\nimport signal\nprint(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)")
    assert reply.body == b"True\n"


def test_a_program_outside_the_zone_is_not_run(zone):
    (zone.folder.parent / "out.sh").write_text("#!/bin/sh\necho x")
    (zone.folder / "link.sh").symlink_to("../out.sh")
    for script in ("../out.sh", "link.sh"):
        assert zone.call("/x.sh", script=script, kind="cgi").fail["code"] == "gone"


def test_no_descriptors_or_children_are_left(zone):
    zone.write("fds.py", "import os\ndef main(request):\n    return str(len(os.listdir('/proc/self/fd')))\n")
    before = zone.call("/fds.py").body
    for text in ("echo Content-Type: text/plain; echo; echo ok", "echo bad", "head -c 100000 /dev/zero; sleep 20"):
        call(zone, text)
    assert zone.call("/fds.py").body == before
    children = open(f"/proc/{zone.worker.pid}/task/{zone.worker.pid}/children").read().split()
    assert children == []
