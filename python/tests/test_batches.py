"""Batches, give-back and the progress counter."""

from __future__ import annotations

import os
import random
import threading
import time

import pytest
from support import eventually

from steward_worker import frames

ECHO = "def main(request):\n    return request.args['n']\n"
SLEEP = "import time\ndef main(request):\n    time.sleep(float(request.args.get('s', 0.3)))\n    return 'slept'\n"
SPIN = (
    "import time\ndef main(request):\n    end = time.monotonic() + float(request.args.get('s', 0.3))\n"
    "    while time.monotonic() < end:\n        pass\n    return 'spun'\n"
)


def environ(zone, target, **options):
    from support import environ_for

    return environ_for(target, **options)


def submit_all(worker, targets) -> list:
    from support import environ_for

    made = [worker.frame(environ_for(target)) for target in targets]
    worker.data.sendall(b"".join(data for _, data in made))
    return [call for call, _ in made]


def test_a_batch_is_answered_in_order(zone):
    zone.write("echo.py", ECHO)
    zone.call("/echo.py?n=0")
    calls = submit_all(zone.worker, [f"/echo.py?n={n}" for n in range(300)])
    bodies = [zone.worker.wait(call).body for call in calls]
    assert bodies == [str(n).encode() for n in range(300)]
    assert zone.worker.order[1:] == calls
    assert zone.worker.started == 301


@pytest.mark.parametrize("cut", [1, 7, 24, 100, 1000])
def test_frames_may_arrive_in_pieces(zone, cut):
    from support import environ_for

    zone.write("echo.py", ECHO)
    zone.write("size.py", "def main(request):\n    return str(len(request.data))\n")
    made = [zone.worker.frame(environ_for(f"/echo.py?n={n}")) for n in range(5)]
    made.append(zone.worker.frame(environ_for("/size.py", "POST", {}, b"x" * 3000), b"x" * 3000))
    stream = b"".join(data for _, data in made)
    for start in range(0, len(stream), cut):
        zone.worker.data.sendall(stream[start : start + cut])
    assert [zone.worker.wait(call).body for call, _ in made] == [b"0", b"1", b"2", b"3", b"4", b"3000"]


def test_quick_replies_do_not_wait_for_a_slow_call(zone):
    zone.write("echo.py", ECHO)
    zone.write("sleep.py", SLEEP)
    zone.call("/echo.py?n=0"), zone.call("/sleep.py?s=0.01")
    begin = time.monotonic()
    first, slow = submit_all(zone.worker, ["/echo.py?n=1", "/sleep.py?s=0.5"])
    assert zone.worker.wait(first).body == b"1"
    assert time.monotonic() - begin < 0.25
    assert slow not in zone.worker.order
    zone.worker.wait(slow)


@pytest.mark.parametrize("script", [SLEEP, SPIN], ids=["sleeping", "spinning"])
def test_what_has_not_started_is_given_back(zone, script):
    zone.write("slow.py", script)
    zone.write("echo.py", ECHO)
    zone.call("/echo.py?n=0")
    slow, *others = submit_all(zone.worker, ["/slow.py?s=0.6"] + [f"/echo.py?n={n}" for n in range(50)])
    assert eventually(lambda: zone.worker.started == 2)
    late = submit_all(zone.worker, [f"/echo.py?n={n}" for n in range(50)])
    begin = time.monotonic()
    given = zone.worker.give_back()
    assert time.monotonic() - begin < 0.4
    assert given == others + late
    assert zone.worker.wait(slow).status == 200
    assert zone.worker.started == 2
    again = submit_all(zone.worker, ["/echo.py?n=7"])
    assert zone.worker.wait(again[0]).body == b"7"
    assert not zone.worker.has_data(0.05)


def test_a_poke_sends_finished_replies(zone):
    zone.write("x.py", "import time\ndef main(request):\n    time.sleep(float(request.args['s']))\n    return 'x'\n")
    for _ in range(40):
        zone.call("/x.py?s=0")
    quick, slow = submit_all(zone.worker, ["/x.py?s=0", "/x.py?s=0.6"])
    assert eventually(lambda: zone.worker.started == 42)
    assert zone.worker.give_back() == []
    begin = time.monotonic()
    zone.worker.wait(quick)
    assert time.monotonic() - begin < 0.2 and slow not in zone.worker.order
    zone.worker.wait(slow)


def test_a_poke_of_an_idle_worker_is_answered_with_nothing(zone):
    zone.write("echo.py", ECHO)
    zone.call("/echo.py?n=1")
    assert zone.worker.give_back() == []
    assert zone.call("/echo.py?n=2").body == b"2"


