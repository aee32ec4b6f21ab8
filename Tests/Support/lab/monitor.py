"""Watches the one invariant: no served key without a record on any name server that answers, or at a resolver."""
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from . import look, places

SERVERS = {"primary": places.PRIMARY, "secondary": places.SECONDARY, "secondary6": places.SECONDARY6}
RESOLVERS = {"fresh": places.VALIDATOR, "stale": places.STALE}


@dataclass
class Watch:
    """What was seen so far."""
    looks: int = 0
    unserved: int = 0
    unanswered: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    violations: list = field(default_factory=list)

    def __str__(self):
        silent = ", ".join(f"{name} {count}" for name, count in self.unanswered.items()) or "none"
        keys = sum(len(seen) for seen in self.keys.values())
        return f"{self.looks} looks, {keys} keys served, {len(self.violations)} violations (no answer: {silent})"


class Monitor:
    """Looks at each host and port again and again: its records everywhere, the key that each address serves, its records
    again. A served key must be in both. What is asked at a resolver keeps its cache young: `resolvers` can leave one out."""

    def __init__(self, lab, hosts, resolvers=("fresh", "stale"), port=25, interval=0.1):
        self.lab, self.hosts, self.port, self.interval = lab, hosts, port, interval
        self.asked = [(name, address, False) for name, address in SERVERS.items()]
        self.asked += [(name, RESOLVERS[name], True) for name in resolvers]
        self.watch, self.stopping = Watch(), threading.Event()
        # A server that doesn't answer keeps its own queries waiting and nobody else's.
        self.pool = ThreadPoolExecutor(32, initializer=lab.machine.enter_network)

    def __enter__(self):
        self.threads = [self.lab.machine.thread(lambda host=host: self.work(host), f"watch {host.name}") for host in self.hosts]
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)
        self.pool.shutdown()

    def work(self, host):
        while not self.stopping.wait(self.interval):
            before = self.sets(host)
            seen = [(look.served(address, self.port, host.name), time.time()) for address in host.addresses]
            after = self.sets(host)
            for key, at in seen:
                self.judge(host, key, at, before, after)

    def sets(self, host):
        owner = host.owner(self.port)
        asked = [(name, self.pool.submit(look.records, address, owner, "TLSA", 1.5, recurse)) for name, address, recurse in self.asked]
        return {name: answer.result() for name, answer in asked}

    def judge(self, host, key, at, *looks):
        watch = self.watch
        watch.looks += 1
        if key is None:
            watch.unserved += 1
            return
        watch.keys.setdefault(host.name, {}).setdefault(key, at)
        for sets in looks:
            for name, records in sets.items():
                if records is None:
                    watch.unanswered[name] = watch.unanswered.get(name, 0) + 1
                elif key not in records:
                    watch.violations.append((at, host.name, name, key[:14], sorted(record[:14] for record in records)))
