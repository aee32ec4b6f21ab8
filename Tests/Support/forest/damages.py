"""What goes wrong with lineages in the field. Each damage is a function of the tree and the lineage's name; its
expectation says which findings name it."""
import os
import shutil

from .authority import key_of, key_pem
from .tree import KINDS, write

# By damage: the codes of findings that name it, one of which must be there; after a space, what its text must hold.
CODES = {
    "unparsable": ["conf-unparsable"],
    "empty-conf": ["conf-empty"],
    "no-kind": ["conf-incomplete {kind}"],
    "lost-file": ["live-broken {kind}", "archive-incomplete {kind}", "live-kind-missing {kind}", "key-missing {kind}"],
    "foreign-archive": ["archive-other victim"],
    "archive-root": ["archive-not-folder", "archive-outside", "archive-moved", "archive-other", "archive-host"],
    "moved": ["conf-path-moved", "conf-path-outside", "conf-path-host"],
    "broken-link": ["live-broken"],
    "absolute-link": ["live-absolute"],
    "chained-link": ["live-chained"],
    "swapped-link": ["live-wrong-kind"],
    "regular-file": ["live-not-link"],
    "shared-archive": ["archive-shared first", "live-shared first"],
    "not-utf8": ["name-not-utf8"],
    "foreign-owner": ["conf-owner 1234", "key-owner 1234"],
    "open-key": ["key-readable", "key-mode"],
    "empty-pem": ["file-empty", "cert-unreadable empty"],
    "truncated-pem": ["cert-unreadable", "fullchain-mismatch"],
    "key-mismatch": ["key-mismatch"],
    "chain-order": ["chain-order", "fullchain-mismatch"],
    "mixed-versions": ["live-mixed-versions"],
    "fifo": ["archive-not-file", "key-unreadable", "file-unread"],
    "conf-folder": ["conf-not-file"],
    "huge-conf": ["conf-too-large"],
    "link-loop": ["live-broken", "live-odd-target", "live-loop"],
    "no-files": ["live-missing", "archive-missing"],
    "live-outside": ["live-outside", "live-not-folder"],
    "conf-outside": ["conf-link", "conf-outside"],
    "renamed": ["conf-path-moved before", "archive-moved before"],
    "extra-file": ["archive-extra notes.txt", "live-extra combined.pem"],
    "no-conf": ["conf-missing", "orphan-archive", "orphan-live"],
    "expired": ["expired"],
    "not-yet-valid": ["not-yet-valid"],
    "no-autorenew": ["renewal-off"],
    "failing": ["renewal-failing"],
}


def unparsable(tree, name):
    text = tree.conf(name).read_text()
    lines = text.splitlines(keepends=True)
    tree.conf(name).write_text("".join([*lines[:3], "[[[ this is not a renewal file\n", *lines[3:]]))


def empty_conf(tree, name):
    write(tree.conf(name), b"")


def conf_without(kind):
    def damage(tree, name):
        lines = tree.conf(name).read_text().splitlines(keepends=True)
        tree.conf(name).write_text("".join(line for line in lines if not line.startswith(f"{kind} =")))
    return damage


def without_file(kind):
    def damage(tree, name):
        (tree.archive(name) / f"{kind}1.pem").unlink()
    return damage


def replaced(old, new):
    """Changes the conf's text."""
    def damage(tree, name):
        text = tree.conf(name).read_text()
        changed = text.replace(old.format(own=tree.own, name=name), new.format(own=tree.own, name=name))
        assert changed != text, (name, old)
        tree.conf(name).write_text(changed)
    return damage


def moved(tree, name):
    replaced("= {own}/", "= /opt/old-server/letsencrypt/")(tree, name)


def broken_links(tree, name):
    tree.point(name, 9)


def absolute_links(tree, name):
    for kind in KINDS:
        link = tree.live(name) / f"{kind}.pem"
        link.unlink()
        link.symlink_to(f"{tree.own}/archive/{name}/{kind}1.pem")


def chained_links(tree, name):
    for kind in KINDS:
        os.rename(tree.live(name) / f"{kind}.pem", tree.live(name) / f"{kind}-current.pem")
        (tree.live(name) / f"{kind}.pem").symlink_to(f"{kind}-current.pem")


