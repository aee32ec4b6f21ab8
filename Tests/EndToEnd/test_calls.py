"""The call path under stress: deadlines, crashes, full queues, drain."""
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from support import settings
from support.steward import descendants, eventually, is_alive

SLEEP = "import time\ndef main(request):\n    time.sleep(float(request.args.get('s', 1)))\n    return 'slept'\n"
HELLO = "def main(request):\n    return 'hello'\n"


def in_parallel(*calls):
    """Runs the calls at once; returns their results in order."""
    results = [None] * len(calls)

    def run(number, call):
        try:
            results[number] = call()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def commands_with(text):
    """The pids of every process of this machine whose command has `text` in it, in this machine's numbers."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and text in (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


DEADLINE = """
    import os, subprocess, time
    timeout = 1
    def main(request):
        word = request.args["word"]
        subprocess.Popen(["sleep", "300." + word])
        subprocess.Popen(["sh", "-c", f"sleep 301.{{word}} & wait"])
        subprocess.Popen(["setsid", "sleep", "302." + word])
        while True:
            {body}
    """


@pytest.mark.parametrize("body", ["time.sleep(60)", "pass", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"],
                         ids=["sleeping", "computing", "deaf"])
def test_at_the_deadline_the_caller_gets_504_and_the_whole_process_tree_is_gone(serve, tmp_path, body):
    server = serve({"stuck.py": DEADLINE.format(body=body), "hello.py": HELLO})
    word = str(server.port)
    begin = time.monotonic()
    answer, tree = in_parallel(lambda: server.get(f"/stuck.py?word={word}"),
                               lambda: eventually(lambda: len(commands_with(f".{word}")) == 4 and commands_with(f".{word}"),
                                                  message="the tree of processes"))
    assert 0.9 < time.monotonic() - begin < 4
    assert answer.status == 504
    assert answer.problem()["trace_id"] == answer.header("X-Trace-Id")
    worker = eventually(lambda: [r for r in server.records_so_far() if r.get("path") == "/stuck.py"],
                        message="the call's record")[0]["worker"]
    for pid in [*tree, worker]:
        eventually(lambda: not is_alive(pid), timeout=3, message=f"the end of {pid}")
    assert not commands_with(f".{word}")
    assert server.get("/hello.py").text == "hello"


def test_other_calls_are_answered_while_one_is_stuck(serve):
    server = serve({"stuck.py": "import time\ntimeout = 3\ndef main(request):\n    time.sleep(60)\n",
                    "hello.py": HELLO})
    server.get("/hello.py")
    results = in_parallel(lambda: server.get("/stuck.py").status,
                          *[lambda: (time.sleep(0.3), server.get("/hello.py"))[1].text] * 40)
    assert results[0] == 504 and results[1:] == ["hello"] * 40


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)",
                                 "os.abort()"], ids=["exit", "kill", "segfault", "abort"])
def test_a_crash_is_a_502_with_a_trace_id_and_the_next_call_works(serve, end):
    server = serve({"crash.py": f"import os\ndef main(request):\n    {end}\n    return 'never'\n", "hello.py": HELLO})
    for _ in range(3):
        answer = server.get("/crash.py")
        assert answer.status == 502
        assert answer.problem()["trace_id"] == answer.header("X-Trace-Id")
        assert server.get("/hello.py").text == "hello"


def test_calls_queued_behind_a_crash_are_answered_exactly_once(serve, tmp_path):
    count = tmp_path / "shared/count"
    server = serve({
        "mixed.py": f"""
            import os
            def main(request):
                n = request.args["n"]
                fd = os.open({str(count)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                os.write(fd, (n + "\\n").encode())
                os.close(fd)
                if n == "boom":
                    os._exit(1)
                return n
            """}, shared=True)
    server.get("/mixed.py?n=first")
    count.write_text("")

    def burst(number):
        with server.connect() as connection:
            return connection.call("GET", f"/mixed.py?n={number}")

    names = ["boom" if number % 20 == 10 else str(number) for number in range(200)]
    results = in_parallel(*[lambda name=name: burst(name) for name in names])
    for name, answer in zip(names, results):
        if name == "boom":
            assert answer.status == 502
        else:
            assert answer.status == 200 and answer.text == name, (name, answer)
    ran = [line for line in count.read_text().split() if line != "boom"]
    assert sorted(ran) == sorted(name for name in names if name != "boom"), "each ran exactly once"


def test_a_full_queue_is_a_503_with_retry_after(serve):
    server = serve({"sleep.py": SLEEP}, settings=settings.text(
        zones=[settings.zone("/", **settings.queue(4), **settings.workers(2))]))
    results = in_parallel(*[lambda: server.get("/sleep.py?s=1")] * 40)
    refused = [answer for answer in results if answer.status == 503]
    assert refused and all(answer.status in (200, 503) for answer in results)
    for answer in refused:
        answer.problem()
        assert int(answer.header("Retry-After")) >= 1
    assert sum(answer.status == 200 for answer in results) >= 4
    assert server.get("/sleep.py?s=0").status == 200


def test_sleepers_run_side_by_side_and_do_not_hold_up_quick_calls(serve):
    server = serve({"sleep.py": SLEEP, "hello.py": HELLO})
    in_parallel(*[lambda: server.get("/sleep.py?s=0.3")] * 8)
    begin = time.monotonic()
    results = in_parallel(*[lambda: server.get("/sleep.py?s=1").text] * 16)
    assert results == ["slept"] * 16 and time.monotonic() - begin < 6


def test_sigterm_finishes_running_calls_and_takes_no_more(serve):
    server = serve({"sleep.py": SLEEP, "hello.py": HELLO})
    server.get("/hello.py")
    answers = []
    callers = [threading.Thread(target=lambda: answers.append(server.get("/sleep.py?s=2"))) for _ in range(3)]
    for caller in callers:
        caller.start()
    time.sleep(0.8)
    below = server.descendants()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(15) == 0
    for caller in callers:
        caller.join()
    assert [answer.status for answer in answers] == [200, 200, 200]
    with pytest.raises(OSError):
        server.get("/hello.py", timeout=2)
    for pid in below:
        eventually(lambda: not is_alive(pid), message=f"the end of {below[pid]}")


def test_a_restart_under_load_drops_no_connection_that_was_accepted(serve):
    server = serve({"work.py": "import time\ndef main(request):\n    time.sleep(0.02)\n    return 'worked'\n"})
    failed, stopped = [], threading.Event()

    def run():
        while not stopped.is_set():
            try:
                with server.connect() as connection:
                    answer = connection.call("GET", "/work.py", {"Connection": "close"})
                if answer.status not in (200, 503):
                    failed.append(answer)
            except ConnectionRefusedError:
                time.sleep(0.005)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    took = []
    try:
        for _ in range(12):
            time.sleep(0.3)
            begin = time.monotonic()
            server.stop()
            took.append(time.monotonic() - begin)
            server.start()
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    assert failed == []
    assert max(took) < 10, took


def test_no_process_outlives_a_killed_server(serve):
    server = serve({"sleep.py": SLEEP, "hello.py": HELLO})
    server.get("/hello.py")
    threading.Thread(target=lambda: pytest.raises(Exception, server.get, "/sleep.py?s=2"), daemon=True).start()
    time.sleep(0.5)
    below = descendants(server.process.pid)
    assert below
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    for pid in below:
        eventually(lambda: not is_alive(pid), timeout=10, message=f"the end of {below[pid]}")


def test_the_zygote_s_death_is_mended(serve):
    server = serve({"hello.py": HELLO, "crash.py": "import os\ndef main(request):\n    os._exit(1)\n"})
    server.get("/hello.py")
    zygote = [pid for pid, command in server.descendants().items()
              if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1] == str(server.process.pid)]
    assert zygote
    for pid in zygote:
        os.kill(pid, signal.SIGKILL)
    for _ in range(3):
        server.get("/crash.py")
    eventually(lambda: server.get("/hello.py").status == 200, timeout=10, message="a call after the zygote's death")


def test_a_client_that_leaves_cancels_its_call(serve, tmp_path):
    mark = tmp_path / "shared/finished"
    server = serve({"slow.py": f"""
        import time
        def main(request):
            open({str(tmp_path / 'shared/began')!r}, "w").close()
            time.sleep(3)
            open({str(mark)!r}, "w").close()
            return "done"
        """}, shared=True)
    connection = server.connect()
    connection.send(b"GET /slow.py HTTP/1.1\r\nHost: a\r\n\r\n")
    eventually((tmp_path / "shared/began").exists)
    connection.close()
    server.wait_for_record(lambda r: r["event"] == "request" and r["route"] == "/slow.py")
    time.sleep(3.5)
    assert not mark.exists(), "the call went on without its caller"


def test_first_calls_of_many_scripts_at_once(serve):
    server = serve({f"s{number}.py": f"def main(request):\n    return '{number}'\n" for number in range(60)})
    results = in_parallel(*[lambda n=number: server.get(f"/s{n}.py").text for number in range(60)])
    assert results == [str(number) for number in range(60)]
