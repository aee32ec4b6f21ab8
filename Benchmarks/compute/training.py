#!/usr/bin/env python3
"""One training step beside PyTorch's on the same processor: same weights, same batches, turn by turn.

    Benchmarks/compute/training.py [--steps 100] [--models mlp,cnn,chargpt] [--json FILE]

Builds the driver (release; STEWARD_BENCH_DRIVER names one that is built) and needs torch: STEWARD_BENCH_PYTHON names a Python that has it, else a virtual environment is
made in Benchmarks/compute/.venv. Prints the median step of each, the ratio, the largest difference of the first losses, and the largest
difference of each side's from PyTorch's in float64: how far fp32 carries at all with these weights and batches.
"""
import argparse
import collections
import copy
import importlib.util
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TURN = 10
# Until the other side's idle threads have stopped looking out for work.
REST = 0.1


def with_torch():
    """Starts again under a Python that has torch, and without the settings that slow BLAS libraries down."""
    slow = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if os.environ.pop(name, None)]
    wanted = os.environ.get("STEWARD_BENCH_PYTHON")
    if wanted and not os.environ.get("STEWARD_BENCH_STARTED"):
        os.environ["STEWARD_BENCH_STARTED"] = "1"
        os.execv(wanted, [wanted, *sys.argv])
    if importlib.util.find_spec("torch") is None:
        python = HERE / ".venv/bin/python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", HERE / ".venv"], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "torch", "numpy"], check=True)
        os.execv(python, [str(python), *sys.argv])
    if slow and not wanted:
        os.execv(sys.executable, [sys.executable, *sys.argv])


def models():
    path = ROOT / "Tests/Features/TrainingTests/goldens/make.py"
    spec = importlib.util.spec_from_file_location("goldens", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(path, tensors):
    header, data = {}, []
    size = 0
    for name, tensor in tensors.items():
        part = tensor.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [size, size + len(part)]}
        data.append(part)
        size += len(part)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def build():
    if "STEWARD_BENCH_DRIVER" in os.environ:
        return Path(os.environ["STEWARD_BENCH_DRIVER"])
    folder = HERE / "training"
    scratch = os.environ.get("STEWARD_BENCH_SCRATCH", str(folder / ".build"))
    command = ["swift", "build", "-c", "release", "--package-path", str(folder), "--scratch-path", scratch]
    subprocess.run([*command, "--product", "training-driver"], check=True, stdout=sys.stderr)
    return Path(subprocess.check_output([*command, "--show-bin-path"], text=True).strip()) / "training-driver"


def read(path):
    import numpy
    import torch

    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    return {name: torch.from_numpy(numpy.frombuffer(data, "<f4", (e["data_offsets"][1] - e["data_offsets"][0]) // 4,
                                                    8 + size + e["data_offsets"][0]).reshape(e["shape"]).copy())
            for name, e in header.items()}


def digits(driver, folder, count, batch, shape):
    """Batches of drawn digits, the same on both sides."""
    path = Path(folder) / "digits.safetensors"
    subprocess.run([driver, "digits", path, str(count * batch)], check=True)
    tensors = read(path)
    pixels, labels = tensors["pixels"].view(count, batch, *shape), tensors["labels"].long().view(count, batch)
    return list(zip(pixels, labels))


def sentences(count, batch, context):
    """Batches of a text that nobody edits, in its 65 commonest characters."""
    import torch

    text = (ROOT / "LICENSE").read_text()
    common = sorted(c for c, _ in collections.Counter(text).most_common(65))
    tokens = torch.tensor([common.index(c) for c in text if c in common])
    starts = torch.randint(0, len(tokens) - context - 1, (count, batch))
    rows = starts[..., None] + torch.arange(context)
    return list(zip(tokens[rows], tokens[rows + 1]))


