"""A lineage's life with the real certbot and Pebble: issued, renewed, judged, taken away, brought back, renewed again."""
import json
import os
import sys

from support import peers
from support.certs import differences, snapshot
from support.certbot import CERTBOT, Certbot
from support.helper import RESULT, Wire
from support.steward import BINARY, eventually

TREE = "/etc/letsencrypt"
CHANGING = ["renewal", "live", "archive", "."]


def kept(host):
    """The tree without what Steward itself keeps in it and without certbot's lock."""
    return {path: entry for path, entry in snapshot(host.path(TREE)).items()
            if not path.startswith((b".steward", b".certbot.lock"))}


def test_from_issue_to_restore_byte_for_byte(machine, issuer, certs):
    machine.write("/etc/nginx/conf.d/.keep", "")
    for name, key in (("used.example", "ecdsa"), ("idle.example", "rsa"), ("other.example", "ecdsa")):
        issuer.issue(name, key=key, webroot=None)
    issuer.issue("twin.example-old", "used.example", key="ecdsa", options=["--duplicate"])
    issuer.renew("--force-renewal", "--cert-name", "idle.example")
    machine.write("/etc/nginx/nginx.conf", "events {}\nhttp { include conf.d/*.conf; }\n")
    machine.write("/etc/nginx/conf.d/site.conf", peers.nginx_site("used.example"))

    survey = certs.survey()
    assert survey.state("used.example") == "used"
    assert "nginx /etc/nginx/conf.d/site.conf:4" in survey.uses("used.example")
    assert survey.state("idle.example") == "unused"
    assert survey.state("twin.example-old") == "duplicate"
    assert survey.lineage("idle.example")["versions"] == [1, 2] and survey.lineage("idle.example")["key"] == "RSA"

    before = kept(machine)
    goes = certs.plan(machine.path("/srv/plan"), "idle.example", "twin.example-old")
    assert goes.keys() == {"idle.example", "twin.example-old"}
    certs.prune("/srv/plan")
    assert sorted(issuer.listed()) == ["other.example", "used.example"]
    issuer.rehearse()
    issuer.renew("--force-renewal", "--cert-name", "other.example")

    certs.run("restore", "idle.example")
    certs.run("restore", "twin.example-old")
    after = kept(machine)
    lineages = ("idle.example", "twin.example-old", "used.example")
    def of(entries):
        return {path: entry for path, entry in entries.items() if any(name.encode() in path for name in lineages)}
    assert not differences(of(before), of(after))
    assert sorted(issuer.listed()) == ["idle.example", "other.example", "twin.example-old", "used.example"]
    issuer.renew("--force-renewal", "--cert-name", "idle.example")
    assert certs.survey().lineage("idle.example")["version"] == 3


def test_a_damaged_tree_is_judged_pruned_and_certbot_works_again(machine, issuer, certs):
    for name in ("garbled.example", "keyless.example", "bystander.example", "thief.example"):
        issuer.issue(name)
    conf = machine.path(f"{TREE}/renewal/garbled.example.conf")
    conf.write_text("[[[ no conf\n" + conf.read_text())
    machine.path(f"{TREE}/archive/keyless.example/privkey1.pem").unlink()
    thief = machine.path(f"{TREE}/renewal/thief.example.conf")
    thief.write_text(thief.read_text().replace("archive/thief.example", "archive/bystander.example"))
    survey = certs.survey()
    assert survey.state("garbled.example") == "broken" and survey.state("keyless.example") == "broken"
    assert any("bystander.example" in finding for finding in survey.findings("thief.example"))
    # The two whose archives are entangled: whatever goes, the bystander's key stays.
    key = snapshot(machine.path(f"{TREE}/archive/bystander.example"))
    before = kept(machine)
    certs.plan(machine.path("/srv/plan"), "garbled.example", "keyless.example")
    certs.prune("/srv/plan")
    assert not differences(key, snapshot(machine.path(f"{TREE}/archive/bystander.example")))
    assert "garbled.example" not in issuer.run("certificates").stdout
    issuer.renew("--force-renewal", "--cert-name", "bystander.example")
    assert machine.path(f"{TREE}/archive/bystander.example/privkey2.pem").exists()
    for name in ("garbled.example", "keyless.example"):
        certs.run("restore", name)
    after = kept(machine)
    for path, entry in before.items():
        if b"garbled" in path or b"keyless" in path:
            assert after[path] == entry, path


