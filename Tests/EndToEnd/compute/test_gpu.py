"""The program on a GPU: a stand-in for NVIDIA's libraries that runs the same kernels on the processor."""
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.steward import BINARY

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "Benchmarks/compute/gpu.sh"


@pytest.fixture(scope="module")
def gpu(tmp_path_factory):
    """The environment in which the program finds one GPU."""
    folder = tmp_path_factory.mktemp("gpu")
    library = folder / "libcuda.so.1"
    subprocess.run([ROOT / "Tests/Support/StandInCUDA/build", library], check=True)
    names = ("STEWARD_CUDA_DRIVER", "STEWARD_NVRTC", "STEWARD_CUBLAS")
    return {**os.environ, **dict.fromkeys(names, str(library)), "CUDA_STANDIN_COMPILE": f"{BINARY} compute compile",
            "STEWARD_KERNEL_CACHE": str(folder / "kernels")}


@pytest.fixture
def without_gpu(tmp_path):
    return {**os.environ, "STEWARD_CUDA_DRIVER": str(tmp_path / "libcuda.so.1")}


def compute(environment, *arguments):
    return subprocess.run([BINARY, "compute", *map(str, arguments)], env=environment, capture_output=True, text=True,
                          timeout=120)


def test_the_device_is_listed(gpu):
    found = json.loads(compute(gpu, "devices", "--quick", "--json").stdout)
    assert [device["id"] for device in found["devices"]] == ["cpu", "cuda:0"]
    assert found["devices"][1]["name"] == "Stand-in GPU 0" and found["absences"] == []


def test_a_kernel_gives_the_same_on_both_devices(gpu):
    arguments = ["--grid", 4, "--n", 1000, "--json", "--args", "a=2", "x=iota", "y=ones"]
    results = [json.loads(compute(gpu, "run", ROOT / "Examples/compute/saxpy.cu", "--device", device, *arguments).stdout)
               for device in ("cpu", "cuda")]
    assert results[0]["outputs"] == results[1]["outputs"]
    assert [result["device"] for result in results] == ["cpu", "cuda:0"]


def test_its_results_agree_with_float64(gpu):
    result = compute(gpu, "verify", "--device", "cuda")
    assert result.returncode == 0, result.stderr
    assert "All 92 agree with float64." in result.stdout


def test_a_transformer_trains_as_on_the_processor(gpu, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("".join(chr(33 + i * 7919 % 64) for i in range(4000)))
    options = ["--layers", 1, "--heads", 2, "--width", 16, "--context", 8, "--batch", 2, "--dropout", 0, "--steps", 5,
               "--report-every", 1, "--validate-every", 0, "--sample-every", 0, "--sample", 1, "--json"]
    losses, places = {}, {}
    for device, precision in (("cpu", "fp32"), ("cuda", "fp32"), ("cuda", "tf32"), ("cpu", "tf32")):
        result = compute(gpu, "train", "chargpt", "--data", text, "--device", device, "--precision", precision, *options)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        place = (device, precision)
        losses[place] = [event["loss"] for event in events if event["event"] == "progress"]
        places[place] = next(event["message"] for event in events if event["event"] == "started")
        assert len(losses[place]) == 5, result.stderr
    exact = losses["cpu", "fp32"]
    assert losses["cuda", "fp32"] == pytest.approx(exact, abs=1e-5)
    # 11 bits of each factor: near, and not the same. A processor keeps to fp32.
    assert losses["cuda", "tf32"] == pytest.approx(exact, abs=1e-2)
    assert losses["cuda", "tf32"] != losses["cuda", "fp32"] and losses["cpu", "tf32"] == exact
    assert [place for place, words in places.items() if "in TF32" in words] == [("cuda", "tf32")]


def test_the_script_for_gpus_checks_measures_and_writes_a_dated_file(gpu, tmp_path):
    result = subprocess.run([SCRIPT, "--steward", BINARY, "--results", tmp_path, "--quick"], env=gpu,
                            capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(Path(result.stdout.splitlines()[-1]).read_text())
    assert report["status"] == "run" and report["quick"] is True
    assert report["device"]["name"] == "Stand-in GPU 0" and len(report["agreements"]) == 92
    ours = report["samples"]["steward"]
    assert {"copy to device", "launch", "kernel in a graph", "product 32 bf16", "transformer step",
            "transformer step, tf32"} <= set(ours)
    assert all(value > 0 for samples in ours.values() for value in samples)
    assert "torch.mm" in report["not_run"] or report["bars"]


def test_without_a_gpu_the_file_says_why(without_gpu, tmp_path):
    result = subprocess.run([SCRIPT, "--steward", BINARY, "--results", tmp_path], env=without_gpu, capture_output=True,
                            text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    report = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert report["status"] == "not run" and "install the NVIDIA driver" in report["reason"]
    assert "samples" not in report and "bars" not in report
    refused = compute(without_gpu, "verify", "--device", "cuda")
    assert refused.returncode != 0 and "install the NVIDIA driver" in refused.stderr


@pytest.mark.skipif(not shutil.which("patchelf"), reason="patchelf is not installed")
def test_the_pack_brings_every_library_but_glibc(tmp_path):
    folder = tmp_path / "pack"
    packed = subprocess.run([SCRIPT.parent / "gpu-pack", "--steward", BINARY, folder], capture_output=True, text=True)
    assert packed.returncode == 0, packed.stderr
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    linked = subprocess.run(["ldd", folder / "steward"], env=environment, capture_output=True, text=True).stdout
    found = dict(line.split()[0::2][:2] for line in linked.splitlines() if "=>" in line)
    glibc = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"}
    assert "libunbound.so.8" in found
    for name, path in found.items():
        assert name in glibc or Path(path).is_relative_to(folder), linked
    run = subprocess.run([folder / "gpu.sh", "--results", tmp_path / "results", "--python", sys.executable],
                         env={**environment, "STEWARD_CUDA_DRIVER": "/nowhere/libcuda.so.1"}, capture_output=True,
                         text=True)
    assert run.returncode == 0 and "not run: " in run.stdout, run.stdout + run.stderr
    again = subprocess.run([SCRIPT.parent / "gpu-pack", "--steward", BINARY, folder], capture_output=True, text=True)
    assert again.returncode == 2 and "is there already" in again.stderr


def test_a_bar_is_met_by_medians():
    spec = importlib.util.spec_from_file_location("gpu", ROOT / "Benchmarks/compute/gpu.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    ours = {"product 1024 fp32": [97, 99, 20], "launch": [3.0], "copy on device": [80], "copy by a kernel": [100],
            "transformer step": [14.0], "kernel in a graph": [1.0]}
    torch = {"product 1024 fp32": [100], "copy on device": [90], "transformer step": [10.0]}
    found = {bar["name"]: bar for bar in script.bars(ours, torch, {"launch": [6.1]})}
    assert set(found) == {"product 1024 fp32", "launch", "copy on device", "transformer step"}
    assert (found["product 1024 fp32"]["ratio"], found["product 1024 fp32"]["met"]) == (0.97, False)
    assert found["copy on device"]["fastest"] == 100 and not found["copy on device"]["met"]
    assert found["launch"]["met"] and found["transformer step"]["met"]
