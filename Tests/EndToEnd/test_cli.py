"""Golden transcripts of the command line: cli/*.txt, explained in cli/README.md."""
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from support.helper import small_tree
from support.steward import BINARY, ENVIRONMENT, READY, Steward

FOLDER = Path(__file__).parent / "cli"
SCRIPTS = {
    "hello.py": '"""Greets whoever is named."""\n\ndef main(request):\n'
                '    return {"message": f"Hello, {request.args.get(\'name\', \'world\')}!"}\n',
    "echo.py": '"""Gives back what it got."""\nmethods = ["POST", "PUT"]\n\ndef main(request):\n'
               '    return {"type": request.content_type, "method": request.method, "body": request.get_data(as_text=True),\n'
               '            "x": request.headers.get("X-Test")}\n',
    "api/report.py": '"""Reports."""\n\ndef main(request):\n    return {"month": request.get_json()["month"]}\n',
    "admin/status.py": '"""Status."""\n\ndef main(request):\n    return "fine"\n',
    "fails.py": '"""Fails."""\n\ndef main(request):\n    print("before it fails")\n    raise ValueError("no")\n',
    "drip.py": '"""Streams."""\nfrom flask import Response\nimport time\n\ndef main(request):\n'
               '    def parts():\n        yield "first\\n"\n        time.sleep(1.5)\n        yield "second\\n"\n'
               '    return Response(parts())\n',
}
PATTERNS = {
    "[TIME]": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[DATE]": r"\d{4}-\d\d-\d\d", "[KEY]": r"stw_[0-9A-Za-z]{30}",
    "[TRACE]": r"[0-9a-f]{32}", "[HASH]": r"[0-9a-f]{64}", "[VERSION]": r"\d+\.\d+\.\d+", "[NUMBER]": r"\d+(\.\d+)?",
    "[...]": r".*",
}


def steps(path):
    """Yields (directive or command, stdout lines, stderr lines, exit code, line number)."""
    step = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith(("$ ", "% ")):
            if step:
                yield step
            step = (line, [], [], [0], number)
        elif not line.strip() or line.startswith("# "):
            continue
        elif line.startswith("! "):
            step[2].append(line[2:])
        elif line.startswith("? "):
            step[3][0] = int(line[2:])
        else:
            step[1].append(line)
    if step:
        yield step


def pattern(lines, scratch):
    """A regular expression for the expected lines."""
    result = ""
    for line in lines:
        if line.strip() == "[...]":
            result += r"(.*\n)*"
            continue
        parts = re.split(r"(\[[A-Z]+\]|\[\.\.\.\]|\s+)", line.strip())
        for part in parts:
            if part == "[FOLDER]":
                result += re.escape(str(scratch))
            elif part in PATTERNS:
                result += PATTERNS[part]
            else:
                result += r"[ \t]+" if part.isspace() else re.escape(part)
        result = result + r"[ \t]*\n"
    return result


def matches(expected, got, scratch):
    text = "".join(line.strip() + "\n" for line in got.splitlines() if line.strip())
    return re.fullmatch(pattern(expected, scratch), text)


class Local(Steward):
    """A server whose state folder is ./state, as `make run` has it."""

    def command(self):
        return [part.replace(str(self.scratch / "steward-state"), str(self.scratch / "state"))
                for part in super().command()]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_transcript(name, tmp_path):
    environment = {**ENVIRONMENT, "PATH": f"{BINARY.parent}:{os.environ['PATH']}", "HOME": str(tmp_path / "home"),
                   "XDG_STATE_HOME": str(tmp_path / "home"), "STATE_DIRECTORY": str(tmp_path / "elsewhere")}
    server = None
    try:
        for command, output, errors, (code,), line in steps(FOLDER / f"{name}.txt"):
            if command.startswith("% serve"):
                server = Local(tmp_path, scripts=SCRIPTS)
                environment["PORT"] = str(server.port)
                continue
            if command.startswith("% machine"):
                small_tree(tmp_path, "machine")
                continue
            result = subprocess.run(["bash", "-c", command[2:]], capture_output=True, text=True, timeout=60, cwd=tmp_path,
                                    env=environment, stdin=subprocess.DEVNULL)
            told = f"{name}.txt:{line}: {command}\n-- stdout\n{result.stdout}-- stderr\n{result.stderr}"
            assert result.returncode == code, f"{told}-- exit code {result.returncode}, expected {code}"
            assert matches(output, result.stdout, tmp_path), f"{told}-- expected on stdout: {output}"
            assert matches(errors, result.stderr, tmp_path), f"{told}-- expected on stderr: {errors}"
    finally:
        if server:
            server.stop()


def test_call_writes_each_piece_as_it_comes(tmp_path):
    server = Local(tmp_path, scripts=SCRIPTS)
    try:
        process = subprocess.Popen([str(BINARY), "call", "/drip.py", "--state", str(tmp_path / "state")],
                                   stdout=subprocess.PIPE, env=ENVIRONMENT)
        assert process.stdout.readline() == b"first\n"
        assert process.poll() is None, "the first piece came with the last"
        assert process.stdout.read() == b"second\n" and process.wait(20) == 0
    finally:
        server.stop()


def test_a_server_that_hangs_is_told_apart_from_one_that_is_not_there(tmp_path):
    (tmp_path / "s").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s/steward.sock"))
        listener.listen()
        hangs = subprocess.run([str(BINARY), "call", "/x", "--timeout", "300ms", "--state", str(tmp_path / "s")],
                               capture_output=True, text=True, env=ENVIRONMENT, timeout=20)
    assert hangs.returncode == 3 and "did not answer within 300ms" in hangs.stderr, hangs
    gone = subprocess.run([str(BINARY), "call", "/x", "--state", str(tmp_path / "s")], capture_output=True, text=True,
                          env=ENVIRONMENT, timeout=20)
    assert gone.returncode == 3 and "no server runs" in gone.stderr, gone


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b"rubbish\r\n\r\n"])
def test_an_answer_that_is_cut_or_broken_is_an_error(tmp_path, answer):
    (tmp_path / "s").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s/steward.sock"))
        listener.listen()
        process = subprocess.Popen([str(BINARY), "call", "/x", "--state", str(tmp_path / "s")], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=ENVIRONMENT, text=True)
        peer, _ = listener.accept()
        with peer:
            assert peer.recv(65536).startswith(b"GET /x HTTP/1.1\r\n")
            peer.sendall(answer)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1 and "closed the connection before the answer was complete" in errors, errors
