"""A sample of the crash sweep (Benchmarks/certificates/crash-sweep runs every point): a removal that is killed, or that the
disk fails, leaves the tree as it was or does all of its work, after the next start."""
import os
import shutil
import subprocess

import pytest

from removal_sweep import Sweep, errors, kills
from support.steward import BINARY

DRIVER = BINARY.parent / "removal-driver"
# Calls that change something on disk: each of them is a point of its own.
CHANGING = {"renameat2", "mkdirat", "unlinkat", "write", "fdatasync", "fsync", "utimensat", "ftruncate"}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    if not DRIVER.exists():
        pytest.skip(f"not run: needs {DRIVER} (swift build --build-tests)")
    strace = shutil.which("strace")
    if not strace or subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        pytest.skip("not run: needs strace, and a machine that lets it trace")
    return Sweep(tmp_path_factory.mktemp("sweep"), DRIVER)


def sample(injections, count):
    """About `count` of them, evenly spread, the first and the last among them."""
    step = max(1, (len(injections) - 1) // max(1, count - 1))
    return injections[::step][:count] + injections[-1:]


def changing_kills(names):
    return [point for name, point in zip(names, kills(names)) if name in CHANGING]


@pytest.mark.parametrize("act", ["prune", "restore", "purge"])
def test_a_killed_act_happened_or_did_not(sweep, act):
    names, first = sweep.trace(act)
    report = sweep.run(act, sample(changing_kills(names), 14) + sample(kills(names, first), 6))
    assert not report.failures, "\n".join(report.failures)
    assert report.old and report.new, f"the sample saw one side only: {report}"


@pytest.mark.parametrize("act", ["prune", "restore", "purge"])
def test_a_full_or_broken_disk_leaves_the_old_state(sweep, act):
    names, first = sweep.trace(act)
    points = [point for point in errors(names, first) if point.split(":")[0] in CHANGING]
    report = sweep.run(act, sample(points, 14))
    assert not report.failures, "\n".join(report.failures)


def test_the_sweep_sees_a_tree_that_is_neither(sweep):
    """The judge of the sweep itself: a lost file and another time are seen."""
    sweep.copy(sweep.templates / "prune", sweep.tree)
    assert sweep.state("prune") == "old"
    conf = sweep.tree / "renewal" / "kept.example.conf"
    os.utime(conf, (1, 1))
    assert "kept.example.conf" in sweep.state("prune")
    conf.unlink()
    assert "kept.example.conf" in sweep.state("prune")
