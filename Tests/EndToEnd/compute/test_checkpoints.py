"""Checkpoints that must not be lost: of an earlier training, of one that runs, of one that a stopping server ends."""
import json
import signal
import threading

import pytest

from .conftest import ADMIN
from .test_train import KEYS, TEXT, TINY, TINY_BODY, events, stream, text  # noqa: F401

LONG = TINY_BODY | {"text": TEXT, "steps": 1_000_000, "checkpoint": "points"}


def test_an_earlier_training_s_checkpoint_is_not_replaced_unasked(compute, text):
    def train(*more, code=0):
        return compute("train", "chargpt", "--data", text, *TINY, "--checkpoint", "points", "--json", *more, code=code)

    train("--steps", 4)
    path = compute.folder / "points/checkpoint.safetensors"
    before = path.read_bytes()
    refusal = train("--steps", 4, code=1).stderr
    assert f"{path} is the checkpoint of an earlier training." in refusal
    assert "Go on from it with --resume, replace it with --overwrite, or name another folder" in refusal
    assert path.read_bytes() == before
    assert events(train("--steps", 6, "--resume").stdout)[-1]["event"] == "finished"
    assert events(train("--steps", 4, "--overwrite").stdout)[-1]["event"] == "finished"
    assert path.read_bytes() == before


def test_options_are_called_what_they_are_called(compute, text):
    assert "--warm-up is 5: it must be" in compute("train", "chargpt", "--data", text, "--steps", 2, "--warm-up", 5, code=1).stderr
    assert "--rate is 0.0: it must be" in compute("train", "chargpt", "--data", text, "--rate", 0, code=1).stderr
    found = compute("train", "chargpt", "--data", text, "--resume", code=1).stderr
    assert "--resume is true: it must be false, or --checkpoint must name the folder" in found


def test_fields_are_called_what_they_are_called(server):
    problem = server.call("POST", "/_platform/compute/train", ADMIN, b'{"model": "mlp", "warm_up": -1}').problem()
    assert problem["detail"].startswith("warm_up is -1: it must be")


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module({}, environment=KEYS)


def test_a_folder_has_one_training_at_a_time(server):
    body = json.dumps(LONG).encode()
    with server.connect() as connection:
        running = stream(connection, LONG)
        assert next(running)[0] == "started"
        problem = server.call("POST", "/_platform/compute/train", ADMIN, body).problem()
        assert problem["code"] == "training-checkpoint", problem
        assert "Another training writes its checkpoints to" in problem["detail"]
        assert any(name == "progress" for name, _ in running)
    # The client is gone, and its training is ending: who goes on from it waits for its checkpoint.
    with server.connect() as connection:
        name, document = next(stream(connection, LONG | {"resume": True}))
    assert name == "started" and "goes on from step" in document["message"]


def test_a_server_that_stops_lets_trainings_write_and_says_so(serve):
    server = serve({}, environment=KEYS)
    with server.connect() as connection:
        found = []
        for name, document in stream(connection, LONG):
            found.append((name, document))
            if name == "progress" and len([1 for one, _ in found if one == "progress"]) == 1:
                threading.Thread(target=server.process.send_signal, args=(signal.SIGTERM,)).start()
    assert server.process.wait(20) == 0
    names = [name for name, _ in found]
    assert names[-1] == "problem" and "checkpoint" in names, names[-5:]
    problem = found[-1][1]
    assert problem["code"] == "server-stopping" and problem["status"] == 503
    assert "goes on with `resume`" in problem["detail"]
    last = max(document["step"] for name, document in found if name == "checkpoint")
    assert (server.state / "compute/points/checkpoint.safetensors").exists()
    assert not list((server.state / "compute/points").glob("*.tmp"))
    server.start()
    with server.connect() as connection:
        seen = dict(stream(connection, LONG | {"resume": True, "steps": last + 20}))
    assert f"goes on from step {last}" in seen["started"]["message"] and seen["result"]["event"] == "finished"
