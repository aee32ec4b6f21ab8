"""The WSGI environ of a call: what the environ block gives, on top of what never changes."""

from __future__ import annotations

from typing import Any, BinaryIO

from werkzeug.wsgi import FileWrapper as _FileWrapper

_FILE_BLOCK = 256 * 1024


class FileWrapper(_FileWrapper):
    """`wsgi.file_wrapper`: files leave in blocks of 256 KiB."""

    def __init__(self, file: BinaryIO, buffer_size: int = _FILE_BLOCK) -> None:
        super().__init__(file, max(buffer_size, _FILE_BLOCK))


def base(errors: Any) -> dict:
    """The part that all environs share."""
    return {
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "wsgi.version": (1, 0),
        "wsgi.errors": errors,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        # The input ends where the body ends: Werkzeug then reads it without a wrapper of its own.
        "wsgi.input_terminated": True,
    }


def parse(block: bytes) -> dict:
    """The keys and values of an environ block."""
    parts = block.decode("latin-1").split("\0")
    return dict(zip(parts[::2], parts[1::2]))


def mount(environ: dict, root: str) -> None:
    """Makes the script's own path the mount point, also for a call of exactly that path.

    `root` is then the PATH_INFO: "/" for applications, which would redirect an empty one, "" for CGI.
    """
    if not environ["SCRIPT_NAME"]:
        environ["SCRIPT_NAME"] = environ["PATH_INFO"]
        environ["PATH_INFO"] = root