def case(name, steps, driver, folder):
    """A model, its batches and what makes its optimiser."""
    import torch
    from torch import nn

    golden = models()
    torch.manual_seed(7)
    if name == "mlp":
        class MLP(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(784, 512), nn.Linear(512, 10)])

            def forward(self, x):
                return self.layers[1](torch.relu(self.layers[0](x)))

        batches = digits(driver, folder, steps, 128, (784,))
        model = MLP()
        return "MLP 784-512-10, batch 128, SGD", model, batches, lambda m: torch.optim.SGD(m.parameters(), lr=0.1)
    if name == "cnn":
        model = golden.CNN(28, 16, 32)
        batches = digits(driver, folder, steps, 64, (1, 28, 28))
        title = "CNN 28x28: conv 1-16-32 of 3x3, ReLU, pool 2, linear; batch 64, SGD with momentum"
        return title, model, batches, lambda m: torch.optim.SGD(m.parameters(), lr=0.005, momentum=0.9)
    model = golden.GPT(65, 64, 4, 4, 128)
    batches = sentences(steps, 16, 64)
    title = "char transformer, 4 layers, 4 heads, width 128, context 64; batch 16, AdamW"
    return title, model, batches, lambda m: torch.optim.AdamW(golden.groups(m, 0.01), lr=1e-3)


def torch_steps(model, optimiser, batches, first, count):
    import torch.nn.functional as F

    losses, seconds = [], []
    for number in range(first, first + count):
        x, y = batches[number % len(batches)]
        start = time.perf_counter()
        loss = F.cross_entropy(model(x), y.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    return losses, seconds


def exact(model, batches, optimiser):
    """The losses of PyTorch in float64, from the same weights."""
    model = copy.deepcopy(model).double()
    batches = [(x.double() if x.is_floating_point() else x, y) for x, y in batches]
    return torch_steps(model, optimiser(model), batches, 0, min(100, len(batches)))[0]


def difference(some, others):
    return max(abs(a - b) for a, b in zip(some[:100], others[:100]))


def measure(driver, name, steps, device):
    with tempfile.TemporaryDirectory() as folder:
        title, model, batches, optimiser = case(name, steps, driver, folder)
        reference = exact(model, batches, optimiser)
        optimiser = optimiser(model)
        count = sum(p.numel() for p in model.parameters())
        path = Path(folder) / "start.safetensors"
        tensors = dict(model.named_parameters())
        for number, (x, y) in enumerate(batches):
            tensors[f"batch.{number}.x"], tensors[f"batch.{number}.y"] = x, y
        write(path, tensors)
        process = subprocess.Popen([driver, name, path, device], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ours, theirs = ([], []), ([], [])
        for first in range(0, steps, TURN):
            time.sleep(REST)
            process.stdin.write(f"{TURN}\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            ours[0].extend(answer["losses"])
            ours[1].extend(answer["seconds"])
            time.sleep(REST)
            losses, seconds = torch_steps(model, optimiser, batches, first, TURN)
            theirs[0].extend(losses)
            theirs[1].extend(seconds)
        process.stdin.close()
        process.wait()
    # The first turn warms up caches, thread pools and the plan.
    own, peer = (statistics.median(s[1][TURN:]) * 1000 for s in (ours, theirs))
    return {"model": title, "parameters": count, "steward_ms": own, "torch_ms": peer, "ratio": own / peer,
            "steward_best_ms": min(ours[1]) * 1000, "torch_best_ms": min(theirs[1]) * 1000,
            "best_ratio": min(ours[1]) / min(theirs[1]), "loss_difference": difference(ours[0], theirs[0]),
            "steward_from_float64": difference(ours[0], reference), "torch_from_float64": difference(theirs[0], reference),
            "steps": steps}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--models", default="mlp,cnn,chargpt")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with_torch()
    import torch

    torch.set_num_threads(min(2, len(os.sched_getaffinity(0))))
    driver = build()
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, medians of {arguments.steps} steps turn by turn")
    print(f"{'model':74} {'Steward':>10} {'PyTorch':>10} {'ratio':>6} {'best':>6} {'loss gap':>9} {'of float64':>10} {'PyTorch':>9}")
    rows = []
    for name in arguments.models.split(","):
        row = measure(driver, name, arguments.steps, arguments.device)
        rows.append(row)
        print(f"{row['model']:74} {row['steward_ms']:7.2f} ms {row['torch_ms']:7.2f} ms {row['ratio']:6.2f} "
              f"{row['best_ratio']:6.2f} {row['loss_difference']:9.1e} {row['steward_from_float64']:10.1e} "
              f"{row['torch_from_float64']:9.1e}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"torch": torch.__version__, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
