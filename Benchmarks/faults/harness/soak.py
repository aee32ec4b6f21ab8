"""Calls and crashes for a long time: nothing may grow."""
import os
import statistics
import threading
import time

from . import paths, processes
from .world import call, workers, world

CRASH = "import ctypes\ndef main(request):\n    ctypes.string_at(0)\n"
KILL = "import time\ntimeout = 1\ndef main(request):\n    time.sleep(60)\n"
WORK = "import time\ndef main(request):\n    time.sleep(0.005)\n    return {'n': list(range(50))}\n"
PLOT = paths.ROOT / "Benchmarks/faults/soak.svg"
CRASHES = 1000


class Soak:
    """Callers of a server, and what it holds, once a second."""

    def __init__(self, server, seconds):
        self.server, self.seconds = server, seconds
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.counts = {}
        self.samples = []

    def count(self, key):
        with self.lock:
            self.counts[key] = self.counts.get(key, 0) + 1

    def calls(self, path):
        connection = self.server.connect()
        while not self.stopped.is_set():
            try:
                self.count((path, connection.call("GET", path).status))
            except OSError:
                self.count((path, 0))
                connection = self.server.connect()

    def crashes(self):
        began, done = time.monotonic(), 0
        while done < CRASHES and not self.stopped.is_set():
            path = "/kill.py" if done % 10 == 9 else "/crash.py"
            self.count((path, call(self.server, path).status))
            done += 1
            wanted = began + done * (self.seconds * 0.95) / CRASHES
            self.stopped.wait(max(0, wanted - time.monotonic()))

    def sample(self, began):
        pid = self.server.process.pid
        with open(f"/proc/{pid}/status") as status:
            memory = int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024
        held = len(os.listdir(f"/proc/{pid}/fd")) - 3 * workers(self.server)
        self.samples.append((time.monotonic() - began, memory, held, len(processes.zombies(pid)),
                             len(processes.beneath(pid))))

    def run(self):
        began = time.monotonic()
        threads = [threading.Thread(target=self.calls, args=(path,)) for path in ["/hello.py", "/work.py"] * 2]
        threads += [threading.Thread(target=self.crashes)]
        for thread in threads:
            thread.start()
        while time.monotonic() - began < self.seconds:
            time.sleep(1)
            self.sample(began)
        self.stopped.set()
        for thread in threads:
            thread.join()
        time.sleep(2)
        self.sample(began)


def measure(options):
    """Several callers, 1,000 workers that end (900 crash, 100 are killed), memory plotted."""
    seconds = options.minutes * 60
    with world() as made:
        server = made.serve({"crash.py": CRASH, "kill.py": KILL, "work.py": WORK},
                            sections={"log": {"stdout": False, "rotate_size": "8MiB", "rotate_keep": 2}})
        soak = Soak(server, seconds)
        soak.run()
    calls = sum(soak.counts.values())
    ended = sum(count for (path, _), count in soak.counts.items() if path in ("/crash.py", "/kill.py"))
    bad = {key: count for key, count in soak.counts.items()
           if key[1] != {"/crash.py": 502, "/kill.py": 504}.get(key[0], 200)}
    quarter = max(1, len(soak.samples) // 4)
    early, late = soak.samples[quarter:2 * quarter], soak.samples[-quarter - 1:-1]
    memory = [statistics.median(sample[1] for sample in part) for part in (early, late)]
    held = [statistics.median(sample[2] for sample in part) for part in (early, late)]
    last = soak.samples[-1]
    PLOT.write_text(plot(soak.samples))
    lines = [f"{options.minutes:g} minutes, {calls:,} calls, {ended:,} workers that ended (segmentation fault or deadline).", "",
             "| the server | second quarter | last quarter |", "|---|---|---|",
             f"| resident memory, MiB, median | {memory[0]:.1f} | {memory[1]:.1f} |",
             f"| descriptors without those of workers, median | {held[0]:.0f} | {held[1]:.0f} |", "",
             f"At the end: {last[3]} zombies, {last[4]} processes. Answers other than expected: {sum(bad.values())} {bad or ''}",
             "", "![Memory](soak.svg)"]
    grown = memory[1] - memory[0] > max(4, 0.05 * memory[0]) or held[1] - held[0] > 3
    return lines, not grown and last[3] == 0 and not bad and ended >= min(CRASHES, 5 * seconds)


def plot(samples):
    """Resident memory over time as SVG."""
    width, height, left, top = 720, 240, 60, 20
    longest = max(sample[0] for sample in samples)
    highest = max(sample[1] for sample in samples) * 1.2
    points = " ".join(f"{left + sample[0] / longest * width:.1f},{top + height - sample[1] / highest * height:.1f}"
                      for sample in samples)
    ticks = "".join(
        f'<text x="{left - 8}" y="{top + height - share * height + 4:.0f}" text-anchor="end">{share * highest:.0f}</text>'
        f'<line x1="{left}" x2="{left + width}" y1="{top + height - share * height:.0f}" '
        f'y2="{top + height - share * height:.0f}" stroke="#ddd"/>' for share in (0, 0.25, 0.5, 0.75, 1))
    times = "".join(
        f'<text x="{left + share * width:.0f}" y="{top + height + 18}" text-anchor="middle">{share * longest / 60:.1f}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 20} {top + height + 50}" '
            f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>{ticks}{times}'
            f'<polyline points="{points}" fill="none" stroke="#07c" stroke-width="1.5"/>'
            f'<text x="{left + width / 2:.0f}" y="{top + height + 38}" text-anchor="middle">minutes</text>'
            f'<text x="{left}" y="14">resident memory of the server, MiB</text></svg>\n')