def swapped_links(tree, name):
    for kind, other in (("cert", "privkey"), ("privkey", "cert")):
        link = tree.live(name) / f"{kind}.pem"
        link.unlink()
        link.symlink_to(f"../../archive/{name}/{other}1.pem")


def regular_files(tree, name):
    for kind in KINDS:
        path = tree.live(name) / f"{kind}.pem"
        data = path.read_bytes()
        path.unlink()
        write(path, data, 0o600 if kind == "privkey" else 0o644)


def looped_links(tree, name):
    for kind in KINDS:
        (tree.live(name) / f"{kind}.pem").unlink()
    (tree.live(name) / "cert.pem").symlink_to("fullchain.pem")
    (tree.live(name) / "fullchain.pem").symlink_to("cert.pem")
    (tree.live(name) / "privkey.pem").symlink_to("privkey.pem")
    (tree.live(name) / "chain.pem").symlink_to(f"../{name}/chain.pem")


def foreign_owner(tree, name):
    for path in (tree.conf(name), tree.archive(name) / "privkey1.pem"):
        os.chown(path, 1234, 1234)


def open_key(tree, name):
    (tree.archive(name) / "privkey1.pem").chmod(0o644)


def empty_pem(tree, name):
    for kind in ("cert", "fullchain"):
        write(tree.archive(name) / f"{kind}1.pem", b"")


def truncated_pem(tree, name):
    for kind in ("cert", "fullchain"):
        path = tree.archive(name) / f"{kind}1.pem"
        write(path, path.read_bytes()[:400])


def stranger_key(tree, name):
    write(tree.archive(name) / "privkey1.pem", key_pem(key_of("ecdsa", f"stranger of {name}")), 0o600)


def wrong_order(tree, name):
    folder = tree.archive(name)
    write(folder / "fullchain1.pem", (folder / "chain1.pem").read_bytes() + (folder / "cert1.pem").read_bytes())


def mixed_versions(tree, name):
    tree.point(name, 1, ("privkey", "chain"))


def fifo(tree, name):
    path = tree.archive(name) / "privkey1.pem"
    path.unlink()
    os.mkfifo(path, 0o600)


def conf_folder(tree, name):
    tree.conf(name).unlink()
    tree.conf(name).mkdir()


def huge_conf(tree, name):
    with open(tree.conf(name), "ab") as file:
        file.write((b"# " + b"x" * 997 + b"\n") * 5000)


def no_files(tree, name):
    shutil.rmtree(tree.live(name))
    shutil.rmtree(tree.archive(name))


def no_conf(tree, name):
    tree.conf(name).unlink()


def only_archive(tree, name):
    tree.conf(name).unlink()
    shutil.rmtree(tree.live(name))


def only_live(tree, name):
    tree.conf(name).unlink()
    shutil.rmtree(tree.archive(name))


def live_outside(tree, name):
    """The live folder is a symbolic link out of the tree."""
    outside = tree.folder.parent.parent / "srv/jump"
    outside.parent.mkdir(exist_ok=True)
    shutil.copytree(tree.live(name), outside, symlinks=True)
    shutil.rmtree(tree.live(name))
    tree.live(name).symlink_to("../../../srv/jump")


def conf_outside(tree, name):
    """The conf is a symbolic link out of the tree."""
    outside = tree.folder.parent.parent / "srv" / f"{name}.conf"
    outside.parent.mkdir(exist_ok=True)
    os.rename(tree.conf(name), outside)
    tree.conf(name).symlink_to(f"../../../srv/{name}.conf")


def renamed_conf(tree, name):
    """Someone renamed the folders and left the conf's paths as they were."""
    text = tree.conf(name).read_text().replace(f"/{name}", "/before.example.tw")
    tree.conf(name).write_text(text)


def extra_files(tree, name):
    write(tree.archive(name) / "notes.txt", "renewed by hand, ask Lin before touching\n")
    write(tree.live(name) / "combined.pem", (tree.live(name) / "fullchain.pem").read_bytes() +
          (tree.live(name) / "privkey.pem").read_bytes(), 0o600)


def second_conf(first):
    """The lineage is nothing but a copy of another's conf."""
    def damage(tree, name):
        shutil.rmtree(tree.live(name))
        shutil.rmtree(tree.archive(name))
        shutil.copy2(tree.conf(first), tree.conf(name))
    return damage
