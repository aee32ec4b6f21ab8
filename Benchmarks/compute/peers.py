#!/usr/bin/env python3
"""The peers' side of one round: NumPy and PyTorch beside Steward. Prints {"ROW": VALUE, ...} as JSON; run starts it.

    peers.py products THREADS | saxpy THREADS | versions
"""
import json
import os
import sys
import time

PART, THREADS = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "1"
# Read by the libraries when they are loaded.
os.environ.update({name: THREADS for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")})


def shortest(work, tries=4):
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def torch():
    try:
        import torch as module
    except ImportError:
        return None
    module.set_num_threads(int(THREADS))
    return module


def products():
    import numpy

    size = 1024
    a, b = (numpy.arange(size * size, dtype=numpy.float32).reshape(size, size) % n - n // 2 for n in (13, 11))
    c, operations = numpy.empty_like(a), 2 * size**3
    rows = {f"NumPy, {THREADS}": operations / shortest(lambda: numpy.matmul(a, b, out=c)) / 1e9}
    if module := torch():
        x, y, z = (module.from_numpy(matrix) for matrix in (a, b, c))
        rows[f"torch.mm, {THREADS}"] = operations / shortest(lambda: module.mm(x, y, out=z)) / 1e9
    return rows


def saxpy():
    import numpy

    count = 16 << 20
    x, y = numpy.ones(count, numpy.float32), numpy.ones(count, numpy.float32)
    scaled = numpy.empty_like(x)

    def work():
        numpy.multiply(x, numpy.float32(0.001), out=scaled)
        numpy.add(y, scaled, out=y)

    rows = {} if THREADS != "1" else {"NumPy, 1": 12 * count / shortest(work) / 1e9}
    if module := torch():
        a, b = module.from_numpy(x), module.from_numpy(y)
        rows[f"torch add_(alpha), {THREADS}"] = 12 * count / shortest(lambda: b.add_(a, alpha=0.001)) / 1e9
    return rows


def versions():
    import platform

    import numpy

    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    words = {"Python": platform.python_version(), "NumPy": f"{numpy.__version__} ({blas['name']} {blas['version']})"}
    if module := torch():
        words["PyTorch"] = module.__version__
    return words


print(json.dumps({"products": products, "saxpy": saxpy, "versions": versions}[PART]()))
