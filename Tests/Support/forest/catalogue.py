"""Every lineage of the forest: what it is, what damages it, what must be said of it."""
from dataclasses import dataclass

from . import damages as d
from .servers import USED
from .tree import KINDS, Lineage

# What may be thought of a damaged lineage that nothing uses; all but "unknown" may be pruned.
DAMAGED = ("broken", "unused", "expired", "unknown")
# Of one whose conf claims files of a lineage in use: taking it away could take those.
ENTANGLED = ("used", "unknown", "broken")


@dataclass
class Entry:
    """A lineage, what happens to it, and what must come out."""
    lineage: Lineage
    damage: object = None
    states: tuple = ("unused",)
    # Damages of damages.CODES; each must be named by a finding (or, where there is no lineage, an orphan).
    findings: tuple = ()
    # Whether the lineage may also come out as an orphan (its conf is gone).
    may_be_orphan: bool = False
    # Whether it comes out only as an orphan.
    orphan: bool = False


def entry(name, damage=None, states=("unused",), findings=(), may_be_orphan=False, orphan=False, **lineage):
    return Entry(Lineage(name, **lineage), damage, tuple(states), tuple(findings), may_be_orphan, orphan)


def used_entries():
    kinds = ("ecdsa", "rsa", "ecdsa384")
    sound = [entry(name, states=["used"], key=kinds[number % 3], issuer="R1" if number % 3 == 1 else "E1")
             for number, name in enumerate(USED)]
    return sound + [
        entry("expired.used.example", states=["used"], findings=["expired"], age=(-200, -110)),
        entry("unparsable.used.example", d.unparsable, ["used"], ["unparsable"]),
        entry("absolute.used.example", d.absolute_links, ["used"], ["absolute-link"]),
        entry("mixed.used.example", d.mixed_versions, ["used"], ["mixed-versions"], versions=2),
        entry("pinned.used.example", states=["used"], versions=2),
        entry("stranger.used.example", d.stranger_key, ["used"], ["key-mismatch"]),
        entry("truncated.used.example", d.truncated_pem, ["used"], ["truncated-pem"]),
        entry("noconf.used.example", d.no_conf, ["used"], ["no-conf"], may_be_orphan=True),
        entry("shop.example.tw-0001", states=["used"], names=["shop.example.tw", "www.shop.example.tw"]),
        entry("twin.example.tw", states=["used"]),
        entry("new.example.tw", states=["used"], names=["old.example.tw", "new.example.tw"], age=(-5, 85)),
        entry("victim.example.tw", states=["used"]),
        entry("first.example.tw", states=["used"]),
    ]


def resting_entries():
    hundred = [f"name{number}.hundred.example.tw" for number in range(100)]
    return [
        entry("idle.example.tw"), entry("off.nginx.example"), entry("off.apache.example"),
        entry("rsa.example.tw", key="rsa", issuer="R1"), entry("ed25519.example.tw", key="ed25519"),
        entry("many.example.tw", versions=12),
        entry("expired.example.tw", states=["expired"], findings=["expired", "failing"], age=(-500, -410), key="rsa",
              names=["expired.example.tw", "www.expired.example.tw"]),
        entry("ancient.example.tw", states=["expired"], age=(-1500, -1410), certbot="0.4.0", key="rsa", versions=3),
        entry("shop.example.tw", states=["duplicate", "superseded"], names=["shop.example.tw", "www.shop.example.tw"], age=(-60, 30)),
        entry("twin.example.tw-0001", states=["duplicate"], names=["twin.example.tw"]),
        entry("old.example.tw", states=["superseded"], age=(-60, 30)),
        entry("future.example.tw", states=["unused", "broken"], findings=["not-yet-valid"], age=(20, 110)),
        entry("wildcard.example.tw", names=["*.wildcard.example.tw", "wildcard.example.tw"], authenticator="dns-rfc2136"),
        entry("address.example.tw", names=["address.example.tw", "192.0.2.7", "2001:db8::7"]),
        entry("hundred.example.tw", names=hundred),
        entry("xn--bcher-kva.example.tw", names=["xn--bcher-kva.example.tw", "xn--fiqs8s.example.tw"]),
        entry("brief.example.tw", age=(-2, 4), parameters={"preferred_profile": "shortlived"}),
        entry("kept.example.tw", states=["unused"], findings=["no-autorenew"], parameters={"autorenew": "False"}),
        entry("with space.example.tw", names=["space.example.tw"]),
    ]


