"""Names of zone-local modules.

Every file beneath a zone folder has one canonical module name: `_zone` plus its path, so `api/report.py` is
`_zone.api.report`. What an identifier cannot hold is kept (`my-report`), a dot inside a name becomes `%2E`.
"""

from __future__ import annotations

ROOT = "_zone"


def quote(part: str) -> str:
    return part.replace("%", "%25").replace(".", "%2E")


def unquote(part: str) -> str:
    return part.replace("%2E", ".").replace("%25", "%")


def of_folder(folder: str) -> str:
    """The canonical name of a folder, given relative to the zone folder ("" for itself)."""
    return ".".join([ROOT, *map(quote, filter(None, folder.split("/")))])


def of_file(path: str) -> str:
    """The canonical name of a file, given relative to the zone folder."""
    folder, _, name = path.rpartition("/")
    stem = name[:-3] if name.endswith(".py") else name
    if stem == "__init__":
        return of_folder(folder)
    return f"{of_folder(folder)}.{quote(stem)}"


def to_path(name: str) -> str:
    """The path, without `.py`, that a canonical name stands for."""
    return "/".join(map(unquote, name.split(".")[1:]))


def is_canonical(name: str) -> bool:
    return name == ROOT or name.startswith(ROOT + ".")


def parents(name: str) -> list:
    """The packages above a canonical name, outermost first."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
