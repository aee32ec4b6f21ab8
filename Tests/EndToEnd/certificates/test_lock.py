"""certbot's locks, held by the real certbot: who holds them is told, and nothing is changed meanwhile."""
import json
import threading

import pytest

from support.certs import differences, snapshot
from support.steward import eventually

TREE = "/etc/letsencrypt"


@pytest.fixture
def busy(machine, issuer):
    """A certbot that holds its locks: its pre-hook waits for a file to go away."""
    for name in ("busy.example", "still.example"):
        if not machine.path(f"{TREE}/renewal/{name}.conf").exists():
            issuer.issue(name)
    stop = machine.write("/srv/hold", "")
    process = issuer.start("renew", "--force-renewal", "--cert-name", "busy.example", "--no-random-sleep-on-renew",
                           "--pre-hook", "touch /srv/held; while [ -e /srv/hold ]; do sleep 0.1; done")
    eventually(machine.path("/srv/held").exists, timeout=60, message="certbot's pre-hook")
    yield process
    stop.unlink(missing_ok=True)
    process.wait(60)
    machine.path("/srv/held").unlink()


def certbot_pid(machine):
    """certbot's process id as the machine knows it."""
    return machine.pids("bin/certbot renew")[0]


def test_free_when_nobody_holds_a_lock_though_the_file_is_there(machine, issuer, certs):
    issuer.run("certificates")
    machine.write(f"{TREE}/.certbot.lock", "")
    answer = certs.run("lock")
    assert answer.returncode == 0 and answer.stdout.strip() == "free"
    machine.path(f"{TREE}/.certbot.lock").unlink()


def test_the_holder_is_named_with_what_it_does(machine, busy, certs):
    answer = certs.run("lock", check=False)
    pid = certbot_pid(machine)
    assert answer.returncode == 4 and f"held by pid {pid}" in answer.stdout and "certbot renew" in answer.stdout, answer
    assert "since" in answer.stdout
    told = json.loads(certs.run("lock", "--json", check=False).stdout)
    assert [holder["pid"] for holder in told["holders"]] == [pid]
    assert any(lock.startswith(f"{TREE}/.certbot.lock") for lock in told["holders"][0]["locks"])
    for text in (answer.stdout, answer.stderr):
        assert not any(word in text.lower() for word in ("delete", "remove the", "rm "))


def test_prune_refuses_while_certbot_works_and_succeeds_afterwards(machine, busy, certs):
    certs.plan(machine.path("/srv/plan"), "still.example")
    before = snapshot(machine.path(TREE), skip=[".steward-quarantine"])
    refused = certs.prune("/srv/plan", check=False)
    assert refused.returncode == 4 and str(certbot_pid(machine)) in refused.stderr, refused
    # The quarantine's folder may be there already, with nothing in it.
    assert not differences(before, snapshot(machine.path(TREE), skip=[".steward-quarantine"]))
    machine.path("/srv/hold").unlink()
    assert certs.run("lock", "--wait", "60s").stdout.strip() == "free"
    certs.prune("/srv/plan")
    certs.run("restore", "still.example")


def test_two_stewards_and_a_renewal_at_the_same_time_do_no_damage(machine, issuer, certs):
    names = [f"crowd{number}.example" for number in range(3)]
    for name in [*names, "renewed.example"]:
        issuer.issue(name)
    folder = machine.path(TREE)
    before = {name: snapshot(folder / "archive" / name) for name in names}
    for name in names:
        certs.plan(machine.path(f"/srv/plan-{name}"), name)
    outcomes = []
    def steward(name):
        outcomes.append((name, certs.prune(f"/srv/plan-{name}", check=False).returncode))
    def renewal():
        outcomes.append(("certbot", issuer.renew("--force-renewal", "--cert-name", "renewed.example", check=False).returncode))
    threads = [threading.Thread(target=renewal)] + [threading.Thread(target=steward, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    # Each either did all of its work or refused because another was at work.
    assert {status for name, status in outcomes if name != "certbot"} <= {0, 4}, outcomes
    for name, status in outcomes:
        if name in names and status == 0:
            assert not (folder / "archive" / name).exists() and not (folder / "live" / name).exists()
            certs.run("restore", name)
    for name in names:
        assert snapshot(folder / "archive" / name) == before[name]
    survey = certs.survey()
    assert all(survey.state(name) == "unused" for name in names)
    issuer.renew("--force-renewal", "--cert-name", "renewed.example")
    assert certs.survey().lineage("renewed.example")["findings"] == []
