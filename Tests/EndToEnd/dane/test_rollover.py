"""Whole rollovers with real renewals while senders that enforce DANE deliver: nothing deferred, nothing bounced, and no look at
which a served key lacks its record."""
import signal
import time
from contextlib import contextmanager

import pytest
from lab import faults, look, places, steward
from lab.load import Load
from lab.monitor import Monitor


@contextmanager
def watched(lab, *hosts, rate=20):
    """Mail flows and the invariant is watched; both must be spotless at the end."""
    with Load(lab, hosts, rate) as load, Monitor(lab, hosts, interval=0.2) as monitor:
        time.sleep(1)
        yield monitor.watch
    tally = load.tally()
    assert (tally.deferred, tally.bounced) == (0, 0), tally
    assert tally.sent == load.handed > 5 * rate and not load.errors, (tally, load.handed, load.errors[:3])
    assert not monitor.watch.violations, monitor.watch.violations[:5]


def renewed(lab, host):
    """Renews; the record of the new key."""
    lab.certbot.renew(host)
    return lab.lineage_record(host)


def test_late_by_update_and_in_a_zone_file(lab, host, dane):
    first, second = host(), host(places.FILE_ZONE, key="rsa")
    loop = dane(steward.deployment(first), steward.deployment(second))
    with watched(lab, first, second), loop:
        for one in (first, second):
            new = renewed(lab, one)
            steward.wait_rolled(lab, one, new)
        # What the name servers no longer serve is seen to be gone at the next look.
        lab.wait(lambda: all(service["state"] == "steady" for service in loop.status()["services"]), 20, "rest")
    text = lab.machine.path(places.ZONE_FILE).read_text()
    assert "5 2 86400" in text and f"{first.name}" not in text


def test_next_publishes_ahead_and_rolls_on_command(lab, host, dane):
    one = host()
    loop = dane(steward.deployment(one, mode="next", certbot=steward.certbot()))
    old = lab.lineage_record(one)
    with watched(lab, one), loop:
        lab.wait(lambda: len(lab.published(one) or ()) == 2, 40, "the next key's record")
        following = next(iter(lab.published(one) - {old}))
        loop.run("rollover", one.name, "--now", "--yes")
        lab.wait(lambda: lab.served(one) == following, 60, "the next key served")
        lab.wait(lambda: old not in lab.published(one, server=places.SECONDARY), 60, "the old record gone")


def test_a_compromised_key_goes_at_once(lab, host, dane):
    one = host()
    loop = dane(steward.deployment(one, mode="next", certbot=steward.certbot()), settle=120)
    old = lab.lineage_record(one)
    with loop:
        lab.wait(lambda: len(lab.published(one) or ()) == 2, 40, "the next key's record")
        following = next(iter(lab.published(one) - {old}))
        time.sleep(6)
        began = time.monotonic()
        loop.run("rollover", one.name, "--compromised", "--yes")
        lab.wait(lambda: lab.served(one) == following, 60, "the next key served")
        lab.wait(lambda: old not in lab.published(one, server=places.SECONDARY), 60, "the old record gone")
        assert time.monotonic() - began < 60


def test_a_kill_in_the_middle_and_a_renewal_while_down(lab, host, dane):
    one = host()
    loop = dane(steward.deployment(one))
    with watched(lab, one):
        with loop:
            loop.status()
        new = renewed(lab, one)
        with loop:
            lab.wait(lambda: new in (lab.published(one, server=places.SECONDARY) or ()), 30, "the new record")
            loop.stop(signal.SIGKILL)
        assert lab.served(one) != new
        with loop:
            steward.wait_rolled(lab, one, new)


@pytest.mark.parametrize("fault", [faults.stuck_secondary, faults.dead_secondary])
def test_a_broken_secondary_holds_the_rollover_up(lab, host, dane, fault):
    one = host()
    loop = dane(steward.deployment(one))
    with watched(lab, one), loop:
        time.sleep(2)
        with fault(lab):
            new = renewed(lab, one)
            time.sleep(8)
            assert lab.served(one) != new
            status = loop.status()
            assert any(service["holds"] for service in status["services"]), status
        steward.wait_rolled(lab, one, new)


def test_a_second_writer_keeps_its_records(lab, host, dane):
    one = host()
    loop = dane(steward.deployment(one))
    with watched(lab, one), loop, faults.SecondWriter(lab, [one]) as writer:
        new = renewed(lab, one)
        lab.wait(lambda: lab.served(one) == new, 60, "the new key")
        old = look.record_of_file(lab.machine.path(one.deployed))
        assert old == new and not writer.lost() and writer.writes > 5

