"""`steward compute` on a machine whose server hands GPUs out: it waits its turn, and lets go. Stand-ins of NVIDIA's libraries."""
import json
import signal
import subprocess
from pathlib import Path

import pytest

from support import settings
from support.local import ask
from support.nvml import StandInNVML
from support.steward import BINARY, ENVIRONMENT, eventually

ROOT = Path(__file__).resolve().parents[3]
SAXPY = [ROOT / "Examples/compute/saxpy.cu", "--grid", "4", "--n", "1000", "--args", "a=2", "x=iota", "y=ones"]
# What the stand-in driver calls its first device.
UUID = "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f"


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    folder = tmp_path_factory.mktemp("libraries")
    cuda = folder / "libcuda.so.1"
    subprocess.run([ROOT / "Tests/Support/StandInCUDA/build", cuda], check=True)
    return dict.fromkeys(("STEWARD_CUDA_DRIVER", "STEWARD_NVRTC", "STEWARD_CUBLAS"), str(cuda)) | {
        "CUDA_STANDIN_COMPILE": f"{BINARY} compute compile", "STEWARD_KERNEL_CACHE": str(folder / "kernels")}


class House:
    """A server with one GPU, and commands on its machine."""

    def __init__(self, server, environment):
        self.server, self.environment, self.started = server, environment, []

    def start(self, *arguments, **environment):
        options = ["--state", str(self.server.state)]
        process = subprocess.Popen([str(BINARY), "compute", *map(str, arguments), *options], stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment | environment)
        self.started.append(process)
        return process

    def run(self, *arguments, code=0, **environment):
        process = self.start(*arguments, **environment)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == code, (process.returncode, output, errors)
        return output, errors

    def hold(self):
        """Somebody's command on the only GPU."""
        process = subprocess.Popen([str(BINARY), "gpu", "run", "--purpose", "long job", "--state", str(self.server.state), "--",
                                    "sleep", "60"], stdin=subprocess.DEVNULL, env=self.environment)
        self.started.append(process)
        eventually(lambda: self.status()["leases"], message="the command holds the GPU", timeout=10)
        return process

    def status(self):
        return ask(self.server.state / "steward.sock", "GET", "/_platform/gpus")[1]

    def grants(self):
        return [record["purpose"] for record in self.server.records() if record.get("event") == "gpu-granted"]

    def is_free(self):
        eventually(lambda: not self.status()["leases"], message="the lease is over")


@pytest.fixture
def house(serve, tmp_path, libraries):
    nvml = StandInNVML(tmp_path / "nvml", 1)
    nvml.change(0, uuid=UUID)
    server = serve({"x.py": "def main(request):\n    return 'x'\n"}, environment=libraries | nvml.environment, settings=settings.text(
        [settings.zone("/")], gpu={"interval": "100ms", "grace": "500ms"}))
    house = House(server, ENVIRONMENT | libraries)
    eventually(lambda: house.status()["cards"], message="the card is seen")
    yield house
    for process in house.started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_a_run_takes_a_lease_and_gives_it_back(house):
    for device in ("auto", "cuda"):
        output, errors = house.run("run", *SAXPY, "--device", device, "--json")
        assert json.loads(output)["device"] == "cuda:0" and errors == ""
        house.is_free()
    assert house.grants() == [f"steward compute run {SAXPY[0]}"] * 2


def test_the_processor_needs_none_and_no_lease_skips_it(house):
    holder = house.hold()
    assert json.loads(house.run("run", *SAXPY, "--device", "cpu", "--json")[0])["device"] == "cpu"
    assert json.loads(house.run("run", *SAXPY, "--no-lease", "--json")[0])["device"] == "cuda:0"
    assert holder.poll() is None and len(house.grants()) == 1


def test_who_waits_is_told_the_place_and_the_way_out_and_computes_when_the_gpu_is_free(house):
    holder = house.hold()
    waiting = house.start("run", *SAXPY, "--json")
    queue = eventually(lambda: house.status()["queue"], message="the run waits", timeout=10)
    assert queue[0]["purpose"].startswith("steward compute run")
    assert waiting.poll() is None
    holder.terminate()
    output, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 0 and json.loads(output)["device"] == "cuda:0"
    assert errors.startswith("waiting for 1 GPU: place 1 in the queue") and "hint: --device cpu computes now" in errors


def test_patience_ends_with_the_processor_or_with_a_sentence(house):
    house.hold()
    output, errors = house.run("run", *SAXPY, "--wait", "1s", "--json")
    assert json.loads(output)["device"] == "cpu" and "No GPU came free within 1 s" in errors and "The processor computes." in errors
    _, errors = house.run("run", *SAXPY, "--device", "cuda", "--wait", "1s", code=1)
    assert "error: No GPU came free within 1 s" in errors


def test_sigint_leaves_the_queue_and_ends_the_lease(house, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("the quick brown fox jumps over the lazy dog. " * 200)
    small = ["--layers", 1, "--heads", 2, "--width", 16, "--context", 8, "--batch", 2, "--steps", 100000]
    training = house.start("train", "chargpt", "--data", text, "--device", "cuda", *small, "--checkpoint", tmp_path / "kept")
    eventually(lambda: [lease for lease in house.status()["leases"] if lease["phase"] == "held"], message="it trains", timeout=10)
    eventually(lambda: training.stdout.readline().startswith("step"), message="steps", timeout=20)
    waiting = house.start("verify", "--device", "cuda")
    eventually(lambda: house.status()["queue"], message="verify waits", timeout=10)
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(timeout=10) == -signal.SIGINT
    eventually(lambda: not house.status()["queue"], message="its place is given up")
    training.send_signal(signal.SIGINT)
    output, errors = training.communicate(timeout=30)
    assert training.returncode == 0, errors
    assert "checkpoint" in output and "stopped after" in output and list((tmp_path / "kept").iterdir())
    house.is_free()


def test_a_command_under_a_lease_takes_no_second_one(house):
    result = subprocess.run([str(BINARY), "gpu", "run", "--state", str(house.server.state), "--", str(BINARY), "compute", "run",
                             *map(str, SAXPY), "--device", "cuda", "--json", "--state", str(house.server.state)],
                            capture_output=True, text=True, env=house.environment, timeout=60)
    assert result.returncode == 0 and json.loads(result.stdout)["device"] == "cuda:0", result.stderr
    assert len(house.grants()) == 1


def test_devices_lists_a_held_gpu_and_does_not_measure_it(house):
    free = json.loads(house.run("devices", "--quick", "--json")[0])["devices"]
    assert len(free) == 2 and not any("held" in device for device in free)
    house.hold()
    cpu, gpu = json.loads(house.run("devices", "--json")[0])["devices"]
    assert "measured" in cpu and "measured" not in gpu
    assert gpu["held"].startswith("held by local:") and gpu["held"].endswith("(long job)")
    assert "held by local:" in house.run("devices", "--quick")[0]
    status, answer = ask(house.server.state / "steward.sock", "GET", "/_platform/compute/devices")
    assert status == 200 and answer["devices"][1]["held"].startswith("held by local:")
    assert "measured" in answer["devices"][0] and "measured" not in answer["devices"][1]


def test_bench_measures_what_it_is_told_to_under_a_lease(house):
    report = json.loads(house.run("bench", "--quick", "--only", "memory", "--device", "cuda", "--json")[0])
    assert report["places"] == ["cuda:0"] and len(house.grants()) == 1
    house.hold()
    report = json.loads(house.run("bench", "--quick", "--only", "memory", "--device", "cpu", "--json")[0])
    assert "cuda:0" not in report["places"] and len(house.grants()) == 2
