"""The import hook that finds zone-local modules and loads them into the current realm."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, Callable, Optional

from . import names, references
from .realm import Realm, Record


class Finder:
    """Stands in `sys.meta_path` before the search of `sys.path`."""

    def __init__(self, capture: Callable[[], dict]) -> None:
        self.realm: Optional[Realm] = None
        self.capture = capture

    def install(self) -> None:
        """Takes its place, behind the built-in and frozen modules."""
        index = next((i for i, finder in enumerate(sys.meta_path) if finder is PathFinder), len(sys.meta_path))
        sys.meta_path.insert(index, self)

    def remove(self) -> None:
        """Gives its place up."""
        sys.meta_path.remove(self)

    def leave(self) -> None:
        """Leaves the current realm for none."""
        if self.realm is not None:
            self.realm.leave()
            self.realm = None

    def enter(self, realm: Realm) -> None:
        """Makes `realm` the current one."""
        if self.realm is not realm:
            if self.realm is not None:
                self.realm.leave()
            self.realm = realm
            realm.enter()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        realm = self.realm
        if realm is None:
            return None
        if names.is_canonical(name):
            return self._local(realm, name)
        canonical = self._canonical(realm, name)
        if canonical is None:
            return None
        file, package = realm.locate(canonical)
        if file is None and (not package or _found_elsewhere(name, path)):
            return None
        realm.claim(name)
        realm.aliases[name] = canonical
        return ModuleSpec(name, _AliasLoader(canonical), is_package=package)

    def invalidate_caches(self) -> None:
        """Does nothing: every search looks at the folder itself."""

    def _canonical(self, realm: Realm, name: str) -> Optional[str]:
        parent, _, child = name.rpartition(".")
        if not parent:
            return realm.resolve(name)
        base = realm.aliases.get(parent)
        return f"{base}.{names.quote(child)}" if base else None

    def _local(self, realm: Realm, name: str) -> Optional[ModuleSpec]:
        file, package = realm.locate(name)
        folder = realm.zone.absolute(names.to_path(name)) if name != names.ROOT else realm.zone.folder
        if file is None:
            if not package:
                return None
            realm.claim(name)
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [folder]
            return spec
        realm.claim(name)
        path = realm.zone.absolute(file)
        loader = _LocalLoader(name, path, self, file)
        return importlib.util.spec_from_file_location(
            name, path, loader=loader, submodule_search_locations=[folder] if package else None
        )


def _found_elsewhere(name: str, path: Any) -> bool:
    """Whether a regular module of that name exists, which a mere folder must not hide."""
    if path is not None:
        return False
    outside = [entry for entry in sys.path if entry]
    spec = PathFinder.find_spec(name, outside)
    return spec is not None and spec.loader is not None and spec.origin is not None


class _LocalLoader(SourceFileLoader):
    """Runs one file of the zone as a module of the realm that asked for it."""

    def __init__(self, name: str, path: str, finder: Finder, file: str) -> None:
        super().__init__(name, path)
        self._finder = finder
        self._file = file

    def exec_module(self, module: ModuleType) -> None:
        realm = self._finder.realm
        assert realm is not None
        name = module.__name__
        mark = realm.mark()
        try:
            source = realm.zone.read(self._file) if name in realm.pinned else self.get_data(self.path)
            tree = compile(source, self.path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            record = Record(name, self._file, source, references.read(tree, module.__spec__.parent))
            realm.records[name] = record
            before = self._finder.capture()
            exec(compile(tree, self.path, "exec", dont_inherit=True), module.__dict__)
            after = self._finder.capture()
            record.kept = {key: value for key, value in after.items() if key not in before or before[key] != value}
        except BaseException:
            realm.forget_since(mark)
            realm.forget(name)
            raise

    def get_code(self, fullname: str) -> Any:
        return self.source_to_code(self.get_data(self.path), self.path)


class _AliasLoader:
    """Gives an absolute import the module that its canonical name stands for."""

    def __init__(self, canonical: str) -> None:
        self._canonical = canonical
        self._spec: Optional[ModuleSpec] = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._canonical)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
