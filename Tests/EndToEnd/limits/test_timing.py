"""The measurement of key comparison runs and finds all its classes; whether a figure is good is for Benchmarks/access/run to say."""
import subprocess

import pytest

from support.steward import REPOSITORY

PROGRAM = REPOSITORY / ".build/debug/access-bench"


@pytest.mark.skipif(not PROGRAM.exists(), reason="swift build --product access-bench")
def test_the_time_of_a_refused_key_can_be_measured():
    result = subprocess.run([PROGRAM, "keys", "1000"], capture_output=True, text=True, timeout=60)
    lines = result.stdout.splitlines()
    assert result.returncode in (0, 1) and len(lines) == 11, result
    assert all("|t| = " in line and "1000 samples a class" in line for line in lines)
