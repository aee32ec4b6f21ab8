"""Each zone has processes of its own; what a worker leaves behind ends with it, and everything with the server."""
import os
import signal
import time

import pytest

from support import settings
from support.steward import eventually, is_alive

WHO = """
    import os
    def main(request):
        return {"uid": os.getuid(), "pid": os.getpid(), "zygote": os.getppid(), "cwd": os.getcwd()}
"""
LEAVER = """
    import os, subprocess, sys, time
    def main(request):
        code = "import os, time\\nif os.fork(): os._exit(0)\\nos.setsid()\\nif os.fork(): os._exit(0)\\n" \\
               "print(os.getpid(), flush=True)\\nos.close(1)\\nos.close(2)\\ntime.sleep(600)"
        daemon = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        if request.args.get("end"):
            os._exit(3)
        return {"daemon": daemon, "pid": os.getpid()}
"""


def two_zones(serve, **more):
    return serve({"one/x.py": WHO, "two/x.py": WHO},
                 settings=settings.text(zones=[settings.zone("/one", "SCRIPTS/one", **more), settings.zone("/two", "SCRIPTS/two")]))


def worker_of(server):
    """Pid of the worker that answered the last request."""
    server.wait_for_record(lambda record: record.get("event") == "request")
    return [record for record in server.records_so_far() if record.get("event") == "request"][-1]["worker"]


def test_zones_have_zygotes_and_users_of_their_own(serve):
    server = two_zones(serve)
    one, two = server.get("/one/x.py").json(), server.get("/two/x.py").json()
    if os.getuid() == 0:
        assert one["uid"] != two["uid"] and 61184 <= one["uid"] <= 65519 and 61184 <= two["uid"] <= 65519
        assert server.get("/one/x.py").json()["uid"] == one["uid"]
    else:
        assert one["uid"] == two["uid"] == os.getuid()
    assert one["cwd"] == str(server.folder / "one")


def test_a_dead_zygote_leaves_the_other_zone_alone(serve):
    server = two_zones(serve)
    server.get("/one/x.py")
    worker = worker_of(server)
    other = server.get("/two/x.py").json()
    with open(f"/proc/{worker}/stat") as file:
        zygote = int(file.read().rpartition(")")[2].split()[1])
    os.kill(zygote, signal.SIGKILL)
    assert server.get("/two/x.py").json()["zygote"] == other["zygote"]
    assert eventually(lambda: server.get("/one/x.py").status == 200, message="the zone's answer")


@pytest.mark.skipif(os.getuid() != 0, reason="needs a server that may change users")
def test_a_zone_that_cannot_run_keeps_no_other_from_serving(serve):
    server = two_zones(serve)
    server.stop()
    closed = server.folder / "one"
    closed.chmod(0o700)
    server.start()
    assert server.get("/two/x.py").status == 200
    health = server.get("/_platform/health").json()
    assert health["ready"] and health["status"] == "degraded"
    assert any(str(closed) in reason and "chmod" in reason for reason in health["reasons"]), health
    assert eventually(lambda: server.get("/one/x.py").status == 503, message="a refusal")
    assert "who can't read" in server.get("/one/x.py").json()["detail"]
    closed.chmod(0o755)
    eventually(lambda: server.get("/one/x.py").status == 200, timeout=15, message="the opened zone")


def test_a_daemon_ends_with_the_worker_that_it_came_from(serve):
    server = serve({"leave.py": LEAVER})
    left = server.get("/leave.py").json()
    daemon = host_pid(server, left)
    assert is_alive(daemon)
    os.kill(worker_of(server), signal.SIGKILL)
    began = time.monotonic()
    eventually(lambda: not is_alive(daemon), timeout=5, message="the daemon's end")
    assert time.monotonic() - began < 1


def host_pid(server, left):
    """The daemon's pid as this process has it, which differs where the zone has a process table of its own."""
    worker = worker_of(server)
    if worker == left["pid"]:
        return left["daemon"]
    with open(f"/proc/{worker}/task/{worker}/children") as file:
        return int(file.read().split()[-1])


def test_orphans_are_collected_and_exit_codes_stay_with_those_who_wait(serve):
    server = serve({"orphans.py": """
        import os, subprocess, sys, time
        kept = []
        def main(request):
            subprocess.run(["sh", "-c", "(exit 0) & (sleep 0.01; exit 0) & exit 0"], check=True)
            kept.append(subprocess.Popen(["sh", "-c", "exit 7"]))
            time.sleep(0.05)
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                return {"children": len(file.read().split()), "codes": [child.wait() for child in kept[:-1]]}
    """}, settings=settings.text(zones=[settings.zone("/", workers=1, overflow=1)]))
    answers = [server.get("/orphans.py").json() for _ in range(6)]
    assert all(code == 7 for answer in answers for code in answer["codes"])
    assert max(answer["children"] for answer in answers) <= 4, answers


def test_everything_ends_with_a_killed_server_even_what_hangs_in_c(serve):
    server = serve({"hang.py": """
        import ctypes, os
        def main(request):
            open(os.environ["PLACE"] + "/began", "w").close()
            ctypes.PyDLL(None).sleep(600)
    """}, settings=settings.text(zones=[settings.zone("/", write="SHARED", environment={"PLACE": "SHARED"})]))
    with server.connect() as connection:
        connection.send(b"GET /hang.py HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually((server.shared / "began").exists, message="the call's begin")
        below = list(server.descendants())
        assert len(below) >= 3
        server.process.kill()
        server.process.wait()
    eventually(lambda: not any(is_alive(pid) for pid in below), timeout=5, message="the end of every process")

