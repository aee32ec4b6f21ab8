"""SIGKILL of the server and of `steward key add` at random moments: what was told as done is there, the audit chain is whole."""
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time

from .restart import again
from .world import call, world


class Adding:
    """Adds keys one after the other; knows which were told to be there."""

    def __init__(self, server):
        self.server, self.told, self.number = server, [], 0
        self.child, self.stopped = None, threading.Event()

    def run(self):
        from support.steward import BINARY
        while not self.stopped.is_set():
            self.number += 1
            name = f"key{self.number}"
            self.child = subprocess.Popen([str(BINARY), "key", "add", name, "--state", str(self.server.state)],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.server.environment)
            if self.child.wait() == 0:
                self.told.append(name)


def judge(server, adding):
    """What is wrong with the state now, as sentences."""
    wrong, told = [], list(adding.told)
    listed = server.run("key", "list", check=False)
    missing = sorted(set(told) - set(listed.stdout.split()))
    if listed.returncode or missing:
        wrong.append(f"keys told as added are not there: {missing} {listed.stderr}")
    verify = server.run("audit", "verify", check=False)
    if verify.returncode:
        wrong.append(f"audit verify: {verify.stdout} {verify.stderr}")
    with sqlite3.connect(f"file:{server.state / 'steward.db'}?mode=ro", uri=True) as database:
        result = database.execute("PRAGMA integrity_check").fetchone()[0]
    if result != "ok":
        wrong.append(f"integrity_check: {result}")
    return wrong


def measure(options):
    """Kills both at random moments and looks after each restart."""
    count = options.count or 50
    wrong, ready = [], []
    with world() as made:
        server = made.serve()
        adding = Adding(server)
        thread = threading.Thread(target=adding.run)
        thread.start()
        for _ in range(count):
            time.sleep(random.uniform(0.02, 0.4))
            os.kill(server.process.pid, signal.SIGKILL)
            if random.random() < 0.5 and adding.child:
                adding.child.kill()
            server.process.wait()
            ready.append(again(server))
            assert call(server, "/hello.py").status == 200
            wrong += judge(server, adding)
        adding.stopped.set()
        thread.join()
        wrong += judge(server, adding)
    lines = [f"{count} times SIGKILL of the server, in every second case of `steward key add` too, while keys are added.", "",
             f"Keys told as added: {len(adding.told)} of {adding.number} tries; missing afterwards: {len(wrong)}. The audit chain "
             f"verified and the database was whole {count + 1} of {count + 1} times; the state opened by itself, at latest after "
             f"{max(ready):.1f} s." if not wrong else "\n".join(wrong)]
    return lines, not wrong
