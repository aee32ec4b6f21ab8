"""Faults of scripts: what a call can do to the process that runs it."""
import time

from . import processes
from .catalogue import fault
from .world import Outcome, answers, call, duration, in_background, quote, record, settle, snapshot

SEGFAULT = "import ctypes\ndef main(request):\n    ctypes.string_at(0)\n"
EXIT = "import os\ndef main(request):\n    os._exit(3)\n"
MEMORY = "def main(request):\n    return str(len(bytearray(3 << 30)))\n"
FILL = "def main(request):\n    kept = []\n    while True:\n        kept.append(bytearray(16 << 20))\n"
HANG = """
    import ctypes
    def main(request):
        ctypes.PyDLL(None).sleep(60)   # PyDLL keeps the interpreter's lock
    """
BURN = "def main(request):\n    while True:\n        pass\n"
SLEEP = "import time\ndef main(request):\n    time.sleep(0.05)\n    return 'slept'\n"
BOMB = """
    import os
    def main(request):
        while True:
            try:
                os.fork()
            except OSError:
                pass
    """
CHILDREN = """
    import os, subprocess, time
    WORD = {word!r}
    def main(request):
        for number in range(3):
            subprocess.Popen(["sleep", WORD + str(number)])
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", WORD + "8"])
            os._exit(0)
        subprocess.Popen(["setsid", "sh", "-c", "sleep " + WORD + "9 & sleep " + WORD + "7 & wait"])
        time.sleep({pause})
        return "left"
    """
LEAK = """
    import os
    KEPT = []
    def main(request):
        try:
            while True:
                KEPT.append(os.open("/dev/null", os.O_RDONLY))
        except OSError as error:
            return {"kept": len(KEPT), "errno": error.errno}
    """
WORD = "77123."


def crash(world, source, queued=4):
    """Runs a script that takes its process down while others wait behind it."""
    server = world.serve({"bad.py": source, "slow.py": SLEEP})
    call(server, "/slow.py")
    before = snapshot(server)
    others = [in_background(lambda: call(server, "/slow.py")) for _ in range(queued)]
    answer = call(server, "/bad.py")
    assert (answer.status, answer.code) == (502, "worker-crashed"), answer
    statuses = [other().status for other in others]
    assert statuses == [200] * queued, statuses
    answers(server)
    return server, answer, before


@fault("segfault", "a script reads address 0 while four other calls run")
def segfault(world):
    server, answer, before = crash(world, SEGFAULT)
    return Outcome(f"{answer}; the others 200", quote(record(server, "worker-crashed", text="Signal 11")),
                   settle(server, before))


@fault("exit", "a script calls `os._exit(3)`")
def leave(world):
    server, answer, before = crash(world, EXIT)
    return Outcome(f"{answer}; the others 200", quote(record(server, "worker-crashed", text="Exit code 3")),
                   settle(server, before))


@fault("hang", "a script sleeps in C code and keeps the interpreter's lock; `timeout: 1s`")
def hang(world):
    server = world.serve({"bad.py": HANG}, fields={"timeout": "1s"})
    before = snapshot(server)
    answer = call(server, "/bad.py")
    assert (answer.status, answer.code) == (504, "deadline") and answer.seconds < 1.5, answer
    answers(server)
    return Outcome(str(answer), quote(record(server, "deadline")), settle(server, before))


@fault("burn", "eight calls compute without end; `timeout: 1s`; another caller goes on")
def burn(world):
    server = world.serve({"bad.py": BURN}, fields={"timeout": "1s"})
    before = snapshot(server)
    burning = [in_background(lambda: call(server, "/bad.py")) for _ in range(8)]
    time.sleep(0.2)
    times = []
    for _ in range(20):
        answer = call(server, "/hello.py")
        assert answer.status == 200, answer
        times.append(answer.seconds)
    ends = [end() for end in burning]
    assert all(answer.status in (503, 504) for answer in ends), ends
    codes = ", ".join(f"{sum(a.code == code for a in ends)} × {status} `{code}`"
                      for status, code in sorted({(a.status, a.code) for a in ends}))
    times.sort()
    return Outcome(f"{codes} within {duration(max(a.seconds for a in ends))}; the other caller 200, "
                   f"median {duration(times[10])}, slowest {duration(times[-1])}",
                   quote(record(server, "deadline")), settle(server, before))


