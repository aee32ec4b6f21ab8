"""A killed call's whole tree: how long its last process lives, and whether any survives."""
import threading
import time

from . import processes
from .world import call, world

TREE = """
    import os, subprocess, time
    def main(request):
        word = "88123." + request.args["n"]
        os.environ["WORD"] = word
        subprocess.Popen(["sh", "-c", "sh -c 'sleep " + word + "1 & sleep " + word + "2; true' & sleep " + word + "3; true"])
        subprocess.Popen(["setsid", "sh", "-c", "setsid sleep " + word + "4 & sleep " + word + "5 & wait"])
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", word + "6"])
            os._exit(0)
        time.sleep(60)
    """
WORD = "88123."


class Killing:
    """Callers that have calls killed, one after the other, and watch the processes that each had."""

    def __init__(self, server, count):
        self.server, self.count = server, count
        self.lock, self.next = threading.Lock(), 0
        self.times, self.sizes, self.survivors, self.late, self.odd = [], [], 0, 0, []

    def take(self):
        with self.lock:
            self.next += 1
            return self.next if self.next <= self.count else None

    def run(self):
        while number := self.take():
            answers = []
            caller = threading.Thread(
                target=lambda: answers.append((call(self.server, f"/tree.py?n={number:06d}"), time.monotonic())))
            caller.start()
            time.sleep(0.4)
            pids = processes.of(f"{WORD}{number:06d}", self.server.process.pid)
            caller.join()
            answer, arrived = answers[0]
            late = (time.monotonic() - arrived) * 1000
            took = processes.gone_after(pids, 2, since=arrived)
            # On a busy machine the harness itself may come late; what it then finds gone says nothing of when.
            is_late = late > 10 and took is not None and took - late < 5
            with self.lock:
                self.sizes.append(len(pids))
                if answer.status != 504:
                    self.odd.append(str(answer))
                if took is None:
                    self.survivors += 1
                elif is_late:
                    self.late += 1
                else:
                    self.times.append(took)


def measure(options):
    """1,000 kills; a tree of three levels with sessions of its own and a double fork each."""
    from .figures import quantile
    count = options.count or 1000
    with world() as made:
        server = made.serve({"tree.py": TREE}, fields={"timeout": "800ms"})
        killing = Killing(server, count)
        threads = [threading.Thread(target=killing.run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(1)
        left = processes.of(WORD)
        zombies = processes.zombies(server.process.pid)
        processes.end(left)
    times = killing.times or [float("inf")]
    lines = [
        f"{count} calls killed at their deadline, each with a tree of {quantile(killing.sizes, 0.5)} further processes on three "
        "levels, some in sessions of their own, one forked twice.", "",
        "| from the arrival of the 504 to the end of the last process | ms |", "|---|---|",
        f"| median | {quantile(times, 0.5):.1f} |", f"| 99 % | {quantile(times, 0.99):.1f} |",
        f"| slowest | {max(times):.1f} |", "",
        f"Survivors: {len(left) + killing.survivors}. Zombies: {len(zombies)}. Answers other than 504: {len(killing.odd)}. "
        f"Looked at too late to time: {killing.late}."]
    lines += [f"Odd: {odd}" for odd in killing.odd[:3]]
    small = quantile(killing.sizes, 0.05) >= 6
    holds = not left and not killing.survivors and not zombies and not killing.odd and small
    holds = holds and killing.late <= count // 10
    return lines, holds and quantile(times, 0.99) <= 50
