"""Control groups that a zone joins."""
import os
import time
from pathlib import Path

import pytest
from support.launcher import ALL_NAMESPACES, LAUNCHER, NOBODY, run

pytestmark = pytest.mark.skipif(not LAUNCHER.exists(), reason="swift build --product steward-launch")


def own_folder(controller):
    """The folder of this process in a hierarchy that groups can be made in, or None."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            for mount in Path("/proc/self/mounts").read_text().splitlines():
                _, point, kind, options = mount.split(" ")[:4]
                if kind == "cgroup" and controller in options.split(","):
                    folder = Path(point + path)
                    return folder if os.access(folder, os.W_OK) else None
    return None


@pytest.fixture
def group():
    """Makes a group with limits: group("pids", pids_max=5)."""
    made = []

    def make(controller, **limits):
        above = own_folder(controller)
        if above is None:
            pytest.skip(f"no hierarchy of {controller} to make groups in")
        folder = above / f"steward-{os.getpid()}-launcher-test-{len(made)}"
        folder.mkdir()
        made.append(folder)
        for name, value in limits.items():
            (folder / name.replace("__", ".")).write_text(str(value))
        return folder

    yield make
    for folder in made:
        for _ in range(100):
            try:
                folder.rmdir()
                break
            except OSError:
                time.sleep(0.01)
        assert not folder.exists()


@pytest.mark.parametrize("spaces", [[], [ALL_NAMESPACES]], ids=["plain", "namespaces"])
def test_a_zone_is_in_its_groups_before_it_runs_and_is_limited_by_them(group, spaces):
    memory, pids = group("memory", memory__limit_in_bytes=64 << 20), group("pids", pids__max=8)
    code, text = run([*spaces, f"cgroup {memory}", f"cgroup {pids}", "require cgroup"], """
import os, signal, time
made = []
try:
    while len(made) < 50:
        pid = os.fork()
        if pid == 0: time.sleep(30); os._exit(0)
        made.append(pid)
except OSError: pass
print(0 < len(made) < 8)
for pid in made: os.kill(pid, 9); os.waitpid(pid, 0)
if os.fork() == 0:
    x = bytearray(256 << 20)
    os._exit(0)
print(os.WTERMSIG(os.wait()[1]) == signal.SIGKILL)
""")
    assert (code, text) == (0, "True\nTrue\n")
    assert "oom_kill 1" in (memory / "memory.oom_control").read_text()


def test_a_group_that_can_not_be_joined_is_told_where_it_is_required(tmp_path):
    code, text = run([f"cgroup {tmp_path}/absent", "require cgroup"], "print('ran')")
    assert code == 125
    assert text == f"steward-launch: cgroup: {tmp_path}/absent/cgroup.procs: No such file or directory\n"
    assert run([f"cgroup {tmp_path}/absent"], "print('ran')") == (0, "ran\n")


@pytest.mark.skipif(os.getuid() != 0, reason="needs a group of somebody else")
def test_an_ordinary_user_is_told_that_the_group_is_not_its_own(group):
    folder = group("pids")
    code, text = run([f"cgroup {folder}", "require cgroup"], "print('ran')", user=NOBODY)
    assert code == 125 and text.endswith("cgroup.procs: Permission denied\n")
