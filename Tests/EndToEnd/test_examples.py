"""Every script under Examples does what its first line says; the README's transcript is true."""
import hashlib
import os
import re
import shutil
import subprocess
import time

import pytest

from support.steward import BINARY, REPOSITORY
from support.wire import multipart

API = {"X-API-Key": "api-secret-0123456789abcdef0123456789"}
ADMIN = {"X-Admin-Key": "admin-secret-0123456789abcdef012345"}
KEYS = {"API_KEY": API["X-API-Key"], "ADMIN_API_KEY": ADMIN["X-Admin-Key"]}


def with_examples(scratch, make):
    shutil.copytree(REPOSITORY / "Examples/scripts", scratch / "scripts",
                    ignore=shutil.ignore_patterns("__pycache__"))
    return make(scratch=scratch, environment=KEYS)


@pytest.fixture
def server(serve, tmp_path):
    return with_examples(tmp_path, serve)


def test_hello(server):
    assert server.get("/hello.py?name=Rico").body == b'{"message":"Hello, Rico!"}\n'


def test_report_json(server):
    assert server.get("/api/report_json.py").status == 401
    assert server.get("/api/report_json.py", API).json()["working_days"] > 18
    asked = server.call("POST", "/api/report_json.py", {**API, "Content-Type": "application/json"},
                        '{"month":"2026-11"}')
    assert asked.json() == {"month": "2026-11", "days": 30, "working_days": 21, "begins_on": "Sunday"}
    assert server.call("POST", "/api/report_json.py", API, '{"month":"soon"}').status == 400


def test_status(server):
    assert server.get("/admin/status.py", API).status == 403
    answer = server.get("/admin/status.py", ADMIN).json()
    assert answer["memory"]["available"] > 0 and len(answer["load"]) == 3


def test_upload(server):
    kind, body = multipart(("file", "a.txt", "text/plain", b"hello"))
    answer = server.call("POST", "/upload.py", {"Content-Type": kind}, body)
    assert answer.json() == {"files": [{"field": "file", "name": "a.txt", "bytes": 5,
                                        "sha256": hashlib.sha256(b"hello").hexdigest()}]}
    assert server.get("/upload.py").status == 405


def test_countdown(server):
    with server.connect() as connection:
        connection.send(b"GET /countdown.py?from=2 HTTP/1.1\r\nHost: a\r\n\r\n")
        begin = time.monotonic()
        response = connection.begin()
        assert response.readline() == b"2\n" and time.monotonic() - begin < 0.9
        assert response.read() == b"1\nlift-off\n" and time.monotonic() - begin > 1.8


def test_library(server):
    assert server.get("/library.py/books").json()[0]["href"] == "/library.py/books/1"
    assert server.get("/library.py/books/2").json()["number"] == 2
    assert server.get("/library.py/books/9").status == 404


def test_uptime(server):
    assert re.fullmatch(r"up [\d.]+ s, asked by 127.0.0.1 with GET\n", server.get("/uptime.sh?units=seconds").text)


def test_every_example_is_a_route_with_a_doc_line(server):
    listed = server.get("/_platform/routes", ADMIN).json()["routes"]
    files = {"/" + str(path.relative_to(server.folder)) for path in server.folder.rglob("*")
             if path.suffix in (".py", ".sh") and not path.name.startswith("_")}
    assert {route["path"] for route in listed} == files
    for route in listed:
        if route["path"].endswith(".py"):
            assert len(route["doc"]) > 20, route


def transcript():
    """[(command, expected output lines)] of the README's first transcript."""
    text = (REPOSITORY / "README.md").read_text()
    block = re.search(r"(?:^(?:    |```[a-z]*\n)\$ make run.*?)(?=\n```|\n\n(?!    ))", text, re.DOTALL | re.MULTILINE)
    assert block, "README.md has no transcript that begins with '$ make run'"
    steps = []
    for line in block.group().replace("```", "").splitlines():
        line = line[4:] if line.startswith("    ") else line
        if line.startswith("$ "):
            steps.append((re.sub(r"\s+#\s.*$", "", line[2:]), []))
        elif line.strip() and steps:
            steps[-1][1].append(line.rstrip())
    return steps


def test_the_transcript_of_the_readme(tmp_path, serve):
    server = with_examples(tmp_path, serve)
    environment = {**os.environ, **KEYS, "KEY": API["X-API-Key"], "ADMIN_KEY": ADMIN["X-Admin-Key"],
                   "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}
    (tmp_path / "state").symlink_to(server.state)
    steps = transcript()
    assert steps[0][0].startswith("make run") and len(steps) >= 4
    for command, expected in steps[1:]:
        local = command.replace("localhost:8080", f"127.0.0.1:{server.port}")
        local = re.sub(r"^curl ", "curl -sS --fail-with-body ", local)
        result = subprocess.run(["bash", "-c", local], capture_output=True, text=True, timeout=60, cwd=tmp_path,
                                env=environment, stdin=subprocess.DEVNULL)
        assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
        got = result.stdout.rstrip("\n").splitlines()
        pattern = [".*".join(re.escape(part) for part in line.split("...")) for line in expected]
        pattern = [re.sub(r"(\\ )+", r"\\s+", line) for line in pattern]
        if expected:
            assert re.fullmatch("\n".join(pattern), "\n".join(got), re.DOTALL), f"{command} printed:\n{result.stdout}"
        else:
            assert got, f"{command} printed nothing"


def test_the_command_line_sets_up_a_folder_that_serves(tmp_path):
    result = subprocess.run([str(BINARY), "init"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "steward.yaml").exists()
    check = subprocess.run([str(BINARY), "check", "--settings", "steward.yaml"], cwd=tmp_path, capture_output=True,
                           text=True, timeout=60)
    assert "steward.yaml" not in check.stderr or check.returncode == 0, check.stdout + check.stderr
