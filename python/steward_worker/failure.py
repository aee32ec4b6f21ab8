"""Failures of a call, as the FAIL frame reports them."""

from __future__ import annotations

import json
import linecache
import os
import traceback
from typing import Any, Callable, Optional

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DETAIL_LIMIT = 64 * 1024
_MESSAGE_LIMIT = 4096

STATUS = {
    "script-error": 500,
    "load-error": 500,
    "out-of-reach": 500,
    "bad-result": 500,
    "no-entry": 500,
    "no-route": 404,
    "method-not-allowed": 405,
    "gone": 404,
    "cgi-error": 502,
}
"""The codes of FAIL and the HTTP status that each answers."""


class Failure(Exception):
    """A call that ends with FAIL. `file` is relative to the zone folder."""

    def __init__(
        self,
        code: str,
        message: str,
        file: Optional[str] = None,
        line: Optional[int] = None,
        detail: Optional[str] = None,
        allow: Optional[list] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.file = file
        self.line = line
        self.detail = detail
        self.allow = allow

    @property
    def status(self) -> int:
        return STATUS[self.code]

    def payload(self) -> bytes:
        """The JSON of the FAIL frame."""
        fields: dict = {
            "code": self.code,
            "message": self.message[:_MESSAGE_LIMIT],
            "file": self.file,
            "line": self.line,
            "detail": self.detail,
        }
        if self.allow is not None:
            fields["allow"] = self.allow
        return json.dumps(fields).encode()


def from_exception(code: str, error: BaseException, folder: str, script: str, sources: Callable) -> Failure:
    """The failure that `error` stands for: where in the zone `folder` it happened, and the traceback.

    `sources(path)` gives the text of a file as it was loaded, or None: the file may have changed since.
    """
    inside = folder.rstrip(os.sep) + os.sep
    _remember_sources(error, inside, sources)
    file, line = _place(error, inside)
    text = _first_line(error)
    return Failure(code, text, file or script, line, _detail(error, inside))


def _first_line(error: BaseException) -> str:
    name = type(error).__name__
    try:
        text = error.msg if isinstance(error, SyntaxError) and error.msg else str(error)
    except Exception:
        text = "(its message could not be formatted)"
    return f"{name}: {text}" if text else name


def _place(error: BaseException, inside: str) -> tuple:
    if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(inside):
        return error.filename[len(inside) :], error.lineno
    file = line = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.startswith(inside):
            file, line = name[len(inside) :], number
    return file, line


def _detail(error: BaseException, inside: str) -> str:
    try:
        report: Any = traceback.TracebackException(type(error), error, error.__traceback__)
        seen: set = set()
        _strip(report, inside, seen)
        text = "".join(report.format())
    except Exception as second:
        text = f"{_first_line(error)}\n(the traceback could not be formatted: {_first_line(second)})\n"
    return text if len(text) <= _DETAIL_LIMIT else text[: _DETAIL_LIMIT // 2] + "\n...\n" + text[-_DETAIL_LIMIT // 2 :]


def _strip(report: Any, inside: str, seen: set) -> None:
    """Drops the frames that led to the script, Steward's own and those of the import system."""
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    stack = report.stack
    first = next((index for index, frame in enumerate(stack) if frame.filename.startswith(inside)), 0)
    stack[:] = [
        frame
        for frame in stack[first:]
        if not frame.filename.startswith(OWN_FOLDER) and not frame.filename.startswith("<frozen importlib")
    ]
    _strip(report.__cause__, inside, seen)
    _strip(report.__context__, inside, seen)
    for nested in getattr(report, "exceptions", None) or ():
        _strip(nested, inside, seen)


def _remember_sources(error: BaseException, inside: str, sources: Callable) -> None:
    for frame, _ in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.startswith(inside):
            text = sources(name)
            if text is not None:
                linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
