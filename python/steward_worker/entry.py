"""What a loaded module offers: `main`, a WSGI or ASGI `app`, and its `methods`."""

from __future__ import annotations

import inspect
import re
from typing import Any, Optional

from .failure import Failure

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def kind(module: Any, path: str) -> tuple:
    """("main" | "wsgi" | "asgi", the object). Raises Failure `no-entry`."""
    main = getattr(module, "main", None)
    if callable(main):
        return "main", main
    app = getattr(module, "app", None)
    if callable(app):
        return ("asgi" if is_asgi(app) else "wsgi"), app
    raise Failure("no-entry", f"{path} defines neither `def main(request)` nor a WSGI or ASGI `app`", path)


def is_asgi(app: Any) -> bool:
    """Whether `app` is an ASGI 3 application: a coroutine function, or a callable of three parameters."""
    if inspect.iscoroutinefunction(app):
        return True
    if not inspect.isclass(app) and inspect.iscoroutinefunction(getattr(app, "__call__", None)):
        return True
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return False
    required = [
        parameter
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return len(required) == 3


def methods(module: Any, path: str) -> Optional[list]:
    """The methods that a script allows, HEAD and OPTIONS included, sorted; None for all of them.

    Raises Failure `load-error` for a `methods` that is not a list of method names. A module variable of that
    name which is no list, tuple, set or string is taken for something else.
    """
    declared = getattr(module, "methods", None)
    if isinstance(declared, str) or (
        isinstance(declared, (list, tuple, set, frozenset))
        and not all(isinstance(name, str) and _TOKEN.match(name) for name in declared)
    ):
        raise Failure("load-error", f'`methods` in {path} must be a list of names, like ["GET", "POST"]', path)
    if not isinstance(declared, (list, tuple, set, frozenset)):
        return None
    allowed = {name.upper() for name in declared}
    if "GET" in allowed:
        allowed.add("HEAD")
    return sorted(allowed | {"OPTIONS"})


def answers_options(module: Any) -> bool:
    """Whether a script with `methods` handles OPTIONS itself."""
    return any(name.upper() == "OPTIONS" for name in getattr(module, "methods", ()))
