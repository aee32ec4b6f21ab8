"""Faults of files: scripts that change under a call, folders that can't be read, disks that are full."""
import json
import os
import subprocess
import time

from . import mounts
from .catalogue import fault
from .world import Outcome, answers, call, eventually, in_background, plain, quote, record, settle, snapshot

OLD = "import time\ndef main(request):\n    time.sleep(0.6)\n    return 'old'\n"
NEW = "def main(request):\n    return 'new'\n"
ECHO = "def main(request):\n    return str(len(request.get_data()))\n"


def in_mid_call(world, change):
    """Calls a slow script, changes it, calls again; the first answer and the second."""
    server = world.serve({"live.py": OLD})
    before = snapshot(server)
    first = in_background(lambda: call(server, "/live.py"))
    time.sleep(0.25)
    change(server)
    second = call(server, "/live.py")
    first = first()
    assert (first.status, first.body) == (200, b"old"), first
    answers(server)
    return first, second, settle(server, before)


@fault("script-edited", "a script is rewritten while a call runs it")
def edited(world):
    first, second, left = in_mid_call(world, lambda server: server.replace("live.py", NEW))
    assert (second.status, second.body) == (200, b"new"), second
    return Outcome(f"{first} with the old code; the next call {second} with the new", "nothing", left)


@fault("script-deleted", "a script is deleted while a call runs it")
def deleted(world):
    first, second, left = in_mid_call(world, lambda server: os.remove(server.folder / "live.py"))
    assert second.status == 404, second
    return Outcome(f"{first}; the next call {second}", "nothing", left)


@fault("folder-unreadable", "the zone's folder is renamed away and comes back")
def unreadable(world):
    server = world.serve()
    before = snapshot(server)
    away = server.folder.with_name("away")
    os.rename(server.folder, away)
    missing = call(server, "/hello.py")
    assert (missing.status, missing.code) == (503, "zone-unreadable"), missing
    health = server.get("/_platform/health").json()
    assert health["status"] != "ok" and any(str(server.folder) in reason for reason in health["reasons"]), health
    found = record(server, "zone-unreadable")
    os.rename(away, server.folder)
    eventually(lambda: call(server, "/hello.py").status == 200, message="the folder is back")
    return Outcome(f"{missing}; health `{health['status']}` with the reason; 200 as soon as it is back", quote(found),
                   settle(server, before))


@fault("log-deleted", "the log file is deleted by somebody else")
def log_deleted(world):
    path = world.scratch / "own.log"
    server = world.serve(sections={"log": {"file": str(path)}})
    before = snapshot(server)
    eventually(path.exists)
    path.unlink()
    time.sleep(1.1)
    answers(server)
    eventually(lambda: path.exists() and "/hello.py" in path.read_text(), message="a new file with lines")
    return Outcome("nothing", "goes on in a new file of the same name within 1 s", settle(server, before))


@fault("log-rotated", "the log file is renamed by somebody else (logrotate) while calls run")
def log_rotated(world):
    path = world.scratch / "own.log"
    server = world.serve(sections={"log": {"file": str(path), "stdout": False}})
    before = snapshot(server)
    sent = 0
    for number in range(1 if world.quick else 3):
        for _ in range(100):
            assert server.get(f"/hello.py?round={number}").status == 200
            sent += 1
        os.rename(path, f"{path}.old{number}")
        time.sleep(1.1)
    assert server.get("/hello.py?last=1").status == 200

    def lines():
        files = [path] + list(path.parent.glob("own.log.old*"))
        return [json.loads(line) for file in files if file.exists() for line in file.read_text().splitlines()]
    wanted = sent + 1
    eventually(lambda: sum("round=" in r.get("query", "") or "last=" in r.get("query", "") for r in lines()) == wanted,
               message=f"{wanted} lines in all files together")
    return Outcome("nothing", f"{wanted} of {wanted} lines are in the renamed files and the new one", settle(server, before))


@fault("log-full", "the file system of the log file is full, and later has room again", needs=mounts.unavailable)
def log_full(world):
    disk = world.scratch / "disk"
    mounts.small(disk, "2m")
    server = world.serve(sections={"log": {"file": str(disk / "own.log"), "stdout": True}})
    before = snapshot(server)
    filler = mounts.fill(disk)
    for _ in range(200):
        answers(server)
    told = record(server, "log-stalled", timeout=5)
    filler.unlink()
    back = record(server, "log-resumed", timeout=5)
    answers(server)
    return Outcome("nothing: every call is answered", f"on standard output: {quote(told)}; then {quote(back)}",
                   settle(server, before))


@fault("spool-full", "the state folder is full when a body of 8 MiB arrives", needs=mounts.unavailable)
def spool_full(world):
    place = world.scratch / "server"
    mounts.small(place / "steward-state", "4m")
    server = world.serve({"echo.py": ECHO}, folder=place)
    before = snapshot(server)
    answer = call(server, "/echo.py", "POST", b"x" * (8 << 20))
    assert (answer.status, answer.code) == (507, "spool-failed"), answer
    answers(server)
    small = call(server, "/echo.py", "POST", b"x" * 1000)
    assert small.status == 200, small
    return Outcome(f"{answer}; small bodies 200", quote(record(server, "spool-failed")), settle(server, before))


@fault("state-full", "the state folder is full when a key is added and used; later it has room again",
       needs=mounts.unavailable)
def state_full(world):
    place = world.scratch / "server"
    state = place / "steward-state"
    mounts.small(state, "4m")
    server = world.serve(folder=place, sections={"log": {"file": "none"}})
    before = snapshot(server)
    filler = mounts.fill(state)
    refused = server.run("key", "add", "ada", check=False)
    answers(server)
    assert refused.returncode != 0 and "full" in (refused.stderr + refused.stdout).lower(), refused
    filler.unlink()
    assert server.run("key", "add", "ada", check=False).returncode == 0
    verify = server.run("audit", "verify", check=False)
    assert verify.returncode == 0, verify.stderr
    return Outcome(f"calls 200; `steward key add`: exit {refused.returncode}, {plain(refused.stderr).strip().splitlines()[0]}",
                   "nothing", settle(server, before) + "; works again when there is room, the audit chain is whole")


@fault("state-read-only", "the server starts on a state folder that it can't write", needs=mounts.unavailable)
def state_read_only(world):
    place = world.scratch / "server"
    server = world.serve(folder=place)
    assert server.stop() == 0
    state = place / "steward-state"
    mounts.small(state, "4m")
    subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
    began = time.monotonic()
    ended = subprocess.run(server.command(), cwd=server.scratch, env=server.environment, capture_output=True, text=True,
                           timeout=30)
    assert ended.returncode == 1 and str(state) in ended.stderr, ended
    assert time.monotonic() - began < 5
    subprocess.run(["umount", str(state)], check=True)
    return Outcome("the server doesn't start: exit 1 at once", f"stderr: {plain(ended.stderr).strip()[:240]}", "nothing")
