"""Mail that flows while something happens, and what became of it."""
import smtplib
import threading
import time

from . import places
from .mail import Tally


class Load:
    """`rate` messages a second in all, handed to the senders in turn: to each host's domain, to `anyone@` (dane) and `strict@` (dane-only) by turns.
    `rests` are the senders that are given bursts of two seconds with rests of so many seconds between: their resolver's cache ages."""

    def __init__(self, lab, hosts, rate=20, senders=("fresh", "stale"), rests=None):
        self.lab, self.rate, self.rests = lab, rate, rests or {}
        self.recipients = [f"{user}@{host.domain}" for host in hosts for user in ("anyone", "strict")]
        self.senders = {name: lab.sender(name) for name in senders}
        self.since = {name: len(sender.log()) for name, sender in self.senders.items()}
        self.handed, self.stopping, self.began = 0, threading.Event(), time.monotonic()
        self.lock, self.threads = threading.Lock(), []
        self.errors = []

    def __enter__(self):
        self.threads = [self.lab.machine.thread(lambda name=name: self.work(name), f"load {name}") for name in self.senders]
        return self

    def __exit__(self, *_):
        self.stop()

    def work(self, name):
        address, gap, number, session = places.SENDERS[name][0], len(self.senders) / self.rate, 0, None
        begin = due = time.monotonic()
        while not self.stopping.is_set():
            if name in self.rests and (time.monotonic() - begin) % (2 + self.rests[name]) > 2:
                self.stopping.wait(0.05)
                due = time.monotonic()
                continue
            try:
                session = session or smtplib.SMTP(address, 25, local_hostname="load.test", timeout=20)
                session.sendmail("", [self.recipients[number % len(self.recipients)]], "Subject: load\r\n\r\nText.\r\n")
                with self.lock:
                    self.handed += 1
            except (OSError, smtplib.SMTPException) as error:
                self.errors.append(f"{name}: {error}")
                session = None
            number += 1
            due += gap
            self.stopping.wait(max(0, due - time.monotonic()))

    def stop(self):
        """Ends the flow; returns the messages a second that it had been."""
        if not self.stopping.is_set():
            self.stopping.set()
            for thread in self.threads:
                thread.join(30)
            self.seconds = time.monotonic() - self.began
        return self.handed / self.seconds

    def tally(self, domain=None, timeout=40):
        """Of everything handed over (to one domain), once each message has been sent or given up."""
        self.stop()
        deadline = time.monotonic() + timeout
        while True:
            whole = self.so_far()
            if whole.sent + whole.bounced >= self.handed or time.monotonic() > deadline:
                return self.so_far(domain) if domain else whole
            time.sleep(0.5)

    def so_far(self, domain=None):
        return sum((sender.tally(self.since[name], domain) for name, sender in self.senders.items()), Tally())
