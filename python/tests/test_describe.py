"""Descriptions come from the syntax tree alone."""

from __future__ import annotations

import pytest

NOTHING = {"kind": "none", "methods": None, "doc": None, "timeout": None, "error": None, "line": None}


def test_nothing_is_run(zone):
    zone.write("x.py", "raise SystemExit\nopen('/tmp/never', 'w')\ndef main(request):\n    pass\n")
    assert zone.worker.describe("x.py") == {"x.py": {**NOTHING, "kind": "main", "line": 3}}


@pytest.mark.parametrize(
    "text, expected",
    [
        ('"""Module."""\nmethods = ["get", "POST"]\ntimeout = 2.5\ndef main(request):\n    """First\n    line.\n\n    More."""\n',
         {"kind": "main", "methods": ["GET", "POST"], "timeout": 2.5, "doc": "First", "line": 4}),
        ('"""Module doc.\n\nMore."""\nasync def main(request): pass\n', {"kind": "main", "doc": "Module doc.", "line": 4}),
        ("main = lambda request: 'x'\n", {"kind": "main", "line": 1}),
        ("from other import main\n", {"kind": "main", "line": 1}),
        ("try:\n    from a import main\nexcept ImportError:\n    def main(request): pass\n", {"kind": "main", "line": 4}),
        ("from flask import Flask\napp = Flask(__name__)\n", {"kind": "wsgi", "line": 2}),
        ("import fastapi\napp = fastapi.FastAPI()\n", {"kind": "asgi", "line": 2}),
        ("app: object = Starlette(routes=[])\n", {"kind": "asgi", "line": 1}),
        ("def app(environ, start_response): pass\n", {"kind": "wsgi", "line": 1}),
        ("async def app(scope, receive, send): pass\n", {"kind": "asgi", "line": 1}),
        ("def app(scope, receive, send): pass\n", {"kind": "asgi", "line": 1}),
        ("methods = make()\ntimeout = True\ndef main(r): pass\n", {"kind": "main", "line": 3}),
        ("methods = 'GET'\ntimeout = -1\ndef main(r): pass\n", {"kind": "main", "line": 3}),
        ("x = 1\n", {}),
        ("", {}),
        ("class A:\n    def main(self): pass\n", {}),
        ("def main(:\n", {"error": "SyntaxError: invalid syntax", "line": 1}),
        ("# -*- coding: latin-1 -*-\n'caf\u00e9'\ndef main(r): pass\n", {"kind": "main", "line": 3}),
    ],
)
def test_descriptions(zone, text, expected):
    zone.write("x.py", text.encode("latin-1" if "latin-1" in text else "utf-8"))
    found = zone.worker.describe("x.py")["x.py"]
    if "latin-1" in text:
        expected = {**expected, "doc": "café"}
    assert found == {**NOTHING, **expected}


def test_what_cannot_be_read_has_an_error(zone):
    zone.write("x.py", b"\x00\xff")
    found = zone.worker.describe("x.py", "missing.py", "../up.py")
    assert all(found[path]["error"] for path in ("x.py", "missing.py", "../up.py"))
    assert "missing.py" in found["missing.py"]["error"]
