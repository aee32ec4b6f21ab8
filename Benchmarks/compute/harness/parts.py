"""The parts of a run: each measures round by round, turn by turn, and returns the lines of its section."""
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from .setup import WORK

HERE = Path(__file__).resolve().parents[1]
TITLES = {
    "products": "Matrix product, 1024 x 1024 x 1024, fp32",
    "saxpy": "saxpy from memory (16 Mi cells)",
    "barrier": "Barrier of a block of 256 threads on the processor",
    "compile": "Compiling a kernel for the processor",
    "training": "One training step beside PyTorch's",
}


def _json(*command, **environment):
    done = subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE, env={**os.environ, **environment})
    return json.loads(done.stdout)


def _rounds(part, driver, python, rounds):
    """All samples by row: a turn of the driver's, then one of each peer's, and again."""
    samples = {}
    for _ in range(rounds):
        turns = [_json(driver, part, 1)] + [_json(python, HERE / "peers.py", part, threads) for threads in (1, 2)]
        for row, values in (item for turn in turns for item in turn.items()):
            samples.setdefault(row, []).extend(values if isinstance(values, list) else [values])
    return samples


def _table(samples, unit, base, order):
    """Rows with median, best and the ratio to the row that is the base at the same number of threads."""
    lines = [f"| | threads | median {unit} | best {unit} | ratio | of best |", "|---|---|---|---|---|---|"]
    for threads in ("1", "2"):
        against = samples.get(f"{base}, {threads}")
        for name in order:
            if values := samples.get(f"{name}, {threads}"):
                median, best = statistics.median(values), max(values)
                ratios = ("", "")
                if against:
                    ratios = f"{median / statistics.median(against):.2f}", f"{best / max(against):.2f}"
                lines.append(f"| {name} | {threads} | {median:.1f} | {best:.1f} | {ratios[0]} | {ratios[1]} |")
    return lines


def products(driver, python, rounds):
    samples = _rounds("products", driver, python, rounds)
    order = ("own kernels", "Steward with OpenBLAS", "OpenBLAS", "NumPy", "torch.mm")
    return ["Ratios are to the system's OpenBLAS, called by itself with its own threads.", "",
            *_table(samples, "GFLOP/s", "OpenBLAS", order)]


def saxpy(driver, python, rounds):
    samples = _rounds("saxpy", driver, python, rounds)
    return ["12 bytes a cell. Ratios are to the C loop.", "",
            *_table(samples, "GB/s", "C loop", ("kernel", "C loop", "NumPy", "torch add_(alpha)"))]


def barrier(driver, _, rounds):
    samples = _json(driver, "barrier", rounds)
    lines = ["16 blocks of 256 threads, 200 barriers; what the same launch without barriers takes is subtracted.", "",
             "| threads | median ns a thread | best ns a thread |", "|---|---|---|"]
    for threads in ("1", "2"):
        values = samples[f"barrier, {threads}"]
        lines.append(f"| {threads} | {statistics.median(values):.1f} | {min(values):.1f} |")
    return lines


def compile_kernel(driver, _, rounds):
    cache = WORK / "kernels"
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True, mode=0o700)
    samples = _json(driver, "compile", rounds, STEWARD_KERNEL_CACHE=str(cache))
    # The first of a process looks for the compiler too; each round is a process of its own.
    for _ in range(rounds):
        again = _json(driver, "compile-again", 1, STEWARD_KERNEL_CACHE=str(cache))
        for row, values in again.items():
            samples.setdefault(row, []).extend(values)
    lines = ["| saxpy | median ms | best ms |", "|---|---|---|"]
    for row in ("cold", "from the same process", "from an earlier process"):
        lines.append(f"| {row} | {statistics.median(samples[row]):.2f} | {min(samples[row]):.2f} |")
    return lines


def training(_, python, __):
    script = HERE / "training.py"
    if not script.exists():
        return ["not run: there is no training.py."]
    done = subprocess.run([sys.executable, str(script)], check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "STEWARD_BENCH_PYTHON": python})
    return done.stdout.rstrip().splitlines()


PARTS = {"products": products, "saxpy": saxpy, "barrier": barrier, "compile": compile_kernel, "training": training}
