"""What is in a certbot tree, key by key and conf by conf, so that it can be said what a command took."""
import hashlib
import os
from pathlib import Path


def contents(root):
    """{relative path: what is there} of everything below; keys are known by their content."""
    entries = {}
    for parent, folders, files in os.walk(os.fsencode(root)):
        for name in files + folders:
            path = os.path.join(parent, name)
            about = os.lstat(path)
            kind = about.st_mode & 0o170000
            content = None
            if kind == 0o120000:
                content = os.readlink(path)
            elif kind == 0o100000 and about.st_size < 1 << 20:
                content = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
            entries[os.path.relpath(path, os.fsencode(root))] = (kind, content)
    return entries


def parts_of(name, path):
    """Whether `path` (relative to the tree) is of the lineage called `name`, and which part of it."""
    name = os.fsencode(name)
    for part in (b"live", b"archive"):
        if path == part + b"/" + name or path.startswith(part + b"/" + name + b"/"):
            return part.decode()
    return "conf" if path == b"renewal/" + name + b".conf" else None


class Ledger:
    """The difference that a command made."""

    def __init__(self, name, before, after):
        self.gone = {path for path in before if path not in after or before[path][1] != after[path][1]}
        self.own = {part for path in before if (part := parts_of(name, path))}
        self.left = {part for path in after if path in before and (part := parts_of(name, path))}
        self.others = sorted(os.fsdecode(path).encode("utf-8", "backslashreplace").decode()
                             for path in self.gone if not parts_of(name, path)
                             and path.split(b"/")[0] in (b"renewal", b"live", b"archive") and b"/" in path)

    @property
    def keys_of_others(self):
        return [path for path in self.others if "privkey" in path]

    def words(self):
        """What happened, for a table's cell."""
        said = []
        if self.keys_of_others:
            keys = len(self.keys_of_others)
            said.append(f"**destroyed {keys} private key{'s' if keys > 1 else ''} of other lineages** ({self.keys_of_others[0]})")
        elif self.others:
            said.append(f"took {len(self.others)} of others' files ({self.others[0]})")
        if not self.gone:
            said.append("took nothing")
        elif not self.left:
            said.append("took it whole")
        else:
            said.append(f"left {' and '.join(sorted(self.left))}" + (" without a conf" if "conf" in self.own - self.left else ""))
        return "; ".join(said)
