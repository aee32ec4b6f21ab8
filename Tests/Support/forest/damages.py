"""What goes wrong with lineages in the field. Each damage is a function of the tree and the lineage's name; its
expectation says in which words a finding must name it (regular expressions, any of them, in code and text)."""
import os
import shutil

from .authority import key_of, key_pem
from .tree import KINDS, write

# A finding must match one of these.
WORDS = {
    "unparsable": ["pars", "line 4"],
    "empty-conf": ["empty", "pars", r"cert\b.*(missing|lacks|no )", "(missing|lacks|names no)"],
    "no-kind": ["(lacks|missing|names no|has no|without|does not (say|name)).*{kind}", "{kind}.*(lacks|missing|not named|is not there)"],
    "lost-file": ["{kind}1?(\\.pem)?.*(missing|broken|dangling|not there|does not exist|gone)", "(missing|broken|dangling|leads nowhere).*{kind}"],
    "foreign-archive": ["archive.*(another|other|belongs|victim|shared|same)"],
    "moved": ["(moved|outside|elsewhere|other (tree|folder)|not (in|below) th|does not exist|wrong)"],
    "broken-link": ["(broken|dangling|leads nowhere|does not exist|missing)"],
    "absolute-link": ["absolute"],
    "chained-link": ["(chain(ed)?\\b.*link|link.*(another|other|chain)|through|intermediate link)"],
    "swapped-link": ["(swap|points? (at|to).*(privkey|cert)|wrong (kind|file)|kind)"],
    "regular-file": ["(regular|not a (symbolic |sym)?link|instead of|is a file|ordinary|copied|copy)"],
    "shared-archive": ["(two|another|other|both|share|same|belongs)"],
    "not-utf8": ["(UTF-8|utf8|not text|bytes)"],
    "foreign-owner": ["(own)"],
    "open-key": ["(permission|mode|readable|0?644|others)"],
    "empty-pem": ["(empty|no certificate|can.?t be read|unreadable|not.*PEM|0 bytes)"],
    "truncated-pem": ["(truncat|incomplete|unreadable|can.?t be (read|parsed)|not.*(PEM|certificate)|no certificate|broken|damaged)"],
    "key-mismatch": ["(match|belong|mismatch|another)"],
    "chain-order": ["(order|chain|first|leaf)"],
    "mixed-versions": ["(version|mixed|mix)"],
    "fifo": ["(FIFO|fifo|pipe|not a (regular )?file|special)"],
    "conf-folder": ["(folder|directory|not a (regular )?file)"],
    "huge-conf": ["(large|big|size|bytes|MB|MiB)"],
    "link-loop": ["(loop|circle|symbolic links|ELOOP|broken|leads nowhere|dangling)"],
    "no-files": ["(missing|gone|nothing|does not exist|no live|no archive|not there|broken)"],
    "outside": ["(outside|leaves|symlink|symbolic link|leads)"],
    "renamed": ["(name|another|other|belongs)"],
    "extra-file": ["(extra|unexpected|not certbot|unknown|foreign|does not belong|belongs to no)"],
    "no-conf": ["(no (renewal )?conf|conf.*(missing|gone|not there)|without|not renew|no renewal)"],
    "expired": ["(expired|no longer (holds|valid)|ended|days ago)"],
    "not-yet-valid": ["(not yet|holds from|future|begins|valid from)"],
    "pinned-archive": ["(archive|old|version|pinned|renew)"],
    "duplicate": ["(duplicate|same names|-0001)"],
    "no-autorenew": ["(autorenew|renew)"],
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
