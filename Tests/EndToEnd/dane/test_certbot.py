"""certbot's deploy hook, and mail servers that read certbot's folders directly."""
import time

import pytest
from lab import places, steward
from lab.load import Load
from lab.mail import Postfix, receiver
from lab.monitor import Monitor

HOOK = "/etc/letsencrypt/renewal-hooks/deploy/steward-dane"


def test_the_hook_wakes_the_loop_and_goes_by_command(lab, host, dane):
    one = host()
    loop = dane(steward.deployment(one), interval=3600)
    assert loop.run("hook", "show", check=False).returncode == 1
    loop.run("hook", "install")
    assert lab.machine.path(HOOK).exists() and loop.run("hook", "show").returncode == 0
    with loop:
        lab.wait(lambda: ": steady" in loop.log(), 30, "the first look")
        lab.certbot.renew(one)
        new = lab.lineage_record(one)
        lab.wait(lambda: new in (lab.published(one) or ()), 20, "the new record, long before the interval")
    loop.run("hook", "remove")
    assert not lab.machine.path(HOOK).exists()
    lab.certbot.renew(one)


def test_a_hook_of_somebody_else_stays(lab, host, dane):
    one = host()
    loop = dane(steward.deployment(one))
    place = lab.machine.write(HOOK, "#!/bin/sh\n# mine\n", 0o755)
    try:
        for act in ("install", "remove"):
            done = loop.run("hook", act, check=False)
            assert done.returncode != 0 and "steward-dane" in done.stderr, done
        assert place.read_text() == "#!/bin/sh\n# mine\n"
    finally:
        place.unlink()


@pytest.fixture(scope="module")
def direct(lab):
    """A Postfix in /etc/postfix that reads live/ itself."""
    one = next(lab.free[places.ZONE])
    live = f"{places.LIVE}/{one.name}"
    lab.certbot.issue(one)
    lab.receivers[one.name] = receiver(lab.machine, one, "/etc/postfix", f"{live}/privkey.pem, {live}/fullchain.pem")
    lab.publish(one, lab.lineage_record(one))
    lab.wait(lambda: lab.served(one) == lab.lineage_record(one), 20, "the direct server")
    lab.wait_published(one, [lab.lineage_record(one)])
    return one


def test_a_server_that_reads_live_is_named_and_adopted_without_a_mismatch(lab, direct, dane):
    loop = dane(steward.deployment(direct, reload=["postfix"]))
    shown = loop.run("adopt", "--show", check=False)
    assert shown.returncode == 1 and "/etc/postfix/main.cf:" in shown.stdout, shown
    assert f"smtpd_tls_chain_files = {direct.deployed}" in shown.stdout
    with Load(lab, [direct], 20) as load, Monitor(lab, [direct], interval=0.1) as monitor:
        time.sleep(1)
        loop.run("adopt", "--yes")
        lab.certbot.renew(direct)
        time.sleep(5)
    tally = load.tally()
    assert (tally.deferred, tally.bounced) == (0, 0) and tally.sent > 100, tally
    assert not monitor.watch.violations, monitor.watch.violations[:3]
    assert f"smtpd_tls_chain_files = {direct.deployed}" in lab.machine.path("/etc/postfix/main.cf").read_text()
    assert loop.run("adopt", "--show").returncode == 0
    assert isinstance(lab.receivers[direct.name], Postfix) and lab.served(direct) != lab.lineage_record(direct)
    with loop:
        steward.wait_rolled(lab, direct, lab.lineage_record(direct))
