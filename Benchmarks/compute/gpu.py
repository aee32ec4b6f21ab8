"""What gpu.sh runs: `steward compute verify` turn by turn with PyTorch and CuPy, and one dated JSON file."""

import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUICK = "--quick" in sys.argv
ROUNDS = 1 if QUICK else 2
REPETITIONS = 15
SIZES = (16, 32) if QUICK else (1024, 4096, 8192)
COPY_MIB = 1 if QUICK else 256
COPY_BYTES = COPY_MIB << 20
LAUNCHES = 500  # a driver queues some 1,000, then it waits for the GPU
# A transformer over characters of 10.8 million numbers, and its training step.
GPT = {"layers": 6, "heads": 6, "width": 384, "context": 256, "batch": 64, "vocabulary": 65}
if QUICK:
    GPT.update(layers=1, heads=2, width=16, context=8, batch=2)
STEPS = 14 if QUICK else 60


def transformer_step(precision):
    """The figure's name."""
    return "transformer step" if precision == "fp32" else f"transformer step, {precision}"


class NotRun(Exception):
    """Why something could not be measured."""


def steward_json(program, *arguments):
    run = subprocess.run([program, "compute", *arguments, "--json"], capture_output=True, text=True)
    try:
        return json.loads(run.stdout)
    except ValueError:
        raise NotRun((run.stderr or run.stdout).strip() or f"steward ended with status {run.returncode}") from None


def absence(program):
    """Why no GPU can be used, or None."""
    found = steward_json(program, "devices", "--quick")
    if any(device["kind"] == "cuda" for device in found["devices"]):
        return None
    return " ".join(item["sentence"] for item in found["absences"]) or "steward finds no GPU"


# --- PyTorch

def torch_on_gpu():
    try:
        import torch
    except ImportError as error:
        raise NotRun(f"this Python has no torch ({error}): pip install torch") from None
    if not torch.cuda.is_available():
        raise NotRun("torch finds no GPU: install a build of it with CUDA")
    return torch


def event_seconds(torch, work):
    """Seconds on the GPU of each repetition, after one to warm up."""
    work()
    torch.cuda.synchronize()
    seconds = []
    for _ in range(REPETITIONS):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        work()
        end.record()
        end.synchronize()
        seconds.append(start.elapsed_time(end) / 1e3)
    return seconds


def torch_products(torch):
    kinds = {"fp32": (torch.float32, False), "tf32": (torch.float32, True), "bf16": (torch.bfloat16, False),
             "fp16": (torch.float16, False)}
    figures = {}
    for size in SIZES:
        for name, (kind, tf32) in kinds.items():
            torch.backends.cuda.matmul.allow_tf32 = tf32
            a = torch.full((size, size), 0.0115, device="cuda").to(kind)
            b = a.clone()
            c = torch.empty_like(a)
            # Several in a row, so that the GPU never waits for the next one: as many as steward queues.
            count = max(1, min(50, int(5e12 / (2 * size**3))))

            def products(a=a, b=b, c=c, count=count):
                for _ in range(count):
                    torch.mm(a, b, out=c)

            figures[f"product {size} {name}"] = [count * 2 * size**3 / s / 1e12 for s in event_seconds(torch, products)]
    return figures


def torch_copies(torch):
    cells = COPY_BYTES // 4
    host = torch.ones(cells).pin_memory()
    a, b = torch.empty(cells, device="cuda"), torch.empty(cells, device="cuda")
    work = {"copy to device": (1, lambda: a.copy_(host, non_blocking=True)),
            "copy to host": (1, lambda: host.copy_(a, non_blocking=True)), "copy on device": (2, lambda: b.copy_(a))}
    return {name: [passes * COPY_BYTES / s / 1e9 for s in event_seconds(torch, run)]
            for name, (passes, run) in work.items()}


