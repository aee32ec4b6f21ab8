"""Faults of the server itself: signals, its end, the end of its zygote."""
import os
import signal
import time

from . import processes
from .catalogue import fault
from .world import Outcome, answers, call, duration, in_background, quote, record, settle, snapshot

SLOW = "import time\ndef main(request):\n    time.sleep(1)\n    return 'done'\n"


def told_to_end(world, number):
    """Sends the signal while a call runs; the call's answer and the exit status."""
    server = world.serve({"slow.py": SLOW})
    below = list(processes.beneath(server.process.pid))
    running = in_background(lambda: call(server, "/slow.py"))
    time.sleep(0.3)
    began = time.monotonic()
    os.kill(server.process.pid, number)
    answer = running()
    status = server.process.wait(30)
    took = time.monotonic() - began
    assert (answer.status, answer.body) == (200, b"done") and status == 0, (answer, status)
    assert processes.gone_after(below, 1) is not None, "processes are left"
    assert not (server.state / "steward.sock").exists()
    return Outcome(f"what runs is answered ({answer.status}); new connections are refused",
                   quote(record(server, "stopped")), f"nothing; exit 0 after {duration(took)}")


@fault("sigterm", "SIGTERM while a call runs")
def terminated(world):
    return told_to_end(world, signal.SIGTERM)


@fault("sigint", "SIGINT while a call runs")
def interrupted(world):
    return told_to_end(world, signal.SIGINT)


@fault("sighup", "SIGHUP while a call runs, with new settings and then with broken ones")
def hung_up(world):
    server = world.serve({"slow.py": SLOW})
    before = snapshot(server)
    running = in_background(lambda: call(server, "/slow.py"))
    time.sleep(0.2)
    text = server.settings_path.read_text()
    server.settings_path.write_text(text.replace('"folder"', '"environment": {"A": "1"}, "folder"'))
    os.kill(server.process.pid, signal.SIGHUP)
    done = record(server, "reloaded")
    server.settings_path.write_text(text.replace('"folder"', '"foldr"'))
    os.kill(server.process.pid, signal.SIGHUP)
    refused = record(server, "reload-refused")
    answer = running()
    assert answer.status == 200, answer
    answers(server)
    return Outcome(f"{answer}; nothing is dropped", f"{quote(done)}; then {quote(refused)}",
                   settle(server, before))


@fault("sigkill", "SIGKILL of the server while 20 calls run, and its restart on the same state")
def killed(world):
    server = world.serve({"slow.py": SLOW})
    running = [in_background(lambda: call(server, "/slow.py")) for _ in range(20)]
    time.sleep(0.4)
    below = [pid for pid in processes.beneath(server.process.pid)]
    os.kill(server.process.pid, signal.SIGKILL)
    began = time.monotonic()
    server.process.wait()
    took = processes.gone_after(below, 5, since=began)
    assert took is not None, f"{len(below)} processes outlive the server"
    cut = [end() for end in running]
    assert all(answer.cut for answer in cut), cut
    began = time.monotonic()
    server.start()
    ready = time.monotonic() - began
    answers(server)
    assert ready < 2 + 3 * ("debug" in str(server.command()[0])), ready
    return Outcome(f"connections end; 200 again {duration(ready)} after the restart", "nothing of the end; `ready` again",
                   f"nothing: {len(below)} processes gone after {took:.0f} ms")


@fault("zygote-killed", "the process that workers are forked from is killed while a call runs")
def zygote_killed(world):
    server = world.serve({"slow.py": SLOW})
    before = snapshot(server)
    below = processes.beneath(server.process.pid)
    zygotes = [pid for pid, process in below.items() if "steward_worker" in process.command
               and any(other.parent == pid for other in below.values())
               and "steward-launch" not in process.command]
    assert zygotes, below
    running = in_background(lambda: call(server, "/slow.py"))
    time.sleep(0.3)
    for pid in zygotes:
        os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    meanwhile = call(server, "/hello.py")
    answer = running()
    assert meanwhile.status == 200, meanwhile
    assert answer.status == 200, answer
    new = call(server, "/slow.py")
    assert new.status == 200, new
    return Outcome(f"what runs is answered ({answer.status}); another call {meanwhile}; all is as before after "
                   f"{duration(time.monotonic() - began)}", quote(record(server, "zygote-failed")), settle(server, before))
