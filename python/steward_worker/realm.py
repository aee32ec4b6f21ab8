"""Realms: the zone-local modules that the scripts of one folder share.

Two folders may each have their own `helpers.py`. The local entries of `sys.modules` are those of the realm
whose script runs; switching swaps them. Within a realm each file is one module, however it was imported:
`import helpers`, `from . import helpers` and `from api import helpers` give the same object.
"""

from __future__ import annotations

import ast
import os
import sys
from typing import Optional

from . import names, references
from .failure import Failure
from .zone import Zone


class Record:
    """One loaded file."""

    __slots__ = ("name", "path", "source", "references", "kept")

    def __init__(self, name: str, path: str, source: bytes, refers: references.References) -> None:
        self.name = name
        self.path = path
        self.source = source
        self.references = refers
        self.kept: dict = {}


class Realm:
    """The modules of the scripts in `folder` (relative to the zone folder)."""

    def __init__(self, zone: Zone, folder: str, original_path: list) -> None:
        self.zone = zone
        self.folder = folder
        self._original = frozenset(original_path)
        own = [zone.absolute(folder)] if folder else []
        self.path = [*own, zone.folder, *original_path]
        self.generation = -1
        self.records: dict = {}
        self.aliases: dict = {}
        self.pinned: dict = {}
        self.scripts: dict = {}
        self._names: dict = {}
        self._stash: dict = {}

    # sys.modules

    def enter(self) -> None:
        """Puts this realm's modules and search path in place."""
        sys.modules.update(self._stash)
        self._stash = {}
        sys.path[:] = self.path

    def leave(self) -> None:
        """Takes this realm's modules out of `sys.modules`."""
        modules = sys.modules
        self._stash = {name: modules.pop(name) for name in self._names if name in modules}

    def claim(self, name: str) -> None:
        """Notes that `name` in `sys.modules` belongs to this realm."""
        self._names[name] = True

    def mark(self) -> int:
        return len(self._names)

    def forget_since(self, mark: int) -> None:
        """Forgets every module claimed after `mark`: a failed import leaves nothing half-loaded behind."""
        for name in list(self._names)[mark:]:
            self.forget(name)

    def forget(self, name: str) -> None:
        """Forgets a module (not its aliases): `sys.modules`, its parent's attribute, its record."""
        self._names.pop(name, None)
        self.aliases.pop(name, None)
        self.records.pop(name, None)
        module = self._stash.pop(name, None) or sys.modules.pop(name, None)
        parent_name, _, child = name.rpartition(".")
        parent = self._stash.get(parent_name) or sys.modules.get(parent_name)
        if module is not None and parent is not None and vars(parent).get(child) is module:
            delattr(parent, child)

    # Where modules lie

    def locate(self, name: str) -> tuple:
        """(file relative to the zone folder or None, whether it is a package) of a canonical name."""
        if name in self.pinned:
            return self.pinned[name], False
        path = names.to_path(name)
        base = self.zone.absolute(path) if path else self.zone.folder
        if path and os.path.isfile(base + ".py"):
            return path + ".py", False
        if os.path.isfile(os.path.join(base, "__init__.py")):
            return os.path.join(path, "__init__.py"), True
        return None, os.path.isdir(base)

    def resolve(self, name: str) -> Optional[str]:
        """The canonical name that an absolute import of the top-level `name` finds, None for one elsewhere."""
        namespace = None
        for entry in sys.path:
            foreign = not entry or entry in self._original
            folder = None if foreign else self.zone.relative(os.path.normpath(entry))
            if folder is None:
                continue
            canonical = f"{names.of_folder(folder)}.{names.quote(name)}"
            file, package = self.locate(canonical)
            if file is not None:
                return canonical
            if package:
                namespace = namespace or canonical
        return namespace

    # What depends on what

    def targets(self, refers: references.References) -> set:
        """The canonical names that `refers` may mean, their parent packages included."""
        found = set(refers.canonical)
        for name in refers.absolute:
            top, _, rest = name.partition(".")
            for canonical in {self.aliases.get(top), self.resolve(top)} - {None}:
                found.add(f"{canonical}.{rest}" if rest else canonical)
        for name in list(found):
            found.update(names.parents(name))
        return found

    def reach(self, name: str) -> tuple:
        """(canonical names of files that importing `name` may load, References met on the way)."""
        seen: set = set()
        met: list = []
        waiting = [name, *names.parents(name)]
        while waiting:
            current = waiting.pop()
            if current in seen or not names.is_canonical(current):
                continue
            refers = self._references(current)
            if refers is None:
                continue
            seen.add(current)
            met.append(refers[1])
            waiting.extend(self.targets(refers[1]))
        return seen, met

    def source(self, name: str) -> bytes:
        """The text of a canonical module: as loaded, else as it lies on disk; empty when there is none."""
        record = self.records.get(name)
        if record is not None:
            return record.source
        file, _ = self.locate(name)
        if file is None:
            return b""
        try:
            with open(self.zone.absolute(file), "rb") as stream:
                return stream.read()
        except OSError:
            return b""

    def _references(self, name: str) -> Optional[tuple]:
        record = self.records.get(name)
        if record is not None:
            return name, record.references
        file, package = self.locate(name)
        if file is None:
            return None
        try:
            tree = ast.parse(self.source(name))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return name, references.References()
        return name, references.read(tree, name if package else name.rpartition(".")[0])

    # Reloading

    def refresh(self) -> list:
        """Forgets each module whose file changed and all that may import it. Returns the names forgotten."""
        changed = {name for name, record in self.records.items() if self._read(record) != record.source}
        changed |= {canonical for alias, canonical in self.aliases.items() if self._moved(alias, canonical)}
        if any(name not in self.records and self.locate(name)[0] for name in self._names if names.is_canonical(name)):
            changed = set(self.records)  # A folder became a package with an __init__.py.
        if not changed:
            return []
        dropped = {name for name in self.records if self._depends(name, changed)} | changed
        for alias in [alias for alias, canonical in self.aliases.items() if canonical in dropped]:
            self.forget(alias)
        for name in dropped:
            self.forget(name)
        return sorted(dropped)

    def _moved(self, alias: str, canonical: str) -> bool:
        return "." not in alias and self.resolve(alias) != canonical

    def _depends(self, name: str, changed: set) -> bool:
        reached, met = self.reach(name)
        return bool(reached & changed) or any(refers.dynamic for refers in met)

    def _read(self, record: Record) -> Optional[bytes]:
        try:
            if record.name in self.pinned:
                return self.zone.read(record.path)
            with open(self.zone.absolute(record.path), "rb") as stream:
                return stream.read()
        except (OSError, Failure):
            return None
