"""Rollovers under load: without faults, with each fault, and by hand."""
import statistics
import threading
import time
from contextlib import ExitStack, contextmanager

from lab import Lab, faults, look, naive, places
from lab.load import Load
from lab.monitor import Monitor

from .fleet import Fleet, say
from .report import table

HEADINGS = ["run", "rollovers", "not through", "messages", "a second", "deferred", "bounced", "looks", "violations", "median s"]


class Result:
    """What a run under load came to."""

    def __init__(self, name, done, left, load, monitor, seconds):
        self.tally, self.watch, self.left = load.tally(), monitor.watch, left
        self.errors = load.errors
        median = f"{statistics.median(seconds):.0f}" if seconds else "-"
        self.row = [name, done, len(left), self.tally.sent, f"{load.stop():.1f}", self.tally.deferred, self.tally.bounced,
                    self.watch.looks, len(self.watch.violations), median]
        say(str(self.row))

    def remarks(self):
        name = self.row[0]
        lines = [f"- {name}: not through: {', '.join(self.left)}"] if self.left else []
        lines += [f"- {name}: {count} x {reason}" for reason, count in self.tally.reasons.items()]
        lines += [f"- {name}: at {at:.2f} {host} served {key} and {where} had {', '.join(had) or 'nothing'}"
                  for at, host, where, key, had in self.watch.violations[:3]]
        return lines + [f"- {name}: the load met {error}" for error in self.errors[:2]]


def rollovers(chosen):
    with Lab() as lab:
        say("mail hosts")
        fleet = Fleet(lab)
        fleet.dane.start()
        lab.wait(lambda: all(len(lab.published(host) or ()) == 2 for host in fleet.ahead), 90, "the next keys' records")
        done, left = 0, []
        with Load(lab, fleet.hosts, chosen.rate) as load, Monitor(lab, fleet.hosts, interval=0.3) as monitor:
            while done < chosen.rollovers and not left:
                hosts = fleet.hosts[:chosen.rollovers - done]
                left = fleet.finish(fleet.begin(hosts))
                done += len(hosts) - len(left)
                say(f"{done} rollovers, {load.handed} messages, {len(monitor.watch.violations)} violations")
            time.sleep(3)
        fleet.dane.stop()
        result = Result("late (update, zone file) and next", done, left, load, monitor, fleet.seconds)
        if left:
            print(fleet.dane.log()[-4000:])
        kinds = f"{len(fleet.late)} by update and {len(fleet.filed)} in a zone file in mode late, {len(fleet.ahead)} in mode next"
        return [f"{len(fleet.hosts)} mail hosts: {kinds}; ECDSA and RSA, dns-01 and http-01. TTL {lab.ttl} s, settling at its floor.", "",
                *table(HEADINGS, [result.row]), "", f"{result.tally.verified} TLS connections verified by DANE.", *result.remarks()]


@contextmanager
def certbot_renewing(lab, fleet):
    """certbot renews again and again while rollovers are under way."""
    ending = threading.Event()

    def renew():
        while not ending.wait(2):
            lab.certbot.renew(*fleet.late[:1])

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(60)


# Name: the block, and how long it lasts (seconds); the rollovers are finished after it.
FAULTS = {
    "secondary stuck": (lambda lab, fleet: faults.stuck_secondary(lab), 15),
    "secondary dead": (lambda lab, fleet: faults.dead_secondary(lab), 15),
    "stuck at its IPv6 address": (lambda lab, fleet: faults.stuck_six(lab), 15),
    "dead at its IPv6 address": (lambda lab, fleet: faults.dead_six(lab), 15),
    "secondary slow": (lambda lab, fleet: faults.slow_secondary(lab), 0),
    "second writer": (lambda lab, fleet: faults.SecondWriter(lab, fleet.late), 0),
    "certbot renews in between": (certbot_renewing, 15),
}


def faulty(chosen):
    results, remarks = [], []
    with Lab() as lab:
        say("mail hosts")
        fleet = Fleet(lab, late=3, filed=1, ahead=1)
        fleet.dane.start()
        lab.wait(lambda: all(len(lab.published(host) or ()) == 2 for host in fleet.ahead), 90, "the next keys' records")
        for name, (fault, lasts) in FAULTS.items():
            say(name)
            results.append(one_fault(lab, fleet, chosen, name, fault, lasts))
        fleet.dane.stop()
    results.append(expired(chosen))
    for result in results:
        remarks += result.remarks()
    return [*table(HEADINGS, [result.row for result in results]), "", *remarks]


def one_fault(lab, fleet, chosen, name, fault, lasts):
    fleet.seconds, done, left = [], 0, []
    with Load(lab, fleet.hosts, chosen.rate) as load, Monitor(lab, fleet.hosts, interval=0.3) as monitor:
        while done < chosen.faulty and not left:
            with ExitStack() as stack:
                block = stack.enter_context(fault(lab, fleet))
                hosts = fleet.hosts[:chosen.faulty - done]
                began = fleet.begin(hosts)
                time.sleep(lasts)
                if not lasts:
                    left = fleet.finish(began)
                lost = block.lost() if isinstance(block, faults.SecondWriter) else []
            left = (fleet.finish(began) if lasts else left) + [f"{host} (foreign record lost)" for host in lost]
            done += len(hosts) - len(left)
        time.sleep(3)
    return Result(name, done, left, load, monitor, fleet.seconds)


def expired(chosen):
    """A resolver that serves expired answers for 10 s, with rests that let its cache age; the settle time covers them, as 72 h do outside."""
    say("expired answers")
    with Lab(stale_for=10) as lab:
        fleet = Fleet(lab, late=2, filed=1, ahead=1, settle=15)
        fleet.dane.start()
        lab.wait(lambda: all(len(lab.published(host) or ()) == 2 for host in fleet.ahead), 90, "the next keys' records")
        time.sleep(18)
        done, left = 0, []
        with Load(lab, fleet.hosts, chosen.rate, rests={"stale": 8}) as load, \
                Monitor(lab, fleet.hosts, resolvers=("fresh",), interval=0.3) as monitor:
            while done < chosen.faulty and not left:
                hosts = fleet.hosts[:chosen.faulty - done]
                left = fleet.finish(fleet.begin(hosts))
                done += len(hosts) - len(left)
            time.sleep(12)
        fleet.dane.stop()
        return Result("expired answers (10 s), settle 15 s", done, left, load, monitor, fleet.seconds)


def by_hand(chosen):
    """The orders without Steward, in the same lab and load."""
    rows, remarks = [], []
    with Lab() as lab:
        orders = {"publish, see, wait, deploy, wait, remove": naive.right, **naive.ORDERS}
        hosts = {order: places.HOSTS[number] for number, order in enumerate(orders, 1)}
        for host in hosts.values():
            lab.establish(host)
        for order, work in orders.items():
            say(order)
            host = hosts[order]
            with Load(lab, [host], chosen.rate) as load, Monitor(lab, [host], interval=0.2) as monitor:
                time.sleep(2)
                for _ in range(2):
                    old = look.record_of_file(lab.machine.path(host.deployed))
                    lab.certbot.renew(host)
                    work(lab, host, old, lab.lineage_record(host))
                    time.sleep(6)
            result = Result(order, 2, [], load, monitor, [])
            rows.append(result.row)
            remarks += [f"- {order}: {count} x {reason}" for reason, count in result.tally.reasons.items()]
    return [*table(HEADINGS, rows), "", *remarks]
