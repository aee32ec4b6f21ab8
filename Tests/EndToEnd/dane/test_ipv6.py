"""IPv6 beside IPv4, and alone: each address of a mail host and of a name server counts, and mail flows over both meanwhile."""
import json
import re

import pytest
from lab import faults, places, steward

from .test_rollover import watched

# No way leads there.
FAR = "2001:db8::1"
SIXTH = f"[{places.SECONDARY6}]:53"
OTHER = "3 1 1 " + "ab" * 32
# What BIND logs of an UPDATE that came over IPv6.
UPDATE = re.compile(r"fd00:[0-9a-f:]+#\d+/key steward: .*updating zone 'lab.test/IN': adding an RR")
ASKED = {f"{places.PRIMARY}:53", f"{places.SECONDARY}:53", SIXTH}


@pytest.fixture(scope="module")
def hosts(lab):
    """One with an address of each kind, one with IPv6 alone; and domains that lead to what is wrong at one address."""
    lab.establish(places.DUAL)
    lab.establish(places.SIX)
    lines = []
    for name, six in (("split", places.SIX.address), ("half", places.NOBODY6), ("far", FAR)):
        host = f"{name}.{places.ZONE}."
        lines += [f"add {host} 2 A {places.DUAL.address}", f"add {host} 2 AAAA {six}",
                  f"add _25._tcp.{host} 2 TLSA {lab.lineage_record(places.DUAL)}", f"add {name}-domain.{places.ZONE}. 2 MX 10 {host}"]
    lab.update(*lines)
    return places.DUAL, places.SIX


def check(lab, domain, *words):
    done = lab.machine.run(steward.BINARY, "dane", "check", domain, "--resolver-root", places.HINTS, "--anchor", places.ANCHOR,
                           *words, check=False)
    return done.stdout, done.returncode


def report(lab, domain):
    text, status = check(lab, domain, "--json")
    return json.loads(text), status


def findings(document, code):
    return [finding for finding in document["findings"] if finding["code"] == code]


def test_each_address_of_hosts_and_name_servers_is_looked_at(lab, hosts):
    for host in hosts:
        document, status = report(lab, host.domain)
        assert (document["verdict"], status) == ("deliver", 0), document
        (service,) = document["services"]
        assert {(one["address"], one["state"]) for one in service["endpoints"]} == {
            (address, "authenticated") for address in host.addresses}
        assert {server["address"] for server in service["name_servers"] if server["records"]} == ASKED, service
    text, _ = check(lab, places.DUAL.domain)
    assert f"[{places.DUAL.addresses[1]}]: authenticated" in text and f"at {SIXTH}: 1 record" in text, text


@pytest.mark.parametrize("name,code,place", [
    ("split", "no-match", f"[{places.SIX.address}]:25"), ("half", "unreachable", f"[{places.NOBODY6}]:25")])
def test_an_ipv6_address_that_differs_is_named(lab, hosts, name, code, place):
    document, status = report(lab, f"{name}-domain.{places.ZONE}")
    assert (document["verdict"], status) == ("partial", 1), document
    assert [finding["place"] for finding in findings(document, code)] == [place], document["findings"]
    states = {one["address"]: one["state"] for one in document["services"][0]["endpoints"]}
    assert states[places.DUAL.address] == "authenticated" and states[place[1:-4]] == "failed", states


def test_an_ipv6_address_that_this_machine_cannot_reach_says_nothing(lab, hosts):
    document, status = report(lab, f"far-domain.{places.ZONE}")
    assert (document["verdict"], status) == ("deliver", 0), document
    (finding,) = findings(document, "no-route")
    assert finding["place"] == f"[{FAR}]:25" and finding["effect"] == "none" and "IPv6" in finding["text"], finding


