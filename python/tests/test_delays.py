"""The run-queue delay of a thread, and that a worker's times leave it out."""

import os
import subprocess
import sys
import threading
import time

import pytest

from steward_worker import delays

SPIN = "import time\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end: pass\n"


@pytest.fixture
def one_busy_processor():
    """This thread shares one processor with two programs that never sleep."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    spinners = [subprocess.Popen([sys.executable, "-c", SPIN.format(seconds=20)]) for _ in range(2)]
    yield min(allowed)
    for spinner in spinners:
        spinner.kill()
        spinner.wait()
    os.sched_setaffinity(0, allowed)


def test_the_clock_counts_waiting_for_a_processor(one_busy_processor):
    delay = delays.clock()
    before, began, used = delay(), time.monotonic_ns(), time.thread_time_ns()
    while time.thread_time_ns() - used < 100_000_000:
        pass
    wall = time.monotonic_ns() - began
    waited = delay() - before
    assert waited > 50_000_000
    assert abs(wall - 100_000_000 - waited) < wall * 0.2


def test_sleeping_is_no_delay():
    delay = delays.clock()
    before = delay()
    time.sleep(0.3)
    assert delay() - before < 200_000_000


def test_a_clock_whose_descriptor_a_script_closed_stands_still(monkeypatch):
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda *arguments: opened.append(real(*arguments)) or opened[-1])
    delay = delays.clock()
    os.close(opened[0])
    assert delay() == 0


def test_a_thread_that_is_over_has_a_clock_that_stands_still():
    clocks = []
    thread = threading.Thread(target=lambda: clocks.append(delays.clock()))
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert clocks[0]() == 0


def test_a_worker_that_waits_for_a_processor_does_not_charge_its_call(one_busy_processor, zone):
    zone.write("spin.py", "import time\ndef main(request):\n"
               "    end = time.thread_time() + 0.1\n    while time.thread_time() < end: pass\n    return 'x'\n")
    zone.call("/spin.py")
    os.sched_setaffinity(zone.worker.pid, {one_busy_processor})
    began = time.monotonic()
    reply = zone.call("/spin.py")
    took = (time.monotonic() - began) * 1_000_000
    assert took > 130_000, "the processor was not busy: nothing is shown"
    assert 100_000 <= reply.cpu_us <= reply.wall_us < 100_000 + (took - 100_000) / 2
