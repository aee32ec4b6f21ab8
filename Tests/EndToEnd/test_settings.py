"""What the operator sees: settings errors all at once, the ready line, the terminal form of the log."""
import json
import os
import pty
import re
import subprocess
import time

import pytest

from support import settings
from support.steward import BINARY, ENVIRONMENT, READY, eventually
from support.wire import Connection, free_port


def serve_file(tmp_path, text, *arguments):
    path = tmp_path / "steward.yaml"
    path.write_text(text)
    return subprocess.run([str(BINARY), "serve", "--settings", str(path), "--state", str(tmp_path / "state"), *arguments],
                          capture_output=True, text=True, timeout=30, cwd=tmp_path, env=ENVIRONMENT,
                          stdin=subprocess.DEVNULL)


def test_all_errors_are_told_at_once_with_file_line_column_and_the_nearest_key(tmp_path):
    (tmp_path / "app").mkdir()
    result = serve_file(tmp_path, """\
listen: 127.0.0.1:99999
trusted_proxis: [127.0.0.1]
zones:
  /:
    folder: app
    adresses: [127.0.0.1]
  /api:
    folder: app
    key: sometimes
    timeout: soon
""")
    assert result.returncode != 0
    for line, word in [(1, "99999"), (2, "trusted_proxies"), (6, "addresses"), (9, "admin"), (10, "timeout")]:
        assert re.search(rf"steward\.yaml:{line}:\d+.*", result.stderr), (line, result.stderr)
        assert word in result.stderr, (word, result.stderr)


@pytest.mark.parametrize("text, word", [
    ("zones: [\n", "steward.yaml"),
    ("listen: &a 127.0.0.1:1\nstate: *a\n", "anchor"),
    ("", "--scripts"),
])
def test_what_cannot_be_served_is_said_and_ends_the_program(tmp_path, text, word):
    result = serve_file(tmp_path, text)
    assert result.returncode != 0 and word in result.stderr, result.stderr
    assert "Fatal error" not in result.stderr and "Traceback" not in result.stderr


def test_a_zone_whose_folder_is_missing_says_so_and_serves_once_it_is_there(serve, tmp_path):
    server = serve(settings=settings.text(zones=[settings.zone("/", folder=str(tmp_path / "later"))]))
    assert server.get("/x.py").status in (404, 503)
    health = server.get("/_platform/health").json()
    assert health["status"] == "degraded" and str(tmp_path / "later") in str(health["reasons"])
    (tmp_path / "later").mkdir()
    (tmp_path / "later/x.py").write_text("def main(request):\n    return 'here'\n")
    eventually(lambda: server.get("/x.py").status == 200, message="the folder that appeared")


def test_a_port_that_is_taken_is_said(tmp_path):
    (tmp_path / "app").mkdir()
    import socket
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = serve_file(tmp_path, "zones: {/: {folder: app}}\n", "--listen", f"127.0.0.1:{port}")
    assert result.returncode != 0 and str(port) in result.stderr, result.stderr


def test_on_a_terminal_the_log_is_for_reading(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/x.py").write_text("def main(request):\n    print('a line')\n    return 'x'\n")
    port = free_port()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BINARY), "serve", "--scripts", str(tmp_path / "app"), "--listen", f"127.0.0.1:{port}",
         "--state", str(tmp_path / "state")],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True)
    os.close(theirs)
    try:
        line = process.stderr.readline().decode()
        assert READY.match(line) and str(port) in line
        with Connection(("127.0.0.1", port)) as connection:
            assert connection.call("GET", "/x.py?a=1").text == "x"
        text, deadline = b"", time.monotonic() + 5
        while (b"a line" not in text or b"/x.py?a=1" not in text) and time.monotonic() < deadline:
            text += os.read(ours, 65536)
    finally:
        process.terminate()
        process.wait(30)
        os.close(ours)
        process.stderr.close()
    lines = [line for line in text.decode().splitlines() if line.strip()]
    assert any("200" in line and "GET /x.py?a=1" in re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines), lines
    for line in lines:
        with pytest.raises(json.JSONDecodeError):
            json.loads(line)
