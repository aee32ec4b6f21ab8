"""`steward check` on GPUs: what settings and scripts ask for against what there is."""
import json
import subprocess
from pathlib import Path

import pytest

from support import settings
from support.nvml import StandInNVML
from support.steward import BINARY, ENVIRONMENT

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    library = tmp_path_factory.mktemp("cuda") / "libcuda.so.1"
    subprocess.run([ROOT / "Tests/Support/StandInCUDA/build", library], check=True)
    return {"STEWARD_CUDA_DRIVER": str(library)}


@pytest.fixture
def check(tmp_path):
    def run(scripts, environment, zone=None, **fields):
        folder = tmp_path / "app"
        folder.mkdir()
        for name, text in scripts.items():
            (folder / name).write_text(text)
        file = tmp_path / "steward.yaml"
        file.write_text(settings.text([settings.zone("/", folder=str(folder), **(zone or {}))], listen="127.0.0.1:0", **fields))
        result = subprocess.run([BINARY, "check", "--settings", file, "--state", tmp_path / "state", "--json"], timeout=60,
                                capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT | environment)
        # Device files are this machine's; the stand-ins have none.
        return [finding for finding in json.loads(result.stdout)["findings"]
                if finding["area"] == "gpu" and "/dev/" not in finding.get("where", "")]

    return run


def test_nothing_is_said_where_nothing_asks_for_gpus(check, tmp_path):
    assert check({"x.py": "gpu_names = 3\n"}, {"STEWARD_NVML": str(tmp_path / "none")}) == []


def test_what_there_is_and_what_can_never_be_met(check, driver, tmp_path):
    scripts = {"fits.py": "gpu = 2\n", "many.py": "\ngpu = 3\n", "wrong.py": "gpu = 'all'\n",
               "large.py": "gpu = {'memory': '200GiB'}\n", "none.py": "gpu = 0\n"}
    found = check(scripts, driver | StandInNVML(tmp_path / "nvml", 2).environment, zone={"gpu": 4},
                  gpu={"shares": {"nobody": 2}})
    assert [f["message"] for f in found if f["severity"] == "ok"] == [
        "2 GPUs, driver 570.0-stand-in: 2 x Stand-in H100 with 80 GiB.", "The driver answers and shows 1 device."]
    problems = {Path(f["where"]).name or "/": f for f in found if f["severity"] != "ok"}
    assert set(problems) == {"/", "many.py:2", "wrong.py:1", "large.py:1", "gpu.shares"}
    assert problems["/"]["message"].startswith("4 GPUs are asked for and this machine has 2.")
    assert problems["many.py:2"]["message"].startswith("3 GPUs are asked for and this machine has 2.")
    assert problems["large.py:1"]["message"].startswith("200 GiB of memory are asked for")
    assert "must be a number of cards" in problems["wrong.py:1"]["message"]
    assert all(finding["remedy"] for finding in problems.values())


def test_libraries_that_are_not_there_are_told_with_the_way_out(check, tmp_path):
    absent = str(tmp_path / "none.so")
    found = check({"x.py": "gpu = 1\n"}, {"STEWARD_NVML": absent, "STEWARD_CUDA_DRIVER": absent})
    assert [(f["severity"], f["where"]) for f in found] == [("error", "NVML"), ("error", "CUDA")]
    assert found[0]["remedy"].startswith("Install the NVIDIA driver")
    assert absent in found[0]["message"] and absent in found[1]["message"]
