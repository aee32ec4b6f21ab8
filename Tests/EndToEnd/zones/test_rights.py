"""What scripts may reach: their folder without those of other zones, their scratch folder, what the settings add."""
import os


from support import settings
from support.steward import eventually, replace

READ = """
    def main(request):
        try:
            with open(request.args["path"]) as file:
                return {"text": file.read()}
        except OSError as error:
            return {"error": type(error).__name__}
"""
WRITE = """
    def main(request):
        try:
            with open(request.args["path"], "w") as file:
                file.write("written")
            return {"done": True}
        except OSError as error:
            return {"error": type(error).__name__}
"""


def read(server, path, script="/read.py"):
    return server.get(f"{script}?path={path}").json()


REFUSED = [{"error": "PermissionError"}, {"error": "FileNotFoundError"}]
"""Landlock refuses; a file tree of the zone's own doesn't even have it."""


def nested(serve):
    return serve({"read.py": READ, "inner/read.py": READ, "inner/secret.txt": "inner"}, settings=settings.text(
        zones=[settings.zone("/"), settings.zone("/inner", "SCRIPTS/inner")]))


def test_a_zone_within_a_zone_is_closed_to_the_outer_one_and_the_other_way_round(serve):
    server = nested(serve)
    (server.folder / "notes.txt").write_text("outer")
    assert read(server, server.folder / "notes.txt") == {"text": "outer"}
    assert read(server, server.folder / "inner/secret.txt") in REFUSED
    assert read(server, server.folder / "notes.txt", "/inner/read.py") in REFUSED
    assert read(server, server.folder / "inner/secret.txt", "/inner/read.py") == {"text": "inner"}


def test_files_that_come_or_are_replaced_beside_a_nested_zone_are_read_by_the_next_call(serve):
    server = nested(serve)
    for number in range(5):
        replace(server.folder / "data.json", f"{number}")
        assert read(server, server.folder / "data.json") == {"text": f"{number}"}
    server.write("late.py", "def main(request):\n    return 'late'\n")
    assert server.get("/late.py").text == "late"
    (server.folder / "link").symlink_to(server.folder / "inner")
    assert read(server, server.folder / "link/secret.txt") in REFUSED


def test_a_folder_that_is_another_one_after_a_deployment_is_read(serve, tmp_path):
    for release in ("one", "two"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "x.py").write_text(f"def main(request):\n    return {release!r}\n")
    (tmp_path / "current").symlink_to("one")
    server = serve({}, settings=settings.text(zones=[settings.zone("/", str(tmp_path / "current"))]))
    assert server.get("/x.py").text == "one"
    (tmp_path / "next").symlink_to("two")
    os.replace(tmp_path / "next", tmp_path / "current")
    eventually(lambda: server.get("/x.py").text == "two", timeout=10, message="the new release")


