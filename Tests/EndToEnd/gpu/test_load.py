"""Hundreds of jobs of several callers at once, also while the server is killed again and again (Benchmarks/lane has more)."""
import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from support import settings
from support.nvml import StandInNVML

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Support"))
import lane_load  # noqa: E402

SHARES = {"ada": 1, "bob": 1, "eve": 2}


@pytest.fixture
def server(serve, tmp_path):
    nvml = StandInNVML(tmp_path / "nvml", 8)
    return serve(environment=nvml.environment, settings=settings.text(
        [settings.zone("/")], gpu={"shares": SHARES, "interval": "200ms", "grace": "500ms"}))


def load(server, tmp_path, count, seconds):
    jobs = lane_load.make_jobs(count, SHARES, seconds)
    return lane_load.Load(server.state / "steward.sock", tmp_path / "record", jobs)


def test_no_gpu_is_held_twice_none_idles_and_the_order_is_fair(server, tmp_path):
    run = load(server, tmp_path, 120, 0.4)
    asyncio.run(run.run())
    assert [job.lost for job in run.jobs if job.lost] == []
    found = lane_load.holds(run.record)
    assert len(found) == 120 and len({hold.job for hold in found}) == 120
    assert lane_load.doubles(found) == []
    records = server.records_so_far()
    assert max(lane_load.lane_gaps(records, 120, run.queued)) < 20, "milliseconds between the end of a lease and the next grant"
    assert lane_load.overtakings(records, run.jobs) == 0
    # Until the queues run dry: eve has two shares.
    until = found[0].begin + 0.7 * (found[-1].begin - found[0].begin)
    used = lane_load.used(found, run.jobs, until)
    assert used["eve"] / (used["ada"] + used["bob"]) == pytest.approx(1, rel=0.35)


def test_no_lease_is_lost_when_the_server_is_killed(server, tmp_path):
    run = load(server, tmp_path, 60, 1.5)

    async def kill_and_start():
        lost = []
        for _ in range(4):
            await asyncio.sleep(1)
            before = run.running
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait()
            await asyncio.to_thread(server.start)
            _, status = await run.patiently("GET", "/_platform/gpus")
            leases = {lease["id"] for lease in status["leases"]}
            lost += (before & run.running) - leases
        return lost

    async def both():
        working = asyncio.create_task(run.run())
        lost = await kill_and_start()
        await working
        return lost

    assert asyncio.run(both()) == []
    assert [job.lost for job in run.jobs if job.lost] == []
    found = lane_load.holds(run.record)
    assert len({hold.job for hold in found}) == len(found) == 60
    assert lane_load.doubles(found) == []
