"""The same work as one CGI process a request, without Flask: its import alone would cost more than the rest."""

import json
import os
import sys
from time import perf_counter
from urllib.parse import parse_qsl

import bench_access
import bench_log
import bench_scripts


class Request:
    """What the benchmark's scripts use of flask.Request."""

    def __init__(self, environ):
        self.args = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self._length = int(environ.get("CONTENT_LENGTH") or 0)

    def get_data(self):
        return sys.stdin.buffer.read(self._length)

    def get_json(self):
        return json.loads(self.get_data())


def answer(environ, caller):
    """Status, headers and body of this call."""
    if not bench_access.address_allowed(environ["REMOTE_ADDR"]):
        return 403, {"error": "address not allowed"}
    if caller is None:
        return 401, {"error": "X-API-Key is missing or unknown"}
    main = bench_scripts.find(environ.get("PATH_INFO", "").lstrip("/"))
    if main is None:
        return 404, {"error": "no such script"}
    return 200, main(Request(environ))


def run():
    started = perf_counter()
    environ = os.environ
    trace_id = bench_log.new_trace_id()
    caller = bench_access.caller_of(environ.get("HTTP_X_API_KEY", ""))
    status, result = answer(environ, caller)
    body = result[0] if isinstance(result, tuple) else json.dumps(result).encode()
    head = f"Status: {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nX-Trace-Id: {trace_id}\r\n\r\n"
    sys.stdout.buffer.write(head.encode() + body)
    sys.stdout.buffer.flush()
    line = bench_log.line(
        environ["REQUEST_METHOD"], environ["REQUEST_URI"].partition("?")[0], status,
        perf_counter() - started, environ["REMOTE_ADDR"], caller, trace_id)
    log = os.open(os.path.join(environ["BENCH_LOG"], "access.log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(log, line)
