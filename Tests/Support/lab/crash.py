"""Kills `steward dane run --once` before each call by which something leaves it: journal writes, syncs, renames, packets,
started programs (crashpoint.c counts them). Each time it starts anew, as after a crash; where the kill changed what is on
disk, in DNS or served, all points are tried from there again. So every point of every rest is visited until the rollover is through."""
import hashlib
import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from .steward import STATE

SOURCE = Path(__file__).with_name("crashpoint.c")
# What of a deployment's state tells one rest from another; times and counts of tries change with every look.
TELLING = ("phase", "current", "candidate", "previous", "next", "own", "request", "rejected")


@dataclass
class Report:
    kills: int = 0
    starts: int = 0
    states: int = 0
    longest: int = 0
    calls: dict = field(default_factory=dict)
    seconds: float = 0
    is_through: bool = True

    def __str__(self):
        calls = ", ".join(f"{name} {count}" for name, count in sorted(self.calls.items()))
        return (f"{'' if self.is_through else 'NOT THROUGH: '}{self.kills} kills in {self.starts} starts and {self.seconds:.0f} s, {self.states} states, "
                f"at most {self.longest} points in one; killed before: {calls}")


class Crasher:
    def __init__(self, lab, dane, hosts):
        self.lab, self.dane, self.hosts = lab, dane, hosts
        self.library, self.log = "/srv/crashpoint.so", "/srv/crashpoints"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", lab.machine.path(self.library), SOURCE, "-ldl"], check=True)

    def run(self, at):
        """One start that ends before the call number `at`; whether it was killed, and the call's name."""
        log = self.lab.machine.path(self.log)
        log.unlink(missing_ok=True)
        result = self.lab.machine.run(*self.dane.command("run", "--once"), check=False, environment={
            "LD_PRELOAD": self.library, "CRASH_AT": str(at), "CRASH_LOG": self.log})
        calls = log.read_text().split("\n")[:-1] if log.exists() else []
        killed = result.returncode in (-9, 137)
        assert killed or result.returncode in (0, 1), f"ended with {result.returncode}:\n{result.stdout}{result.stderr}"
        return killed, calls[at - 1].split()[1] if killed and len(calls) >= at else "", len(calls)

    def state(self):
        """What is on disk, published and deployed, as a digest."""
        facts = []
        for path in sorted(self.lab.machine.path(STATE).rglob("*")):
            if path.name == "state.json":
                document = json.loads(path.read_text())
                facts += [(key, sorted(document[key]) if key == "phase" else document[key]) for key in TELLING if key in document]
            elif {"staged", "kept"} & set(path.parts):
                facts.append(str(path))
        for host in self.hosts:
            facts.append(hashlib.sha256(self.lab.machine.path(host.deployed).read_bytes()).hexdigest())
            facts.append(sorted(self.lab.published(host) or ()))
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def hurry(self):
        """Forgets how often an act was tried: the pauses between tries get longer each time, and every kill counts as one."""
        for path in self.lab.machine.path(STATE).rglob("state.json"):
            document = json.loads(path.read_text())
            if document.get("efforts"):
                document["efforts"] = []
                path.write_text(json.dumps(document))

    def sweep(self, is_through, limit=600, step=1):
        """Until `is_through()`; `step` > 1 tries a sample of the points."""
        report, began, at, state = Report(), time.monotonic(), 1, self.state()
        while not is_through():
            if time.monotonic() - began > limit:
                report.is_through = False
                break
            self.hurry()
            killed, name, count = self.run(at)
            report.starts += 1
            report.kills += killed
            if killed:
                report.calls[name] = report.calls.get(name, 0) + 1
            report.longest = max(report.longest, count)
            now = self.state()
            if now != state:
                state, at = now, 1
                report.states += 1
            elif killed:
                at += step
            else:
                # Every point of this rest is done. A later start goes further once something is due.
                at = count + 1
                time.sleep(0.3)
        report.seconds = time.monotonic() - began
        return report
