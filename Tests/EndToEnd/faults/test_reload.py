"""The settings are read again while calls run: nothing is dropped, an error changes nothing."""
import json
import os
import signal
import socket
import threading
import time

import pytest

from support import settings
from support.load import Load
from support.steward import Steward, eventually, is_alive, replace
from support.wire import Connection, free_port

SCRIPTS = {
    "a/tell.py": "import os\ndef main(request):\n    return {'pid': os.getpid(), 'word': os.environ.get('WORD')}\n",
    "a/slow.py": "import os, time\ndef main(request):\n    time.sleep(1)\n    return os.environ.get('WORD', '-')\n",
    "a/stream.py": "import os, time\ndef main(request):\n    for n in range(10):\n        time.sleep(0.1)\n"
                   "        yield os.environ.get('WORD', '-')\n",
    "b/tell.py": "import os\ndef main(request):\n    return {'pid': os.getpid()}\n",
}


class Listening(Steward):
    """A server whose addresses stand in the settings."""

    def command(self):
        return [part for part in super().command() if part not in ("--listen", f"{self.host}:{self.port}")]


def zones(server_folder="SCRIPTS", word=None, b=True, **fields):
    environment = {"environment": {"WORD": word}} if word else {}
    listed = [settings.zone("/a", f"{server_folder}/a", **environment, **fields)]
    return listed + ([settings.zone("/b", f"{server_folder}/b")] if b else [])


def write(server, listed, **fields):
    replace(server.settings_path, settings.text(listed, **fields).replace("SCRIPTS", str(server.folder)))


def reload(server):
    return json.loads(server.run("reload", "--json").stdout)


def hang_up(server, outcome="reloaded"):
    """SIGHUP, and the record of what came of it."""
    before = sum(r["event"] == outcome for r in server.records_so_far())
    os.kill(server.process.pid, signal.SIGHUP)
    return eventually(lambda: [r for r in server.records_so_far() if r["event"] == outcome][before:], timeout=15,
                      message=f"a record {outcome}")[0]


@pytest.fixture
def server(serve):
    return serve(SCRIPTS, settings=settings.text(zones(word="one")))


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def test_fifty_reloads_under_load_drop_no_call(server):
    with Load(server, "/a/tell.py") as changing, Load(server, "/b/tell.py", threads=1) as unchanged:
        with Load(server, "/a/stream.py", threads=1) as streaming:
            zygote = parent(server.worker_of("/b/tell.py"))
            for number in range(50):
                word = f"w{number // 6}"
                write(server, zones(word=word, body_limit=f"{number + 1}KiB"))
                if number % 2:
                    hang_up(server)
                else:
                    assert reload(server)["zones"]["changed"] == (["/a"] if number % 6 == 0 else [])
                assert server.get("/a/tell.py").json()["word"] == word
    assert (changing.failed, unchanged.failed, streaming.failed) == ([], [], [])
    assert changing.count > 100 and unchanged.count > 100 and streaming.count > 3
    assert is_alive(zygote), "an unchanged zone keeps its processes"
    eventually(lambda: "steward_zones_retiring 0" in server.get("/_platform/metrics").text, message="no old zone left")
    eventually(lambda: len(server.descendants()) <= 24, message="the workers of old zones are gone", timeout=10)


def test_a_call_that_runs_ends_with_the_old_settings_and_the_next_has_the_new_ones(server):
    answers = []
    callers = [threading.Thread(target=lambda: answers.append(server.get("/a/slow.py").text)) for _ in range(3)]
    for caller in callers:
        caller.start()
    time.sleep(0.4)
    write(server, zones(word="two"))
    report = reload(server)
    assert (report["zones"]["changed"], report["zones"]["kept"]) == (["/a"], ["/b"])
    assert server.get("/a/tell.py").json()["word"] == "two"
    for caller in callers:
        caller.join()
    assert answers == ["one"] * 3


