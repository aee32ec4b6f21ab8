"""The short path from a script's plain result to the bytes that Flask would send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json import encoder as _encoder
from typing import Any, Optional

from flask.json.provider import DefaultJSONProvider
from flask.wrappers import Response
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as BaseResponse

from .failure import Failure

JSON_BLOCK = b"Content-Type: application/json\r\n"
HTML_BLOCK = b"Content-Type: text/html; charset=utf-8\r\n"

_OPTIONS: dict = {
    "default": DefaultJSONProvider.default,
    "ensure_ascii": True,
    "sort_keys": True,
    "separators": (",", ":"),
}

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch

# Headers of a tuple that Flask treats in a way of its own are left to Flask.
_LEFT_TO_FLASK = {
    "content-length",
    "content-location",
    "location",
    "connection",
    "date",
    "server",
    "transfer-encoding",
    "set-cookie",
}

ACCEPTED = (
    "a dict, list, str, bytes, generator or iterator of str or bytes, a Response, a WSGI callable, "
    "or a tuple (body, status), (body, headers) or (body, status, headers)"
)


def _make_encoder() -> Any:
    make = getattr(_encoder, "c_make_encoder", None)
    text = getattr(_encoder, "c_encode_basestring_ascii", None)
    if make is None or text is None:
        encode = json.JSONEncoder(**_OPTIONS).encode
        return lambda value, level: (encode(value),)
    return make({}, _OPTIONS["default"], text, None, ":", ",", True, False, True)


_encode = _make_encoder()


def to_json(value: Any) -> bytes:
    """`value` as Flask's default provider writes it, with its line break at the end."""
    global _encode
    try:
        return ("".join(_encode(value, 0)) + "\n").encode("ascii")
    except BaseException:
        _encode = _make_encoder()  # A failed run leaves its marks against circular references behind.
        raise


def plain(result: Any) -> Optional[tuple]:
    """(status, flags, header block, body) of a plain result, None for one that Flask's machinery must make."""
    kind = type(result)
    if kind is dict or kind is list:
        return 200, 0, JSON_BLOCK, to_json(result)
    if kind is str:
        return 200, 0, HTML_BLOCK, result.encode()
    if kind is bytes:
        return 200, 0, HTML_BLOCK, result
    if kind is tuple:
        return _plain_tuple(result)
    return None


def _plain_tuple(result: tuple) -> Optional[tuple]:
    size = len(result)
    status: Any = 200
    headers: Any = None
    if size == 3:
        body, status, headers = result
    elif size == 2:
        body, second = result
        if isinstance(second, (dict, list, tuple, Headers)):
            headers = second
        else:
            status = second
    else:
        return None
    if type(status) is not int or not 200 <= status < 600 or status in (204, 205, 304):
        return None
    extra = _plain_headers(headers) if headers else b""
    if extra is None or type(body) is tuple:
        return None
    made = plain(body)
    if made is None:
        return None
    # A Content-Type of the script's own takes the place of the standard one.
    block = extra if headers and any(name.lower() == "content-type" for name in headers) else made[2] + extra
    return status, 0, block, made[3]


def _plain_headers(headers: Any) -> Optional[bytes]:
    if type(headers) is not dict:
        return None
    lines = []
    for name, value in headers.items():
        if type(name) is not str or type(value) is not str or not _NAME(name) or name.lower() in _LEFT_TO_FLASK:
            return None
        lines.append(f"{name}: {value}\r\n")
    text = "".join(lines)
    if len({name.lower() for name in headers}) != len(headers):
        return None
    if text.count("\r") + text.count("\n") != 2 * len(lines) or "\0" in text or not text.isascii():
        return None
    return text.encode("ascii")


def check(result: Any, path: str) -> Any:
    """`result` itself if Flask takes it. Raises Failure `bad-result` otherwise."""
    body = result
    if isinstance(result, tuple):
        if len(result) not in (2, 3):
            raise _refused(path, f"a tuple of {len(result)}")
        body = result[0]
    if isinstance(body, (str, bytes, bytearray, dict, list, Iterator, Response, BaseResponse)) or callable(body):
        return result
    inside = "a tuple whose body is " if body is not result else ""
    kind = "None" if body is None else f"of type {type(body).__name__}"
    hint = " (does every path through it end with `return`?)" if body is None else ""
    raise _refused(path, f"{inside}{kind}{hint}")


def _refused(path: str, what: str) -> Failure:
    return Failure("bad-result", f"main in {path} returned {what}; it must return {ACCEPTED}", path)
