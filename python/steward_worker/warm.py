"""What the zygote does once, so that no worker has to: imports, first runs, and freezing the heap."""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import importlib.util
from io import BytesIO

import flask

from . import environ as environs
from .answer import Answer
from .flask_app import ScriptApp
from .frames import pack
from .result import plain
from . import wsgi

_IMPORTS = (
    "asyncio",
    "selectors",
    "subprocess",
    "tempfile",
    "werkzeug.formparser",
    "werkzeug.sansio.multipart",
    "werkzeug.wsgi",
    "werkzeug.test",
    "flask.sessions",
    "encodings.idna",
    "encodings.latin_1",
    "stringprep",
)
_ROUNDS = 30


def up() -> None:
    """Imports, runs the common paths a few times (the interpreter specialises them) and freezes the heap."""
    for name in _IMPORTS:
        importlib.import_module(name)
    app = ScriptApp("_warm", "/", "", "warm.py", b"warm")
    for _ in range(_ROUNDS):
        _short()
        _full(app)
    gc.collect()
    gc.freeze()


def flask_version() -> str:
    return importlib.metadata.version("flask")


def has_orjson() -> bool:
    return importlib.util.find_spec("orjson") is not None


def _environ(body: bytes = b"", kind: str = "") -> dict:
    made = environs.base(None)
    made.update(
        REQUEST_METHOD="POST" if body else "GET",
        PATH_INFO="/warm.py",
        QUERY_STRING="name=warm",
        SERVER_NAME="localhost",
        SERVER_PORT="80",
        SERVER_PROTOCOL="HTTP/1.1",
        HTTP_HOST="localhost",
        CONTENT_TYPE=kind,
        CONTENT_LENGTH=str(len(body)),
    )
    made["wsgi.url_scheme"] = "http"
    made["wsgi.input"] = BytesIO(body)
    return made


def _short() -> None:
    request = flask.Request(_environ())
    made = plain({"message": request.args.get("name", "")})
    assert made is not None
    pack(1, made[1] + made[2], call=1)
    flask.Request(_environ(b'{"a": [1, 2.5, "x"]}', "application/json")).get_json()
    flask.Request(_environ(b"a=1&b=2", "application/x-www-form-urlencoded")).form.get("a")
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nhello\r\n--x--\r\n'
    flask.Request(_environ(part, "multipart/form-data; boundary=x")).files.get("f")


def _full(app: ScriptApp) -> None:
    app.outcome = lambda: ({"session": "id" in flask.session}, 201, {"X-Warm": "1"})
    wsgi.run(app.wsgi_app, _environ(), Answer(None, 0, "GET"))  # type: ignore[arg-type]
