"""`steward compute check` and `explain`: each mistake is named with its line, a good kernel is clean, and pictures say who does what."""
import pytest

from . import kernels

MISTAKES = kernels.EXAMPLES / "mistakes.cu"
LINES = MISTAKES.read_text().splitlines()


def line_of(text):
    return next(number for number, line in enumerate(LINES, 1) if text in line)


@pytest.mark.parametrize("kernel, options, kind, text", [
    ("outside", ["--grid", 2, "--block", 64, "--args", "x=[100]", "y=[100]", "n=100"], "out-of-bounds", "y[i] = 2.0f"),
    ("diverges", ["--block", 64, "--args", "x=[64]"], "divergent-barrier", "__syncthreads"),
    ("races", ["--block", 256, "--args", "x=[256]", "y=[256]"], "shared-race", "cells["),
    ("unwritten", ["--block", 64, "--args", "y=float[128]", "n=128"], "unwritten-output", "unwritten"),
])
def test_each_mistake_is_named_with_its_line(compute, kernel, options, kind, text):
    result = compute("check", MISTAKES, "--kernel", kernel, *options, code=1)
    assert f"[{kind}]" in result.stdout, result.stdout
    document = compute.json("check", MISTAKES, "--kernel", kernel, *options, code=1)
    finding = next(finding for finding in document["findings"] if finding["kind"] == kind)
    assert text in LINES[finding["place"]["line"] - 1] or kind == "unwritten-output", finding
    assert document["clean"] is False and len(finding["message"]) > 30


@pytest.mark.parametrize("file, options", [
    ("saxpy.cu", ["--grid", 4, "--n", 1000]),
    ("reduce.cu", ["--grid", 4, "--args", "x=float[1000]:iota", "sum=float[1]:zeros", "n=1000"]),
    ("matmul.cu", ["--grid", "2x2", "--block", "16x16", "--args", "a=[400]:iota", "b=[400]:iota", "c=float[400]", "n=20"]),
])
def test_good_kernels_are_clean(compute, file, options):
    document = compute.json("check", kernels.EXAMPLES / file, *options)
    assert document["clean"] is True and document["complete"] is True and document["accesses"] > 1000, document


@pytest.mark.parametrize("command", ["check", "explain"])
def test_a_grid_beyond_all_numbers_is_refused(compute, command):
    result = compute(command, kernels.EXAMPLES / "saxpy.cu", "--grid", "2147483647x2147483647x4", code=1)
    assert "2147483647" in result.stderr, result.stderr


def test_an_explanation_of_bytes_that_overlap_is_drawn(compute):
    source = compute.file("overlap.cu", "__global__ void overlap(const char* x, long long* y) {\n"
                                        "  y[threadIdx.x] = *(const long long*)(x + threadIdx.x);\n}\n")
    result = compute("explain", source, "--block", 32, "--args", "x=char[256]:iota", "y=[32]")
    assert "2/2 sectors" in result.stdout and "100 %" in result.stdout, result.stdout


def test_an_endless_kernel_is_a_finding_with_its_line(compute):
    source = compute.file("spin.cu", kernels.SPIN)
    result = compute("check", source, "--block", 1, "--args", "x=int[1]", "--deadline", "1s", code=1)
    assert "[deadline]" in result.stdout and "spin.cu:" in result.stdout


def test_a_kernel_that_does_not_compile_is_no_finding_but_an_error(compute):
    result = compute("check", compute.file("broken.cu", kernels.BROKEN), code=1)
    assert "broken.cu:3:" in result.stderr and result.stdout == ""


def test_an_explanation_counts_idle_threads_and_draws(compute):
    result = compute("explain", kernels.EXAMPLES / "saxpy.cu", "--grid", 4, "--block", 256, "--n", 1000, "--svg", "s.svg")
    assert "24 of 1024 threads are idle" in result.stdout
    assert (compute.folder / "s.svg").read_text().startswith("<svg")
    document = compute.json("explain", kernels.EXAMPLES / "saxpy.cu", "--grid", 4, "--block", 256, "--n", 1000)
    assert document["idle_threads"] == 24 and document["threads"] == 1024
    assert {access["array"] for access in document["accesses"]} == {"x", "y"}


def test_an_explanation_of_a_stride_says_what_is_wasted(compute):
    source = compute.file("stride.cu", "__global__ void stride(const float* x, float* y) {\n"
                                       "  y[threadIdx.x] = x[8 * threadIdx.x];\n}\n")
    result = compute("explain", source, "--block", 32, "--args", "x=[256]", "y=[32]")
    assert "Line 2" in result.stdout and "8 cells apart" in result.stdout
