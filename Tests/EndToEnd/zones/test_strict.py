"""`isolation: strict` on a machine that lacks a defence: a server in a user namespace that grants no more ipc namespaces."""
import os
import signal
import subprocess
import sys

import pytest

from support import settings
from support.steward import BINARY, ENVIRONMENT, Steward, eventually

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="not run: making a user namespace with all users needs root")

# Becomes its argument in a user namespace with the machine's users; a child from outside writes the maps.
ENTER = """
import ctypes, os, sys
ready, go = os.pipe(), os.pipe()
if os.fork() == 0:
    os.read(ready[0], 1)
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{os.getppid()}/{name}", "w") as file:
            file.write("0 0 65536")
    os.write(go[1], b"x")
    os._exit(0)
assert ctypes.CDLL(None).unshare(0x10000000) == 0
os.write(ready[1], b"x")
os.read(go[0], 1)
os.wait()
with open("/proc/sys/user/max_ipc_namespaces", "w") as file:
    file.write(sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])
"""
STRICT = settings.text(zones=[settings.zone("/")], isolation="strict")
HELLO = {"hello.py": "def main(request):\n    return 'hello'\n"}


def entering(granted, command):
    return [sys.executable, "-c", ENTER, str(granted), *command]


class Granted(Steward):
    """A server that is granted many ipc namespaces at first."""

    def command(self):
        return entering(1000, super().command())

    def grant(self, count):
        subprocess.run(["nsenter", "--user", "--preserve-credentials", "--target", str(self.process.pid), "sh", "-c",
                        f"echo {count} > /proc/sys/user/max_ipc_namespaces"], check=True)


def test_it_does_not_start_where_a_defence_is_missing(tmp_path):
    (tmp_path / "app").mkdir()
    file = tmp_path / "steward.yaml"
    file.write_text(STRICT.replace("SCRIPTS", str(tmp_path / "app")))
    result = subprocess.run(
        entering(0, [str(BINARY), "serve", "--settings", str(file), "--listen", "127.0.0.1:0", "--state",
                     str(tmp_path / "state")]), capture_output=True, text=True, env=ENVIRONMENT, timeout=30)
    assert result.returncode == 1, result.stderr
    assert "ipc" in result.stderr and "isolation: auto" in result.stderr


def test_it_holds_at_every_start_of_a_zone(tmp_path):
    server = Granted(tmp_path, scripts=HELLO, settings=STRICT)
    try:
        assert server.get("/hello.py").text == "hello"
        server.grant(0)
        supervisor = next(pid for pid, command in server.descendants().items() if "steward-launch" in command)
        os.kill(supervisor, signal.SIGKILL)
        eventually(lambda: "ipc" in server.get("/hello.py").text, message="the launcher's reason")
        answer = server.get("/hello.py")
        assert (answer.status, answer.json()["code"]) == (503, "no-worker")
        assert "ipc" in server.get("/_platform/health").text
        server.grant(1000)
        eventually(lambda: server.get("/hello.py").status == 200, message="the zone runs again")
    finally:
        server.stop()
