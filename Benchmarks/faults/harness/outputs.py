"""Faults of answers and of what scripts print."""
import time

from .catalogue import fault
from .world import Outcome, answers, call, in_background, quote, record, settle, snapshot

PRINT = "def main(request):\n    while True:\n        print('x' * 200)\n"
WRITE = "import os\ndef main(request):\n    while True:\n        os.write(1, b'y' * 65536)\n"
BODY = "def main(request):\n    while True:\n        yield b'z' * 65536\n"


def rss(server):
    """Resident memory of the server, MiB."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def flood(world, source):
    """Lets a script print without end; the server goes on and stays small."""
    server = world.serve({"bad.py": source}, fields={"timeout": "1s"}, sections={
        "log": {"file": str(world.scratch / "flood.log"), "stdout": True, "rotate_size": "8MiB", "rotate_keep": 1}})
    before, memory = snapshot(server), rss(server)
    waiting = in_background(lambda: call(server, "/bad.py"))
    time.sleep(0.3)
    meanwhile = call(server, "/hello.py")
    answer = waiting()
    assert (answer.status, answer.code) == (504, "deadline") and answer.seconds < 2.5, answer
    assert meanwhile.status == 200 and meanwhile.seconds < 2, meanwhile
    answers(server)
    grown = rss(server) - memory
    assert grown < 64, f"the server grew by {grown:.0f} MiB"
    held = sum(path.stat().st_size for path in world.scratch.glob("flood.log*")) / (1 << 20)
    return server, before, answer, meanwhile, f"{held:.0f} MiB of log files, as `log.rotate_*` allow"


@fault("endless-print", "a script prints without end; `timeout: 1s`")
def endless_print(world):
    server, before, answer, meanwhile, log = flood(world, PRINT)
    return Outcome(f"{answer}; another caller {meanwhile}", quote(record(server, "deadline")) + f"; {log}",
                   settle(server, before))


@fault("endless-write", "a script writes to descriptor 1 without end and without line breaks; `timeout: 1s`")
def endless_write(world):
    server, before, answer, meanwhile, log = flood(world, WRITE)
    return Outcome(f"{answer}; another caller {meanwhile}", quote(record(server, "deadline")) + f"; {log}",
                   settle(server, before))


@fault("endless-body", "a script yields an answer without end; the client takes 64 MiB and leaves")
def endless_body(world):
    server = world.serve({"bad.py": BODY})
    before, memory = snapshot(server), rss(server)
    taken = 0
    with server.connect() as connection:
        connection.send(b"GET /bad.py HTTP/1.1\r\nHost: x\r\n\r\n")
        response = connection.begin()
        while taken < 64 << 20:
            taken += len(response.read(1 << 20))
        meanwhile = call(server, "/hello.py")
        time.sleep(0.5)  # The client takes nothing more: the script is held up.
        grown = rss(server) - memory
    assert meanwhile.status == 200 and grown < 64, (meanwhile, grown)
    found = record(server, "request", route="/bad.py")
    answers(server)
    return Outcome(f"200, {taken >> 20} MiB as fast as it reads; the server grows by {max(0, grown):.0f} MiB",
                   f"the request's line with error `{found.get('error')}`", settle(server, before))
