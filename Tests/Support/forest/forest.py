"""Builds the forest: trees, damages, servers, and the expectation."""
import datetime
import json
import os
import re
from pathlib import Path

from . import catalogue, damages, servers
from .authority import Authority
from .tree import Tree, write

TREE = "etc/letsencrypt"
VOLUME = "var/lib/docker/volumes/certbot-conf/_data"


def shown(name):
    """A name as reports show it: bytes that are not UTF-8 as \\xNN."""
    return re.sub("[\udc80-\udcff]", lambda match: f"\\x{ord(match[0]) - 0xdc00:02x}", name)


def expected(entry, tree, evidence):
    """One lineage's expectation."""
    findings = []
    for finding in entry.findings:
        damage, kind = finding if isinstance(finding, tuple) else (finding, "")
        findings.append({"damage": f"{damage} {kind}".strip(),
                         "any": [dict(zip(("code", "holds"), f"{code} ".replace("{kind}", kind).split(" ")))
                                 for code in damages.CODES[damage]]})
    return {"name": shown(entry.lineage.name), "tree": tree, "states": list(entry.states), "names": entry.lineage.names,
            "evidence": evidence, "findings": findings, "may_be_orphan": entry.may_be_orphan}


def plant(tree, entries):
    """Sound lineages first, then the damages: some of them need a neighbour."""
    for entry in entries:
        tree.add(entry.lineage)
    for entry in entries:
        if entry.damage:
            entry.damage(tree, entry.lineage.name)


def litter(tree):
    """What lies around in old trees beside lineages."""
    for number in range(3):
        tree.old_key(number)
    write(tree.folder / "renewal/idle.example.tw.conf.bak", "an editor's backup\n")
    write(tree.folder / "renewal/idle.example.tw.conf~", "another\n")
    write(tree.folder / "live/notes.txt", "do not delete\n")
    write(tree.folder / "archive/before.tar", b"\0" * 1024)
    write(tree.folder / "cli.ini", "max-log-backups = 0\n")
    write(tree.folder / "options-ssl-apache.conf", "SSLEngine on\n")


def logs(root, now):
    """certbot's log of a night in which one lineage could not be renewed."""
    stamp = (now - datetime.timedelta(hours=9)).strftime("%Y-%m-%d %H:%M:%S")
    write(root / "var/log/letsencrypt/letsencrypt.log", "\n".join([
        f"{stamp},101:DEBUG:certbot._internal.main:certbot version: 2.1.0",
        f"{stamp},112:DEBUG:certbot._internal.main:Arguments: ['-q', 'renew']",
        f"{stamp},834:ERROR:certbot._internal.renewal:Failed to renew certificate expired.example.tw with error: Some challenges have failed.",
        f"{stamp},901:ERROR:certbot._internal.renewal:All renewals failed. The following certificates could not be renewed:",
        f"{stamp},902:ERROR:certbot._internal.renewal:  /{TREE}/live/expired.example.tw/fullchain.pem (failure)",
        f"{stamp},903:ERROR:certbot._internal.log:1 renew failure(s), 0 parse failure(s)"]) + "\n", 0o600)
    (root / "var/log/letsencrypt").chmod(0o700)


def build(root, prefix="", now=None):
    """Builds the forest in `root` and returns the expectation, which it also writes to expectation.json.

    Absolute paths in confs and configurations begin with `prefix`; the same root, prefix and time give the same bytes.
    """
    root = Path(root).absolute()
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        raise SystemExit(f"forest: {root} is not empty")
    now = (now or datetime.datetime.now(datetime.timezone.utc)).replace(microsecond=0)
    if now.tzinfo is None:
        now = now.replace(tzinfo=datetime.timezone.utc)
    mask = os.umask(0o022)
    try:
        return grow(root, prefix, Authority(now))
    finally:
        os.umask(mask)


def authority_of(root):
    """The root certificate of the forest in `root`."""
    now = json.loads((Path(root) / "expectation.json").read_text())["now"]
    return Authority(datetime.datetime.fromisoformat(now)).root


def grow(root, prefix, authority):
    own = f"{prefix}/{TREE}"
    host = Tree(root / TREE, own, authority)
    out = servers.Configurations(root, prefix, f"{own}/live")
    for part in (servers.nginx, servers.apache, servers.mail, servers.proxies, servers.hooks):
        part(out)
    entries = catalogue.host_entries()
    plant(host, entries)
    servers.copies(out, host)
    litter(host)
    # In the container the volume is /etc/letsencrypt, whatever the host calls it.
    volume = Tree(root / VOLUME, "/etc/letsencrypt", authority)
    volumes = catalogue.docker_entries()
    plant(volume, volumes)
    used_volume = servers.Configurations(root, prefix, f"{prefix}/{VOLUME}/live")
    used_volume.add("/etc/nginx/conf.d/volume.conf", servers.nginx_server(
        "volume.example.tw", servers.nginx_pair("volume.example.tw")))
    logs(root, authority.now)
    expectation = {
        "root": str(root), "now": authority.now.isoformat(), "trees": [f"/{TREE}", f"/{VOLUME}"],
        "lineages": [expected(entry, f"/{TREE}", out.evidence.get(entry.lineage.name, [])) for entry in entries]
        + [expected(entry, f"/{VOLUME}", used_volume.evidence.get(entry.lineage.name, [])) for entry in volumes],
        "orphans": [{"path": f"/{TREE}/{path}", "kind": kind} for path, kind in ORPHANS]}
    write(root / "expectation.json", json.dumps(expectation, indent=1, ensure_ascii=True))
    return expectation


ORPHANS = [
    ("archive/ghost.example.tw", "archive"), ("live/shade.example.tw", "live"),
    ("keys/0000_key-certbot.pem", "key"), ("keys/0001_key-certbot.pem", "key"), ("keys/0002_key-certbot.pem", "key"),
    ("csr/0000_csr-certbot.pem", "csr"), ("csr/0001_csr-certbot.pem", "csr"), ("csr/0002_csr-certbot.pem", "csr"),
    ("live/notes.txt", "file"), ("archive/before.tar", "file"),
    ("renewal/idle.example.tw.conf.bak", "file"), ("renewal/idle.example.tw.conf~", "file"),
]
