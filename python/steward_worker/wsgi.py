"""The server side of WSGI (PEP 3333), for `app` objects and for Flask itself."""

from __future__ import annotations

from typing import Any, Callable, Optional

from .answer import BUFFER_SIZE, Answer, status_code


def run(app: Callable, environ: dict, answer: Answer) -> Optional[tuple]:
    """Calls a WSGI application. Returns what `Answer.whole` gives, or None once all is streamed."""
    response = _Response(answer)
    iterable = app(environ, response.start)
    try:
        return response.send(iterable)
    finally:
        close = getattr(iterable, "close", None)
        if close is not None:
            close()


class _Response:
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._status: Optional[int] = None
        self._headers: list = []

    def start(self, status: str, headers: list, exc_info: Any = None) -> Callable:
        """`start_response`."""
        if exc_info:
            try:
                if self._answer.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._status is not None:
            raise AssertionError("start_response was already called and there is no exc_info")
        self._status = status_code(status)
        self._headers = list(headers)
        return self._write

    def send(self, iterable: Any) -> Optional[tuple]:
        iterator = iter(iterable)
        first = next(iterator, None)
        while first is not None and not first and self._status is None:
            first = next(iterator, None)
        if self._status is None:
            raise AssertionError("the application did not call start_response")
        if not self._answer.begun:
            if self._answer.head_only:
                return self._answer.whole(self._status, self._headers, b"")
            length = self._declared_length()
            if length is not None and length <= BUFFER_SIZE or isinstance(iterable, (list, tuple)):
                return self._send_whole(first, iterator)
        return self._stream(first, iterator)

    def _send_whole(self, first: Optional[bytes], iterator: Any) -> Optional[tuple]:
        parts = [] if first is None else [first, *iterator]
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        return self._answer.whole(self._status or 500, self._headers, _checked(body))

    def _stream(self, first: Optional[bytes], iterator: Any) -> None:
        self._begin()
        if first is not None:
            self._answer.write(_checked(first))
        for part in iterator:
            self._answer.write(_checked(part))
        self._answer.end()

    def _write(self, data: bytes) -> None:
        self._begin()
        self._answer.write(_checked(data))

    def _begin(self) -> None:
        if not self._answer.begun:
            self._answer.begin(self._status or 500, self._headers)

    def _declared_length(self) -> Optional[int]:
        for name, value in self._headers:
            if name.lower() == "content-length" and value.isdigit():
                return int(value)
        return None


def _checked(data: Any) -> bytes:
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"a WSGI body consists of bytes, not {type(data).__name__}")
    return data  # type: ignore[return-value]
