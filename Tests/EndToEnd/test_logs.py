"""One JSON object a line, one trace id for everything that a request caused."""
import json
import re
import time

import pytest

from support.steward import eventually

SCRIPTS = {
    "talk.py": """
        import logging, sys, os, warnings
        def main(request):
            print("to stdout", "ü")
            print("to stderr", file=sys.stderr)
            logging.getLogger("mine").warning("logged %s", 7)
            os.write(1, b"from descriptor one\\n")
            os.system("echo from a child")
            return "ok"
        """,
    "quiet.py": "def main(request):\n    return 'quiet'\n",
    "raise.py": "def inner():\n    raise ValueError('deep inside')\n\ndef main(request):\n    inner()\n",
    "many.py": "def main(request):\n    for n in range(500):\n        print('line', n)\n    return ''\n",
    "long.py": "def main(request):\n    print('x' * 100000)\n    print('a\\nb\\r\\nc')\n    return ''\n",
    "api/x.py": "def main(request):\n    return ''\n",
}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module(SCRIPTS, environment={"API_KEY": "api-secret-0123456789abcdef0123456789"})


def of_trace(server, trace, event):
    return [r for r in server.records_so_far() if r.get("trace_id") == trace and r["event"] == event]


def test_every_line_is_a_json_object_with_time_level_and_event(server):
    for path in ("/talk.py", "/raise.py", "/none.py", "/api/x.py", "/many.py"):
        server.get(path)
    time.sleep(0.3)
    for record in server.records():
        assert re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", record["time"])
        assert record["level"] in ("trace", "debug", "info", "notice", "warning", "error", "critical")
        assert record["event"]


def test_the_request_line_tells_what_the_operator_asks(server):
    answer = server.call("POST", "/quiet.py?a=1", {"User-Agent": "test/1"}, body="12345")
    trace = answer.header("X-Trace-Id")
    assert re.fullmatch(r"[0-9a-f]{32}", trace)
    record = server.wait_for_record(lambda r: r.get("trace_id") == trace and r["event"] == "request")
    assert record["route"] == "/quiet.py" and record["method"] == "POST" and record["status"] == 200
    assert record["client"] == "127.0.0.1" and record["query"] == "a=1"
    assert record["bytes_in"] == 5 and record["bytes_out"] == 5
    assert 0 < record["duration_ms"] < 30000 and 0 <= record["queue_ms"] <= record["duration_ms"]
    assert "zone" in record and "caller" in record


def test_what_a_script_writes_carries_the_trace_id_of_its_request(server):
    trace = server.get("/talk.py").header("X-Trace-Id")
    wanted = {"to stdout ü", "to stderr", "logged 7"}
    eventually(lambda: wanted <= {r["message"] for r in of_trace(server, trace, "script")}, message=str(wanted))
    lines = {r["message"]: r for r in of_trace(server, trace, "script")}
    assert lines["to stdout ü"]["stream"] == "stdout" and lines["to stderr"]["stream"] == "stderr"
    assert lines["logged 7"]["level"] == "warning"
    assert all(r["route"] == "/talk.py" for r in lines.values())


def test_what_c_code_and_children_write_reaches_the_log(server):
    server.get("/talk.py")
    for text in ("from descriptor one", "from a child"):
        server.wait_for_record(lambda r: r["event"] == "script" and r["message"] == text)


def test_an_uncaught_exception_is_in_the_log_with_its_stack_and_not_in_the_answer(server):
    answer = server.get("/raise.py")
    trace = answer.header("X-Trace-Id")
    assert answer.status == 500 and answer.problem()["trace_id"] == trace
    assert "Traceback" not in answer.text and "inner" not in answer.text
    record = server.wait_for_record(lambda r: r.get("trace_id") == trace and "Traceback" in str(r))
    assert "raise.py" in str(record) and "line 2" in str(record) and "deep inside" in str(record)
    assert record["level"] == "error"


def test_no_line_is_lost_or_out_of_order(server):
    trace = server.get("/many.py").header("X-Trace-Id")
    eventually(lambda: len(of_trace(server, trace, "script")) == 500, message="500 lines")
    assert [r["message"] for r in of_trace(server, trace, "script")] == [f"line {n}" for n in range(500)]


def test_a_long_line_is_cut_and_line_ends_stay_inside_the_json(server):
    trace = server.get("/long.py").header("X-Trace-Id")
    eventually(lambda: len(of_trace(server, trace, "script")) >= 4)
    messages = [r["message"] for r in of_trace(server, trace, "script")]
    assert messages[0].startswith("x" * 1000) and max(map(len, messages)) <= 17000
    assert [message.strip() for message in messages[-3:]] == ["a", "b", "c"]


@pytest.mark.parametrize("query", [
    "password=hunter2secret&a=1", "api_key=hunter2secret&a=1", "a=1&access_token=hunter2secret",
    "a=1&client_secret=hunter2secret", "Token=hunter2secret&a=1", "a=1&X-API-Key=hunter2secret",
    "a=1&pass%77ord=hunter2secret",
])
def test_secret_looking_query_values_are_masked(server, query):
    trace = server.get("/quiet.py?" + query).header("X-Trace-Id")
    record = server.wait_for_record(lambda r: r.get("trace_id") == trace and r["event"] == "request")
    assert "hunter2" not in json.dumps(record) and "a=1" in record["query"]


@pytest.mark.parametrize("header, continued", [
    (f"00-{TRACE}-00f067aa0ba902b7-01", True),
    (f"01-{TRACE}-00f067aa0ba902b7-01-more", True),
    (f"00-{TRACE}-0000000000000000-01", False),
    (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
    (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
    (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
    (f"00-{TRACE}-00f067aa0ba902b7", False),
    ("rubbish", False),
])
def test_an_incoming_traceparent_is_continued_if_it_is_valid(server, header, continued):
    trace = server.get("/quiet.py", {"traceparent": header}).header("X-Trace-Id")
    assert (trace == TRACE) == continued and re.fullmatch(r"[0-9a-f]{32}", trace)


def test_every_answer_has_its_own_trace_id(server):
    with server.connect() as connection:
        traces = [connection.call("GET", path).header("X-Trace-Id")
                  for path in ("/quiet.py", "/none.py", "/api/x.py", "/_platform/health", "/raise.py") * 5]
    assert len(set(traces)) == 25 and None not in traces


def test_the_log_is_also_kept_in_the_state_folder(server):
    trace = server.get("/quiet.py").header("X-Trace-Id")
    eventually(lambda: any(trace in path.read_text("utf-8", "replace")
                           for path in server.state.rglob("*.log*") if path.is_file()),
               message="the trace id in a log file under the state folder")


def test_a_request_cannot_forge_a_log_line(server):
    answer = server.get("/none%22%2C%22x.py?a=%0a%7b%22event%22%3a1%7d", {"User-Agent": 'x","status":"999'})
    trace = answer.header("X-Trace-Id")
    record = server.wait_for_record(lambda r: r.get("trace_id") == trace and r["event"] == "request")
    assert record["status"] == answer.status and record["user_agent"] == 'x","status":"999'
