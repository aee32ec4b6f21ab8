"""The RRsets that go with a chain, each with a name."""
import hashlib

from .chains import Chain, key, issue


def record(usage, selector, matching, issued):
    """The record of a certificate."""
    whole = issued.spki if selector == 1 else issued.der
    data = {0: whole, 1: hashlib.sha256(whole).digest(), 2: hashlib.sha512(whole).digest()}[matching]
    return f"{usage} {selector} {matching} {data.hex()}"


def other():
    """A certificate that is in no chain."""
    return issue("Stranger", key("p256", "stranger"), ca=True)


def few(chain: Chain):
    """For every chain."""
    server, authority, root, stranger = chain.server, chain.authority, chain.root, other()
    yield "311", [record(3, 1, 1, server)]
    yield "211", [record(2, 1, 1, authority)]
    yield "201", [record(2, 0, 1, authority)]
    yield "200-root", [record(2, 0, 0, root)]
    yield "210-authority", [record(2, 1, 0, authority)]
    yield "211-root", [record(2, 1, 1, root)]
    yield "211-beside-311-other", [record(3, 1, 1, stranger), record(2, 1, 1, authority)]
    yield "211-of-leaf", [record(2, 1, 1, server)]


def many(chain: Chain):
    """For the good chains: every form, and every damage."""
    server, authority, root, stranger = chain.server, chain.authority, chain.root, other()
    for selector in (0, 1):
        for matching in (0, 1, 2):
            yield f"3{selector}{matching}", [record(3, selector, matching, server)]
            yield f"2{selector}{matching}", [record(2, selector, matching, authority)]
            yield f"2{selector}{matching}-root", [record(2, selector, matching, root)]
            yield f"3{selector}{matching}-other", [record(3, selector, matching, stranger)]
            yield f"3{selector}{matching}-of-authority", [record(3, selector, matching, authority)]
    mine, its = record(3, 1, 1, server), record(2, 1, 1, authority)
    yield "rollover", [record(3, 1, 1, stranger), mine]
    yield "twice", [mine, mine]
    yield "agility-hides", [mine, record(3, 1, 2, stranger)]
    yield "agility-finds", [record(3, 1, 1, stranger), record(3, 1, 2, server)]
    yield "agility-selector", [record(3, 0, 2, stranger), mine]
    yield "agility-usage", [record(2, 1, 2, authority), record(3, 1, 1, stranger)]
    yield "agility-authority-hides", [its, record(2, 1, 2, stranger)]
    yield "agility-whole-counts", [record(3, 1, 0, server), record(3, 1, 2, stranger)]
    yield "agility-damaged-is-none", [mine, "3 1 2 " + "00" * 32]
    yield "short", ["3 1 1 abcd"]
    yield "short-beside", ["3 1 1 abcd", mine]
    yield "long", [mine + "00"]
    yield "sha512-short", ["3 1 2 " + "11" * 32]
    yield "usage-4", ["4 1 1 " + mine[6:]]
    yield "usage-255", ["255 1 1 " + mine[6:]]
    yield "selector-2", ["3 2 1 " + mine[6:], mine]
    yield "selector-2-alone", ["3 2 1 " + mine[6:]]
    yield "matching-3", ["3 1 3 " + mine[6:], mine]
    yield "matching-3-alone", ["3 1 3 " + mine[6:]]
    yield "whole-garbage", ["2 0 0 deadbeef"]
    yield "whole-garbage-beside", ["2 0 0 deadbeef", mine]
    yield "whole-trailing", [record(2, 0, 0, authority) + "00"]
    yield "key-garbage", ["2 1 0 30030101ff"]
    yield "pkix-ee", ["1 1 1 " + mine[6:]]
    yield "pkix-ta", ["0 1 1 " + its[6:]]
    yield "pkix-beside", ["1 1 1 " + mine[6:], record(3, 1, 1, stranger)]


def rrsets(chain: Chain):
    """The RRsets for this chain, without repeated names."""
    found = dict(few(chain))
    if chain.wide:
        found.update(many(chain))
    return found
