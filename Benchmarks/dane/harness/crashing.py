"""Steward killed before each call by which something leaves it, while mail flows and the invariant is watched."""
from lab import Lab, places, steward
from lab.crash import Crasher
from lab.load import Load
from lab.monitor import Monitor

from .fleet import say
from .report import table

HEADINGS = ["rollover", "kills", "starts", "states", "points at most", "s", "through", "messages", "deferred", "bounced", "looks", "violations"]


def sweep(chosen):
    rows, remarks = [], []
    for name, host, more in (
            ("late, by update", places.HOSTS[1], {}), ("late, in a zone file", places.FILE_HOSTS[1], {}),
            ("next", places.HOSTS[2], {"mode": "next", "certbot": steward.certbot()})):
        say(name)
        row, lines = one(chosen, name, host, more)
        rows.append(row)
        remarks += lines
    return [*table(HEADINGS, rows), "", *remarks]


def one(chosen, name, host, more):
    with Lab() as lab:
        lab.establish(host)
        dane = steward.Dane(lab, [steward.deployment(host, ttl=lab.ttl, **more)])
        crasher = Crasher(lab, dane, [host])
        old = lab.served(host)
        dane.run("run", "--once", check=False)
        with Load(lab, [host], 5) as load, Monitor(lab, [host], interval=0.15) as monitor:
            if more:
                lab.wait(lambda: dane.run("run", "--once", check=False) and len(lab.published(host) or ()) == 2, 60, "the next key's record")
                dane.run("rollover", host.name, "--now", "--yes")
            else:
                lab.certbot.renew(host)
            report = crasher.sweep(lambda: gone(lab, host, old), chosen.limit, chosen.step)
        tally = load.tally()
        say(str(report))
        row = [name, report.kills, report.starts, report.states, report.longest, f"{report.seconds:.0f}",
               "yes" if report.is_through else "no", tally.sent, tally.deferred,
               tally.bounced, monitor.watch.looks, len(monitor.watch.violations)]
        calls = ", ".join(f"{call} {count}" for call, count in sorted(report.calls.items()))
        lines = [f"- {name}: {'' if report.is_through else f'NOT THROUGH after {chosen.limit} s; '}killed before {calls}"]
        lines += [f"- {name}: {count} x {reason}" for reason, count in tally.reasons.items()]
        return row, lines + [f"- {name}: {violation}" for violation in monitor.watch.violations[:3]]


def gone(lab, host, old):
    """Another key is served, and the old one's record is nowhere."""
    return lab.served(host) not in (None, old) and all(
        old not in (lab.published(host, server=server) or {old}) for server in (places.PRIMARY, places.SECONDARY))
