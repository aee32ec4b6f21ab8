"""Files count at the next call after they change, and no call is dropped while they do."""
import os
import threading
import time

from support.load import Load
from support.steward import eventually


def version(number):
    return f"import _part\ndef main(request):\n    return {{'script': {number}, 'part': _part.value}}\n"


def part(number):
    return f"value = {number}\n"


def test_no_call_fails_while_a_script_and_its_helper_are_rewritten_a_hundred_times(serve):
    server = serve({"live.py": version(0), "_part.py": part(0)})
    assert server.get("/live.py").json() == {"script": 0, "part": 0}
    with Load(server, "/live.py") as load, server.connect() as connection:
        for number in range(1, 101):
            server.replace("live.py", version(number))
            assert connection.call("GET", "/live.py").json()["script"] == number
            server.replace("_part.py", part(number))
            assert connection.call("GET", "/live.py").json() == {"script": number, "part": number}
        eventually(lambda: load.count > 200, message="200 calls under load", timeout=30)
    assert load.failed == []


def test_a_write_in_place_of_the_same_size_counts_at_once(serve):
    server = serve({"live.py": version(10), "_part.py": part(10)})
    assert server.get("/live.py").json() == {"script": 10, "part": 10}
    for number in range(11, 60):
        (server.folder / "live.py").write_text(version(number))
        (server.folder / "_part.py").write_text(part(number))
        assert server.get("/live.py").json() == {"script": number, "part": number}


def test_a_change_that_keeps_size_and_time_counts(serve):
    server = serve({"live.py": version(1), "_part.py": part(1)})
    assert server.get("/live.py").json()["script"] == 1
    before = os.stat(server.folder / "live.py")
    server.replace("live.py", version(2))
    os.utime(server.folder / "live.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert server.get("/live.py").json()["script"] == 2


def test_new_renamed_and_deleted_files_count_at_the_next_call(serve):
    server = serve({"a.py": "def main(request):\n    return 'a'\n"})
    assert server.get("/new.py").status == 404
    server.write("new.py", "def main(request):\n    return 'new'\n")
    assert server.get("/new.py").text == "new"
    os.rename(server.folder / "new.py", server.folder / "moved.py")
    assert (server.get("/new.py").status, server.get("/moved.py").text) == (404, "new")
    os.remove(server.folder / "moved.py")
    assert server.get("/moved.py").status == 404
    server.write("fresh/deep/er.py", "def main(request):\n    return 'deep'\n")
    assert server.get("/fresh/deep/er.py").text == "deep"
    os.rename(server.folder / "fresh", server.folder / "stale")
    assert (server.get("/fresh/deep/er.py").status, server.get("/stale/deep/er.py").text) == (404, "deep")


def test_a_helper_two_imports_away_counts(serve):
    server = serve({
        "live.py": "from lib import outer\ndef main(request):\n    return outer.tell()\n",
        "lib/__init__.py": "", "lib/outer.py": "from . import inner\ndef tell():\n    return inner.WORD\n",
        "lib/inner.py": "WORD = 'one'\n"})
    assert server.get("/live.py").text == "one"
    server.replace("lib/inner.py", "WORD = 'two'\n")
    assert server.get("/live.py").text == "two"


def test_a_broken_file_tells_the_caller_the_message_and_the_log_the_place(serve):
    server = serve({"live.py": "def main(request):\n    return 'fine'\n"})
    assert server.get("/live.py").text == "fine"
    server.replace("live.py", "x = 1\ndef main(request:\n    return 'broken'\n")
    answer = server.get("/live.py")
    assert answer.status == 500
    problem = answer.problem()
    trace = answer.header("X-Trace-Id")
    assert problem["trace_id"] == trace
    assert "Traceback" not in answer.text and str(server.folder) not in answer.text
    record = server.wait_for_record(
        lambda r: r.get("trace_id") == trace and r["event"] != "request" and "live.py" in str(r))
    assert "2" in str(record.get("line", record["message"])) and "live.py" in str(record)
    server.replace("live.py", "def main(request):\n    return 'mended'\n")
    assert server.get("/live.py").text == "mended"


def test_a_broken_helper_breaks_its_importers_until_it_is_mended(serve):
    server = serve({"live.py": version(1), "_part.py": part(1), "other.py": "def main(request):\n    return 'o'\n"})
    assert server.get("/live.py").status == 200
    server.replace("_part.py", "value = = 2\n")
    assert server.get("/live.py").status == 500
    assert server.get("/other.py").status == 200
    server.replace("_part.py", part(3))
    assert server.get("/live.py").json()["part"] == 3


def test_a_call_that_runs_while_its_file_changes_ends_with_the_old_code(serve):
    server = serve({"slow.py": "import time\ndef main(request):\n    time.sleep(1)\n    return 'old'\n"})
    answers = []
    caller = threading.Thread(target=lambda: answers.append(server.get("/slow.py").text))
    caller.start()
    time.sleep(0.4)
    server.replace("slow.py", "def main(request):\n    return 'new'\n")
    assert server.get("/slow.py").text == "new"
    caller.join()
    assert answers == ["old"]