def test_paths_of_read_and_write_may_be_read_and_written_and_no_others(serve, tmp_path):
    for name in ("readable", "writable", "neither"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
        (tmp_path / name / "file").write_text(name)
        (tmp_path / name / "file").chmod(0o666)
    server = serve({"read.py": READ, "write.py": WRITE}, settings=settings.text(zones=[settings.zone(
        "/", read=str(tmp_path / "readable"), write=[str(tmp_path / "writable")])]))
    assert read(server, tmp_path / "readable/file") == {"text": "readable"}
    assert read(server, tmp_path / "readable/file", "/write.py") in (
        {"error": "PermissionError"}, {"error": "OSError"}), "refused, or a file system for reading only"
    assert (tmp_path / "readable/file").read_text() == "readable"
    assert read(server, tmp_path / "writable/file", "/write.py") == {"done": True}
    assert read(server, tmp_path / "writable/new", "/write.py") == {"done": True}
    for script in ("/read.py", "/write.py"):
        assert read(server, tmp_path / "neither/file", script) in (*REFUSED, {"error": "OSError"})
    for path in (server.state / "session.key", server.state / "steward.db", "/proc/1/environ", "/etc/shadow"):
        assert read(server, path)["error"] in ("PermissionError", "FileNotFoundError")


def test_a_worker_has_a_scratch_folder_that_goes_with_it(serve):
    server = serve({"scratch.py": """
        import os, tempfile
        def main(request):
            with tempfile.NamedTemporaryFile("w", delete=False) as file:
                file.write("x" * 100)
            return {"file": file.name, "home": os.environ["HOME"], "mode": os.stat(os.environ["TMPDIR"]).st_mode & 0o777}
    """, "end.py": "import os\ndef main(request):\n    os._exit(1)\n", "read.py": READ},
        settings=settings.text(zones=[settings.zone("/", workers=1, overflow=2)]))
    made = server.get("/scratch.py").json()
    assert made["file"].startswith(f"{server.state}/scratch/") and made["mode"] == 0o700
    assert os.path.dirname(made["file"]) == made["home"]
    os.kill(server.wait_for_record(lambda record: record.get("event") == "request")["worker"], 9)
    eventually(lambda: not os.path.exists(made["home"]), message="the scratch folder's end")
    leftovers = server.state / "scratch/left/behind"
    server.stop()
    leftovers.mkdir(parents=True)
    server.start()
    assert not leftovers.parent.exists()


def test_a_scratch_folder_that_grows_over_its_limit_ends_its_worker(serve):
    server = serve({"fill.py": """
        import os, time
        def main(request):
            with open(os.environ["TMPDIR"] + "/big", "wb") as file:
                for _ in range(8):
                    file.write(bytes(1 << 20))
                    file.flush()
            time.sleep(20)
    """}, settings=settings.text(zones=[settings.zone("/", scratch="4MiB")]))
    answer = server.get("/fill.py")
    assert answer.status == 507 and "`scratch` of the zone /" in answer.json()["detail"]
    assert server.wait_for_record(lambda record: record.get("event") == "limit-exceeded")["limit"] == "scratch"


def test_a_call_that_uses_more_processor_time_than_it_may_is_ended(serve):
    server = serve({"burn.py": "def main(request):\n    while True: pass\n", "x.py": "def main(request):\n    return 'x'\n"},
                   settings=settings.text(zones=[settings.zone("/", cpu="1s")]))
    answer = server.get("/burn.py")
    assert answer.status == 503 and "`cpu` of the zone /" in answer.json()["detail"]
    assert server.get("/x.py").status == 200


def test_memory_beyond_the_limit_is_a_memory_error(serve):
    server = serve({"eat.py": """
        def main(request):
            try:
                return str(len(bytearray(600 << 20)))
            except MemoryError:
                return "no memory"
    """}, settings=settings.text(zones=[settings.zone("/", memory="512MiB")]))
    assert server.get("/eat.py").text == "no memory"


def test_a_large_body_is_read_by_its_zone(serve):
    server = serve({"size.py": "def main(request):\n    return str(len(request.get_data()))\n"})
    assert server.call("POST", "/size.py", body=bytes(3 << 20)).text == str(3 << 20)


def test_workers_of_a_zone_cannot_reach_each_other(serve):
    server = serve({"reach.py": """
        import os, time
        def main(request):
            if "other" not in request.args:
                time.sleep(2)
                return ""
            other, found = int(request.args["other"]), {}
            for name in ("environ", "maps", "mem"):
                try:
                    open(f"/proc/{other}/{name}", "rb").close()
                    found[name] = "opened"
                except OSError as error:
                    found[name] = type(error).__name__
            for pid in (other, os.getppid()):
                try:
                    os.kill(pid, 0)
                    found["signal"] = "sent"
                except OSError as error:
                    found.setdefault("signal", type(error).__name__)
            return found
        """})
    with server.connect() as connection:
        connection.send(b"GET /reach.py HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually(lambda: running(server), message="a busy worker")
        for other in running(server):
            found = server.get(f"/reach.py?other={other}").json()
            assert "opened" not in found.values() and found["signal"] != "sent", found


def running(server):
    """Pids of processes that run Python below the server."""
    return [pid for pid, command in server.descendants().items() if "steward_worker" in command]
