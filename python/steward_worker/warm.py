"""What the zygote does once, so that no worker has to: imports, first runs, and freezing the heap."""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import importlib.util
import json
import mmap
import os
import socket

from . import frames
from .fork import PROGRESS_SIZE, Template
from .session_key import SessionKey
from .worker import Worker
from .zone import Zone

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
)
_ROUNDS = 30
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rehearsal")


def up(template: Template) -> None:
    """Imports, lets a worker rehearse (the interpreter specialises what runs) and freezes the heap."""
    for name in _IMPORTS:
        importlib.import_module(name)
    _rehearse(template)
    gc.collect()
    gc.freeze()


def flask_version() -> str:
    return importlib.metadata.version("flask")


def has_orjson() -> bool:
    return importlib.util.find_spec("orjson") is not None


def _rehearse(template: Template) -> None:
    """Runs a whole worker in this process, on scripts of this package, and takes it down again."""
    server, data = socket.socketpair()
    with server, data:
        template.outbox.connect(data)
        zone = Zone("rehearsal", "", _FOLDER)
        worker = Worker(zone, data, template.outbox, template.hygiene, mmap.mmap(-1, PROGRESS_SIZE), SessionKey(b"rehearsal", "session"))
        server.sendall(b"".join(_call(path) for _ in range(_ROUNDS) for path in ("hello.py", "context.py")))
        server.sendall(frames.pack(frames.DESCRIBE, json.dumps(["hello.py"]).encode()))
        server.shutdown(socket.SHUT_WR)
        worker.serve(None)
        worker.close()
        worker.loader.finder.remove()
        template.outbox.connect(None)
        _check(server, 2 * _ROUNDS + 1)


def _check(server: socket.socket, expected: int) -> None:
    data = server.recv(1 << 20, socket.MSG_DONTWAIT)
    kinds = [header[1] for header, _, _ in frames.split(data)[0]]
    if kinds != [frames.REPLY] * (expected - 1) + [frames.DESCRIBED]:
        raise RuntimeError(f"the rehearsal was answered with {data[:2000]!r}")


def _call(path: str) -> bytes:
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": f"/{path}",
        "QUERY_STRING": "name=x",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "localhost",
        "steward.script": path,
    }
    block = "\0".join(part for pair in environ.items() for part in pair).encode()
    return frames.pack(frames.CALL, block, call=1, a=len(block), b=1)
