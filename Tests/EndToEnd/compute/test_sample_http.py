"""`POST /_platform/compute/sample`: text from what `/train` left, as events or one document; bad input; the client that leaves."""
import json

import pytest

from support.steward import ENVIRONMENT

from .conftest import ADMIN, API, Compute, alive, children_of, wait_until
from .test_train import TEXT, TINY_BODY

KEYS = {"API_KEY": API["X-API-Key"], "ADMIN_API_KEY": ADMIN["X-Admin-Key"]}
JSON = ADMIN | {"Accept": "application/json"}
WISH = {"checkpoint": "points", "prompt": "the quick", "length": 40, "seed": 3, "device": "cpu"}


@pytest.fixture(scope="module")
def server(serve_module):
    """A server that has trained a small model, and one of another kind, under names of its own folder."""
    server = serve_module({}, environment=KEYS, settings="zones: {/: {folder: SCRIPTS}}\ncompute: {processes: 2, deadline: 20s}\n")
    training = post(server, TINY_BODY | {"text": TEXT, "steps": 30, "checkpoint": "points"}, what="train").json()
    assert training["event"] == "finished" and training["step"] == 30
    digits = {"model": "mlp", "steps": 1, "batch": 4, "width": 8, "device": "cpu", "checkpoint": "digits"}
    assert post(server, digits, what="train").status == 200
    whole = (server.state / "compute/points/checkpoint.safetensors").read_bytes()
    (server.state / "compute/cut").write_bytes(whole[:-10])
    return server


def post(server, document, headers=JSON, what="sample"):
    return server.call("POST", f"/_platform/compute/{what}", headers, json.dumps(document).encode(), timeout=60)


def events(answer):
    assert answer.status == 200 and answer.header("Content-Type") == "text/event-stream", answer
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    return [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for lines in blocks]


def test_what_was_trained_through_http_writes_through_http(server):
    found = events(post(server, WISH, ADMIN))
    assert {name for name, _ in found[:-1]} == {"text"} and found[-1][0] == "result"
    result = found[-1][1]
    assert "".join(document["text"] for _, document in found[:-1]) == result["text"] and len(result["text"]) == 40
    assert (result["step"], result["device"], result["prompt"]) == (30, "cpu", "the quick")
    assert result["checkpoint"] == str(server.state / "compute/points/checkpoint.safetensors")
    # One document, another name for the same file, and the command: the same text.
    whole = post(server, WISH | {"checkpoint": result["checkpoint"]})
    assert whole.header("Content-Type") == "application/json" and whole.json() == result
    command = Compute(server.state, dict(ENVIRONMENT))
    assert command.json("sample", result["checkpoint"], "--prompt", "the quick", "--length", 40, "--seed", 3, "--device", "cpu") == result


def test_temperature_and_top_k_are_fields(server):
    greedy = post(server, WISH | {"temperature": 0}).json()["text"]
    assert post(server, WISH | {"top_k": 1, "seed": 9}).json()["text"] == greedy
    assert post(server, WISH | {"temperature": 5}).json()["text"] != greedy


@pytest.mark.parametrize("change, status, code, words", [
    ({"checkpoint": "nowhere"}, 422, "training-checkpoint", "compute/nowhere can't be read: No such file"),
    ({"checkpoint": "cut"}, 422, "training-checkpoint", "it is cut short"),
    ({"checkpoint": "digits"}, 422, "training-checkpoint", "it is of the model mlp, and only chargpt writes text"),
    ({"checkpoint": "/etc/passwd"}, 422, "training-checkpoint", "/etc/passwd can't be used"),
    ({"checkpoint": "../points"}, 400, "bad-request", "it must be a name, as in 'points', which lies in /"),
    ({"checkpoint": None}, 400, "bad-request", "`checkpoint`"),
    ({"prompt": "the Quick"}, 422, "training-setting", "Character 5 of the prompt, 'Q' (U+0051), was not in the text"),
    ({"length": 0}, 422, "training-setting", "length is 0"),
    ({"top_k": 0}, 422, "training-setting", "top_k is 0"),
    ({"temperature": -1}, 422, "training-setting", "temperature is -1.0"),
    ({"seed": "x"}, 400, "bad-request", "`seed`"),
    ({"topk": 3}, 400, "bad-request", "did you mean `top_k`"),
    ({"device": "tpu"}, 422, "training-setting", "device is tpu"),
    ({"device": "cuda:99"}, 422, "training-device", ""),
])
@pytest.mark.parametrize("headers", [JSON, ADMIN], ids=["json", "events"])
def test_bad_input_is_a_problem_that_names_it(server, headers, change, status, code, words):
    problem = post(server, WISH | change, headers).problem()
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert words in problem["detail"] and len(problem["detail"]) > 20 and problem["trace_id"]


def test_it_is_for_admin_keys_and_for_post(server):
    assert post(server, WISH, headers={}).problem()["code"] == "key-required"
    assert post(server, WISH, headers=API).problem()["code"] == "key-insufficient"
    assert server.get("/_platform/compute/sample", ADMIN).problem()["status"] == 405


def test_a_deadline_ends_it_and_says_what_to_ask_for(server):
    problem = post(server, WISH | {"length": 1_000_000, "deadline": "500ms"}).problem()
    assert (problem["status"], problem["code"]) == (504, "kernel-deadline")
    assert "did not end within 500 ms (deadline); ask for less `length` or a longer `deadline`" in problem["detail"]
    found = events(post(server, WISH | {"length": 1_000_000, "deadline": "1s"}, ADMIN))
    assert found[0][0] == "text" and found[-1][0] == "problem" and found[-1][1]["code"] == "kernel-deadline"


def begin(server, headers):
    connection = server.connect()
    body = json.dumps(WISH | {"length": 1_000_000}).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.send(f"POST /_platform/compute/sample HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def test_one_too_many_is_429_and_a_client_that_leaves_ends_its_own(server):
    connections = [begin(server, headers) for headers in (ADMIN, JSON)]
    assert wait_until(lambda: len(children_of(server.process.pid)) == 2)
    running = children_of(server.process.pid)
    refused = post(server, WISH)
    assert refused.problem()["code"] == "compute-busy" and refused.status == 429 and refused.header("Retry-After")
    for connection in connections:
        connection.close()
    assert wait_until(lambda: not any(alive(pid) for pid in running), 4)
    assert wait_until(lambda: post(server, WISH).status == 200)
