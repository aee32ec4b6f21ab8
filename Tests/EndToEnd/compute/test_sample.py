"""`steward compute sample`: text from a checkpoint, the same for the same seed, on the processor and on a stand-in GPU."""
import json
import subprocess
from pathlib import Path

import pytest

from support.steward import BINARY, ENVIRONMENT

from .conftest import Compute
from .test_train import TEXT, TINY

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with `points`, the checkpoints of a small model, and `digits`, those of another kind."""
    compute = Compute(tmp_path_factory.mktemp("sample"), dict(ENVIRONMENT))
    compute("train", "chargpt", "--data", compute.file("text.txt", TEXT), "--steps", 30, *TINY, "--checkpoint", "points")
    compute("train", "mlp", "--steps", 1, "--batch", 4, "--width", 8, "--validate-every", 0, "--device", "cpu", "--checkpoint", "digits")
    return compute


def sample(trained, *arguments, **options):
    return trained("sample", "points", "--device", "cpu", *arguments, **options)


def test_the_text_repeats_by_seed_and_begins_with_the_prompt(trained):
    text = sample(trained, "--prompt", "the quick", "--length", 50, "--seed", 3).stdout
    assert text.startswith("the quick") and len(text) == len("the quick") + 50 + 1 and text.endswith("\n")
    assert sample(trained, "--prompt", "the quick", "--length", 50, "--seed", 3).stdout == text
    assert sample(trained, "--prompt", "the quick", "--length", 50, "--seed", 4).stdout != text
    file = trained("sample", "points/checkpoint.safetensors", "--device", "cpu", "--prompt", "the quick", "--length", 50, "--seed", 3,
                   "--json")
    found = json.loads(file.stdout)
    assert "the quick" + found["text"] + "\n" == text
    assert (found["step"], found["device"], found["prompt"]) == (30, "cpu", "the quick")


def test_temperature_and_top_k_decide_what_is_drawn(trained):
    greedy = {sample(trained, "--temperature", 0, "--seed", seed).stdout for seed in (1, 2)}
    assert len(greedy) == 1 and {sample(trained, "--top-k", 1, "--seed", 5).stdout} == greedy
    assert sample(trained, "--temperature", 5).stdout not in greedy


def test_a_gpu_writes_the_same(trained, tmp_path):
    library = tmp_path / "libcuda.so.1"
    subprocess.run([ROOT / "Tests/Support/StandInCUDA/build", library], check=True)
    environment = ENVIRONMENT | dict.fromkeys(("STEWARD_CUDA_DRIVER", "STEWARD_NVRTC", "STEWARD_CUBLAS"), str(library)) | {
        "CUDA_STANDIN_COMPILE": f"{BINARY} compute compile", "STEWARD_KERNEL_CACHE": str(tmp_path / "kernels")}
    found = [json.loads(trained("sample", "points", "--device", device, "--prompt", "dog", "--length", 30, "--json",
                                environment=environment).stdout) for device in ("cpu", "cuda")]
    assert [one.pop("device") for one in found] == ["cpu", "cuda:0"] and found[0] == found[1]


@pytest.mark.parametrize("arguments, words", [
    (["digits"], "it is of the model mlp, and only chargpt writes text"),
    (["cut"], "it is cut short"),
    (["nowhere"], "can't be read: No such file or directory"),
    (["text.txt"], "can't be used: its header should have"),
    (["points", "--prompt", "the Quick"], "Character 5 of the prompt, 'Q' (U+0051), was not in the text"),
    (["points", "--device", "cuda"], "No GPU can be used"),
])
def test_what_can_not_be_written_is_a_sentence(trained, arguments, words):
    (trained.folder / "cut").write_bytes((trained.folder / "points/checkpoint.safetensors").read_bytes()[:-10])
    result = trained("sample", *arguments, code=1, environment=ENVIRONMENT | {"STEWARD_CUDA_DRIVER": "/none"})
    assert words in result.stderr and result.stderr.startswith("error: ") and result.stdout == "", result.stderr


@pytest.mark.parametrize("option, value", [("--length", 0), ("--temperature", -1), ("--top-k", 0), ("--device", "tpu")])
def test_options_out_of_range_are_named(trained, option, value):
    errors = trained("sample", "points", f"{option}={value}", code=2).stderr
    assert f"{option} is {'-1.0' if value == -1 else value}: it must be" in errors
