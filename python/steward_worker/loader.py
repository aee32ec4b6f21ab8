"""Scripts of a zone: loading, and reloading when the zone folder's generation grows."""

from __future__ import annotations

import importlib
import linecache
import os
import sys
from contextlib import nullcontext
from typing import Any, Callable, Optional

from . import entry, names
from .failure import Failure, from_exception
from .finder import Finder
from .flask_app import ScriptApp
from .hygiene import Hygiene
from .realm import Realm
from .session_key import SessionKey
from .zone import Zone


class Script:
    """One loaded script, ready to be called."""

    __slots__ = (
        "path",
        "folder",
        "name",
        "module",
        "realm",
        "generation",
        "kind",
        "target",
        "allow",
        "options",
        "flask",
        "fallback",
        "kept",
        "quick",
        "cost_ns",
        "lifespan",
    )

    def __init__(self, path: str, folder: str, name: str, realm: Realm) -> None:
        self.path = path
        self.folder = folder
        self.name = name
        self.realm = realm
        self.generation = -1
        self.module: Any = None
        self.kind = ""
        self.target: Any = None
        self.allow: Optional[list] = None
        self.options = False
        self.flask: Optional[ScriptApp] = None
        self.fallback: Optional[ScriptApp] = None
        self.kept: dict = {}
        self.quick = False
        self.cost_ns = 1 << 40
        self.lifespan: Any = None


class Loader:
    """All that a worker has loaded from its zone."""

    def __init__(self, zone: Zone, hygiene: Hygiene, sessions: SessionKey) -> None:
        self.zone = zone
        self.on_load: Callable[[Script], None] = lambda script: None
        self.on_drop: Callable[[Script], None] = lambda script: None
        self.scripts: dict = {}
        self._hygiene = hygiene
        self._sessions = sessions
        self._original_path = list(sys.path)
        self._realms: dict = {}
        self._generation = -1
        self._real = zone.real
        self.finder = Finder(hygiene.capture)

    def find(self, key: str, generation: int) -> Script:
        """The script for `steward.script` = `key`, as its files are at `generation`, with its realm entered.

        Raises Failure: gone, load-error or no-entry.
        """
        path = key.encode("latin-1").decode("utf-8", "surrogateescape")
        if generation != self._generation:
            self._generation = generation
            self.zone.reopen()
            if self._real != self.zone.real:
                self._real = self.zone.real
                self._drop_everything()
        realm = self._realm(path.rpartition("/")[0])
        self.enter(realm)
        if realm.generation != generation:
            self._refresh(realm)
            realm.generation = generation
        script = realm.scripts.get(path)
        if script is None:
            self.scripts.pop(key, None)
            script = self._load(path, realm)
            realm.scripts[path] = script
        script.generation = generation
        self.scripts[key] = script
        return script

    def enter(self, realm: Realm) -> None:
        """Makes `realm` current."""
        if self.finder.realm is not realm:
            self.finder.enter(realm)
            self._hygiene.path = realm.path

    def loaded(self) -> list:
        """Every script that is loaded."""
        return [script for realm in self._realms.values() for script in realm.scripts.values()]

    def source(self, path: str) -> Optional[str]:
        """The text of a file of the zone as the current realm loaded it, for tracebacks."""
        realm = self.finder.realm
        relative = self.zone.relative(path)
        if realm is None or relative is None:
            return None
        record = realm.records.get(names.of_file(relative))
        return record.source.decode("utf-8", "replace") if record else None

    def close(self) -> None:
        """Drops every script as the worker ends."""
        self._drop_everything()

    def make_app(self, script: Script) -> ScriptApp:
        """The Flask application around a script's `main`."""
        return ScriptApp(script.name, script.folder, self.zone.prefix, script.path, self._sessions)

    def _realm(self, folder: str) -> Realm:
        realm = self._realms.get(folder)
        if realm is None:
            realm = self._realms[folder] = Realm(self.zone, folder, self._original_path)
        return realm

    def _refresh(self, realm: Realm) -> None:
        dropped = set(realm.refresh())
        for path, script in list(realm.scripts.items()):
            if script.name in dropped:
                del realm.scripts[path]
                self.on_drop(script)
        if dropped:
            linecache.clearcache()

    def _drop_everything(self) -> None:
        for script in self.loaded():
            self.on_drop(script)
        self.finder.leave()
        sys.path[:] = self._hygiene.path = list(self._original_path)
        self._realms.clear()
        self.scripts.clear()

    def _load(self, path: str, realm: Realm) -> Script:
        source = self.zone.read(path)
        name = names.of_file(path)
        script = Script(path, os.path.dirname(self.zone.absolute(path)), name, realm)
        realm.pinned[name] = path
        record = realm.records.get(name)
        if record is not None and record.source != source:
            realm.forget(name)
        reached, met = realm.reach(name)
        if _wants_flask(realm, reached, met):
            script.flask = self.make_app(script)
        mark = realm.mark()
        try:
            with script.flask.app_context() if script.flask else nullcontext():
                script.module = importlib.import_module(name)
            script.kind, script.target = entry.kind(script.module, path)
            script.allow = entry.methods(script.module, path)
            script.options = script.allow is not None and entry.answers_options(script.module)
            self._complete(script)
            self.on_load(script)
        except BaseException as error:
            failure = self._failure(error, path)
            realm.forget_since(mark)
            realm.forget(name)
            raise failure from None
        return script

    def _failure(self, error: BaseException, path: str) -> Failure:
        if isinstance(error, Failure):
            return error
        return from_exception(self.zone.code_of(error), error, self.zone.folder, path, self.source)

    def _complete(self, script: Script) -> None:
        realm = script.realm
        reached, met = realm.reach(script.name)
        for name, record in realm.records.items():
            if name in reached:
                script.kept.update(record.kept)
        if sys.path != realm.path:
            realm.path = list(sys.path)
            self._hygiene.path = realm.path
        if script.flask is None and _third_party_uses_flask(met):
            script.flask = self.make_app(script)
        script.quick = script.kind == "main" and not (script.flask or script.kept or script.allow)


def _wants_flask(realm: Realm, reached: set, met: list) -> bool:
    return any(refers.dynamic for refers in met) or any(b"flask" in realm.source(name) for name in reached)


def _third_party_uses_flask(met: list) -> bool:
    """Whether a package outside the zone that the script names refers to Flask's context-bound objects."""
    tops = {name.partition(".")[0] for refers in met for name in refers.absolute}
    tops -= getattr(sys, "stdlib_module_names", frozenset())
    tops -= {"", "werkzeug", "jinja2", "markupsafe", "click", "itsdangerous", "blinker"}
    if not tops:
        return False
    flask = sys.modules["flask"]
    bound = [getattr(flask, name) for name in ("request", "current_app", "g", "session")]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in tops:
            values = list(vars(module).values())
            if any(value is flask or any(value is proxy for proxy in bound) for value in values):
                return True
    return False