def test_prune_refuses_when_certbot_renewed_since_the_plan(machine, issuer, certs):
    issuer.issue("moving.example")
    certs.plan(machine.path("/srv/plan"), "moving.example")
    issuer.renew("--force-renewal", "--cert-name", "moving.example")
    before = kept(machine)
    refused = certs.prune("/srv/plan", check=False)
    assert refused.returncode == 5 and "moving.example" in refused.stderr, refused
    assert not differences(before, kept(machine), ignore_times_of=CHANGING)


def test_a_lineage_that_comes_into_use_in_quarantine_raises_an_alarm(machine, issuer, certs):
    issuer.issue("sleeper.example")
    certs.plan(machine.path("/srv/plan"), "sleeper.example")
    certs.prune("/srv/plan")
    machine.write("/etc/nginx/nginx.conf", "events {}\nhttp { include conf.d/*.conf; }\n")
    machine.write("/etc/nginx/conf.d/sleeper.conf", peers.nginx_site("sleeper.example"))
    answer = json.loads(certs.run("list", "--json").stdout)
    alarm = next(item for item in answer["quarantined"] if item["name"] == "sleeper.example")
    assert any(use["where"] == "/etc/nginx/conf.d/sleeper.conf:4" for use in alarm["used_by"]), alarm
    assert "sleeper.example is in quarantine and in use" in certs.run("list").stderr
    # Purge leaves what something uses.
    certs.run("purge", "--older-than", "0", "--yes", check=False)
    certs.run("restore", "sleeper.example")
    assert certs.survey().state("sleeper.example") == "used"
    os.unlink(machine.path("/etc/nginx/conf.d/sleeper.conf"))


def test_purge_takes_for_good_what_nothing_uses(machine, issuer, certs):
    issuer.issue("gone.example")
    certs.plan(machine.path("/srv/plan"), "gone.example")
    certs.prune("/srv/plan")
    certs.run("purge", "--older-than", "1d", "--yes")
    assert "gone.example" in certs.run("quarantine").stdout
    certs.run("purge", "--older-than", "0", "--yes")
    assert "gone.example" not in certs.run("quarantine").stdout
    assert certs.run("restore", "gone.example", check=False).returncode != 0
    left = [path for path in kept(machine) if b"gone.example" in path]
    assert not left
    issuer.issue("gone.example")
    assert certs.survey().lineage("gone.example")["versions"] == [1]


def test_a_tree_in_a_docker_volume_is_read_with_its_container_s_paths(machine, issuer, certs):
    """The volume's tree was written where it is /etc/letsencrypt; the host has a lineage of the same name."""
    issuer.issue("shared.example")
    volume = "/var/lib/docker/volumes/certbot/_data"
    Certbot(machine, config=volume).issue("shared.example")
    conf = machine.path(f"{volume}/renewal/shared.example.conf")
    conf.write_text(conf.read_text().replace(volume, TREE))
    survey = certs.survey()
    trees = {tree["path"]: tree for tree in survey.document["trees"]}
    assert trees[volume]["own_path"] == TREE and "certbot" in trees[volume]["origin"], trees
    inside = survey.lineage("shared.example", tree=volume)
    assert inside["state"] in ("unused", "duplicate", "superseded") and inside["versions"] == [1]
    host_before = snapshot(machine.path(TREE))
    answer = json.loads(certs.run("plan", "shared.example", "--tree", volume, "--out", "/srv/plan", "--json").stdout)
    assert [(entry["name"], entry["tree"]) for entry in answer["goes"]] == [("shared.example", volume)], answer["stays"]
    certs.run("prune", "--plan", "/srv/plan", "--yes", "--tree", volume)
    assert not machine.path(f"{volume}/archive/shared.example").exists()
    assert not differences(host_before, snapshot(machine.path(TREE)), ignore_times_of=CHANGING)
    certs.run("restore", "shared.example", "--tree", volume)
    assert machine.path(f"{volume}/archive/shared.example/privkey1.pem").exists()
    Certbot(machine).run("certificates")


