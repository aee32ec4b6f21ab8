"""`/_platform/compute`: keys, runs, checks, and a server that goes on whatever a kernel does."""
import json
import threading
import time

import pytest

from . import kernels
from .conftest import ADMIN, API, alive, children_of, wait_until

SAXPY = {"source": kernels.SAXPY, "file": "saxpy.cu", "grid": 4, "block": 256, "device": "cpu", "n": 1000,
         "args": ["a=2", "x=iota", "y=ones"]}
SPIN = {"source": kernels.SPIN, "grid": 1, "block": 1, "device": "cpu", "args": ["x=int[1]"], "deadline": "60s"}
KEYS = {"API_KEY": API["X-API-Key"], "ADMIN_API_KEY": ADMIN["X-Admin-Key"]}
SETTINGS = """
zones: {/: {folder: SCRIPTS}}
compute: {processes: 2, deadline: 5s, body_limit: 64KiB}
"""


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module({"x.py": "def main(request):\n    return 'x'\n"}, settings=SETTINGS, environment=KEYS)


def post(server, what, document, headers=ADMIN, timeout=60):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return server.call("POST", f"/_platform/compute/{what}", headers, body, timeout=timeout)


def test_devices_name_the_processor_and_why_there_is_no_gpu(server):
    document = server.get("/_platform/compute/devices", ADMIN, timeout=60).json()
    cpu = document["devices"][0]
    assert cpu["id"] == "cpu" and cpu["multiprocessors"] >= 1 and cpu["threads_per_block"] >= 1024
    assert len(document["devices"]) > 1 or all(len(absence["sentence"]) > 20 for absence in document["absences"])


def test_running_native_code_is_for_admin_keys(server):
    assert post(server, "run", SAXPY, headers={}).problem()["code"] == "key-required"
    assert post(server, "run", SAXPY, headers=API).problem()["code"] == "key-insufficient"
    assert server.get("/_platform/compute/devices").status == 401


def test_a_run_answers_with_outputs_and_time(server):
    answer = post(server, "run", SAXPY)
    assert answer.status == 200, answer
    document = answer.json()
    assert document["outputs"][0]["cells"][:3] == ["1.0", "3.0", "5.0"]
    assert document["median_seconds"] > 0 and document["device"] == "cpu" and document["printed"] == ""


def test_what_a_kernel_prints_is_in_the_answer_and_bounded(server):
    source = """
    #include <stdio.h>
    __global__ void chatters(int* x) { for (int i = 0; i < 100000; i++) printf("0123456789012345678901234567890\\n"); }
    """
    document = post(server, "run", {"source": source, "grid": 1, "block": 1, "device": "cpu", "args": ["x=[1]"]}).json()
    assert document["printed_cut"] is True and len(document["printed"]) == 1 << 20


def test_a_kernel_that_does_not_compile_is_422_with_the_diagnostics(server):
    problem = post(server, "run", dict(SAXPY, source=kernels.BROKEN, file="broken.cu", args=["x=[1]"])).problem()
    assert problem["status"] == 422 and problem["code"] == "kernel-compilation"
    first = problem["diagnostics"][0]
    assert (first["file"], first["line"], first["severity"]) == ("broken.cu", 3, "error")
    assert problem["trace_id"]


@pytest.mark.parametrize("change, status, code, words", [
    ({"args": ["a=2", "x=iota"]}, 422, "kernel-arguments", "y"),
    ({"args": ["a=2", "x=int[5]", "y=ones"]}, 422, "kernel-arguments", "points to float"),
    ({"block": 4096}, 422, "launch-shape", "4096"),
    ({"shared": 1 << 30}, 422, "launch-shape", "shared"),
    ({"kernel": "other"}, 422, "no-kernel", "saxpy"),
    ({"device": "cuda:99"}, 422, "device-unavailable", ""),
    ({"device": "tpu"}, 422, "device-unavailable", "tpu"),
    ({"grid": "4x"}, 400, "bad-request", "`grid`"),
    ({"blok": 4}, 400, "bad-request", "did you mean `block`"),
    ({"deadline": "soon"}, 400, "bad-request", "`deadline`"),
    ({"source": None}, 400, "bad-request", "`source`"),
    ({"files": {"y": "/tmp/y"}}, 400, "bad-request", "`files`"),
    ({"args": ["a=2", "x=@/etc/passwd", "y=ones"]}, 422, "kernel-arguments", "files can't be given here"),
])
def test_bad_input_is_a_problem_that_names_it(server, change, status, code, words):
    problem = post(server, "run", SAXPY | change).problem()
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert words in problem["detail"] and len(problem["detail"]) > 20


