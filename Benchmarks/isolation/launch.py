#!/usr/bin/env python3
"""What namespaces cost at the start of a zone, and what a brokered connection costs: one table each.

    Benchmarks/isolation/launch.py [--launcher .build/release/steward-launch] [--rounds 60] [--connects 3000]

Rounds alternate between the variants; the median of each is printed, with its difference from the first.
"""
import argparse
import os
import socket
import statistics
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--launcher", type=Path, default=ROOT / ".build/release/steward-launch")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--connects", type=int, default=3000)
    return parser.parse_args()


def table(title, results, unit):
    print(f"\n{title}\n")
    print(f"| variant | median {unit} | difference |\n|---|---|---|")
    first = statistics.median(next(iter(results.values())))
    for name, values in results.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.3f} | {median - first:+.3f} |")


def measure_starts(launcher, rounds):
    """From spawning the launcher to its end, with a program that does nothing."""
    spaces = {"none": None, "mount": "mount", "mount, pid": "mount,pid", "net": "net", "ipc": "ipc",
              "all": "mount,pid,net,ipc"}
    for user in launcher.who():
        variants = {name: [*launcher.SYSTEM, *launcher.identity(user), "network none"]
                    + ([f"namespaces user,{kinds}"] if kinds else []) for name, kinds in spaces.items()}
        variants["none, a brokered network"] = [
            record for record in variants["none"] if record != "network none"] + ["network listed", "to 127.0.0.1 9"]
        results = {name: [] for name in variants}
        for _ in range(rounds):
            for name, policy in variants.items():
                began = time.perf_counter()
                started = launcher.Launched(policy, ["/bin/true"], user)
                started.wait()
                results[name].append((time.perf_counter() - began) * 1e3)
                started.close()
        table(f"Start and end of a zone whose program is /bin/true, started by {launcher.name_of(user)}", results, "ms")


FORKS = """
import os, time
values = []
for _ in range(300):
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
    values.append(time.perf_counter() - began)
print(sorted(values)[150] * 1e3)
"""

CONNECTS = """
import socket, sys, time
port, count = int(sys.argv[1]), int(sys.argv[2])
began = time.perf_counter()
for _ in range(count):
    with socket.socket() as one: one.connect(("127.0.0.1", port))
print((time.perf_counter() - began) / count * 1e6)
"""


def measure_inside(launcher, rounds, title, unit, script, arguments, variants):
    results = {name: [] for name in variants}
    for _ in range(rounds):
        for name, policy in variants.items():
            code, text = launcher.run(policy, script, *arguments)
            assert code == 0, text
            results[name].append(float(text.splitlines()[-1]))
    table(title, results, unit)


def serve(listener):
    while True:
        peer, _ = listener.accept()
        peer.close()


def main():
    options = parse()
    os.environ["STEWARD_BINARY"] = str(options.launcher.parent / "steward")
    from support import launcher
    measure_starts(launcher, options.rounds)
    spaces = launcher.ALL_NAMESPACES
    measure_inside(launcher, 7, "A process forked by the zone's first one (as workers are)", "ms", FORKS, [],
                   {"no namespaces": ["network none"], "all namespaces": ["network none", spaces]})
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    port = listener.getsockname()[1]
    measure_inside(launcher, 7, "A connection on loopback", "us", CONNECTS, [port, options.connects],
                   {"outbound": ["network outbound"], "listed address": ["network listed", f"to 127.0.0.1 {port}"],
                    "listed name": ["network listed", f"to localhost {port}"]})


if __name__ == "__main__":
    main()
