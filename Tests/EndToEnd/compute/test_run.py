"""`steward compute run`: what a kernel computes, and every way in which a kernel, or who calls it, can be wrong."""
import os
import signal
import struct
import subprocess
import time

import pytest

from support.steward import BINARY

from . import kernels
from .conftest import alive, children_of, wait_until


def test_a_kernel_runs_and_shows_its_result(compute):
    result = compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--grid", 4, "--block", 256, "--n", 1000,
                     "--args", "a=2", "x=iota", "y=ones")
    assert "saxpy(float a, const float* x, float* y, int n) on cpu" in result.stdout
    assert "1,024 threads" in result.stdout
    assert "y = float[1000]: 1.0 3.0 5.0 7.0 9.0 11.0 13.0 15.0 ..." in result.stdout
    assert result.stderr == ""


def test_json_has_the_same_facts_and_every_run_begins_with_the_same_contents(compute):
    document = compute.json("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--grid", 4, "--n", 1000, "--args",
                            "a=2", "x=iota", "y=ones", "--repeat", 3, "--cells", 2)
    assert document["outputs"] == [{"name": "y", "type": "float", "count": 1000, "cells": ["1.0", "3.0"]}]
    assert len(document["seconds"]) == 3 and document["median_seconds"] == sorted(document["seconds"])[1]
    assert document["grid"] == [4, 1, 1] and document["block"] == [256, 1, 1] and document["bytes"] == 8000
    assert document["kernel"].startswith("saxpy(") and document["device"] == "cpu"


def test_barriers_shared_memory_and_atomics_give_the_sum(compute):
    document = compute.json("run", kernels.EXAMPLES / "reduce.cu", "--device", "cpu", "--grid", 40, "--args",
                            "x=float[10000]:iota", "sum=float[1]", "n=10000")
    assert float(document["outputs"][0]["cells"][0]) == pytest.approx(sum(range(10000)), rel=1e-5)


def test_a_two_dimensional_grid_multiplies_matrices(compute):
    document = compute.json("run", kernels.EXAMPLES / "matmul.cu", "--device", "cpu", "--grid", "3x3", "--block",
                            "16x16", "--args", "a=float[1600]:iota", "b=float[1600]:iota", "c=float[1600]", "n=40")
    row = [sum(k * (40 * k + column) for k in range(40)) for column in range(8)]
    assert [float(cell) for cell in document["outputs"][0]["cells"]] == pytest.approx(row)


def test_dynamic_shared_memory_is_as_large_as_asked_for(compute):
    source = compute.file("shared.cu", kernels.SHARED)
    document = compute.json("run", source, "--device", "cpu", "--block", 64, "--shared", 256, "--args", "x=[64]:iota")
    assert document["outputs"][0]["cells"][:3] == ["63.0", "62.0", "61.0"]


def test_what_a_kernel_prints_is_shown(compute):
    source = compute.file("prints.cu", kernels.PRINTS)
    result = compute("run", source, "--device", "cpu", "--block", 4, "--args", "x=[4]")
    assert sorted(line for line in result.stdout.splitlines() if line.startswith("thread")) == [
        "thread 0", "thread 1", "thread 2", "thread 3"]


def test_outputs_go_to_files_that_numpy_and_people_read(compute):
    compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--n", 100, "--args", "a=2", "x=iota", "y=ones",
            "--output", "y=y.npy")
    compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--n", 100, "--args", "a=2", "x=iota", "y=ones",
            "--output", "y=y.txt")
    data = (compute.folder / "y.npy").read_bytes()
    assert data[:6] == b"\x93NUMPY" and b"'descr': '<f4'" in data and b"'shape': (100,)" in data
    length = struct.unpack("<H", data[8:10])[0]
    assert (10 + length) % 64 == 0
    assert struct.unpack("<100f", data[10 + length:]) == tuple(2.0 * i + 1 for i in range(100))
    assert (compute.folder / "y.txt").read_text().split() == [str(2.0 * i + 1) for i in range(100)]
    # An output is an argument of the next run.
    document = compute.json("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--n", 100, "--args", "a=1",
                            "x=@y.npy", "y=zeros", "--cells", 3)
    assert document["outputs"][0]["cells"] == ["1.0", "3.0", "5.0"]