def test_what_is_no_json_or_too_long_is_refused(server):
    assert post(server, "run", b"{").problem()["code"] == "bad-request"
    assert post(server, "run", b"[]").problem()["code"] == "bad-request"
    assert post(server, "run", dict(SAXPY, source="x" * (65 << 10))).problem()["status"] == 413
    assert server.call("POST", "/_platform/compute/run", ADMIN).problem()["code"] == "bad-request"
    assert server.get("/_platform/compute/run", ADMIN).problem()["status"] == 405
    assert server.get("/_platform/compute/nothing", ADMIN).problem()["status"] == 404


def test_an_endless_kernel_is_504_at_the_settings_deadline_while_others_are_answered(server):
    answers = []
    thread = threading.Thread(target=lambda: answers.append((post(server, "run", SPIN), time.monotonic())))
    begin = time.monotonic()
    thread.start()
    assert wait_until(lambda: children_of(server.process.pid))
    child = children_of(server.process.pid)[0]
    for _ in range(20):
        assert server.get("/x.py").text == "x"
    thread.join(60)
    answer, end = answers[0]
    problem = answer.problem()
    assert (problem["status"], problem["code"]) == (504, "kernel-deadline")
    assert "kernel `spin` (grid 1, block 1) on cpu did not end within 5 s (deadline)" in problem["detail"]
    assert end - begin < 30 and not alive(child)


def test_crashes_cost_only_their_own_request(server):
    for source, argument in [(kernels.WILD, "x=int[32]"), (kernels.DIVIDES, "x=int[32]")]:
        problem = post(server, "run", {"source": source, "grid": 1, "block": 32, "device": "cpu", "args": [argument]}).problem()
        assert (problem["status"], problem["code"]) == (422, "kernel-fault"), problem
        assert "/_platform/compute/check" in problem["detail"] or "check" in problem["detail"]
    assert post(server, "run", SAXPY).status == 200
    assert server.get("/_platform/health").json()["ready"] is True


def test_one_computation_too_many_is_429_and_a_client_that_leaves_ends_its_own(server):
    before = set(children_of(server.process.pid))
    connections = [server.connect() for _ in range(2)]
    body = json.dumps(SPIN).encode()
    for connection in connections:
        head = "".join(f"{name}: {value}\r\n" for name, value in ADMIN.items())
        connection.send(f"POST /_platform/compute/run HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n"
                        .encode() + body)
    assert wait_until(lambda: len(set(children_of(server.process.pid)) - before) == 2)
    running = set(children_of(server.process.pid)) - before
    refused = post(server, "run", SAXPY)
    assert refused.problem()["code"] == "compute-busy" and refused.status == 429 and refused.header("Retry-After")
    for connection in connections:
        connection.close()
    assert wait_until(lambda: not any(alive(pid) for pid in running), 4)
    assert wait_until(lambda: post(server, "run", SAXPY).status == 200)


def test_a_check_names_the_line(server):
    document = post(server, "check", {"source": kernels.OUTSIDE, "file": "outside.cu", "grid": 1, "block": 64,
                                      "args": ["x=[60]", "n=60"]}).json()
    finding = document["findings"][0]
    assert document["clean"] is False and finding["kind"] == "out-of-bounds"
    assert finding["place"] == {"file": "outside.cu", "line": 4, "text": "x[i] = 1.0f;"}


def test_an_explanation_has_a_picture_and_text(server):
    document = post(server, "explain", SAXPY).json()
    assert document["svg"].startswith("<svg") and any("warp" in line for line in document["text"])


def test_the_server_stops_with_a_kernel_running_and_leaves_nothing(serve):
    server = serve({}, settings=SETTINGS.replace("5s", "60s") + "limits: {drain: 1s}\n", environment=KEYS)
    connection = server.connect()
    body = json.dumps(SPIN).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in ADMIN.items())
    connection.send(f"POST /_platform/compute/run HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n"
                    .encode() + body)
    assert wait_until(lambda: children_of(server.process.pid))
    child = children_of(server.process.pid)[0]
    server.stop()
    connection.close()
    assert wait_until(lambda: not alive(child), 3)


def test_access_opens_to_api_keys_or_nobody_as_the_settings_say(serve, tmp_path):
    server = serve({}, settings=SETTINGS.replace("processes: 2", "access: api"), environment=KEYS)
    assert post(server, "run", SAXPY, headers=API).status == 200
    assert post(server, "run", SAXPY, headers={}).status == 401
    server.stop()
    server.settings_path.write_text(server.settings_path.read_text().replace("access: api", "access: off"))
    server.start()
    assert post(server, "run", SAXPY).problem()["code"] == "compute-off"