def test_a_body_that_is_on_its_way_still_reaches_its_zone(server):
    with server.connect() as connection:
        connection.send(b"POST /a/tell.py HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(0.3)
        write(server, [settings.zone("/b", "SCRIPTS/b")])
        assert reload(server)["zones"]["removed"] == ["/a"]
        assert server.get("/a/tell.py").status == 404
        connection.send(b"cd")
        answer = connection.receive()
        assert (answer.status, answer.json()["word"]) == (200, "one")


def test_zones_come_and_go(server):
    write(server, zones(b=False, word="one") + [settings.zone("/c", "SCRIPTS/b")])
    report = reload(server)
    assert report["zones"] == {"added": ["/c"], "changed": [], "removed": ["/b"], "kept": ["/a"]}
    assert [server.get(f"/{zone}/tell.py").status for zone in "abc"] == [200, 404, 200]


def test_a_zone_that_asks_for_a_key_now_keeps_its_workers(server):
    pid = [server.worker_of("/a/tell.py") for _ in range(4)][-1]
    write(server, zones(word="one", key="api", addresses=["127.0.0.1"]),
          keys=[{"name": "ada", "role": "api", "sha256": "0" * 64}])
    report = reload(server)
    assert report["zones"]["kept"] == ["/a", "/b"] and {"zones", "keys"} <= set(report["changed"])
    assert server.get("/a/tell.py").status == 401
    write(server, zones(word="one"))
    reload(server)
    assert server.worker_of("/a/tell.py") == pid and is_alive(pid)


@pytest.mark.parametrize("way", ["hangup", "command"])
def test_an_error_leaves_everything_as_it_was_and_is_told_with_its_place(server, way):
    server.settings_path.write_text("zones:\n  /a:\n    foldr: x\n")
    if way == "hangup":
        assert f"{server.settings_path}:3" in hang_up(server, "reload-refused")["message"]
    else:
        refused = run_reload(server)
        assert refused.returncode == 1 and f"{server.settings_path}:3" in refused.stderr
        assert "did you mean" in refused.stderr
    assert server.get("/a/tell.py").json()["word"] == "one"


def run_reload(server):
    """`steward reload` for the state folder alone: the server reads the file, not the command."""
    path, server.settings_path = server.settings_path, None
    try:
        return server.run("reload", check=False)
    finally:
        server.settings_path = path


def test_what_counts_after_a_restart_only_is_named(server):
    write(server, zones(word="two"), python="/usr/bin/python3", gpu={"enabled": "off"})
    report = reload(server)
    assert report["needs_restart"] == ["python", "gpu"]
    assert server.get("/a/tell.py").json()["word"] == "two"
    assert server.wait_for_record(lambda r: r["event"] == "restart-needed")


def test_limits_log_and_masks_are_new_at_once(server):
    log = server.scratch / "moved/deep.log"
    log.parent.mkdir()
    write(server, zones(word="one"), limits={"header_count": 8},
          log={"file": str(log), "mask": ["patient"], "level": "warning"}, metrics={"addresses": ["192.0.2.1"]})
    assert set(reload(server)["changed"]) == {"limits", "log", "metrics"}
    many = {f"X-{n}": "1" for n in range(12)}
    assert server.call("GET", "/a/tell.py", many).status == 431
    assert server.get("/_platform/metrics").status == 401
    server.get("/a/tell.py?patient=4711")
    eventually(lambda: log.exists() and "/a/tell.py" in log.read_text(), message="a line in the new file")
    assert "4711" not in log.read_text()


def test_a_log_file_that_cannot_be_written_refuses_the_reload(server):
    write(server, zones(word="two"), log={"file": str(server.scratch / "none/such.log")})
    refused = run_reload(server)
    assert refused.returncode == 1 and "log.file" in refused.stderr
    assert server.get("/a/tell.py").json()["word"] == "one"


def test_listeners_move_and_a_refused_bind_changes_nothing(tmp_path):
    first, second = free_port(), free_port()
    server = Listening(tmp_path, scripts=SCRIPTS, port=first,
                       settings=settings.text(zones(word="one"), listen=[f"127.0.0.1:{first}"]))
    try:
        kept = Connection(("127.0.0.1", first))
        assert kept.call("GET", "/a/tell.py").status == 200
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            write(server, zones(word="two"), listen=[f"127.0.0.1:{second}", f"127.0.0.1:{port}"])
            refused = run_reload(server)
        assert refused.returncode == 1 and f"127.0.0.1:{port}" in refused.stderr
        assert server.get("/a/tell.py").json()["word"] == "one"
        with pytest.raises(OSError):
            Connection(("127.0.0.1", second))
        write(server, zones(word="two"), listen=[f"127.0.0.1:{second}"])
        report = reload(server)
        assert (report["opened"], report["closed"]) == ([f"127.0.0.1:{second}"], [f"127.0.0.1:{first}"])
        assert Connection(("127.0.0.1", second)).call("GET", "/a/tell.py").json()["word"] == "two"
        answer = kept.call("GET", "/a/tell.py")
        assert (answer.status, answer.header("Connection")) == (200, "close")
        eventually(lambda: refuses(first), message="the old address is closed")
    finally:
        server.stop()


def refuses(port):
    try:
        Connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return True
    return False


def test_an_admin_key_may_reload_and_others_may_not(serve):
    key = "admin-secret-0123456789abcdef0123456789"
    server = serve(SCRIPTS, settings=settings.text(zones(word="one")), environment={"ADMIN_API_KEY": key})
    assert server.call("POST", "/_platform/reload").status == 401
    assert server.get("/_platform/reload", {"X-Admin-Key": key}).status == 405
    assert server.call("POST", "/_platform/reload", {"X-Admin-Key": key}).json()["zones"]["kept"] == ["/a", "/b"]
    server.settings_path.write_text("zone: {}")
    refused = server.call("POST", "/_platform/reload", {"X-Admin-Key": key})
    assert (refused.status, refused.problem()["code"]) == (422, "settings-refused")


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: running scripts as another user needs root")
def test_a_zone_whose_processes_cannot_start_refuses_the_reload_at_once(server):
    closed = server.folder / "c"
    closed.mkdir(mode=0o700)
    (closed / "tell.py").write_text(SCRIPTS["b/tell.py"])
    write(server, zones(word="two") + [settings.zone("/c", str(closed), user="nobody")])
    begin = time.monotonic()
    record = hang_up(server, "reload-refused")
    assert time.monotonic() - begin < 8
    assert str(closed) in record["message"] and ".." not in record["message"]
    assert server.get("/a/tell.py").json()["word"] == "one"
