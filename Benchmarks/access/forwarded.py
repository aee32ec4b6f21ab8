#!/usr/bin/python3
"""Writes Tests/Features/AccessTests/forwarded.tsv: forwarding headers and the client that they mean.

The client is computed from what each entry means, never from its text: the walk goes from the right through trusted proxies and
ends at the first address that none owns, or before an entry that is no address. The forms below say how an entry may be written.
"""
import itertools
import random
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "Tests/Features/AccessTests/forwarded.tsv"

# (what it means, X-Forwarded-For, Forwarded); None: no address.
PROXY, PROXY6 = "10.0.0.9", "fd00::9"
ENTRIES = [
    ("198.51.100.7", "198.51.100.7", "for=198.51.100.7"),
    ("198.51.100.7", "198.51.100.7:443", 'for="198.51.100.7:443"'),
    ("198.51.100.7", "  198.51.100.7\t", 'FOR="198.51.100.7"'),
    ("198.51.100.7", "::ffff:198.51.100.7", 'for="[::ffff:198.51.100.7]"'),
    ("198.51.100.7", "[::ffff:c633:6407]:8080", 'for="[::ffff:c633:6407]:8080"'),
    ("2001:db8::7", "2001:db8::7", 'for="[2001:db8::7]"'),
    ("2001:db8::7", "[2001:db8::7]", 'proto=https;for="[2001:DB8:0:0::7]"'),
    ("2001:db8::7", "[2001:0db8::0007]:65535", 'by=_a;for="[2001:db8::7]:1";host=x'),
    (PROXY, "10.0.0.9", "for=10.0.0.9"),
    (PROXY, "10.0.0.9:80", 'for="10.0.0.9:80";by="_x,y;z"'),
    (PROXY6, "fd00::9", 'for="[fd00::9]"'),
    (PROXY6, "[fd00::9]:1", 'For="[fd00::9]:1"'),
    (None, "unknown", "for=unknown"),
    (None, "_hidden", "for=_hidden"),
    (None, "", "proto=http"),
    (None, "198.51.100", "for=198.51.100"),
    (None, "198.51.100.07", "for=198.51.100.07"),
    (None, "198.51.100.256", "for=198.51.100.256"),
    (None, "0xc6336407", "for=0xc6336407"),
    (None, "3325256711", "for=3325256711"),
    (None, "198.51.100.7:", 'for="198.51.100.7:"'),
    (None, "198.51.100.7:port", 'for="198.51.100.7:port"'),
    (None, "198.51.100.7:123456", 'for="198.51.100.7:123456"'),
    (None, "[198.51.100.7]", 'for="[198.51.100.7]"'),
    (None, "[2001:db8::7", 'for="[2001:db8::7"'),
    (None, "2001:db8::7]", 'for="2001:db8::7]"'),
    (None, "[2001:db8::7]x", 'for="[2001:db8::7]x"'),
    (None, "fe80::1%eth0", 'for="[fe80::1%eth0]"'),
    (None, "2001:db8:::7", 'for="[2001:db8:::7]"'),
    (None, "1:2:3:4:5:6:7:8:9", 'for="[1:2:3:4:5:6:7:8:9]"'),
    (None, '"198.51.100.7"', "for='198.51.100.7'"),
    (None, "198.51.100.7 203.0.113.1", "for=198.51.100.7;for=203.0.113.1"),
    (None, "198.51.100.7;10.0.0.9", "for=198.51.100.7;;proto=http"),
    (None, "client.example", "for=client.example"),
    (None, "198.51.100.7\u00a0".encode("utf-8").decode("latin-1"), "for =198.51.100.7"),
    (None, "1" * 300, "for=" + "1" * 300),
    (None, "-", "for="),
    (None, "for=198.51.100.7", "for=2001:db8::7"),
]
TRUSTED = "10.0.0.0/8 fd00::/16"
TRUSTED_ADDRESSES = {PROXY, PROXY6}


def meaning(peer, trusted, chain):
    if not trusted:
        return peer
    client = peer
    for entry, _, _ in reversed(chain):
        if entry is None:
            break
        client = entry
        if entry not in TRUSTED_ADDRESSES:
            break
    return client


def cases():
    source = random.Random(1)
    peers = [("10.0.0.1", "10.0.0.1", True), ("fd00::1", "fd00::1", True), ("::ffff:10.0.0.1", "10.0.0.1", True),
             ("203.0.113.5", "203.0.113.5", False), ("2001:db8:ffff::5", "2001:db8:ffff::5", False)]
    chains = [[entry] for entry in ENTRIES]
    chains += [[ENTRIES[0], entry] for entry in ENTRIES] + [[entry, ENTRIES[8]] for entry in ENTRIES]
    chains += [[source.choice(ENTRIES) for _ in range(source.randint(3, 6))] for _ in range(80)]
    for number, chain in enumerate(chains):
        peer, known, trusted = peers[0] if number < 60 else source.choice(peers)
        client = meaning(known, trusted, chain)
        customary, standard = [entry[1] for entry in chain], [entry[2] for entry in chain]
        cut = source.randrange(len(chain))
        lines = [", ".join(part) for part in (customary[:cut], customary[cut:]) if part]
        yield peer, [], lines, client
        lines = [", ".join(part) for part in (standard[:cut], standard[cut:]) if part]
        yield peer, lines, [], client
        yield peer, standard, customary, client
    for one, other in itertools.islice(itertools.permutations(ENTRIES[:13], 2), 0, 156, 4):
        first, second = (meaning("10.0.0.1", True, [entry]) for entry in (one, other))
        yield "10.0.0.1", [one[2]], [other[1]], first if first == second else "10.0.0.1"
    # A quote that never closes takes the rest of its line with it.
    yield "10.0.0.1", ['for=198.51.100.7, for="10.0.0.9'], [], "10.0.0.1"
    yield "10.0.0.1", ["for=198.51.100.7", 'for=10.0.0.9;by="x'], [], "10.0.0.1"
    yield "10.0.0.1", ['for="198.51.\\100.7"'], [], "198.51.100.7"
    yield "10.0.0.1", ['for=203.0.113.1;x="a\\",for=10.0.0.9", for=10.0.0.9'], [], "203.0.113.1"
    yield "10.0.0.1", [], ["198.51.100.7, " + ", ".join(["10.0.0.9"] * 200)], "198.51.100.7"
    yield "10.0.0.1", [], [",".join(["10.0.0.9"] * 50)], "10.0.0.9"


def main():
    rows = ["# trusted\tpeer\tForwarded lines (|)\tX-Forwarded-For lines (|)\tclient; made by Benchmarks/access/forwarded.py"]
    for peer, forwarded, customary, client in cases():
        assert not any("|" in line for line in forwarded + customary)
        # A header that is there and empty is written as <>.
        write = lambda lines: "|".join(line or "<>" for line in lines)
        rows.append("\t".join([TRUSTED, peer, write(forwarded).replace("\t", "<TAB>"),
                               write(customary).replace("\t", "<TAB>"), client]))
    TABLE.write_text("\n".join(rows) + "\n", "utf-8")
    print(f"{len(rows) - 1} cases")


if __name__ == "__main__":
    main()
