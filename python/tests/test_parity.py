"""The same script body, the same raw request: Steward's answer must be Flask's."""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
import types

import flask
import pytest
from parity_cases import CASES
from support import SECRET, environ_for

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
IGNORED = {"date", "server", "connection"}


def reference(case, file):
    """Status, headers and body of a Flask application whose view is the script's `main`."""
    app = flask.Flask("reference", root_path=str(file.parent))
    app.secret_key = bytes.fromhex(SECRET)
    module = types.ModuleType("reference_script")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    with app.app_context():
        exec(compile(file.read_text(), str(file), "exec"), module.__dict__)

    def main():
        result = module.main(flask.request._get_current_object())
        if inspect.iscoroutine(result):
            async def go():
                return await result
            return asyncio.run(go())
        return result

    app.add_url_rule("/x.py", "main", main, methods=METHODS, provide_automatic_options=False)
    environ = environ_for(case.target, case.method, case.headers, case.body)
    environ |= {"wsgi.input": io.BytesIO(case.body), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0)}
    environ |= {"wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False}
    started = []
    result = app(environ, lambda status, headers, exc=None: started.append((status, headers)))
    body = b"".join(result)
    if hasattr(result, "close"):
        result.close()
    status, headers = started[0]
    return int(status[:3]), headers, body


def comparable(headers):
    made = []
    for name, value in headers:
        if name.lower() == "set-cookie":  # Its signature and its end depend on the second.
            cookie, _, attributes = value.partition(";")
            payload = cookie.split(".")[0] if cookie.startswith("session=") else cookie
            value = payload + ";" + ";".join(a for a in attributes.split(";") if "Expires" not in a)
        if name.lower() not in IGNORED:
            made.append((name.lower(), value))
    return sorted(made)


def test_there_are_enough_cases():
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answers_as_flask_does(zone, case):
    file = zone.write("x.py", case.script)
    zone.write("templates/page.html", "<p>{{ n }}</p>{% for i in range(3) %}{{ i }}{% endfor %}")
    zone.write("data.txt", "0123456789" * 3)
    zone.write("big.bin", bytes(range(256)) * 4096)
    status, headers, body = reference(case, file)
    for attempt in ("first", "second"):
        reply = zone.call(case.target, case.method, case.headers, case.body)
        assert reply.fail is None, reply.fail
        ours = list(reply.headers)
        if not reply.streamed and not reply.flags:
            ours.append(("Content-Length", str(len(reply.body))))
        assert (reply.status, reply.body) == (status, body), attempt
        assert comparable(ours) == comparable(headers), attempt
