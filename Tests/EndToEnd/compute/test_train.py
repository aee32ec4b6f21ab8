"""`steward compute train` and `POST /_platform/compute/train`: progress, checkpoints, resuming, and bad data."""
import json
import os
import signal
import subprocess
import time

import pytest

from support.steward import BINARY, REPOSITORY

from .conftest import ADMIN, alive, children_of, wait_until

TINY = ["--layers", 1, "--heads", 2, "--width", 16, "--context", 16, "--batch", 2, "--device", "cpu", "--seed", 7,
        "--sample", 20, "--validate-every", 0, "--sample-every", 0]
TINY_BODY = {"model": "chargpt", "layers": 1, "heads": 2, "width": 16, "context": 16, "batch": 2, "device": "cpu",
             "sample_length": 20, "validate_every": 0, "sample_every": 0}
TEXT = "the quick brown fox jumps over the lazy dog.\n" * 60


@pytest.fixture
def text(compute):
    return compute.file("text.txt", TEXT)


def events(output):
    return [json.loads(line) for line in output.splitlines()]


def losses(found):
    return {event["step"]: event["loss"] for event in found if event["event"] == "progress"}


def test_a_training_shows_progress_a_sample_and_the_curve(compute, text):
    result = compute("train", "chargpt", "--data", text, "--steps", 30, *TINY, "--svg", "loss.svg")
    lines = result.stdout.splitlines()
    assert "characters to train on" in lines[0]
    assert any(line.startswith("step 10/30  loss ") and " left" in line for line in lines)
    assert any(line.startswith("  | ") for line in lines)
    assert any(line.startswith("finished after 30 steps") for line in lines)
    assert "loss by step (* training, o validation)" in lines
    assert (compute.folder / "loss.svg").read_text().startswith("<svg")


def test_a_stopped_training_goes_on_exactly_where_it_was(compute, text):
    whole = losses(events(compute("train", "chargpt", "--data", text, "--steps", 60, "--report-every", 10, *TINY,
                                  "--json").stdout))
    command = subprocess.Popen(
        [str(BINARY), "compute", "train", "chargpt", "--data", str(text), "--steps", "60", "--report-every", "10",
         *map(str, TINY), "--checkpoint", "points", "--checkpoint-every", "20", "--json"], cwd=compute.folder,
        env=compute.environment, stdout=subprocess.PIPE, text=True)
    seen = []
    for line in command.stdout:
        seen.append(json.loads(line))
        if seen[-1]["event"] == "progress" and seen[-1]["step"] == 10:
            command.send_signal(signal.SIGINT)
    assert command.wait(30) == 0
    stopped = seen[-1]
    if stopped["event"] == "finished":
        pytest.skip("the training was over before it could be stopped")
    assert stopped["event"] == "stopped" and [event["event"] for event in seen].count("checkpoint") >= 1
    rest = losses(events(compute("train", "chargpt", "--data", text, "--steps", 60, "--report-every", 10, *TINY,
                                 "--checkpoint", "points", "--resume", "--json").stdout))
    assert rest and max(rest) == 60
    for step, loss in rest.items():
        # The first report after resuming covers fewer steps than the same report of the whole run.
        if step - 10 >= stopped["step"]:
            assert loss == whole[step], step


def checkpoint(compute, text, *more):
    compute("train", "chargpt", "--data", text, "--steps", 4, *TINY, "--checkpoint", "points", *more)
    return compute.folder / "points" / "checkpoint.safetensors"


def test_a_checkpoint_cut_short_says_so(compute, text):
    path = checkpoint(compute, text)
    path.write_bytes(path.read_bytes()[:-100])
    result = compute("train", "chargpt", "--data", text, "--steps", 8, *TINY, "--checkpoint", "points", "--resume", code=1)
    assert str(path) in result.stderr and result.stderr.startswith("error: ")


def test_a_checkpoint_of_another_shape_says_which(compute, text):
    checkpoint(compute, text)
    tiny = list(TINY)
    tiny[tiny.index("--width") + 1] = 32
    result = compute("train", "chargpt", "--data", text, "--steps", 8, *tiny, "--checkpoint", "points", "--resume", code=1)
    assert "checkpoint" in result.stderr and "width" in result.stderr, result.stderr


