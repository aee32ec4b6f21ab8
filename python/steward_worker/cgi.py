"""CGI/1.1 (RFC 3875): executables of other languages."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from typing import Any, Callable, Optional

from .answer import BUFFER_SIZE, Answer, is_name, is_value
from .failure import Failure
from .zone import Zone

_HEADER_LIMIT = 64 * 1024
_READ_SIZE = 64 * 1024
_SETTLE_SECONDS = 0.05
"""How long a program may pause before what it wrote is sent on."""

# RFC 3875 section 4.1.18 keeps credentials from scripts; Proxy would become HTTP_PROXY, which clients obey.
_WITHHELD = {"HTTP_AUTHORIZATION", "HTTP_PROXY", "HTTP_PROXY_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_X_ADMIN_API_KEY"}
_META = {
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
}

zone_environment: dict = {}
"""The zone's own variables, set by the worker: programs get them too."""


def run(zone: Zone, environ: dict, answer: Answer, log: Callable[[int, str], None]) -> Optional[tuple]:
    """Runs the executable `steward.script`. Raises Failure `gone` or `cgi-error`."""
    path = environ["steward.script"].encode("latin-1").decode("utf-8", "surrogateescape")
    os.close(zone.open(path))
    program = zone.absolute(path)
    with _body(environ) as body:
        try:
            child = subprocess.Popen(
                [program],
                cwd=os.path.dirname(program),
                env=variables(environ, zone, program),
                stdin=body,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise Failure("cgi-error", f"{path} cannot be run: {error.strerror}", path) from None
    try:
        return _Output(path, child, answer, log).relay()
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                stream.close()


def variables(environ: dict, zone: Zone, program: str) -> dict:
    """The environment of the program: the request's meta-variables (section 4.1) and the zone's variables."""
    made = {"PATH": os.environ.get("PATH", os.defpath), **zone_environment}
    for key, value in environ.items():
        if key in _META or key.startswith("HTTP_") and key not in _WITHHELD:
            made[key] = value
    made.update(
        GATEWAY_INTERFACE="CGI/1.1",
        SERVER_SOFTWARE="Steward",
        SCRIPT_FILENAME=program,
        DOCUMENT_ROOT=zone.folder,
        REDIRECT_STATUS="200",
        STEWARD_TRACE_ID=environ.get("steward.trace_id", ""),
        REMOTE_USER=environ.get("steward.caller", ""),
        HTTPS="on" if environ.get("wsgi.url_scheme") == "https" else "",
    )
    made.setdefault("QUERY_STRING", "")
    if made.get("PATH_INFO"):
        made["PATH_TRANSLATED"] = zone.folder + made["PATH_INFO"]
    else:
        made.pop("PATH_INFO", None)
    empty = ("REMOTE_USER", "HTTPS")
    return {
        key.encode("latin-1") if key in environ else os.fsencode(key): value.encode("latin-1")
        if key in environ
        else os.fsencode(value)
        for key, value in made.items()
        if value or key not in empty
    }


def parse_header(head: bytes, path: str) -> tuple:
    """(status, headers) of a program's header block (section 6.3). Raises Failure `cgi-error`."""
    status: Optional[int] = None
    location = False
    headers: list = []
    for line in head.decode("latin-1").replace("\r\n", "\n").split("\n"):
        if not line:
            continue
        name, colon, value = line.partition(":")
        if not colon or not is_name(name):
            raise Failure("cgi-error", f"{path} wrote {line[:80]!r} where a header field was expected", path)
        value = value.strip(" \t")
        if not is_value(value):
            message = f"{path} wrote a line break or another control character into its header field {name}"
            raise Failure("cgi-error", message, path)
        if name.lower() == "content-length" and not (value.isascii() and value.isdigit()):
            raise Failure("cgi-error", f"{path} wrote `Content-Length: {value[:40]}`, which is no number", path)
        if name.lower() == "status":
            status = _status(value, path)
            continue
        location = location or name.lower() == "location"
        headers.append((name, value))
    if not headers and status is None:
        raise Failure("cgi-error", f"{path} wrote an empty header block; at least Content-Type is needed", path)
    if status is None:
        status = 302 if location else 200
    return status, headers


def _status(value: str, path: str) -> int:
    code = value[:3]
    if not code.isascii() or not code.isdigit() or not 200 <= int(code) <= 599 or value[3:4].strip():
        raise Failure("cgi-error", f"{path} wrote `Status: {value[:40]}`, which is no status of an answer (200 to 599)", path)
    return int(code)


def _body(environ: dict) -> Any:
    """The request body as a file that the program can read from."""
    source = environ["wsgi.input"]
    if environ.get("steward.spool"):
        return open(source.name, "rb", buffering=0)
    descriptor = os.memfd_create("steward-cgi-body")
    file = os.fdopen(descriptor, "r+b", buffering=0)
    file.write(source.read())
    file.seek(0)
    return file


def _end_of_header(data: bytes) -> tuple:
    """(where the header block ends, where the body begins), or (-1, -1)."""
    position = 0
    while True:
        end = data.find(b"\n", position)
        if end < 0:
            return -1, -1
        if data[position:end] in (b"", b"\r"):
            return position, end + 1
        position = end + 1


class _Output:
    """Reads both pipes of a running program."""

    def __init__(self, path: str, child: Any, answer: Answer, log: Callable[[int, str], None]) -> None:
        self._path = path
        self._child = child
        self._answer = answer
        self._log = log
        self._out = b""
        self._err = b""
        self._last_error = ""
        self._head: Optional[tuple] = None

    def relay(self) -> Optional[tuple]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ, self._output)
            selector.register(self._child.stderr, selectors.EVENT_READ, self._errors)
            while selector.get_map():
                waiting = self._head is not None and self._out
                ready = selector.select(_SETTLE_SECONDS if waiting else None)
                if not ready:
                    self._stream()
                for key, _ in ready:
                    data = os.read(key.fd, _READ_SIZE)
                    if not data:
                        selector.unregister(key.fileobj)
                    key.data(data)
        return self._finish()

    def _output(self, data: bytes) -> None:
        self._out += data
        if self._head is None:
            end, start = _end_of_header(self._out)
            if end >= 0:
                self._head = parse_header(self._out[:end], self._path)
                self._out = self._out[start:]
            elif len(self._out) > _HEADER_LIMIT:
                raise Failure("cgi-error", f"{self._path} wrote no end of its header block in 64 KiB", self._path)
        if self._head is not None and (self._answer.begun or len(self._out) > BUFFER_SIZE):
            self._stream()

    def _errors(self, data: bytes) -> None:
        *lines, rest = (self._err + data).split(b"\n")
        self._err = rest
        if not data and rest:
            lines, self._err = [rest], b""
        for line in lines:
            self._last_error = line.decode("utf-8", "replace").rstrip("\r")
            self._log(1, self._last_error)

    def _stream(self) -> None:
        if self._head is not None:
            if not self._answer.begun:
                self._answer.begin(*self._head)
            self._answer.write(self._out)
            self._out = b""

    def _finish(self) -> Optional[tuple]:
        code = self._child.wait()
        if self._head is None:
            hint = f"; its last line on standard error: {self._last_error}" if self._last_error else ""
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise Failure("cgi-error", f"{self._path} {how} before its header block was complete{hint}", self._path)
        if code:
            self._log(1, f"{self._path} ended with exit code {code}")
        if not self._answer.begun:
            return self._answer.whole(*self._head, self._out)
        self._stream()
        self._answer.end()
        return None
