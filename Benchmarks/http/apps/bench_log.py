"""The JSON access log: one line a request, one buffered file a process."""

import json
import os
import threading
from datetime import datetime, timezone

_encode = json.JSONEncoder(separators=(",", ":")).encode
_folder = os.environ["BENCH_LOG"]
_buffer_bytes = 64 * 1024
_file = None
_opening = threading.Lock()


def new_trace_id():
    """128 random bits in hex."""
    return os.urandom(16).hex()


def _open():
    """Opened at the first line, so that servers that fork after loading don't share a buffer."""
    global _file
    with _opening:
        if _file is None:
            path = os.path.join(_folder, f"access-{os.getpid()}.log")
            _file = open(path, "ab", buffering=_buffer_bytes)
    return _file


def line(method, path, status, seconds, client, caller, trace_id):
    """One access log line as bytes."""
    return _encode({
        "time": datetime.now(timezone.utc).isoformat(),
        "method": method,
        "path": path,
        "status": status,
        "duration_ms": round(seconds * 1000, 3),
        "client": client,
        "caller": caller,
        "trace_id": trace_id,
    }).encode() + b"\n"


def write(*fields):
    """Logs one request; the file's buffer is written when it is full and at exit."""
    (_file or _open()).write(line(*fields))
