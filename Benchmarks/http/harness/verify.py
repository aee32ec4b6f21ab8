"""One answer of every script, checked whole before anything is measured."""

import http.client
import json
import random
import re
import time

KEY = "bench-6f1c2a90d47be835c1f0a7d29e64b380"
TRACE_ID = re.compile(r"[0-9a-f]{32}")


def report_body():
    """A 10 kB JSON report, the same in every run."""
    numbers = random.Random(7)
    rows = []
    while True:
        rows.append({"id": 1000 + len(rows), "amount": numbers.randrange(100, 99999), "currency": "EUR"})
        body = json.dumps({"month": "2026-11", "rows": rows}, separators=(",", ":")).encode()
        if len(body) >= 10_000:
            return body


BODY = report_body()
_ROWS = json.loads(BODY)["rows"]
_TOTAL = {"rows": len(_ROWS), "total": sum(row["amount"] for row in _ROWS)}


def _cpu5():
    value = 1
    for step in range(190_000):
        value = (value * 31 + step) % 1_000_003
    return value


EXPECTED = {
    "hello.py?name=Rico": (None, {"message": "Hello, Rico!"}),
    "hello.py": (None, {"message": "Hello, World!"}),
    "json10k.py": (BODY, _TOTAL),
    "json10k_orjson.py": (BODY, _TOTAL),
    "sleep50.py": (None, {"slept": 50}),
    "cpu5.py": (None, {"value": _cpu5()}),
}


class WrongAnswer(Exception):
    """A server that answers wrongly is not measured."""


def call(port, path, body=None, key=KEY, timeout=20, connection=None):
    """One request as (status, headers, body)."""
    client = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {"X-API-Key": key} if key else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    client.request("POST" if body is not None else "GET", path, body, headers)
    answer = client.getresponse()
    result = answer.status, answer.headers, answer.read()
    if connection is None:
        client.close()
    return result


def wait_until_ready(port, running, timeout=30):
    """Seconds from the start of the process to its first right answer (asked every 2 ms)."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            raise WrongAnswer(f"ended with {running.process.returncode}:\n{running.tail()}")
        try:
            if call(port, "/api/hello.py")[0] == 200:
                return time.perf_counter() - running.started
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.002)
    raise WrongAnswer(f"no answer within {timeout} s:\n{running.tail()}")


def verify(port):
    """Raises WrongAnswer unless every script answers as expected and a missing or wrong key is refused."""
    seen = set()
    for path, (body, expected) in EXPECTED.items():
        status, headers, answer = call(port, f"/api/{path}", body)
        if status != 200 or json.loads(answer) != expected:
            raise WrongAnswer(f"/api/{path}: {status} {answer[:200]!r}, expected 200 {expected}")
        trace_id = headers.get("X-Trace-Id", "")
        if not TRACE_ID.fullmatch(trace_id) or trace_id in seen:
            raise WrongAnswer(f"/api/{path}: X-Trace-Id {trace_id!r} is not a fresh one of 32 hex digits")
        seen.add(trace_id)
    for key in (None, "wrong"):
        status = call(port, "/api/hello.py", key=key)[0]
        if status not in (401, 403):
            raise WrongAnswer(f"/api/hello.py with key {key!r}: {status}, expected 401 or 403")


def settle(port):
    """Waits until calls that a load left behind are through: five quick answers in a row, at most 15 s."""
    quick, deadline = 0, time.monotonic() + 15
    while quick < 5 and time.monotonic() < deadline:
        started = time.perf_counter()
        call(port, "/api/hello.py")
        quick = quick + 1 if time.perf_counter() - started < 0.1 else 0
