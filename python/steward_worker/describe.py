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
    kind = "main" if main else _app_kind(app) if app else "none"
    document = _docstring(main) or _docstring(tree)
    return _made(
        kind=kind,
        methods=_methods(found.get("methods")),
        doc=document,
        timeout=_timeout(found.get("timeout")),
        gpu=cards,
        gpu_error=complaint,
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
    empty = ("methods", "doc", "timeout", "error", "line", "gpu", "gpu_error")
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


def _timeout(node: Any) -> Optional[float]:
    value = _literal(node)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if number and 0 < value < float("inf") else None


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
    if memory is not None and memory <= 0:
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