def torch_transformer(torch, precision):
    """Milliseconds a step of the same network in PyTorch, eager."""
    from torch import nn
    from torch.nn import functional

    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    width, heads, context = GPT["width"], GPT["heads"], GPT["context"]

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            batch, length, _ = x.shape
            q, k, v = (part.view(batch, length, heads, -1).transpose(1, 2)
                       for part in self.qkv(self.before(x)).chunk(3, -1))
            attended = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(attended.transpose(1, 2).reshape(batch, length, width))
            return x + self.down(functional.gelu(self.up(self.after(x)), approximate="tanh"))

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.place = nn.Embedding(GPT["vocabulary"], width), nn.Embedding(context, width)
            self.blocks = nn.Sequential(*(Block() for _ in range(GPT["layers"])))
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, GPT["vocabulary"], bias=False)

        def forward(self, x):
            places = torch.arange(x.shape[1], device="cuda")
            return self.head(self.norm(self.blocks(self.token(x) + self.place(places))))

    model = Transformer().cuda()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    x = torch.randint(0, GPT["vocabulary"], (GPT["batch"], context), device="cuda")
    samples = []
    for step in range(STEPS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        loss = functional.cross_entropy(model(x).flatten(0, 1), x.flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        torch.cuda.synchronize()
        if step >= 10:
            samples.append((time.perf_counter() - start) * 1e3)
    return {transformer_step(precision): samples}


# --- CuPy

def cupy_launches():
    try:
        import cupy
    except ImportError as error:
        raise NotRun(f"this Python has no cupy ({error}): pip install cupy-cuda12x") from None
    kernel = cupy.RawKernel(
        'extern "C" __global__ void nothing(float a, const float* x, float* y, int n) {}', "nothing")
    x = cupy.zeros(1, dtype=cupy.float32)
    arguments = (cupy.float32(1), x, x, cupy.int32(1))
    samples = []
    for turn in range(REPETITIONS + 1):
        start = time.perf_counter()
        for _ in range(LAUNCHES):
            kernel((1,), (32,), arguments)
        seconds = time.perf_counter() - start
        cupy.cuda.Device().synchronize()
        if turn:
            samples.append(seconds / LAUNCHES * 1e6)
    return {"launch": samples}


# --- Steward

def steward_transformer(program, precision):
    """Milliseconds a step, from the events of a training; the first ten are left out."""
    alphabet = "".join(chr(33 + i) for i in range(GPT["vocabulary"] - 1)) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text.write_text("".join(alphabet[i * 7919 % len(alphabet)] for i in range(400_000)))
        options = [f"--{name}={GPT[name]}" for name in ("layers", "heads", "width", "context", "batch")]
        run = subprocess.run(
            [program, "compute", "train", "chargpt", "--data", str(text), "--device", "cuda", f"--steps={STEPS}",
             f"--precision={precision}", "--report-every=1", "--validate-every=0", "--sample-every=0", "--sample=1", "--dropout=0", "--json",
             *options],
            capture_output=True, text=True, cwd=folder)
    if run.returncode:
        raise NotRun(run.stderr.strip())
    events = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    times = [event["seconds"] for event in events if event["event"] == "progress"]
    steps = [(after - before) * 1e3 for before, after in zip(times, times[1:])][10:]
    if not steps:
        raise NotRun("the training told no steps")
    return {transformer_step(precision): steps}


def bars(ours, torch, cupy):
    """Each aim, with both medians; what has no peer is left out."""
    found = []

    def bar(name, aim, peer, other, share):
        if name not in ours or name not in other:
            return
        mine, theirs = statistics.median(ours[name]), statistics.median(other[name])
        found.append({"name": name, "aim": aim, "steward": mine, peer: theirs, "ratio": mine / theirs,
                      "met": share(mine / theirs)})

    for name in list(ours):
        if name.startswith("product"):
            bar(name, "at least 0.98 of torch.mm", "torch", torch, lambda ratio: ratio >= 0.98)
        if name in ("copy to device", "copy to host"):
            bar(name, "at least 0.9 of torch's copy", "torch", torch, lambda ratio: ratio >= 0.9)
    best = {"copy on device": max((samples for samples in (torch.get("copy on device"), ours.get("copy by a kernel"))
                                   if samples), key=statistics.median, default=None)}
    if best["copy on device"]:
        bar("copy on device", "at least 0.9 of the fastest copy that was measured", "fastest", best,
            lambda ratio: ratio >= 0.9)
    bar("launch", "at most 0.5 of CuPy RawKernel's", "cupy", cupy, lambda ratio: ratio <= 0.5)
    for precision in ("fp32", "tf32"):
        bar(transformer_step(precision), "at most 1/0.7 of PyTorch eager's time", "torch", torch,
            lambda ratio: ratio <= 1 / 0.7)
    return found


def measure(program, report):
    ours, torch, cupy, not_run = {}, {}, {}, report["not_run"]

    def add(name, into, work):
        try:
            for figure, samples in work().items():
                into.setdefault(figure, []).extend(samples)
        except NotRun as reason:
            not_run[name] = str(reason)
        except Exception as error:  # a peer that breaks must not take the rest away
            not_run[name] = f"{type(error).__name__}: {error}"

    def verify():
        found = steward_json(program, "verify", "--device", "cuda", "--figures", "--copy", str(COPY_MIB), "--sizes",
                             ",".join(map(str, SIZES)))
        report["device"], report["agreements"] = found["device"], found["agreements"]
        return {figure["name"]: figure["samples"] for figure in found["figures"]}

    for _ in range(ROUNDS):
        add("steward verify", ours, verify)
        add("torch.mm", torch, lambda: torch_products(torch_on_gpu()))
        add("torch copies", torch, lambda: torch_copies(torch_on_gpu()))
        add("cupy RawKernel", cupy, cupy_launches)
        for precision in ("fp32", "tf32"):
            add(f"steward transformer {precision}", ours, lambda kind=precision: steward_transformer(program, kind))
            add(f"torch transformer {precision}", torch, lambda kind=precision: torch_transformer(torch_on_gpu(), kind))
    try:
        if QUICK:
            raise NotRun("left out by --quick")
        report["bench"] = steward_json(program, "bench")
    except NotRun as reason:
        not_run["steward bench"] = str(reason)
    report["samples"] = {"steward": ours, "torch": torch, "cupy": cupy}
    report["bars"] = bars(ours, torch, cupy)


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    now = datetime.datetime.now(datetime.timezone.utc)
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    report = {"date": now.isoformat(timespec="seconds"), "host": platform.node(), "system": platform.platform(),
              "steward": version, "status": "run", "quick": QUICK, "not_run": {}}
    reason = absence(program)
    if reason:
        report.update(status="not run", reason=reason)
    else:
        measure(program, report)
        if "agreements" not in report:
            report.update(status="not run", reason=report["not_run"]["steward verify"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%d-%H%M%S}-{platform.node()}.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    for bar in report.get("bars", []):
        print(f"{bar['name']}: {bar['ratio']:.3f} ({bar['aim']}): {'met' if bar['met'] else 'MISSED'}")
    for name, why in report["not_run"].items():
        print(f"not run: {name}: {why}")
    if report["status"] == "not run":
        print(f"not run: {report['reason']}")
    wrong = [item["name"] for item in report.get("agreements", []) if not item["largestShare"] <= 1]
    for name in wrong:
        print(f"WRONG: {name} is further off float64 than its precision allows")
    print(os.fspath(path))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