@fault("memory", "a script asks for 3 GiB at once with `memory: 512MiB`")
def memory(world):
    server = world.serve({"bad.py": MEMORY}, fields={"memory": "512MiB"})
    before = snapshot(server)
    answer = call(server, "/bad.py")
    assert (answer.status, answer.code) == (500, "script-error"), answer
    answers(server)
    return Outcome(str(answer), quote(record(server, "script-error")), settle(server, before))


@fault("memory-slowly", "a script fills memory 16 MiB at a time with `memory: 512MiB`")
def memory_slowly(world):
    server = world.serve({"bad.py": FILL}, fields={"memory": "512MiB", "timeout": "10s"})
    before = snapshot(server)
    answer = call(server, "/bad.py")
    assert answer.status in (500, 502), answer
    answers(server)
    return Outcome(str(answer), quote(record(server, answer.code)), settle(server, before))


@fault("fork-bomb", "a script forks without end; `processes: 64`, `timeout: 1s`; another caller goes on")
def fork_bomb(world):
    server = world.serve({"bad.py": BOMB}, fields={"processes": 64, "timeout": "1s"})
    before = snapshot(server)
    bomb = in_background(lambda: call(server, "/bad.py"))
    most, served = 0, []
    while len(served) < 8:
        most = max(most, len(processes.beneath(server.process.pid)))
        served.append(call(server, "/hello.py", timeout=10).status)
        time.sleep(0.1)
    answer = bomb()
    assert answer.status == 504, answer
    assert set(served) <= {200, 503}, served
    time.sleep(0.5)
    answers(server)
    left = len(processes.beneath(server.process.pid))
    assert left <= 16, f"{left} processes are left"
    return Outcome(f"{answer}; the other caller {served.count(200)} of {len(served)} times 200 meanwhile",
                   quote(record(server, "deadline")),
                   f"{settle(server, before)} (at most {most} processes meanwhile, {left} after)")


@fault("children", "a call answers and leaves seven processes behind: children, a double fork, a session of its own")
def children(world):
    server = world.serve({"bad.py": CHILDREN.format(word=WORD, pause=0.1)})
    before = snapshot(server)
    answer = call(server, "/bad.py")
    assert answer.status == 200, answer
    running = processes.of(WORD)
    answers(server)
    pool = [pid for pid, process in processes.beneath(server.process.pid).items() if "steward_worker" in process.command]
    assert server.stop() == 0
    left = processes.of(WORD)
    processes.end(left)
    assert left == [], f"{len(left)} processes outlive the server"
    assert pool, "no worker was seen"
    return Outcome(str(answer), "nothing", f"{len(running)} run on as long as their worker does; none outlives it"
                   if running else "nothing")


@fault("children-killed", "the same, but the call never answers; `timeout: 1s`")
def children_killed(world):
    server = world.serve({"bad.py": CHILDREN.format(word=WORD, pause=60)}, fields={"timeout": "1s"})
    before = snapshot(server)
    waiting = in_background(lambda: call(server, "/bad.py"))
    time.sleep(0.7)
    running = processes.of(WORD)
    assert len(running) >= 6, running
    answer = waiting()
    took = processes.gone_after(running, timeout=3)
    assert (answer.status, answer.code) == (504, "deadline"), answer
    assert took is not None, f"{len(processes.of(WORD))} processes outlive the call"
    answers(server)
    return Outcome(str(answer), quote(record(server, "deadline")),
                   f"{settle(server, before, [WORD])} ({len(running)} processes gone {took:.0f} ms after the answer)")


@fault("descriptors", "a script opens files without end and keeps them")
def descriptors(world):
    server = world.serve({"bad.py": LEAK})
    before = snapshot(server)
    answer = call(server, "/bad.py")
    assert answer.status == 200 and b"24" in answer.body, answer
    answers(server)
    again = call(server, "/bad.py")
    answers(server)
    assert snapshot(server).descriptors <= before.descriptors + 8
    return Outcome(f"{answer}: EMFILE in the script; next call {again.status}", "nothing",
                   settle(server, before) + " in the server; the worker keeps its own")
