"""Template kernels: named with their arguments, on the processor and on a stand-in GPU, through HTTP, and every wrong name."""
import json
import subprocess
from pathlib import Path

import pytest

from support.local import ask
from support.steward import BINARY, ENVIRONMENT

from . import kernels

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = kernels.EXAMPLES / "templates.cu"
SCALE = ["--grid", 2, "--block", 64, "--n", 300, "--args", "factor=3", "x=iota", "y=zeros"]


def test_an_instance_has_the_types_of_its_arguments(compute):
    for name, kernel, cell in [("scale<float,4>", "scale<float, 4>(float factor, const float* x, float* y, int n)", "6.0"),
                               (" scale< int , 3 > ", "scale<int, 3>(int factor, const int* x, int* y, int n)", "6")]:
        document = compute.json("run", TEMPLATES, "--kernel", name.strip(), "--device", "cpu", *SCALE)
        assert document["kernel"] == kernel and document["outputs"][0]["cells"][2] == cell
        assert document["outputs"][0]["type"] == kernel.split("(")[1].split()[0]


def test_shared_memory_of_the_instances_size_gives_the_sum(compute):
    document = compute.json("run", TEMPLATES, "--kernel", "total<double>", "--device", "cpu", "--grid", 4, "--args",
                            "x=double[1000]:iota", "sum=double[1]", "n=1000")
    assert document["outputs"][0]["cells"] == ["499500.0"]
    result = compute("check", TEMPLATES, "--kernel", "total<int, 64>", "--grid", 16, "--block", 64, "--args", "x=int[1000]:iota",
                     "sum=int[1]:zeros", "n=1000")
    assert "total<int, 64>, grid 16, block 64: nothing is wrong" in result.stdout
    explained = compute("explain", TEMPLATES, "--kernel", "scale<float,2>", "--block", 32, "--n", 64)
    assert "scale<float, 2>(float factor" in explained.stdout


def test_a_gpu_gives_the_same(tmp_path, compute):
    library = tmp_path / "libcuda.so.1"
    subprocess.run([ROOT / "Tests/Support/StandInCUDA/build", library], check=True)
    environment = ENVIRONMENT | dict.fromkeys(("STEWARD_CUDA_DRIVER", "STEWARD_NVRTC", "STEWARD_CUBLAS"), str(library)) | {
        "CUDA_STANDIN_COMPILE": f"{BINARY} compute compile", "STEWARD_KERNEL_CACHE": str(tmp_path / "kernels")}
    for _ in range(2):  # compiled, then from the cache
        found = [compute.json("run", TEMPLATES, "--kernel", "scale<float, 4>", "--device", device, *SCALE, environment=environment)
                 for device in ("cpu", "cuda")]
        assert found[0]["outputs"] == found[1]["outputs"] and found[0]["kernel"] == found[1]["kernel"]
        assert found[1]["device"] == "cuda:0"


def test_instances_are_compiled_without_being_run(compute):
    document = compute.json("compile", TEMPLATES, "--kernel", "scale<float,4>", "--kernel", "total<int>")
    assert [kernel.split("(")[0] for kernel in document["kernels"]] == ["scale<float, 4>", "total<int>"]
    assert "has no template arguments" in compute("compile", TEMPLATES, "--kernel", "scale", code=2).stderr


@pytest.mark.parametrize("kernel, words", [
    (None, "has only templates (scale<typename T, int N>, total<typename T, int Width>): name one with its arguments, as in scale<float, 1>"),
    ("scale", "the kernel 'scale' is a template, scale<typename T, int N>: name it with its arguments, as in scale<float, 1>"),
    ("scala<float>", "has no kernel template 'scala' for 'scala<float>'; it has scale<typename T, int N>, total"),
    ("scale<float>", "it takes 2 arguments, and 1 is given, as in scale<float, 1>"),
    ("scale<4, float>", "'typename T' is a type, and 4 is none"),
    ("scale<float, int>", "'int N' is a value, and int is a type"),
    ("scale<flota, 4>", "does not compile with scale<flota, 4>: 1 error"),
    ("scale<float*, 4>", "does not compile with scale<float*, 4>: 1 error"),
])
def test_what_is_no_instance_says_what_would_be_right(compute, kernel, words):
    name = ["--kernel", kernel] if kernel else []
    result = compute("run", TEMPLATES, *name, "--device", "cpu", *SCALE, code=1)
    assert words in result.stderr and result.stderr.startswith("error: ") and result.stdout == "", result.stderr


def test_http_takes_the_same_names(serve):
    server = serve({"x.py": "def main(request):\n    return 'x'\n"})
    body = {"source": TEMPLATES.read_text(), "file": "templates.cu", "kernel": "scale<int,2>", "grid": 1, "block": 8, "n": 5,
            "args": ["factor=10", "x=iota", "y=zeros"], "device": "cpu"}
    status, answer = ask(server.state / "steward.sock", "POST", "/_platform/compute/run", body)
    assert status == 200 and answer["outputs"][0]["cells"] == ["0", "10", "20", "30", "40"]
    status, answer = ask(server.state / "steward.sock", "POST", "/_platform/compute/run", body | {"kernel": "scale<int>"})
    assert status == 422 and "it takes 2 arguments" in answer["detail"], json.dumps(answer)