@pytest.mark.parametrize("arguments, words", [
    (["--data", "nothing.txt"], "can't be read: No such file or directory"),
    (["--data", str(BINARY)], "is not text"),
    ([], "data is missing"),
    (["--data", "text.txt", "--steps", "0"], "steps is 0"),
    (["--data", "text.txt", "--heads", "3", "--width", "16"], "heads is 3"),
    (["--data", "text.txt", "--resume"], "resume"),
    (["--data", "text.txt", "--schedule", "round"], "schedule is 'round'"),
    (["--data", "text.txt", "--precision", "fp8"], "precision is 'fp8': it must be one of fp32, tf32"),
    (["--data", "text.txt", "--device", "tpu"], "device is tpu"),
    (["--data", "short.txt"], "short.txt"),
])
def test_data_and_settings_that_can_not_be_are_sentences(compute, text, arguments, words):
    compute.file("short.txt", "a")
    result = compute("train", "chargpt", *arguments, code=1)
    assert words in result.stderr and result.stderr.startswith("error: ") and result.stdout == "", result.stderr


def test_an_unknown_model_is_a_mistake_of_the_command_line(compute):
    assert "chargpt" in compute("train", "resnet", code=2).stderr


def test_digits_need_no_data(compute):
    found = events(compute("train", "mlp", "--steps", 20, "--batch", 16, "--width", 32, "--device", "cpu", "--json",
                           "--report-every", 5).stdout)
    assert found[0]["event"] == "started" and found[-1]["event"] == "finished"
    assert losses(found)[20] < losses(found)[5]


KEYS = {"ADMIN_API_KEY": ADMIN["X-Admin-Key"]}


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module({}, environment=KEYS)


def stream(connection, body):
    """Posts a training; yields (event, document) as they come."""
    data = json.dumps(body).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in ADMIN.items())
    connection.send(f"POST /_platform/compute/train HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(data)}\r\n\r\n"
                    .encode() + data)
    response = connection.begin("POST")
    assert response.status == 200, response.read()
    assert response.getheader("Content-Type") == "text/event-stream"
    event = None
    while line := response.readline().decode().rstrip("\n"):
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: "):
            yield event, json.loads(line[6:])
            response.readline()


def test_progress_comes_as_server_sent_events(server):
    with server.connect() as connection:
        found = list(stream(connection, TINY_BODY | {"text": TEXT, "steps": 40}))
    names = [name for name, _ in found]
    assert names[0] == "started" and names.count("progress") == 4 and names[-1] == "result"
    assert "sample" in names and found[-1][1]["event"] == "finished" and found[-1][1]["step"] == 40
    first = next(document for name, document in found if name == "progress")
    assert first["loss"] > 0 and first["seconds_left"] > 0 and first["per_second"] > 0


def test_a_client_that_leaves_ends_the_training_which_keeps_a_checkpoint(server, tmp_path):
    connection = server.connect()
    for name, _ in stream(connection, TINY_BODY | {"text": TEXT, "steps": 1_000_000, "checkpoint": str(tmp_path / "points")}):
        if name == "progress":
            break
    running = children_of(server.process.pid)
    assert len(running) == 1
    connection.close()
    assert wait_until(lambda: not alive(running[0]))
    assert (tmp_path / "points" / "checkpoint.safetensors").exists()
    assert server.get("/_platform/health").json()["ready"] is True


@pytest.mark.parametrize("change, status, code, words", [
    ({"model": "resnet"}, 422, "training-setting", "model is 'resnet'"),
    ({"data": "/nothing.txt"}, 422, "training-data", "/nothing.txt can't be read"),
    ({"data": str(BINARY)}, 422, "training-data", "is not text"),
    ({"text": TEXT, "data": "/x"}, 422, "training-setting", "keep one"),
    ({"text": TEXT, "steps": -1}, 422, "training-setting", "steps is -1"),
    ({"text": TEXT, "steps": "many"}, 400, "bad-request", "`steps`"),
    ({"text": TEXT, "stepps": 1}, 400, "bad-request", "did you mean `steps`"),
    ({"text": TEXT, "device": "cuda:99"}, 422, "training-device", ""),
])
def test_a_training_that_can_not_begin_is_a_problem(server, change, status, code, words):
    problem = server.call("POST", "/_platform/compute/train", ADMIN, json.dumps(TINY_BODY | change).encode()).problem()
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert words in problem["detail"]


def test_a_training_beyond_its_deadline_is_stopped_and_says_so(server):
    with server.connect() as connection:
        found = list(stream(connection, TINY_BODY | {"text": TEXT, "steps": 1_000_000, "deadline": "1s"}))
    assert found[-1][0] == "problem" and found[-1][1]["code"] == "kernel-deadline"
    assert "the training of `chargpt` did not end within 1 s" in found[-1][1]["detail"]
