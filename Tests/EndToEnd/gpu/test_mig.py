"""Cards in MIG mode: each instance is a GPU of its own, on stand-in GPUs."""
import json
import subprocess

import pytest

from support import settings
from support.local import ask
from support.nvml import StandInNVML
from support.steward import BINARY, eventually

GIB = 1 << 30
HOLD = """
import os, time
gpu = {wish}
def main(request):
    time.sleep(float(request.args.get("seconds", 0)))
    return os.environ["CUDA_VISIBLE_DEVICES"]
"""
SCRIPTS = {"one.py": HOLD.format(wish=1), "pair.py": HOLD.format(wish=2),
           "large.py": HOLD.format(wish='{"memory": "20GiB"}')}


@pytest.fixture
def shop(serve, tmp_path):
    """One whole card of 80 GiB, and one with an instance of 10 and one of 40 GiB."""
    nvml = StandInNVML(tmp_path / "nvml", 2)
    nvml.divide(1, 10 * GIB, 40 * GIB)
    zone = settings.zone("/", gpu_keep="0s")
    server = serve(SCRIPTS, settings=settings.text([zone], gpu={"interval": "100ms", "grace": "500ms"}),
                   environment=nvml.environment)
    server.nvml = nvml
    eventually(lambda: len(status(server)["cards"]) == 3, message="cards and instances are seen")
    return server


def status(server):
    return ask(server.state / "steward.sock", "GET", "/_platform/gpus")[1]


def steward(server, *arguments):
    """Runs `steward gpu`; what follows `--` is a command."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return subprocess.run([BINARY, "gpu", *arguments[:end], "--state", str(server.state), *arguments[end:]],
                          capture_output=True, text=True, env=server.environment, timeout=60)


def test_each_instance_is_a_gpu_with_a_number_of_its_own(shop):
    cards = status(shop)["cards"]
    assert [(card["index"], card.get("part"), card["uuid"]) for card in cards] == [
        (0, None, "GPU-0"), (1, 0, "MIG-1-0"), (1, 1, "MIG-1-1")]
    table = steward(shop).stdout.splitlines()
    assert [line.split()[0] for line in table[1:4]] == ["0", "1:0", "1:1"]
    assert "Stand-in H100 MIG 10gb" in table[2] and "10 GiB" in table[2] and "31 °C" in table[2]
    metrics = shop.get("/_platform/metrics").text
    assert 'steward_gpu_up{gpu="1:1",uuid="MIG-1-1"} 1' in metrics
    # A number of the table names it.
    assert steward(shop, "drain", "1:0").returncode == 0
    assert [card["state"] for card in status(shop)["cards"]] == ["free", "drained", "free"]
    assert steward(shop, "undrain", "1:0").returncode == 0


def test_scripts_and_commands_get_the_smallest_that_does(shop):
    assert shop.get("/one.py").text == "MIG-1-0"
    assert shop.get("/large.py").text == "MIG-1-1"
    run = steward(shop, "run", "--memory", "60GiB", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES")
    assert run.stdout == "GPU-0\n", run.stderr
    certain = steward(shop, "run", "--card", "1:1", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES")
    assert certain.stdout == "MIG-1-1\n", certain.stderr
    absent = steward(shop, "run", "--card", "1", "--", "true")
    assert absent.returncode != 0 and "The lane has no GPU 1. It has GPU 0 (" in absent.stderr


def test_several_are_whole_cards(shop):
    refused = shop.get("/pair.py")
    assert refused.status == 503
    assert "this machine has 1 whole one: a program can't use more than one instance" in refused.json()["detail"]


def test_a_lease_ends_with_its_instance_and_new_ones_are_taken_up(shop):
    process = subprocess.Popen(
        [BINARY, "gpu", "run", "--state", str(shop.state), "--", "sh", "-c", "echo held; exec sleep 60"],
        env=shop.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        assert status(shop)["leases"][0]["cards"] == ["MIG-1-0"]
        shop.nvml.divide(1, 80 * GIB)
        shop.nvml.parts[0]["uuid"] = "MIG-1-new"
        shop.nvml.write()
        assert process.wait(20) != 0
        eventually(lambda: [card["uuid"] for card in status(shop)["cards"]] == ["GPU-0", "MIG-1-new"],
                   message="those that are gone are forgotten")
    finally:
        process.kill()
        process.communicate()


def test_a_card_without_instances_says_what_to_do(shop):
    shop.nvml.divide(1)
    eventually(lambda: len(status(shop)["cards"]) == 1, message="its instances are gone")
    assert "GPU 1 (GPU-1) is in MIG mode and has no instance" in steward(shop).stderr
    assert "nvidia-smi mig -i 1 -cgi PROFILE -C" in json.loads(steward(shop, "--json").stdout)["notes"][0]
    check = shop.run("check", "--json", check=False)
    assert "GPU-1 is in MIG mode and has no instance" in check.stdout, check.stdout + check.stderr
    assert [record["event"] for record in shop.records() if record["event"].startswith("gpu-")] == [
        "gpu-present", "gpu-mig-empty", "gpu-gone", "gpu-gone"]