def test_a_description_is_not_given_back(zone):
    zone.write("slow.py", SLEEP)
    slow = submit_all(zone.worker, ["/slow.py?s=0.3"])[0]
    assert eventually(lambda: zone.worker.started == 1)
    zone.worker.data.sendall(frames.pack(frames.DESCRIBE, b'["slow.py"]', call=999))
    time.sleep(0.02)
    assert zone.worker.give_back() == []
    assert zone.worker.wait(999).described["slow.py"]["kind"] == "main"
    zone.worker.wait(slow)


def test_every_call_is_run_or_given_back_exactly_once(zone, tmp_path):
    """Random pokes against random batches: no call is lost, none is both run and given back."""
    journal = tmp_path / "journal"
    zone.write(
        "x.py",
        f"import os, time\nfd = os.open({str(journal)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
        "def main(request):\n    os.write(fd, request.args['n'].encode() + b'\\n')\n"
        "    time.sleep(float(request.args['s']))\n    return request.args['n']\n",
    )
    worker = zone.worker
    zone.call("/x.py?n=warm&s=0")
    chance = random.Random(5)
    given: list = []
    stop = threading.Event()

    def poke():
        while not stop.is_set():
            given.extend(worker.give_back())
            time.sleep(chance.random() * 0.002)

    thread = threading.Thread(target=poke)
    thread.start()
    calls: list = []
    for _ in range(150):
        batch = [f"/x.py?n=c{len(calls) + n}&s={chance.choice([0, 0, 0.0005, 0.002])}" for n in range(chance.randrange(1, 20))]
        calls += submit_all(worker, batch)
        time.sleep(chance.random() * 0.003)
        while worker.has_data():
            worker.receive()
    assert eventually(lambda: (worker.has_data() and worker.receive()) or len(worker.order) + len(given) >= len(calls) + 1)
    stop.set()
    thread.join()
    answered = set(worker.order)
    assert len(given) == len(set(given))
    assert not answered & set(given)
    assert answered | set(given) >= set(calls)
    ran = journal.read_text().split()
    expected = {f"c{index}" for index, call in enumerate(calls) if call in answered}
    assert sorted(ran) == sorted(expected | {"warm"})
    assert worker.started == len(ran)
    assert given and len(answered) > 100


def test_progress_tells_what_had_started_when_a_worker_dies(zone):
    zone.write("echo.py", ECHO)
    zone.write("die.py", "import os, signal\ndef main(request):\n    os.kill(os.getpid(), signal.SIGKILL)\n")
    zone.call("/echo.py?n=0")
    submit_all(zone.worker, ["/echo.py?n=1", "/die.py", "/echo.py?n=2", "/echo.py?n=3"])
    assert zone.worker.exited() == -9
    assert zone.worker.started == 3


def test_times_are_reported(zone):
    zone.write("spin.py", SPIN.replace("monotonic", "thread_time"))
    zone.write("sleep.py", SLEEP)
    spun, slept = zone.call("/spin.py?s=0.1"), zone.call("/sleep.py?s=0.1")
    assert spun.wall_us >= 100_000 and spun.cpu_us >= 100_000
    assert slept.wall_us >= 100_000 and slept.cpu_us < 30_000


def test_the_end_of_data_ends_the_worker(zone):
    zone.write("x.py", "import atexit, os\natexit.register(os.write, 1, b'bye')\ndef main(request):\n    return 'x'\n")
    zone.call("/x.py")
    zone.worker.data.close()
    assert zone.worker.exited() == 0
    assert zone.worker.read_output() == b"bye"


def test_a_running_call_is_finished_at_the_end_of_data(zone, tmp_path):
    import socket

    mark = tmp_path / "mark"
    zone.write("x.py", f"import time\ndef main(request):\n    time.sleep(0.2)\n    open({str(mark)!r}, 'w').close()\n    return 'x'\n")
    call = zone.worker.submit("/x.py")
    zone.worker.data.shutdown(socket.SHUT_WR)
    assert zone.worker.wait(call).body == b"x"
    assert zone.worker.exited() == 0
    assert mark.exists()


def test_signals_meant_for_the_server_are_ignored(zone):
    import signal

    zone.write("echo.py", ECHO)
    zone.call("/echo.py?n=0")
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(zone.worker.pid, number)
    assert zone.call("/echo.py?n=1").body == b"1"


def test_an_unknown_frame_ends_the_worker_loudly(zone):
    zone.worker.data.sendall(frames.pack(77))
    assert zone.worker.exited() == 70
    assert b"frame kind 77" in zone.worker.read_output()
