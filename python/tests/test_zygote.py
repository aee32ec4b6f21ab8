"""The zygote's own promises."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import PACKAGE_FOLDER, ZygoteProcess, eventually


@pytest.fixture
def own():
    process = ZygoteProcess()
    yield process
    process.close()


def test_ready_says_what_it_runs_on(zygote):
    from importlib.metadata import version

    ready = zygote.ready
    assert ready["python"] == ".".join(map(str, sys.version_info[:3]))
    assert ready["flask"] == version("flask")
    assert ready["executable"] == sys.executable
    assert ready["pid"] == zygote.process.pid
    assert isinstance(ready["orjson"], bool)


def test_another_protocol_is_refused():
    process = ZygoteProcess(configure=False)
    process.send(op="configure", protocol=2, session_secret="00", session_cookie="session", version="x")
    assert process.process.wait(5) == 70
    assert b"protocol 2" in process.process.stderr.read()


def test_without_a_control_socket_it_says_so():
    ended = subprocess.run(
        [sys.executable, "-m", "steward_worker"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        close_fds=True,
    )
    assert ended.returncode != 0
    assert b"steward serve" in ended.stderr


def test_a_worker_leads_its_own_session_with_its_niceness(own, tmp_path):
    own_group = os.getpgid(own.process.pid)
    worker = own.fork(tmp_path)
    assert eventually(lambda: os.getsid(worker.pid) == worker.pid)
    assert os.getpgid(worker.pid) == worker.pid != own_group


def test_a_dead_worker_stays_a_zombie_until_it_is_reaped(own, tmp_path):
    first, second = own.fork(tmp_path), own.fork(tmp_path)
    eventually(lambda: os.getsid(first.pid) == first.pid and os.getsid(second.pid) == second.pid)
    first.kill()
    assert own.expect("exited", worker=first.worker) == {"op": "exited", "worker": first.worker, "pid": first.pid, "status": -9}
    second.kill()
    assert own.expect("exited", worker=second.worker)["status"] == -9
    assert "Z" in Path(f"/proc/{first.pid}/stat").read_text().rpartition(")")[2]
    own.send(op="reap", pid=first.pid)
    assert eventually(lambda: not Path(f"/proc/{first.pid}").exists())
    assert Path(f"/proc/{second.pid}").exists()
    own.send(op="reap", pid=second.pid)
    own.send(op="reap", pid=second.pid)
    third = own.fork(tmp_path)
    assert third.pid


def test_endings_meant_for_the_server_are_ignored(own, tmp_path):
    for number in (signal.SIGTERM, signal.SIGINT):
        own.process.send_signal(number)
    assert own.fork(tmp_path).pid


def test_it_ends_with_its_control_socket_and_so_do_idle_workers(tmp_path):
    process = ZygoteProcess()
    worker = process.fork(tmp_path)
    process.control.close()
    assert process.process.wait(5) == 0
    worker.data.close()
    worker.control.close()
    assert eventually(lambda: not Path(f"/proc/{worker.pid}").exists() or "Z" in Path(f"/proc/{worker.pid}/stat").read_text())


def test_no_descriptors_are_left_behind(own, tmp_path):
    (tmp_path / "x.py").write_text("def main(request):\n    return 'x'\n")
    count = lambda: len(os.listdir(f"/proc/{own.process.pid}/fd"))  # noqa: E731
    own.fork(tmp_path).call("/x.py")
    before = count()
    for _ in range(5):
        own.fork(tmp_path)
    assert eventually(lambda: count() == before)


def test_a_fork_without_descriptors_is_answered_with_failed(own):
    own.send(op="fork", worker=77, zone={"name": "x", "prefix": "", "folder": "/", "environment": {}}, nice=0)
    assert "descriptors" in own.expect("failed", worker=77)["message"]


def test_forking_takes_little_time(own, tmp_path):
    (tmp_path / "x.py").write_text("def main(request):\n    return 'x'\n")
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        worker = own.fork(tmp_path)
        assert worker.call("/x.py").body == b"x"
        times.append(time.perf_counter() - begin)
    assert sorted(times)[10] < 0.04


def test_an_idle_worker_takes_less_than_4_megabytes(own, tmp_path):
    (tmp_path / "x.py").write_text("def main(request):\n    return 'x'\n")
    workers = [own.fork(tmp_path) for _ in range(20)]
    workers[0].call("/x.py")
    time.sleep(0.3)
    idle, used = proportional_kilobytes(workers[-1].pid), proportional_kilobytes(workers[0].pid)
    assert idle < 4096
    assert used < 6144


def proportional_kilobytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])


def test_a_missing_zone_folder_is_no_crash(own, tmp_path):
    worker = own.fork(tmp_path / "later")
    assert worker.call("/x.py").fail["code"] == "gone"
    (tmp_path / "later").mkdir()
    (tmp_path / "later/x.py").write_text("def main(request):\n    return 'x'\n")
    worker.changed()
    assert worker.call("/x.py").body == b"x"
