"""What goes wrong while a rollover is under way; each a block that mends it at its end."""
import hashlib
import signal
import threading
import time
from contextlib import contextmanager

from . import look, places


@contextmanager
def stuck_secondary(lab):
    """It answers with what it had, and transfers nothing."""
    lab.dns.strand_secondary()
    try:
        yield
    finally:
        lab.dns.mend_secondary()


@contextmanager
def dead_secondary(lab):
    """Nothing answers at its address."""
    lab.dns.kill_secondary()
    try:
        yield
    finally:
        lab.dns.start("secondary")
        time.sleep(0.5)


@contextmanager
def dead_six(lab):
    """Nothing answers at the secondary's IPv6 address; at the other it goes on."""
    lab.dns.listen_secondary(None)
    try:
        yield
    finally:
        lab.dns.join_secondary()


@contextmanager
def stuck_six(lab):
    """At the secondary's IPv6 address is what it had; at the other it goes on."""
    lab.dns.split_secondary()
    try:
        with lab.machine.network():
            lab.wait(lambda: all(look.serial(places.SECONDARY6, zone) == look.serial(places.PRIMARY, zone)
                                 for zone in (places.ZONE, places.FILE_ZONE)), 20, "the zones at the IPv6 address")
        lab.dns.strand("sixth")
        yield
    finally:
        lab.dns.join_secondary()


@contextmanager
def slow_secondary(lab, stopped=0.7, running=0.2):
    """It stands still most of the time: answers, and transfers, come late."""
    ending = threading.Event()

    def stutter():
        while not ending.is_set():
            lab.dns.signal("secondary", signal.SIGSTOP)
            ending.wait(stopped)
            lab.dns.signal("secondary", signal.SIGCONT)
            ending.wait(running)

    thread = threading.Thread(target=stutter, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(10)
        lab.dns.signal("secondary", signal.SIGCONT)


class SecondWriter:
    """Somebody else who adds records to the same RRsets and takes them away, with a TTL of their own; one record of theirs stays."""

    def __init__(self, lab, hosts, gap=0.7):
        self.lab, self.hosts, self.gap = lab, [host for host in hosts if host.zone == places.ZONE], gap
        self.kept = {host.name: self.record(host, "kept") for host in self.hosts}
        self.writes, self.ending = 0, threading.Event()

    @staticmethod
    def record(host, word):
        return "3 1 1 " + hashlib.sha256(f"{host.name} {word}".encode()).hexdigest()

    def __enter__(self):
        for host in self.hosts:
            self.lab.update(f"add {host.owner()} {self.lab.ttl} TLSA {self.kept[host.name]}")
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()
        return self

    def work(self):
        while not self.ending.wait(self.gap):
            for host in self.hosts:
                old, new = (self.record(host, number) for number in (self.writes, self.writes + 1))
                self.lab.update(f"del {host.owner()} TLSA {old}", f"add {host.owner()} {self.lab.ttl} TLSA {new}")
            self.writes += 1

    def lost(self):
        """The hosts whose foreign record is gone."""
        return [host.name for host in self.hosts if self.kept[host.name] not in (self.lab.published(host) or ())]

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join(20)
        for host in self.hosts:
            self.lab.update(*(f"del {host.owner()} TLSA {record}" for record in (
                self.kept[host.name], self.record(host, self.writes))))
