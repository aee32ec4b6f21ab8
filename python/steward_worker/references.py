"""Which modules a source text may import, read from its syntax tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

_DYNAMIC = {"import_module", "__import__", "find_spec", "spec_from_file_location", "run_path"}


@dataclass
class References:
    """Imports anywhere in a file, inside functions too."""

    absolute: set = field(default_factory=set)
    """Dotted names as written."""

    canonical: set = field(default_factory=set)
    """Relative imports, as canonical names."""

    dynamic: bool = False
    """Imports are computed at run time, so anything may be imported."""


def read(tree: ast.AST, package: str) -> References:
    """The references of a module in the canonical `package`."""
    found = References()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.absolute.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            _from(node, package, found)
        elif isinstance(node, ast.Name) and node.id in _DYNAMIC:
            found.dynamic = True
        elif isinstance(node, ast.Attribute) and node.attr in _DYNAMIC:
            found.dynamic = True
    return found


def _from(node: ast.ImportFrom, package: str, found: References) -> None:
    if node.level:
        parts = package.split(".")
        base = ".".join(parts[: len(parts) - node.level + 1])
        base = f"{base}.{node.module}" if node.module else base
        target = found.canonical
    else:
        base = node.module or ""
        target = found.absolute
    target.add(base)
    target.update(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
