"""What a zone has of its own: processes, files, network, queues; and what becomes of that where it can't be made."""
import os
import signal
import subprocess
import time

import pytest
from support.launcher import (
    ALL_NAMESPACES, LAUNCHER, NOBODY, PYTHON, SYSTEM, Launched, identity, name_of, run, who, without_namespaces)

pytestmark = pytest.mark.skipif(not LAUNCHER.exists(), reason="swift build --product steward-launch")

BASE = [ALL_NAMESPACES, "network none", "limit processes 100"]


def probe(user):
    command = [str(LAUNCHER), "--probe"]
    if user is not None and os.getuid() == 0:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split("\t")[0]: line.split("\t")[1] for line in lines}


@pytest.fixture(params=who(), ids=name_of)
def user(request):
    if probe(request.param)["namespace-pid"] != "yes":
        pytest.skip("this machine makes no namespaces for this user")
    return request.param


@pytest.fixture
def open_path(tmp_path):
    """A scratch folder that an ordinary user may walk to."""
    for folder in [tmp_path, *tmp_path.parents]:
        if folder != folder.parent and os.stat(folder).st_uid == os.getuid():
            os.chmod(folder, os.stat(folder).st_mode | 0o055)
    return tmp_path


def test_a_zone_sees_its_own_processes_alone(user):
    code, text = run(BASE, """
import os
print(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()) == [1, os.getpid()], os.getppid())
print(open("/proc/1/comm").read(), end="")
for process in (1, -1):
    try: os.kill(process, 9); print("signalled")
    except (PermissionError, ProcessLookupError): print("refused")
""", user=user)
    assert (code, text) == (0, "True 1\nsteward-init\nrefused\nrefused\n")


def test_its_own_network_has_nothing_in_it(user):
    code, text = run(BASE, "print([line.split(':')[0].strip() for line in open('/proc/net/dev')][2:])", user=user)
    assert (code, text) == (0, "['lo']\n")


def test_temporary_folders_are_its_own_and_empty(user, open_path):
    (open_path / "kept.txt").write_text("kept")
    (open_path / "other.txt").write_text("other")
    name = f"steward-test-{os.getpid()}"
    code, text = run([*BASE, f"read {open_path}/kept.txt"], f"""
import os, multiprocessing
for folder in ("/tmp", "/dev/shm"):
    open(folder + "/{name}", "w").write("x")
print(os.listdir("/dev/shm"))
print(open({str(open_path)!r} + "/kept.txt").read(), os.listdir({str(open_path)!r}))
with multiprocessing.Lock(): print("lock")
""", user=user)
    assert (code, text) == (0, f"['{name}']\nkept ['kept.txt']\nlock\n")
    assert not os.path.exists(f"/tmp/{name}") and not os.path.exists(f"/dev/shm/{name}")


def test_what_is_hidden_is_empty_and_what_is_written_stays(user, open_path):
    zone, state = open_path / "zone", open_path / "state"
    for folder in (zone / "nested", state / "scratch"):
        folder.mkdir(parents=True)
    for file in (zone / "nested/secret.py", state / "steward.db", zone / "single.py"):
        file.write_text("secret")
    os.chmod(state / "scratch", 0o777)
    code, text = run([*BASE, f"read {open_path}", f"write {state}/scratch", f"hide {zone}/nested", f"hide {state}",
                      f"hide {zone}/single.py", f"hide {zone}/absent"], f"""
import os
zone, state = {str(zone)!r}, {str(state)!r}
def outcome(what):
    try: return what()
    except OSError as error: return type(error).__name__
print(outcome(lambda: open(zone + "/nested/secret.py").read()), outcome(lambda: os.listdir(zone + "/nested")))
print(outcome(lambda: open(state + "/steward.db").read()), outcome(lambda: open(zone + "/single.py").read()))
print(outcome(lambda: open(state + "/scratch/made", "w").write("made")), outcome(lambda: open(state + "/other", "w")))
print(outcome(lambda: open(zone + "/made", "w")))
""", user=user)
    lines = text.splitlines()
    assert code == 0 and "secret" not in text, text
    assert lines[0].startswith("PermissionError") or lines[0].startswith("FileNotFoundError")
    assert lines[2].startswith("4 ") and lines[3] in ("PermissionError", "OSError")
    assert (state / "scratch/made").read_text() == "made"


def test_whoever_is_left_behind_ends_while_the_zygote_lives(user):
    code, text = run(BASE, """
import os, subprocess, time
subprocess.run(["/bin/sh", "-c", "setsid sleep 60 & exit 0"])
end = time.monotonic() + 5
def others(): return [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())]
while others() and time.monotonic() < end: time.sleep(0.01)
print(others())
""", user=user)
    assert (code, text) == (0, "[]\n")


def test_children_finish_when_the_zygote_has_ended(user):
    launched = Launched(SYSTEM + identity(user) + BASE, [PYTHON, "-I", "-c", """
import os, time
if os.fork() == 0:
    time.sleep(0.3)
    print("finished", flush=True)
    os._exit(0)
os._exit(3)
"""], user)
    assert launched.wait() == "finished\n" and launched.code == 3
    launched.close()


def test_all_of_it_ends_with_the_lifeline(user):
    launched = Launched(SYSTEM + identity(user) + BASE, [PYTHON, "-I", "-c", """
import os, time
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
print("up", flush=True)
time.sleep(60)
"""], user)
    launched.read_until("up")
    began = time.monotonic()
    launched.cut()
    launched.wait()
    assert time.monotonic() - began < 1
    assert launched.code == 128 + signal.SIGKILL
    launched.close()


def test_what_is_killed_is_told_by_the_exit_code(user):
    assert run(BASE, "import os; os.kill(os.getpid(), 11)", user=user)[0] == 128 + 11
    assert run(BASE, "raise SystemExit(7)", user=user)[0] == 7


def test_without_any_namespaces_a_zone_runs_and_a_required_one_is_named():
    around = without_namespaces()
    needs = [record for record in BASE if not record.startswith("limit")]
    code, text = run(needs, "print('ran')", user=NOBODY, around=around)
    assert (code, text) == (0, "ran\n")
    for defence in ("processes", "mounts", "network", "ipc"):
        code, text = run([*needs, f"require {defence}"], "print('ran')", user=NOBODY, around=around)
        assert code == 125 and text.startswith(f"steward-launch: {defence}: user namespace: "), text


def test_one_kind_that_can_not_be_made_costs_only_itself():
    around = without_namespaces("net")
    code, text = run([*BASE, "require processes,mounts,ipc"], "import os; print(os.getppid())", user=NOBODY, around=around)
    assert (code, text) == (0, "1\n")
    code, text = run([*BASE, "require network"], "print('ran')", user=NOBODY, around=around)
    assert code == 125 and text.startswith("steward-launch: network: net namespace: "), text


def test_the_probe_says_what_a_zone_would_get():
    found = subprocess.run([*without_namespaces("ipc", "pid"), str(LAUNCHER), "--probe"], capture_output=True, text=True,
                           check=True).stdout
    lines = {line.split("\t")[0]: line.split("\t")[1:] for line in found.splitlines()}
    assert lines["namespace-mount"][0] == lines["namespace-net"][0] == lines["broker"][0] == "yes"
    assert lines["namespace-pid"][0] == lines["namespace-ipc"][0] == "no" and lines["namespace-pid"][1]
