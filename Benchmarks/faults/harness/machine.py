"""Faults of the machine: a clock that jumps, a Python that is missing or broken, a user that does not exist."""
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from . import processes
from .catalogue import fault
from .world import Outcome, answers, call, in_background, plain, quote, record, settle, snapshot

SLOW = "import time\ndef main(request):\n    time.sleep(1)\n    return 'done'\n"
CLOCK = Path(__file__).with_name("clock.c")


def compiler():
    """A C compiler, or None."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


@fault("clock", "the server's wall clock jumps a day ahead and two days back while calls run; `timeout: 3s`",
       needs=lambda: None if compiler() else "needs a C compiler")
def clock(world):
    library, offset = world.scratch / "clock.so", world.scratch / "offset"
    subprocess.run([compiler(), "-shared", "-fPIC", "-O2", "-o", str(library), str(CLOCK)], check=True)
    offset.write_text("0")
    offset.chmod(0o644)
    server = world.serve({"slow.py": SLOW}, fields={"timeout": "3s"},
                         environment={"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(offset)})
    before = snapshot(server)
    statuses, days = [], set()
    jumps = (86400, -86400) if world.quick else (86400, -86400, 0)
    for jump in jumps:
        running = in_background(lambda: call(server, "/slow.py"))
        time.sleep(0.3)
        offset.write_text(str(jump))
        statuses += [running().status, call(server, "/hello.py").status]
        record(server, "request", route="/hello.py")
        time.sleep(0.1)
        days |= {found["time"][:10] for found in server.records_so_far()}
    assert statuses == [200] * 2 * len(jumps), statuses
    assert len(days) >= 3, f"the clock did not jump: {days}"
    health = server.get("/_platform/health").json()
    assert health["status"] == "ok", health
    return Outcome(f"nothing: {len(statuses)} of {len(statuses)} calls 200, no deadline is early or late", "times follow the clock, in whatever order",
                   settle(server, before))


def start(world, environment=None, **sections):
    """Starts a server that must not come up; its exit status and what it printed."""
    from support import settings
    from support.steward import BINARY, ENVIRONMENT, write_scripts
    from support.wire import free_port
    folder = world.scratch / "scripts"
    write_scripts(folder, {"hello.py": "def main(request):\n    return 'hello'\n"})
    fields = sections.pop("fields", {})
    path = world.scratch / "steward.yaml"
    path.write_text(settings.text([settings.zone("/", str(folder), **fields)], **sections))
    command = [str(BINARY), "serve", "--listen", f"127.0.0.1:{free_port()}", "--state", str(world.scratch / "state"),
               "--settings", str(path)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT | (environment or {}), timeout=60)
    return done, time.monotonic() - began


def refusal(world, done, seconds, *words):
    """What a start that failed looks like in the table."""
    assert done.returncode != 0 and all(word in done.stderr + done.stdout for word in words), done
    assert processes.of(str(world.scratch)) == [], "processes are left"
    text = plain(done.stderr).strip().splitlines()[0]
    return Outcome(f"the server doesn't start: exit {done.returncode} after {seconds:.1f} s", f"stderr: {text[:240]}",
                   "nothing")


@fault("python-missing", "`python` names a file that is not there")
def python_missing(world):
    return refusal(world, *start(world, python="/nowhere/python3"), "/nowhere/python3")


@fault("python-broken", "`python` names a program that ends at once")
def python_broken(world):
    broken = world.scratch / "python3"
    broken.write_text("#!/bin/sh\necho this is no Python >&2\nexit 1\n")
    broken.chmod(0o755)
    return refusal(world, *start(world, python=str(broken)), "Python")


@fault("python-broken-later", "Python is taken away while the server runs, and its zygote is killed; then it is back")
def python_broken_later(world):
    real = os.environ.get("STEWARD_PYTHON") or str(Path(__file__).resolve().parents[3] / ".venv/bin/python3")
    link = world.scratch / "venv"
    link.symlink_to(Path(real).parent.parent)
    server = world.serve(sections={"python": str(link / "bin/python3")})
    before = snapshot(server)
    below = processes.beneath(server.process.pid)
    link.rename(world.scratch / "away")
    workers = [pid for pid, process in below.items() if "steward_worker" in process.command
               and "steward-launch" not in process.command]
    processes.end(workers)
    time.sleep(0.5)
    meanwhile = call(server, "/_platform/health")
    assert meanwhile.status == 503 and len(json.loads(meanwhile.body)["reasons"]) > 0, meanwhile.body
    found = record(server, "zygote-failed")
    (world.scratch / "away").rename(link)
    deadline = time.monotonic() + 12
    while call(server, "/_platform/health").status != 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    answers(server)
    return Outcome("health 503 with the reason; calls wait and are answered when Python is back, at latest 5 s later",
                   quote(found), settle(server, before))


@fault("user-missing", "a zone's `user` does not exist",
       needs=lambda: None if os.geteuid() == 0 else "needs root to run scripts as another user")
def user_missing(world):
    return refusal(world, *start(world, fields={"user": "nosuchuser"}), "nosuchuser")