def test_a_name_server_that_is_dead_or_stale_at_its_ipv6_address_is_seen(lab, hosts):
    one = hosts[0]
    with faults.dead_six(lab):
        document, _ = report(lab, one.domain)
        assert document["verdict"] == "deliver"
        assert [finding["place"] for finding in findings(document, "server-silent")] == [SIXTH], document["findings"]
    with faults.stuck_six(lab):
        lab.update(f"add {one.owner()} 2 TLSA {OTHER}")
        lab.wait_published(one, [lab.lineage_record(one), OTHER])
        document, _ = report(lab, one.domain)
        differing = findings(document, "server-differs")
        assert SIXTH in [finding["place"] for finding in differing] or len(differing) == 2, document["findings"]
        assert findings(document, "server-serial-differs"), document["findings"]
    lab.update(f"del {one.owner()} TLSA {OTHER}")


def holds(loop, words=SIXTH):
    return [hold["text"] for service in loop.status()["services"] for hold in service["holds"] if words in hold["text"]]


def test_a_rollover_by_update_over_ipv6_waits_for_each_ipv6_address(lab, hosts, dane):
    zones = [{"name": places.ZONE, "update": {"server": f"[{places.PRIMARY6.upper()}]:53", "key": places.STEWARD_KEY}}]
    loop = dane(*(steward.deployment(host) for host in hosts), zones=zones)
    since = {name: len(lab.sender(name).log()) for name in places.SENDERS}
    with watched(lab, *hosts) as seen, loop:
        with faults.dead_six(lab):
            lab.wait(lambda: holds(loop), 20, "the hold for a dead address")
        with faults.stuck_six(lab):
            new = {}
            for host in hosts:
                lab.certbot.renew(host)
                new[host] = lab.lineage_record(host)
            for host in hosts:
                lab.wait(lambda: new[host] in lab.published(host, server=places.SECONDARY), 20, "the new record")
            lab.wait(lambda: len(holds(loop)) == 2, 20, "the holds for a stale address")
            assert all(lab.served(host) != new[host] for host in hosts)
        for host in hosts:
            steward.wait_rolled(lab, host, new[host])
            assert lab.published(host, server=places.SECONDARY6) == {new[host]}
        assert all(len(seen.keys[host.name]) == 2 for host in hosts), seen.keys
    assert UPDATE.search(lab.machine.path("/srv/dns/primary/log").read_text())
    for name, only_six in (("fresh", True), ("stale", False)):
        dual, six = (lab.sender(name).tally(since[name], host.domain) for host in hosts)
        assert dual.sent > 50 and dual.six == (dual.sent if only_six else 0), (name, dual)
        assert six.sent > 50 and six.six == six.sent, (name, six)


def test_a_rollover_that_cannot_see_an_ipv6_address_says_the_way_out(lab, hosts, dane):
    zones = [{**steward.zones()[0], "servers": [places.PRIMARY, places.SECONDARY, FAR]}]
    loop = dane(steward.deployment(hosts[0], addresses=[places.DUAL.address, FAR]), zones=zones)
    loop.run("run", "--once", check=False)
    for words, way_out in ((f"[{FAR}]:53", "'servers' of the zone"), (f"smtp at {FAR}", "'addresses' of the deployment")):
        (text,) = holds(loop, words)
        assert way_out in text and "no IPv6" in text, text


@pytest.mark.parametrize("place,settings", [
    ("dane.zones[0].update.server", {"update": {"server": "[fd00::1", "key": places.STEWARD_KEY}}),
    ("dane.zones[0].servers[1]", {"servers": ["fd00::1", "fd00::1::2"], "program": ["/bin/true"]}),
    ("dane.deployments[0].addresses[0]", {}),
])
def test_texts_that_are_no_address_are_named_with_their_place(lab, dane, place, settings):
    zone = {"name": places.ZONE, **settings} if settings else steward.zones()[0]
    loop = dane(steward.deployment(places.DUAL, **({} if settings else {"addresses": ["fd00::g"]})), zones=[zone])
    done = loop.run(check=False)
    assert done.returncode != 0 and place in done.stderr and "fd00::" in done.stderr, done
