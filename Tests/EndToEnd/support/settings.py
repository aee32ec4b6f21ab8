"""Settings files for the tests, written as data: JSON is YAML."""
import json


def zone(prefix, folder="SCRIPTS", **fields):
    """One zone; `folder` SCRIPTS stands for the instance's scripts folder."""
    return {"prefix": prefix, "folder": folder, **fields}


def text(zones=(), **fields):
    """The text of a settings file."""
    return json.dumps({"zones": list(zones), **fields}, indent=2)


def trusted(*blocks):
    """The proxies whose forwarded addresses count."""
    return {"trusted-proxies": list(blocks)}


def queue(length):
    """How many calls of a zone may wait."""
    return {"queue": length}


def workers(count):
    """How many workers a zone may have."""
    return {"workers": count}


def body_limit(size):
    """The largest request body of a zone."""
    return {"max-body": size}


def deadline(seconds):
    """How long a call of a zone may take."""
    return {"timeout": seconds}