def test_a_file_of_two_kernels_asks_which(compute):
    source = compute.file("two.cu", kernels.TWO)
    assert "two.cu has 2 kernels" in compute("run", source, "--args", "x=[256]", "--device", "cpu", code=1).stderr
    missing = compute("run", source, "--kernel", "third", "--args", "x=[256]", "--device", "cpu", code=1)
    assert "third" in missing.stderr and "first, second" in missing.stderr
    document = compute.json("run", source, "--kernel", "second", "--args", "x=[256]", "--device", "cpu")
    assert document["outputs"][0]["cells"][0] == "2"


def test_a_kernel_that_does_not_compile_names_file_and_line(compute):
    source = compute.file("broken.cu", kernels.BROKEN)
    result = compute("run", source, "--args", "x=[1]", "--device", "cpu", code=1)
    assert "broken.cu:3:" in result.stderr and "error: expected" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments, sentence", [
    (["x=[10]"], "y"),
    (["a=2", "x=iota", "y=ones", "n=5", "7"], "one too many"),
    (["a=two", "x=iota", "y=ones", "--n", "10"], "takes a number"),
    (["a=2", "x=int[10]", "y=ones", "--n", "10"], "points to float"),
    (["a=2", "z=iota", "y=ones", "--n", "10"], "has no parameter 'z'"),
    (["a=2", "x=@missing.npy", "y=ones", "--n", "10"], "missing.npy can't be read"),
])
def test_wrong_arguments_are_named_with_the_way_out(compute, arguments, sentence):
    result = compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--args", *arguments, code=1)
    assert sentence in result.stderr and "saxpy(" in result.stderr or "missing.npy" in result.stderr, result.stderr


@pytest.mark.parametrize("options, sentence", [
    (["--block", "2048"], "2048"),
    (["--block", "0"], "at least 1"),
    (["--block", "64x64"], "4096 threads"),
    (["--shared", str(1 << 30)], "shared memory"),
    (["--shared", str((1 << 63) - 1)], "shared memory"),
])
def test_more_than_the_device_has_is_refused_with_the_limit(compute, options, sentence):
    result = compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--n", 10, "--args", "a=2", "x=iota",
                     "y=ones", *options, code=1)
    assert sentence in result.stderr and "saxpy" in result.stderr


def test_a_frame_beyond_a_threads_stack_meets_the_guard(compute):
    source = compute.file("frame.cu", "__global__ void frame(int *x) {\n  volatile char big[300000];\n"
                                      "  big[threadIdx.x] = 1;\n  __syncthreads();\n  x[threadIdx.x] = big[threadIdx.x];\n}\n")
    result = compute("run", source, "--device", "cpu", "--block", 64, "--args", "x=[64]", code=1)
    assert "SIGSEGV" in result.stderr and "256 KiB of stack" in result.stderr


def test_buffers_beyond_all_memory_are_refused(compute):
    result = compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--args", "a=2",
                     f"x=[{1 << 40}]", "y=[10]", "n=10", code=1)
    assert "bytes" in result.stderr and "Argument 2 (x)" in result.stderr


