"""`steward certs` as tests use it, and snapshots of trees that miss nothing."""
import hashlib
import json
import os
import stat
import subprocess
from pathlib import Path

from .steward import BINARY, ENVIRONMENT


class Certs:
    """`steward certs` with the same options each time; on a `Host`, or here."""

    def __init__(self, *options, host=None):
        self.options, self.host = [str(option) for option in options], host

    def run(self, *arguments, check=True, timeout=120, environment=None):
        command = [str(BINARY), "certs", *map(str, arguments), *self.options]
        if self.host:
            return self.host.run(*command, check=check, timeout=timeout, environment=environment)
        result = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape",
                                env={**ENVIRONMENT, **(environment or {})},
                                stdin=subprocess.DEVNULL, timeout=timeout)
        if check:
            assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def survey(self):
        return Survey(json.loads(self.run("list", "--json").stdout))

    def plan(self, path, *names):
        """Plans into the file; returns the names that would go, by name."""
        answer = json.loads(self.run("plan", *names, "--out", path, "--json").stdout)
        return {entry["name"]: entry for entry in answer["goes"]}

    def prune(self, path, *words, **options):
        return self.run("prune", "--plan", path, "--yes", *words, **options)


class Survey:
    """What `steward certs --json` said."""

    def __init__(self, document):
        self.document = document
        self.lineages = document["lineages"]

    def lineage(self, name, tree=None):
        found = [lineage for lineage in self.lineages if lineage["name"] == name and tree in (None, lineage["tree"])]
        assert len(found) == 1, f"{len(found)} lineages are called {name}: {[one['name'] for one in self.lineages]}"
        return found[0]

    def state(self, name):
        return self.lineage(name)["state"]

    def uses(self, name):
        """{"nginx /etc/nginx/conf.d/a.conf:4", ...}"""
        return {f"{use['kind']} {use['where']}" for use in self.lineage(name)["used_by"]}

    def findings(self, name):
        return [f"{finding['code']}: {finding['text']}" for finding in self.lineage(name)["findings"]]

    def all_findings(self):
        """Every finding of every lineage and of the whole."""
        return [finding for lineage in self.lineages for finding in lineage["findings"]] + self.document["findings"]


def snapshot(folder, skip=()):
    """Every file below `folder` with all that a restore must bring back: kind, bytes, target, mode, owner, time."""
    folder, entries = os.fsencode(folder), {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, folder)
            if any(relative == os.fsencode(part) or relative.startswith(os.fsencode(part) + b"/") for part in skip):
                continue
            entries[relative] = describe(path)
    return entries


def describe(path):
    about = os.lstat(path)
    kind, content = stat.S_IFMT(about.st_mode), None
    if stat.S_ISLNK(about.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(about.st_mode):
        content = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
    return (kind, stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid, about.st_mtime_ns, content)


def differences(before, after, ignore_times_of=()):
    """What is not the same, in words; `ignore_times_of` are folders whose times may differ."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        one, other = before.get(path), after.get(path)
        if one and other and os.fsdecode(path) in ignore_times_of:
            one, other = (*one[:4], *one[5:]), (*other[:4], *other[5:])
        if one != other:
            lines.append(f"{os.fsdecode(path)!r}: {one} -> {other}")
    return lines
