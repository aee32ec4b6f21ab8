"""One caller that floods doesn't push others out. Ratios and order only: the machine may be slow."""
import statistics
import threading
import time

import pytest

from support.steward import eventually
from support.wire import Connection

BURN = ("import time\n\ndef main(request):\n    end = time.process_time() + 0.02\n    while time.process_time() < end:\n"
        "        pass\n    return 'burnt'\n")
SLEEP = "import time\n\ndef main(request):\n    time.sleep(0.02)\n    return 'slept'\n"
SETTINGS = """
    zones:
      /: {folder: SCRIPTS, overflow: 3}
      /small: {folder: SCRIPTS/small, queue: 12, overflow: 3}
"""


@pytest.fixture(scope="module")
def server(serve_module):
    server = serve_module({"burn.py": BURN, "sleep.py": SLEEP, "small/burn.py": BURN}, settings=SETTINGS)
    for path in ("/burn.py", "/sleep.py", "/small/burn.py"):
        for _ in range(3):
            server.get(path)
    return server


class Flood:
    """So many connections of 127.0.0.2 that ask again as soon as they have their answer."""

    def __init__(self, server, path, connections):
        self.times, self.statuses, self.running = [], [], True
        self.threads = [threading.Thread(target=self.ask, args=(server, path)) for _ in range(connections)]
        for thread in self.threads:
            thread.start()

    def ask(self, server, path):
        with Connection(server.address, source=("127.0.0.2", 0)) as connection:
            while self.running:
                start = time.monotonic()
                self.statuses.append(connection.call("GET", path).status)
                self.times.append(time.monotonic() - start)
                if self.statuses[-1] == 503:
                    time.sleep(0.01)

    def __enter__(self):
        eventually(lambda: len(self.times) > len(self.threads), 20, "the flood")
        self.times.clear()
        return self

    def __exit__(self, *_):
        self.running = False
        for thread in self.threads:
            thread.join()


def polite(server, path, count):
    """(status, seconds) of calls one after the other."""
    found = []
    with Connection(server.address) as connection:
        for _ in range(count):
            start = time.monotonic()
            status = connection.call("GET", path).status
            found.append((status, time.monotonic() - start))
            time.sleep(0.005)
    return found


@pytest.mark.parametrize("path", ["/burn.py", "/sleep.py"])
def test_a_polite_caller_waits_for_few_of_the_floods_calls(server, path):
    with Flood(server, path, 40) as flood:
        found = polite(server, path, 12)
        assert flood.times, "the flood must go on beside it"
    assert [status for status, _ in found] == [200] * 12
    ours, theirs = statistics.median(seconds for _, seconds in found), statistics.median(flood.times)
    assert ours * 3 < theirs, f"{ours * 1000:.0f} ms beside {theirs * 1000:.0f} ms"


def test_a_full_queue_turns_the_flood_away_and_nobody_else(server):
    with Flood(server, "/small/burn.py", 40) as flood:
        found = polite(server, "/small/burn.py", 12)
    assert [status for status, _ in found] == [200] * 12
    assert flood.statuses.count(503) > 10 and set(flood.statuses) == {200, 503}
    assert "queue-full" in {record.get("error") for record in server.records_so_far()}
