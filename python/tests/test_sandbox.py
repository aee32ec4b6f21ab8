"""A worker's own layer, its children, and what the zygote does with what a worker leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from support import PACKAGE_FOLDER, ZygoteProcess

from steward_worker import sandbox

needs_landlock = pytest.mark.skipif(sandbox.version() == 0, reason="this kernel has no Landlock")

TRY = """
import os
def main(request):
    try:
        with open(request.args["path"], request.args.get("mode", "r")) as file:
            return {"text": file.read() if file.readable() else ""}
    except OSError as error:
        return {"error": type(error).__name__}
"""


@pytest.fixture
def confined(tmp_path):
    """A zygote whose workers read what Python needs, and the peer of a worker of a zone with a nested one."""
    zygote = ZygoteProcess(configure=False)
    read = {sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64", "/etc/ld.so.cache", str(PACKAGE_FOLDER)}
    layer = {"read": sorted(read), "write": [str(tmp_path / "shared")], "devices": ["/dev/null", "/dev/urandom"]}
    for name in ("zone/inner/deep", "zone/kept", "shared", "scratch", "other"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("zone/try.py", "zone/inner/try.py"):
        (tmp_path / name).write_text(TRY)
    for name in ("zone/kept/file", "zone/inner/file", "shared/file", "scratch/file", "other/file"):
        (tmp_path / name).write_text(name)
    zygote.send(op="configure", protocol=1, session_secret="00" * 16, session_cookie="session", version="test", layer=layer)
    zygote.ready = zygote.expect("ready")
    yield zygote, tmp_path
    zygote.close()


def attempt(worker, path, mode="r"):
    return worker.call(f"/try.py?path={path}&mode={mode}").json


@needs_landlock
def test_a_worker_reaches_its_own_entries_and_its_scratch_folder(confined):
    zygote, folder = confined
    worker = zygote.fork(folder / "zone", excluded=["inner"], scratch=str(folder / "scratch"))
    assert attempt(worker, folder / "zone/kept/file") == {"text": "zone/kept/file"}
    assert attempt(worker, folder / "zone/inner/file") == {"error": "PermissionError"}
    assert attempt(worker, folder / "zone/new", "w") == {"error": "PermissionError"}
    for name in ("scratch/file", "shared/file"):
        assert attempt(worker, folder / name) == {"text": name}
        assert attempt(worker, folder / name, "w") == {"text": ""}
    assert attempt(worker, folder / "other/file") == {"error": "PermissionError"}
    assert attempt(worker, "/proc/self/status")["text"].startswith("Name:")
    for path in (f"/proc/{zygote.process.pid}/status", f"/proc/{os.getpid()}/cmdline", "/etc/shadow"):
        assert attempt(worker, path) == {"error": "PermissionError"}


@needs_landlock
def test_a_link_opens_nothing_that_its_target_does_not(confined):
    zygote, folder = confined
    (folder / "zone/link").symlink_to("inner")
    (folder / "zone/out").symlink_to(folder / "other")
    worker = zygote.fork(folder / "zone", excluded=["inner"])
    for name in ("link/file", "out/file"):
        assert attempt(worker, folder / "zone" / name) == {"error": "PermissionError"}


@needs_landlock
def test_a_file_newer_than_the_workers_rights_is_out_of_reach_and_no_error_of_the_script(confined):
    zygote, folder = confined
    (folder / "zone/early.py").write_text("def main(request):\n    return 'early'\n")
    worker = zygote.fork(folder / "zone", excluded=["inner"])
    # It says that it is there before it looks at the folder; when it answers it has.
    assert worker.call("/early.py").body == b"early"
    (folder / "zone/late.py").write_text("def main(request):\n    return 'late'\n")
    assert worker.call("/late.py").fail["code"] == "out-of-reach"
    (folder / "zone/try.py").unlink()
    (folder / "zone/try.py").write_text("import late\ndef main(request):\n    return 'late'\n")
    assert worker.call("/try.py").fail["code"] == "out-of-reach"
    fresh = zygote.fork(folder / "zone", excluded=["inner"])
    assert fresh.call("/late.py").body == b"late"


def test_a_zone_is_opened_around_folders_that_lie_deeper(confined):
    zygote, folder = confined
    (folder / "zone/inner/deep/file").write_text("deep")
    worker = zygote.fork(folder / "zone", excluded=["inner/deep"])
    assert attempt(worker, folder / "zone/inner/file") == {"text": "zone/inner/file"}
    if sandbox.version():
        assert attempt(worker, folder / "zone/inner/deep/file") == {"error": "PermissionError"}


def test_what_a_worker_leaves_behind_ends_before_its_end_is_told(confined):
    zygote, folder = confined
    code = ("import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n"
            "print(os.getpid(), flush=True)\nos.close(1)\nos.close(2)\ntime.sleep(600)")
    (folder / "zone/leave.py").write_text(
        f"import subprocess, sys\ndef main(request):\n"
        f"    return subprocess.run([sys.executable, '-c', {code!r}], capture_output=True, text=True).stdout\n")
    worker = zygote.fork(folder / "zone")
    daemons = [int(worker.call("/leave.py").body) for _ in range(3)]
    assert all(os.path.exists(f"/proc/{pid}") for pid in daemons)
    began = time.monotonic()
    worker.kill()
    zygote.expect("exited", worker=worker.worker)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in daemons)
    assert time.monotonic() - began < 1


def test_a_call_may_use_so_much_processor_time_and_no_more(confined):
    zygote, folder = confined
    (folder / "zone/burn.py").write_text(
        "import time\ndef main(request):\n    end = time.process_time() + float(request.args['s'])\n"
        "    while time.process_time() < end: pass\n    return 'done'\n")
    worker = zygote.fork(folder / "zone", cpu=1)
    for _ in range(4):
        assert worker.call("/burn.py?s=0.6").body == b"done"
    worker.submit("/burn.py?s=10")
    assert zygote.expect("exited", worker=worker.worker)["status"] == -24


def test_the_version_is_what_the_kernel_says():
    found = subprocess.run(
        [sys.executable, "-c", "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))"],
        capture_output=True, text=True, check=True,
    )
    assert sandbox.version() == max(0, int(found.stdout))
