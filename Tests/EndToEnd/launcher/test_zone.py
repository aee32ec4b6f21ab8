"""Namespaces, control groups and the broker as a running server uses them."""
import os
import time

import pytest
from launcher.test_broker import Peers
from launcher.test_cgroups import own_folder
from support.launcher import LAUNCHER
from support.steward import open_parents

pytestmark = pytest.mark.skipif(not LAUNCHER.exists(), reason="swift build --product steward-launch")

SCRIPTS = {
    "numbers.py": """
        import os
        def main(request):
            return {"pid": os.getpid()}
        """,
    "hang.py": """
        import os, subprocess, time
        timeout = 1
        def main(request):
            subprocess.Popen(["/bin/sh", "-c", "sleep 47.0815 & exec sleep 47.0816"], start_new_session=True)
            time.sleep(60)
        """,
    "crash.py": "import os, signal\ndef main(request): os.kill(os.getpid(), signal.SIGSEGV)\n",
    "pool.py": """
        import multiprocessing
        def square(number): return number * number
        def main(request):
            with multiprocessing.get_context("fork").Pool(2) as pool: return pool.map(square, range(5))
        """,
    "memory.py": """
        def main(request):
            kept = []
            while True: kept.append(bytearray(8 << 20))
        """,
    "greet.py": """
        import socket
        def main(request):
            def greet(family, address):
                try:
                    with socket.socket(family) as one:
                        one.connect(address)
                        return one.recv(16).decode()
                except OSError as error: return error.strerror
            port, other = (int(request.args[name]) for name in ("port", "other"))
            return [greet(socket.AF_INET, ("127.0.0.1", port)), greet(socket.AF_INET, ("127.0.0.1", other)),
                    greet(socket.AF_UNIX, request.args["path"])]
        """,
}


@pytest.fixture(scope="module")
def peers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")
    open_parents(folder)
    made = Peers(folder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(serve_module, peers):
    peers.port, peers.other, peers.path = peers.tcp("listed"), peers.tcp("other"), peers.unix("database")
    return serve_module(SCRIPTS, settings=f"""
        zones:
          /:
            folder: scripts
            timeout: 20s
            memory: 2GiB
            memory_total: 256MiB
            network: ["127.0.0.1:{peers.port}", "unix:{peers.path}"]
        """)


def commands_of(text):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if text in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def test_the_log_has_the_process_numbers_of_the_machine(server):
    told = server.get("/numbers.py").json()
    logged = server.wait_for_record(lambda line: line.get("event") == "request" and line.get("route") == "/numbers.py")
    assert os.path.exists(f"/proc/{logged['worker']}")
    with open(f"/proc/{logged['worker']}/status") as file:
        numbers = next(line for line in file if line.startswith("NSpid:")).split()[1:]
    assert numbers[0] == str(logged["worker"]) and numbers[-1] == str(told["pid"])


def test_a_killed_call_takes_everything_with_it_that_it_started(server):
    assert server.get("/hang.py").status == 504
    end = time.monotonic() + 1
    while commands_of(b"47.081") and time.monotonic() < end:
        time.sleep(0.005)
    assert commands_of(b"47.081") == []


def test_the_signal_that_ended_a_worker_is_known(server):
    assert server.get("/crash.py").status == 502
    assert "signal 11" in server.wait_for_record(lambda line: line.get("event") == "worker-ended")["message"]
    assert server.get("/numbers.py").status == 200


def test_processes_of_multiprocessing_have_their_locks(server):
    assert server.get("/pool.py").json() == [0, 1, 4, 9, 16]


def test_a_zone_connects_to_what_it_lists_and_the_log_names_what_it_does_not(server, peers):
    answer = server.get(f"/greet.py?port={peers.port}&other={peers.other}&path={peers.path}")
    assert answer.json() == ["listed", "Permission denied", "database"]
    server.wait_for_record(lambda line: f"127.0.0.1:{peers.other}" in line.get("message", ""))


@pytest.mark.skipif(own_folder("memory") is None, reason="no control groups of memory to make")
def test_whoever_is_ended_for_the_zones_memory_is_told_so(server):
    answer = server.get("/memory.py")
    assert answer.status == 503 and answer.json()["code"] == "memory-limit"
    line = server.wait_for_record(lambda line: line.get("event") == "limit-exceeded")
    assert line["limit"] == "memory_total" and line["route"] == "/memory.py"
    assert server.get("/numbers.py").status == 200
