"""Computations through HTTP take GPUs from the lane: one at a time, seen by everybody, on stand-ins of NVIDIA's libraries."""
import json
import subprocess
import threading
from pathlib import Path

import pytest

from support import settings
from support.local import ask
from support.nvml import StandInNVML
from support.steward import BINARY, eventually

from . import kernels
from .conftest import ADMIN
from .test_lease import UUID

ROOT = Path(__file__).resolve().parents[3]
SAXPY = {"source": kernels.SAXPY, "file": "saxpy.cu", "grid": 4, "block": 256, "n": 1000, "args": ["a=2", "x=iota", "y=ones"]}


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    folder = tmp_path_factory.mktemp("libraries")
    cuda = folder / "libcuda.so.1"
    subprocess.run([ROOT / "Tests/Support/StandInCUDA/build", cuda], check=True)
    return dict.fromkeys(("STEWARD_CUDA_DRIVER", "STEWARD_NVRTC", "STEWARD_CUBLAS"), str(cuda)) | {
        "CUDA_STANDIN_COMPILE": f"{BINARY} compute compile", "STEWARD_KERNEL_CACHE": str(folder / "kernels")}


@pytest.fixture
def server(serve, tmp_path, libraries):
    nvml = StandInNVML(tmp_path / "nvml", 1)
    nvml.change(0, uuid=UUID)
    server = serve({"x.py": "def main(request):\n    return 'x'\n"}, environment=libraries | nvml.environment | {
        "ADMIN_API_KEY": ADMIN["X-Admin-Key"]}, settings=settings.text(
            [settings.zone("/")], gpu={"interval": "100ms", "grace": "500ms"}, compute={"processes": 8}))
    eventually(lambda: status(server)["cards"], message="the card is seen")
    return server


def status(server):
    return ask(server.state / "steward.sock", "GET", "/_platform/gpus")[1]


def run(server, device, **more):
    return server.call("POST", "/_platform/compute/run", ADMIN, json.dumps(SAXPY | {"device": device} | more).encode(), timeout=60)


class Hold:
    """A command that holds the card."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.process = subprocess.Popen([str(BINARY), "gpu", "run", "--state", str(self.server.state), "--", "sleep", "60"],
                                        stdin=subprocess.DEVNULL, env=self.server.environment)
        eventually(lambda: status(self.server)["leases"], message="the command holds the card", timeout=10)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def test_a_run_on_a_gpu_holds_a_lease_that_ends_with_it(server):
    answer = run(server, "cuda")
    assert answer.status == 200, answer.text
    assert answer.json()["device"] == "cuda:0"
    eventually(lambda: not status(server)["leases"], message="the lease is over")
    granted = [record for record in server.records() if record.get("event") == "gpu-granted"]
    assert granted and granted[0]["purpose"] == "compute run" and granted[0]["trace_id"] == answer.header("X-Trace-Id")


def test_a_run_on_a_gpu_waits_for_whoever_holds_it(server):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(run(server, "cuda")))
    with Hold(server):
        thread.start()
        eventually(lambda: status(server)["queue"], message="the run waits")
        assert not answers
    thread.join(30)
    assert answers[0].json()["device"] == "cuda:0"


def test_a_run_that_takes_any_device_takes_the_processor_where_the_gpu_is_held(server):
    with Hold(server):
        assert run(server, "auto").json()["device"] == "cpu"
        assert run(server, "cpu").json()["device"] == "cpu"
    eventually(lambda: not status(server)["leases"], message="the command's lease is over")
    assert run(server, "auto").json()["device"] == "cuda:0"


def test_a_client_that_leaves_gives_up_its_place(server):
    with Hold(server):
        with server.connect() as connection:
            body = json.dumps(SAXPY | {"device": "cuda"}).encode()
            head = (f"POST /_platform/compute/run HTTP/1.1\r\nHost: x\r\nX-Admin-Key: {ADMIN['X-Admin-Key']}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
            connection.send(head.encode() + body)
            eventually(lambda: status(server)["queue"], message="the run waits")
        eventually(lambda: not status(server)["queue"], message="its place is given up")
