"""Settings files for the tests, written as data: JSON is YAML."""
import json


def zone(prefix, folder="SCRIPTS", **fields):
    """One zone; `folder` SCRIPTS stands for the instance's scripts folder."""
    return prefix, {"folder": folder, **fields}


def text(zones=(), **fields):
    """The text of a settings file."""
    return json.dumps({"zones": dict(zones), **fields}, indent=2)


def trusted(*blocks):
    """The proxies whose forwarded addresses count."""
    return {"trusted_proxies": list(blocks)}


def queue(length):
    """How many calls of a zone may wait."""
    return {"queue": length}


def workers(count):
    """How many workers a zone may have."""
    return {"workers": count, "overflow": count}


def body_limit(size):
    """The largest request body of a zone."""
    return {"body_limit": size}
