"""`steward dane check` of domains in every condition, beside what Postfix's own posttls-finger says of the same."""
import json
import re

import pytest
from lab import places, steward

OTHER = "3 1 1 " + "ab" * 32
# What posttls-finger's summary begins with where a sender with DANE would deliver.
VERIFIED = re.compile(r"Verified TLS connection established")


class Checks:
    """The domains of this module."""

    def __init__(self, lab, good):
        self.lab, self.good = lab, good
        own = lab.lineage_record(good)
        owner, address = "_25._tcp.{}." + places.ZONE + ".", good.address
        lines = [f"add bad.{places.ZONE}. 2 A {address}", f"add {owner.format('bad')} 2 TLSA {OTHER}",
                 f"add unusable.{places.ZONE}. 2 A {address}", f"add {owner.format('unusable')} 2 TLSA 3 1 1 abcd",
                 f"add bare.{places.ZONE}. 2 A {address}",
                 f"add mute.{places.ZONE}. 2 A {places.PLAIN}", f"add {owner.format('mute')} 2 TLSA {own}",
                 f"add gone.{places.ZONE}. 2 A {places.NOBODY}", f"add {owner.format('gone')} 2 TLSA {own}",
                 f"add both.{places.ZONE}. 2 MX 10 bad.{places.ZONE}.", f"add both.{places.ZONE}. 2 MX 20 {good.name}."]
        lines += [f"add {name}-domain.{places.ZONE}. 2 MX 10 {name}.{places.ZONE}."
                  for name in ("bad", "unusable", "bare", "mute", "gone")]
        lab.update(*lines)
        for zone in (places.UNSIGNED_ZONE, places.BOGUS_ZONE):
            lab.update(f"add _25._tcp.mx.{zone}. 2 TLSA {own}", zone=zone)
        lab.plain_receiver()
        lab.wait(lambda: lab.published(good) == {own}, 10, "the record")

    def check(self, domain, *words):
        done = self.lab.machine.run(steward.BINARY, "dane", "check", domain, "--json", "--resolver-root", places.HINTS,
                                    "--anchor", places.ANCHOR, *words, check=False)
        assert done.stdout.startswith("{"), done
        return json.loads(done.stdout), done.returncode

    def finger(self, target):
        return self.lab.machine.run("posttls-finger", "-c", "-l", "dane", "-L", "summary", target, check=False).stdout


@pytest.fixture(scope="module")
def checks(lab):
    lab.establish(places.ALIASED)
    return Checks(lab, places.ALIASED)


def codes(document):
    return {finding["code"] for finding in document["findings"]}


# Name, verdict, a finding's code, whether posttls-finger verifies the (first) MX.
CASES = [
    ("good", "deliver", None, True),
    ("bad-domain." + places.ZONE, "defer", "no-match", False),
    ("both." + places.ZONE, "partial", "no-match", False),
    (places.UNSIGNED_ZONE, "insecure", "mx-insecure", False),
    (places.BOGUS_ZONE, "defer", "mx-bogus", False),
    ("alias-domain." + places.ZONE, "deliver", "mx-alias", True),
    ("mute-domain." + places.ZONE, "defer", "no-starttls", False),
    ("gone-domain." + places.ZONE, "defer", "unreachable", False),
    ("bare-domain." + places.ZONE, "insecure", "no-tlsa", False),
    ("unusable-domain." + places.ZONE, "insecure", "no-usable-record", False),
]


@pytest.mark.parametrize("domain,verdict,code,verified", CASES, ids=[case[0].split(".")[0] for case in CASES])
def test_the_verdict_is_that_of_a_strict_sender(checks, domain, verdict, code, verified):
    domain = checks.good.domain if domain == "good" else domain
    document, status = checks.check(domain)
    assert (document["domain"], document["verdict"]) == (domain, verdict), document
    assert (status == 0) == (verdict == "deliver"), status
    assert code is None or code in codes(document), document["findings"]
    assert all(finding["effect"] and finding["text"] for finding in document["findings"])
    assert bool(VERIFIED.search(checks.finger(domain if domain != "both." + places.ZONE else f"[bad.{places.ZONE}]"))) == verified


def test_a_secondary_that_lags_behind_is_seen(checks, lab):
    owner, own = checks.good.owner(), lab.lineage_record(checks.good)
    lab.dns.strand_secondary()
    try:
        lab.update(f"add {owner} 2 TLSA {OTHER}")
        document, _ = checks.check(checks.good.domain)
        assert codes(document) & {"server-differs", "server-lacks-records", "server-serial-differs"}, document["findings"]
    finally:
        lab.update(f"del {owner} TLSA {OTHER}")
        lab.dns.mend_secondary()
    lab.wait_published(checks.good, [own])


def test_a_dead_secondary_is_seen_and_mail_goes_on(checks, lab):
    lab.dns.kill_secondary()
    try:
        document, _ = checks.check(checks.good.domain)
        assert document["verdict"] == "deliver", document
        assert "server-silent" in codes(document), document["findings"]
    finally:
        lab.dns.start("secondary")
        lab.wait_published(checks.good, [lab.lineage_record(checks.good)])
