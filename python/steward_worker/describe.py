"""What DESCRIBE answers: read from the syntax tree, nothing is executed."""

from __future__ import annotations

import ast
import re
from typing import Any, Iterator, Optional

from .failure import Failure
from .zone import Zone

_ASGI_MAKERS = {"FastAPI", "Starlette", "Quart", "Litestar", "Sanic", "BlackSheep", "Router", "Falcon"}


def describe(zone: Zone, paths: list) -> dict:
    """{path: description} for paths relative to the zone folder."""
    return {path: _describe(zone, path) for path in paths}


def read(source: bytes, path: str) -> dict:
    """The description of one source text."""
    try:
        tree = ast.parse(source, path)
    except SyntaxError as error:
        return _made(error=f"SyntaxError: {error.msg}", line=error.lineno)
    except (ValueError, RecursionError, MemoryError) as error:
        return _made(error=f"{type(error).__name__}: {error}")
    found = dict(_definitions(tree))
    main, app = found.get("main"), found.get("app")
    entry = main or app
    cards, complaint = _cards(found.get("gpu"))
    limits, limits_complaint = _limits(found.get("limits"))
    kind = "main" if main else _app_kind(app) if app else "none"
    document = _docstring(main) or _docstring(tree)
    return _made(
        kind=kind,
        methods=_methods(found.get("methods")),
        doc=document,
        timeout=_timeout(found.get("timeout")),
        gpu=cards,
        gpu_error=complaint,
        limits=limits,
        limits_error=limits_complaint,
        line=entry.lineno if entry else None,
    )


def _describe(zone: Zone, path: str) -> dict:
    try:
        return read(zone.read(path), path)
    except Failure as failure:
        return _made(error=failure.message)
    except OSError as error:
        return _made(error=f"{path} cannot be read: {error.strerror}")


def _made(**fields: Any) -> dict:
    empty = ("methods", "doc", "timeout", "error", "line", "gpu", "gpu_error", "limits", "limits_error")
    return {"kind": "none", **dict.fromkeys(empty), **fields}


def _definitions(tree: ast.AST) -> Iterator:
    """(name, node) of everything bound at the top level, inside `if`, `try` and `with` too; the last one counts."""
    for node in getattr(tree, "body", []):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name, node
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _definitions(node)
            for part in (*getattr(node, "handlers", ()), *getattr(node, "orelse", ())):
                yield from _definitions(ast.Module(body=getattr(part, "body", [part]), type_ignores=[]))


def _docstring(node: Any) -> Optional[str]:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
        return None
    text = (ast.get_docstring(node) or "").strip()
    return text.split("\n")[0].strip() or None


def _methods(node: Any) -> Optional[list]:
    value = _literal(node)
    if isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(name, str) for name in value):
        return [name.upper() for name in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return None


# No deadline is longer; a number of a thousand digits would be none to the server.
_LONGEST = 10**9


def _timeout(node: Any) -> Optional[float]:
    value = _literal(node)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return min(value, _LONGEST) if number and 0 < value < float("inf") else None


def _cards(node: Any) -> tuple:
    """(cards, complaint) of `gpu = 1` or `gpu = {"count": 1, "memory": "20GiB", "share": True}`.

    A `gpu` that is no assignment of a literal (an import, a function) is the script's own affair.
    """
    value = _literal(node)
    if value is None:
        return None, None
    asked = value if isinstance(value, dict) else {"count": value}
    count, share = asked.get("count", 1), asked.get("share", False)
    memory = _size(asked["memory"]) if asked.get("memory") is not None else None
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= 64:
        return None, f"`gpu` in line {node.lineno} must be a number of cards from 0 to 64, not {count!r}"
    if memory is not None and not 0 < memory <= 1 << 50:
        return None, f'`gpu["memory"]` in line {node.lineno} must be a size like "20GiB", not {asked["memory"]!r}'
    if not isinstance(share, bool):
        return None, f'`gpu["share"]` in line {node.lineno} must be True or False, not {share!r}'
    if unknown := sorted(map(str, asked.keys() - {"count", "memory", "share"})):
        return None, f"`gpu` in line {node.lineno} takes count, memory and share, not {', '.join(unknown)}"
    return {"count": count, "memory": memory, "share": share}, None


_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "kb": 10**3, "mb": 10**6, "gb": 10**9,
          "tb": 10**12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}


def _size(value: Any) -> int:
    """Bytes of 4096 or "20 GiB"; -1 for what is no size."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", value) if isinstance(value, str) else None
    factor = _UNITS.get(found.group(2).lower()) if found else None
    return int(float(found.group(1)) * factor) if found and factor else -1


_RATE = re.compile(r" *(\d{1,7})/(\d{0,7})([smhd])(?: +burst +(\d{1,7}))? *")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_COUNTED_BY = ("key", "address", "route")


def _limits(node: Any) -> tuple:
    """(limits, complaint) of `limits = {"rate": {"address": "5/m"}, "concurrency": {"route": 2}}`.

    A `limits` that says nothing of rate and concurrency is the script's own affair.
    """
    value = _literal(node)
    if not isinstance(value, dict) or not value.keys() & {"rate", "concurrency"}:
        return None, None
    where = f"`limits` in line {node.lineno}"
    if unknown := sorted(map(str, value.keys() - {"rate", "concurrency"})):
        return None, f"{where} takes rate and concurrency, not {', '.join(unknown)}"
    for name, kinds in value.items():
        if not isinstance(kinds, dict) or any(kind not in _COUNTED_BY for kind in kinds):
            return None, f'{where}: write "{name}": {{"key": ..., "address": ..., "route": ...}}, not {kinds!r}'
        for kind, limit in kinds.items():
            if name == "rate" and not _is_rate(limit):
                return None, f'{where}: rate of {kind} must be like "100/s", "20/10s" or "20/s burst 40", not {limit!r}'
            if name == "concurrency" and (type(limit) is not int or not 1 <= limit <= 1_000_000):
                return None, f"{where}: concurrency of {kind} must be a number from 1 to 1000000, not {limit!r}"
    return {"rate": value.get("rate"), "concurrency": value.get("concurrency")}, None


def _is_rate(value: Any) -> bool:
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return False
    count, burst = int(found[1]), int(found[4] or found[1])
    period = int(found[2] or 1) * _SECONDS[found[3]] * 10**9
    year = 365 * 86400 * 10**9
    in_range = 1 <= count <= 1_000_000 and 1 <= burst <= 1_000_000 and 0 < period <= year
    return in_range and period // count * burst <= year


def _literal(node: Any) -> Any:
    try:
        return ast.literal_eval(node.value)
    except (AttributeError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _app_kind(node: Any) -> str:
    if isinstance(node, ast.AsyncFunctionDef):
        return "asgi"
    if isinstance(node, ast.FunctionDef):
        return "asgi" if len(node.args.posonlyargs + node.args.args) == 3 else "wsgi"
    if isinstance(node, ast.ClassDef):
        return "wsgi"
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call):
        function = value.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return "asgi" if name in _ASGI_MAKERS else "wsgi"
    return "wsgi"
