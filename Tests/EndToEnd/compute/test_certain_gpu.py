"""`--device cuda:N` where a server hands GPUs out: just that card, by command and through HTTP, on stand-ins of two GPUs."""
import json
import subprocess
import threading

import pytest

from support import settings
from support.nvml import StandInNVML
from support.steward import BINARY, ENVIRONMENT, eventually

from .conftest import ADMIN
from .test_lane import SAXPY as SAXPY_BODY
from .test_lease import SAXPY, House, libraries  # noqa: F401: a fixture
from .test_train import TEXT, TINY_BODY

# What the stand-in driver calls its devices.
UUIDS = ["GPU-00010203-0405-0607-0809-0a0b0c0d0e0f", "GPU-10111213-1415-1617-1819-1a1b1c1d1e1f"]
LIST = [f"GPU {index} ({uuid}, Stand-in H100, 80 GiB)" for index, uuid in enumerate(UUIDS)]


@pytest.fixture
def house(serve, tmp_path, libraries):  # noqa: F811
    cuda = libraries | {"CUDA_STANDIN_DEVICES": "2"}
    nvml = StandInNVML(tmp_path / "nvml", 2)
    for index, uuid in enumerate(UUIDS):
        nvml.change(index, uuid=uuid)
    server = serve({"x.py": "def main(request):\n    return 'x'\n"}, environment=cuda | nvml.environment | {
        "ADMIN_API_KEY": ADMIN["X-Admin-Key"]}, settings=settings.text(
            [settings.zone("/")], gpu={"interval": "100ms", "grace": "500ms"}, compute={"processes": 8}))
    house = House(server, ENVIRONMENT | cuda)
    house.nvml = nvml
    eventually(lambda: len(house.status()["cards"]) == 2, message="the cards are seen")
    yield house
    for process in house.started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def hold(house, card):
    process = subprocess.Popen([str(BINARY), "gpu", "run", "--card", card, "--state", str(house.server.state), "--", "sleep", "60"],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=house.environment)
    house.started.append(process)
    eventually(lambda: [UUIDS[1]] in [lease["cards"] for lease in house.status()["leases"]], message="the card is held", timeout=10)
    return process


def post(house, what, document, headers=ADMIN):
    return house.server.call("POST", f"/_platform/compute/{what}", headers, json.dumps(document).encode(), timeout=60)


def granted(house):
    return [record["gpus"] for record in house.server.records() if record.get("event") == "gpu-granted"]


def test_a_command_gets_the_card_that_it_names_and_goes_on_calling_it_so(house):
    devices = json.loads(house.run("devices", "--quick", "--json")[0])["devices"]
    assert [(device["id"], device.get("uuid")) for device in devices[1:]] == [("cuda:0", UUIDS[0]), ("cuda:1", UUIDS[1])]
    assert [(card["index"], card["uuid"]) for card in house.status()["cards"]] == list(enumerate(UUIDS))
    for number in (1, 0):
        found = json.loads(house.run("run", *SAXPY, "--device", f"cuda:{number}", "--json")[0])
        assert (found["device"], found["device_name"]) == (f"cuda:{number}", f"Stand-in GPU {number}")
        house.is_free()
    assert granted(house) == [UUIDS[1], UUIDS[0]]
    # A kernel too large for it: the message has the same name.
    _, errors = house.run("run", *SAXPY, "--device", "cuda:1", "--block", "4096", code=1)
    assert "can't be launched on cuda:1" in errors


def test_it_waits_for_that_card_while_others_compute(house):
    holder = hold(house, "1")
    waiting = house.start("run", *SAXPY, "--device", "cuda:1", "--json")
    queue = eventually(lambda: house.status()["queue"], message="the run waits", timeout=10)
    assert queue[0]["request"] == UUIDS[1] and "first in turn for GPU 1" in queue[0]["reason"]
    assert json.loads(house.run("run", *SAXPY, "--device", "cuda", "--json")[0])["device"] == "cuda:0"
    _, errors = house.run("run", *SAXPY, "--device", "cuda:1", "--wait", "1s", code=1)
    assert "waiting for cuda:1: place 2 in the queue" in errors and "GPU 1 did not come free within 1 s" in errors
    assert waiting.poll() is None
    holder.terminate()
    output, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 0 and json.loads(output)["device"] == "cuda:1"
    assert errors.startswith("waiting for cuda:1: place 1 in the queue") and "--device cuda takes whichever is free" in errors


def test_a_card_that_is_not_there_or_lost_is_refused_with_those_that_are(house):
    _, errors = house.run("run", *SAXPY, "--device", "cuda:7", code=1)
    assert f"The lane has no GPU 7. It has {LIST[0]}, {LIST[1]}." in errors
    for what, body in (("run", SAXPY_BODY), ("train", TINY_BODY | {"text": TEXT, "steps": 1}), ("sample", {"checkpoint": "x"})):
        problem = post(house, what, body | {"device": "cuda:7"}).problem()
        assert (problem["status"], problem["code"]) == (422, "device-unavailable") and LIST[1] in problem["detail"]
    house.nvml.change(1, lost=1)
    eventually(lambda: house.status()["cards"][1]["state"] == "lost", message="the card is lost", timeout=10)
    _, errors = house.run("run", *SAXPY, "--device", "cuda:1", code=1)
    assert f"GPU 1 ({UUIDS[1]}) fell off the bus. It has {LIST[0]}." in errors
    assert json.loads(house.run("run", *SAXPY, "--device", "cuda:0", "--json")[0])["device"] == "cuda:0"


def test_http_gets_the_card_that_the_field_names(house):
    assert post(house, "run", SAXPY_BODY | {"device": "cuda:1"}).json()["device"] == "cuda:1"
    training = TINY_BODY | {"text": TEXT, "steps": 2, "checkpoint": "points", "device": "cuda:1"}
    assert post(house, "train", training, ADMIN | {"Accept": "application/json"}).status == 200
    holder = hold(house, "1")
    answers = []
    wish = {"checkpoint": "points", "length": 5, "device": "cuda:1"}
    thread = threading.Thread(target=lambda: answers.append(post(house, "sample", wish)))
    thread.start()
    eventually(lambda: house.status()["queue"], message="the sample waits")
    assert post(house, "sample", wish | {"device": "cuda:0"}, ADMIN | {"Accept": "application/json"}).json()["device"] == "cuda:0"
    assert not answers
    holder.terminate()
    thread.join(30)
    assert answers[0].text.startswith("event: waiting\n") and '"device":"cuda:1"' in answers[0].text
    assert set(granted(house)) == set(UUIDS)


def test_gpu_run_takes_one_card_by_number_or_uuid(house):
    for card in ("1", UUIDS[1]):
        result = subprocess.run([str(BINARY), "gpu", "run", "--card", card, "--state", str(house.server.state), "--", "printenv",
                                 "CUDA_VISIBLE_DEVICES"], env=house.environment, capture_output=True, text=True, timeout=30)
        assert result.stdout == UUIDS[1] + "\n", result.stderr
    result = subprocess.run([str(BINARY), "gpu", "run", "--card", "1", "--gpus", "2", "--", "true"], capture_output=True, text=True)
    assert result.returncode == 2 or result.returncode == 64
    assert "--card names one GPU: leave --gpus 2 out." in result.stderr