def revoked_at_pebble(machine, serial):
    """What Pebble's management interface says of the certificate."""
    script = ("import ssl,sys,urllib.request\n"
              "address='https://127.0.0.1:15000/cert-status-by-serial/'+sys.argv[1]\n"
              "print(urllib.request.urlopen(address,context=ssl._create_unverified_context()).read().decode())")
    return json.loads(machine.run(sys.executable, "-c", script, serial).stdout)["Status"] == "Revoked"


def test_prune_with_revocation_asks_certbot_first(machine, issuer, certs):
    for name in ("retired.example", "sibling.example", "stranger.example"):
        issuer.issue(name)
    survey = certs.survey()
    serial = {name: survey.lineage(name)["serial"] for name in ("retired.example", "sibling.example", "stranger.example")}
    assert not revoked_at_pebble(machine, serial["retired.example"])
    # One whose account is gone: certbot refuses, in its own words, and the lineage stays.
    conf = machine.path(f"{TREE}/renewal/stranger.example.conf")
    conf.write_text("".join("account = 00000000000000000000000000000000\n" if line.startswith("account") else line
                            for line in conf.read_text().splitlines(True)))
    certs.plan(machine.path("/srv/plan"), "retired.example", "stranger.example")
    refused = certs.prune("/srv/plan", "--revoke", "--certbot", "/srv/no-certbot", check=False)
    assert refused.returncode == 1 and "/srv/no-certbot" in refused.stderr
    pruned = certs.prune("/srv/plan", "--revoke", "--certbot", CERTBOT, check=False, environment=issuer.environment)
    assert pruned.returncode == 1 and "Done before that: retired.example." in pruned.stderr, pruned
    assert "stranger.example was not revoked" in pruned.stderr and "certbot says: " in pruned.stderr, pruned
    assert "00000000000000000000000000000000" in pruned.stderr, pruned
    assert revoked_at_pebble(machine, serial["retired.example"])
    assert not revoked_at_pebble(machine, serial["sibling.example"])
    assert not revoked_at_pebble(machine, serial["stranger.example"])
    assert "retired.example" in certs.run("quarantine").stdout
    assert sorted(set(issuer.listed()) & serial.keys()) == ["sibling.example", "stranger.example"]
    restored = certs.run("restore", "retired.example")
    assert "is revoked" in restored.stdout + restored.stderr
    # What is revoked already is no failure, and an account that the conf doesn't name is not needed.
    conf = machine.path(f"{TREE}/renewal/retired.example.conf")
    conf.write_text("".join(line for line in conf.read_text().splitlines(True) if not line.startswith("account")))
    certs.plan(machine.path("/srv/plan"), "retired.example")
    certs.prune("/srv/plan", "--revoke", "--certbot", CERTBOT, environment=issuer.environment)
    assert "retired.example" in certs.run("quarantine").stdout


def test_the_helper_revokes_though_it_is_confined(machine, issuer, certs):
    issuer.issue("confined.example")
    serial = certs.survey().lineage("confined.example")["serial"]
    machine.write("/srv/helper.yaml", json.dumps({"certificates": {
        "certbot": str(CERTBOT), "helper": {"socket": "/srv/h.sock"}}}))
    machine.start(BINARY, "helper", "--settings", "/srv/helper.yaml", "--state", "/srv/helper-state", name="helper",
                  environment=issuer.environment)
    eventually(lambda: "steward helper: ready on" in machine.output_of("helper"), timeout=30, message="the helper")

    def ask(verb, **parameters):
        with Wire(machine.path("/srv/h.sock"), 120) as wire:
            return wire.ask({"verb": verb, "actor": "test", **parameters})

    _, plan = ask("certs.plan", names=["confined.example"])
    kind, change = ask("certs.prune", plan=plan["text"], revoke=True)
    assert kind == RESULT and change["notes"][0] == "The certificate of confined.example was revoked.", change
    assert revoked_at_pebble(machine, serial)
    log = machine.run(BINARY, "audit", "list", "--json", "--state", "/srv/helper-state").stdout
    intent = next(entry for entry in json.loads(log)["entries"] if entry["action"] == "certs.prune")
    assert "revoking through certbot" in intent["detail"], intent