def damaged_entries():
    def broken(name, damage, *findings, **more):
        return entry(f"{name}.example.tw", damage, more.pop("states", DAMAGED), findings, **more)

    return [
        broken("unparsable", d.unparsable, "unparsable"),
        broken("zero", d.empty_conf, "empty-conf"),
        *[broken(f"no-{kind}", d.conf_without(kind), ("no-kind", kind)) for kind in KINDS],
        *[broken(f"lost-{kind}", d.without_file(kind), ("lost-file", kind)) for kind in KINDS],
        broken("thief", d.replaced("archive_dir = {own}/archive/{name}", "archive_dir = {own}/archive/victim.example.tw"),
               "foreign-archive", states=ENTANGLED),
        broken("root-thief", d.replaced("archive_dir = {own}/archive/{name}", "archive_dir = {own}/archive"), "archive-root", states=ENTANGLED),
        broken("moved", d.moved, "moved"),
        broken("broken-link", d.broken_links, "broken-link"),
        broken("absolute-link", d.absolute_links, "absolute-link"),
        broken("chained-link", d.chained_links, "chained-link"),
        broken("swapped-link", d.swapped_links, "swapped-link"),
        broken("regular", d.regular_files, "regular-file"),
        broken("loop", d.looped_links, "link-loop"),
        broken("foreign", d.foreign_owner, "foreign-owner"),
        broken("open", d.open_key, "open-key"),
        broken("empty", d.empty_pem, "empty-pem"),
        broken("truncated", d.truncated_pem, "truncated-pem"),
        broken("stranger", d.stranger_key, "key-mismatch"),
        broken("order", d.wrong_order, "chain-order"),
        broken("mixed", d.mixed_versions, "mixed-versions", versions=2),
        broken("fifo", d.fifo, "fifo"),
        broken("folder", d.conf_folder, "conf-folder", may_be_orphan=True),
        broken("huge", d.huge_conf, "huge-conf"),
        broken("nothing", d.no_files, "no-files"),
        broken("no-conf", d.no_conf, "no-conf", may_be_orphan=True),
        broken("jump", d.live_outside, "live-outside"),
        broken("conf-outside", d.conf_outside, "conf-outside"),
        broken("renamed", d.renamed_conf, "renamed"),
        broken("extra", d.extra_files, "extra-file"),
        # A copy of a used lineage's conf: what it would take away is in use.
        broken("second", d.second_conf("first.example.tw"), "shared-archive", states=ENTANGLED),
        entry("caf\udce9.example.tw", states=DAMAGED + ("unused",), findings=["not-utf8"], names=["cafe.example.tw"]),
        entry("ghost.example.tw", d.only_archive, DAMAGED, ["no-conf"], may_be_orphan=True),
        entry("shade.example.tw", d.only_live, DAMAGED, ["no-conf"], may_be_orphan=True),
    ]


def docker_entries():
    """A named volume's tree: absolute paths in its confs are the container's."""
    return [
        # The host has a lineage of this name too: certbot delete with --config-dir would destroy that one. A path that the
        # host's nginx names is this one's in its container, so that it may count as used.
        entry("www.nginx.example", states=["unused", "superseded", "duplicate", "used"], age=(-60, 30)),
        entry("volume.example.tw", states=["used"]),
        entry("idle.volume.example.tw"),
        entry("expired.volume.example.tw", states=["expired"], age=(-300, -210)),
        entry("absolute.volume.example.tw", d.absolute_links, ["unused", "broken"], ["absolute-link"]),
    ]


def host_entries():
    return used_entries() + resting_entries() + damaged_entries()
