"""Descriptions come from the syntax tree alone."""

from __future__ import annotations

import pytest

NOTHING = dict.fromkeys(("methods", "doc", "timeout", "error", "line", "gpu", "gpu_error", "limits",
                         "limits_error")) | {"kind": "none"}


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
        (f"timeout = 1{'0' * 400}\ndef main(r): pass\n", {"kind": "main", "timeout": 10**9, "line": 2}),
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


@pytest.mark.parametrize(
    "line, cards",
    [
        ("gpu = 1", {"count": 1, "memory": None, "share": False}),
        ("gpu = 0", {"count": 0, "memory": None, "share": False}),
        ("gpu: int = 2", {"count": 2, "memory": None, "share": False}),
        ('gpu = {"memory": "20GiB"}', {"count": 1, "memory": 20 << 30, "share": False}),
        ('gpu = {"count": 1, "memory": "1.5 GB", "share": True}', {"count": 1, "memory": 1_500_000_000, "share": True}),
        ("import gpu", None),
        ("def gpu(): pass", None),
        ("gpu = find()", None),
    ],
)
def test_a_script_says_which_gpu_cards_it_needs(zone, line, cards):
    zone.write("x.py", f"{line}\ndef main(request):\n    pass\n")
    found = zone.worker.describe("x.py")["x.py"]
    assert (found["gpu"], found["gpu_error"]) == (cards, None)


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("gpu = -1", "number of cards from 0 to 64, not -1"),
        ("gpu = True", "number of cards from 0 to 64, not True"),
        ('gpu = "all"', "not 'all'"),
        ('gpu = {"memory": "much"}', 'a size like "20GiB", not \'much\''),
        ('gpu = {"memory": "2000TiB"}', 'a size like "20GiB", not \'2000TiB\''),
        ('gpu = {"cards": 1}', "takes count, memory and share, not cards"),
        ('gpu = {"share": 1}', "must be True or False, not 1"),
    ],
)
def test_a_demand_for_cards_that_makes_no_sense_is_named_with_its_line(zone, line, complaint):
    zone.write("x.py", f"import os\n{line}\ndef main(request):\n    pass\n")
    found = zone.worker.describe("x.py")["x.py"]
    assert found["gpu"] is None
    assert "line 2" in found["gpu_error"] and complaint in found["gpu_error"]


@pytest.mark.parametrize(
    "line, limits",
    [
        ('limits = {"rate": {"address": "5/m"}}', {"rate": {"address": "5/m"}, "concurrency": None}),
        ('limits = {"rate": {"key": "20/10s burst 40", "route": "1/s"}, "concurrency": {"route": 2}}',
         {"rate": {"key": "20/10s burst 40", "route": "1/s"}, "concurrency": {"route": 2}}),
        ('limits = {"width": 800}', None),
        ("limits = (1, 2)", None),
        ("from settings import limits", None),
        ("limits = find()", None),
    ],
)
def test_a_script_says_how_often_it_may_be_called(zone, line, limits):
    zone.write("x.py", f"{line}\ndef main(request):\n    pass\n")
    found = zone.worker.describe("x.py")["x.py"]
    assert (found["limits"], found["limits_error"]) == (limits, None)


@pytest.mark.parametrize(
    "line, complaint",
    [
        ('limits = {"rate": "5/m"}', 'write "rate": {"key": ..., "address": ..., "route": ...}, not \'5/m\''),
        ('limits = {"rate": {"user": "5/m"}}', 'write "rate": {"key":'),
        ('limits = {"rate": {"key": "5/sec"}}', 'rate of key must be like "100/s"'),
        ('limits = {"rate": {"key": 5}}', "not 5"),
        ('limits = {"rate": {"key": "0/s"}}', "not '0/s'"),
        ('limits = {"rate": {"key": "1/d burst 400"}}', "not '1/d burst 400'"),
        ('limits = {"concurrency": {"route": 0}}', "a number from 1 to 1000000, not 0"),
        ('limits = {"concurrency": {"route": True}}', "not True"),
        ('limits = {"rate": {}, "burst": 5}', "takes rate and concurrency, not burst"),
    ],
)
def test_limits_that_make_no_sense_are_named_with_their_line(zone, line, complaint):
    zone.write("x.py", f"import os\n{line}\ndef main(request):\n    pass\n")
    found = zone.worker.describe("x.py")["x.py"]
    assert found["limits"] is None
    assert "line 2" in found["limits_error"] and complaint in found["limits_error"]