def test_an_endless_kernel_ends_at_its_deadline_and_nothing_of_it_is_left(compute):
    source = compute.file("spin.cu", kernels.SPIN)
    begin = time.monotonic()
    command = subprocess.Popen(
        [str(BINARY), "compute", "run", str(source), "--device", "cpu", "--block", "1", "--args", "x=int[1]",
         "--deadline", "1s"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=compute.environment)
    assert wait_until(lambda: children_of(command.pid))
    child = children_of(command.pid)[0]
    _, errors = command.communicate(timeout=30)
    assert command.returncode == 1 and time.monotonic() - begin < 20
    assert "kernel `spin` (grid 1, block 1) on cpu did not end within 1 s (deadline)" in errors
    assert "`steward compute check" in errors
    assert not alive(child)


@pytest.mark.parametrize("name, argument, signal_name", [("wild", "x=int[32]", "SIGSEGV"), ("divides", "x=int[32]", "SIGFPE")])
def test_a_crash_is_a_sentence_with_the_command_that_finds_the_line(compute, name, argument, signal_name):
    source = compute.file(f"{name}.cu", getattr(kernels, name.upper()))
    result = compute("run", source, "--device", "cpu", "--block", 32, "--args", argument, code=1)
    assert f"kernel `{name}`" in result.stderr
    assert signal_name in result.stderr or "fault" in result.stderr
    assert f"steward compute check {source} --grid 1 --block 32 --args {argument}" in result.stderr


def test_threads_that_wait_at_different_barriers_are_named_with_their_lines(compute):
    source = compute.file("diverges.cu", kernels.DIVERGES)
    result = compute("run", source, "--device", "cpu", "--block", 32, "--args", "x=[32]", code=1)
    assert "not every thread reaches the same barrier" in result.stderr
    assert "line 5" in result.stderr and "line 7" in result.stderr, result.stderr


def test_without_a_compiler_the_error_says_what_to_install(compute):
    tools = compute.folder / "bin"
    tools.mkdir()
    environment = dict(compute.environment, PATH=str(tools), HOME=str(compute.folder),
                       XDG_CACHE_HOME=str(compute.folder / "cache"))
    result = compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cpu", "--n", 10, "--args", "a=2", "x=iota",
                     "y=ones", environment=environment, code=1)
    assert "clang" in result.stderr and "g++" in result.stderr


def test_a_gpu_that_is_not_there_is_an_error_with_the_reason(compute):
    result = compute("run", kernels.EXAMPLES / "saxpy.cu", "--device", "cuda:7", "--n", 10, "--args", "a=2", "x=iota",
                     "y=ones", code=1)
    assert result.stderr.startswith("error: ") and len(result.stderr) > 30


def test_mistakes_of_the_command_line_do_nothing(compute):
    assert "--grid" in compute("run", "x.cu", "--grid", "4x", code=2).stderr
    assert "--device" in compute("run", "x.cu", "--device", "tpu", code=2).stderr
    assert "--output" in compute("run", "x.cu", "--output", "y", code=2).stderr
    assert "--deadline" in compute("run", "x.cu", "--deadline", "soon", code=2).stderr
    assert "can't read none.cu" in compute("run", "none.cu", code=1).stderr


def test_a_killed_command_takes_its_kernel_along(compute):
    source = compute.file("spin.cu", kernels.SPIN)
    command = subprocess.Popen(
        [str(BINARY), "compute", "run", str(source), "--device", "cpu", "--block", "1", "--args", "x=int[1]",
         "--deadline", "60s"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=compute.environment)
    assert wait_until(lambda: children_of(command.pid))
    child = children_of(command.pid)[0]
    os.kill(command.pid, signal.SIGKILL)
    command.wait()
    assert wait_until(lambda: not alive(child))


def test_compile_writes_a_shared_object(compute):
    document = compute.json("compile", kernels.EXAMPLES / "saxpy.cu", "--output", "saxpy.so")
    assert (compute.folder / "saxpy.so").read_bytes()[:4] == b"\x7fELF"
    assert document["bytes"] == (compute.folder / "saxpy.so").stat().st_size
    assert document["kernels"] == ["saxpy(float a, const float* x, float* y, int n)"]
    source = compute.file("broken.cu", kernels.BROKEN)
    assert "broken.cu:3:" in compute("compile", source, code=1).stderr
    assert "--device" in compute("compile", source, "--device", "mps", code=2).stderr
