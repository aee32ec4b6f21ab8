"""The server side of ASGI 3: HTTP and lifespan. WebSockets do not reach scripts."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Optional
from urllib.parse import unquote_to_bytes

from . import aio
from .answer import BUFFER_SIZE, Answer
from .failure import Failure

_READ_SIZE = 64 * 1024
_VERSIONS = {"version": "3.0", "spec_version": "2.4"}
_states: dict = {}


def run(app: Callable, environ: dict, answer: Answer) -> Optional[tuple]:
    """Calls an ASGI application for one HTTP request."""
    exchange = _Exchange(environ, answer)
    return aio.run(exchange.serve(app))


def scope(environ: dict, state: Optional[dict] = None) -> dict:
    """The HTTP connection scope of a mounted call."""
    root = environ["SCRIPT_NAME"].encode("latin-1").decode("utf-8", "replace")
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["SCRIPT_NAME"] + environ["PATH_INFO"]
    raw_path = raw.encode("latin-1").partition(b"?")[0]
    if environ["PATH_INFO"] == "/" and unquote_to_bytes(raw_path) == environ["SCRIPT_NAME"].encode("latin-1"):
        raw_path += b"/"
    made = {
        "type": "http",
        "asgi": _VERSIONS,
        "http_version": environ.get("SERVER_PROTOCOL", "HTTP/1.1").partition("/")[2] or "1.1",
        "method": environ["REQUEST_METHOD"].upper(),
        "scheme": environ.get("wsgi.url_scheme", "http"),
        "path": root + path,
        "raw_path": raw_path,
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "root_path": root,
        "headers": _headers(environ),
        "client": _address(environ.get("REMOTE_ADDR"), environ.get("REMOTE_PORT")),
        "server": _address(environ.get("SERVER_NAME"), environ.get("SERVER_PORT")),
    }
    if state is not None:
        made["state"] = dict(state)
    return made


def startup(app: Callable, script: str) -> Optional["Lifespan"]:
    """Runs the application's start-up. None if it has no lifespan. Raises Failure when it reports one."""
    lifespan = Lifespan(app, script)
    return lifespan if aio.run(lifespan.start()) else None


class Lifespan:
    """One application's lifespan, open from its loading to its end."""

    def __init__(self, app: Callable, script: str) -> None:
        self._app = app
        self._script = script
        self._inbox: Any = None
        self._answers: Any = None
        self._task: Optional[asyncio.Task] = None
        self._state: dict = {}

    async def start(self) -> bool:
        self._inbox, self._answers = asyncio.Queue(), asyncio.Queue()  # Here: Python 3.9 binds them to the loop.
        before = asyncio.all_tasks()
        self._task = asyncio.ensure_future(self._run())
        await self._inbox.put({"type": "lifespan.startup"})
        message = await self._answer()
        for task in asyncio.all_tasks() - before:
            aio.keep(task)
        if message is None:
            return False
        if message["type"] == "lifespan.startup.failed":
            text = message.get("message") or "the application reported that its start-up failed"
            raise Failure("load-error", f"lifespan: {text}", self._script)
        _states[id(self._app)] = self._state
        return True

    def shutdown(self) -> None:
        """Runs the application's shut-down, and waits for it."""
        _states.pop(id(self._app), None)
        if self._task is not None and not self._task.done():
            aio.run(self._stop())

    async def _stop(self) -> None:
        await self._inbox.put({"type": "lifespan.shutdown"})
        await self._answer()

    async def _run(self) -> None:
        made = {"type": "lifespan", "asgi": _VERSIONS, "state": self._state}
        await self._app(made, self._inbox.get, self._answers.put)

    async def _answer(self) -> Optional[dict]:
        """The application's next message, None when it ended without one (it knows no lifespan)."""
        waiting = asyncio.ensure_future(self._answers.get())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        if not self._task.cancelled():
            self._task.exception()  # Seen: an application without lifespan may raise here.
        return None


class _Exchange:
    """One request and its answer."""

    def __init__(self, environ: dict, answer: Answer) -> None:
        self._environ = environ
        self._answer = answer
        self._input = environ["wsgi.input"]
        self._left = int(environ.get("CONTENT_LENGTH") or 0)
        self._received = False
        self._status: Optional[int] = None
        self._headers: list = []
        self._parts: list = []
        self._result: Optional[tuple] = None
        self._done: Any = None

    async def serve(self, app: Callable) -> Optional[tuple]:
        self._done = asyncio.Event()
        await app(scope(self._environ, _states.get(id(app))), self._receive, self._send)
        if self._status is None:
            raise RuntimeError("the ASGI application ended without sending a response")
        if not self._done.is_set():
            raise RuntimeError("the ASGI application ended before its response was complete")
        return self._result

    async def _receive(self) -> dict:
        if not self._received:
            body = self._input.read(min(_READ_SIZE, self._left)) if self._left else b""
            self._left = self._left - len(body) if body else 0
            self._received = not self._left
            return {"type": "http.request", "body": body, "more_body": not self._received}
        await self._done.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            if self._status is not None:
                raise RuntimeError("http.response.start was sent twice")
            self._status = int(message["status"])
            self._headers = [_pair(pair) for pair in message.get("headers", ())]
        elif kind == "http.response.body":
            if self._status is None or self._done.is_set():
                raise RuntimeError("http.response.body was sent before the start or after the end of the response")
            self._body(bytes(message.get("body", b"")), bool(message.get("more_body", False)))
            await asyncio.sleep(0)
        else:
            raise RuntimeError(f"{kind} is not supported")

    def _body(self, body: bytes, more: bool) -> None:
        answer = self._answer
        status = self._status or 500
        if not answer.begun and not more:
            self._result = answer.whole(status, self._headers, b"".join([*self._parts, body]))
        elif not answer.begun and self._is_small():
            self._parts.append(body)
        else:
            if not answer.begun:
                answer.begin(status, self._headers)
            for part in (*self._parts, body):
                answer.write(part)
            self._parts = []
            if not more:
                answer.end()
        if not more:
            self._done.set()

    def _is_small(self) -> bool:
        """Whether the declared length says that the pieces are better sent as one."""
        declared = [value for name, value in self._headers if name.lower() == "content-length"]
        return bool(declared) and declared[0].isdigit() and int(declared[0]) <= BUFFER_SIZE


def _pair(pair: Any) -> tuple:
    name, value = pair
    return bytes(name).decode("latin-1"), bytes(value).decode("latin-1")


def _address(host: Optional[str], port: Optional[str]) -> Optional[tuple]:
    return (host, int(port) if port and port.isdigit() else 0) if host else None


def _headers(environ: dict) -> list:
    made = []
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            made.append((key[5:].replace("_", "-").lower().encode("latin-1"), value.encode("latin-1")))
        elif key in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            made.append((key.replace("_", "-").lower().encode("latin-1"), value.encode("latin-1")))
    return made
