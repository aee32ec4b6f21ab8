"""Each fault of docs/design/faults.md, caused once: what the harness asserts of it must hold."""
import sys

import pytest

from support.steward import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "Benchmarks/faults"))

from harness import catalogue, mounts, processes  # noqa: E402
from harness.world import world  # noqa: E402

FAULTS = catalogue.load()


@pytest.fixture(scope="module", autouse=True)
def orphans():
    """What a server leaves behind becomes a child of this process and is seen."""
    processes.adopt_orphans()
    if mounts.unavailable() is None:
        mounts.own_namespace()
    yield
    processes.collect()


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault_costs_no_more_than_the_table_says(fault):
    reason = fault.needs()
    if reason:
        pytest.skip(reason)
    with world(quick=True) as made:
        outcome = fault.run(made)
        assert outcome.left.startswith(("nothing", "7 run on")), outcome.left
