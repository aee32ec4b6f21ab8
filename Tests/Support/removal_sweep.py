"""Kills, or fails, a removal at each of its system calls, and looks at what the next start makes of the tree.

`Sweep(scratch, driver).run(act, points)` starts the driver (Tests/Support/RemovalDriver) under strace with one
injection a time (strace(1), "Tampering"). After each, a start without injection recovers; the tree must then be byte for
byte what it was before or what the whole act makes of it. The Benchmarks run every point, the tests a sample.
"""
import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

QUARANTINE = ".steward-quarantine"
IGNORED = {QUARANTINE, ".certbot.lock"}
GOING = ["old.example", "odd name.example"]
STAYING = ["kept.example"]
PARENTS = {"renewal", "live", "archive"}
# What can fail for want of space or a broken disk, and what each failure is.
FAILING = {
    "write": ["ENOSPC", "EIO"], "fsync": ["EIO", "ENOSPC"], "fdatasync": ["EIO", "ENOSPC"], "renameat2": ["EIO", "ENOSPC"],
    "mkdirat": ["ENOSPC", "EIO"], "openat2": ["EIO", "ENOSPC"], "unlinkat": ["EIO"], "utimensat": ["EIO"],
    "newfstatat": ["EIO"], "getdents64": ["EIO"], "readlinkat": ["EIO"], "read": ["EIO"],
}


def make_lineage(tree, name, versions):
    """A lineage as certbot leaves it, with real keys and certificates, odd modes, owners, times and a hard link."""
    live, archive = tree / "live" / name, tree / "archive" / name
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    for version in range(1, versions + 1):
        key, cert = archive / f"privkey{version}.pem", archive / f"cert{version}.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", "/CN=x", "-addext", f"subjectAltName=DNS:{name.replace(' ', '-')}", "-keyout", key, "-out", cert],
            check=True, capture_output=True)
        key.chmod(0o600)
        shutil.copy(cert, archive / f"chain{version}.pem")
        (archive / f"fullchain{version}.pem").write_bytes(cert.read_bytes() * 2)
    for kind in ["cert", "privkey", "chain", "fullchain"]:
        (live / f"{kind}.pem").symlink_to(f"../../archive/{name}/{kind}{versions}.pem")
    (live / "README").write_text("what certbot writes here\n")
    os.link(archive / "privkey1.pem", archive / "privkey1-kept.pem")
    if os.geteuid() == 0:
        os.chown(archive / "chain1.pem", 65534, 65534)
    lines = [f"version = 2.1.0", f"archive_dir = {archive}"]
    lines += [f"{kind} = {live}/{kind}.pem" for kind in ["cert", "privkey", "chain", "fullchain"]]
    lines += ["[renewalparams]", "account = 0", "authenticator = standalone", "server = https://127.0.0.1:1/dir"]
    (tree / "renewal").mkdir(exist_ok=True)
    (tree / "renewal" / f"{name}.conf").write_text("\n".join(lines) + "\n")


def make_tree(tree):
    for name in GOING + STAYING:
        make_lineage(tree, name, 2)
    for folder in PARENTS:
        (tree / folder).chmod(0o700)
    for hooks in ["pre", "deploy", "post"]:
        (tree / "renewal-hooks" / hooks).mkdir(parents=True)
    moment = 1_600_000_000_123_456_789
    for path in sorted(tree.rglob("*"), reverse=True):
        moment += 1_000_000_007
        os.utime(path, ns=(moment, moment), follow_symlinks=False)


def snapshot(tree, folder=None):
    """Everything beneath the tree but the quarantine and lock files: kind, mode, owner, times, content, links."""
    found, inodes = {}, {}
    base = folder or tree
    for root, folders, files in os.walk(base):
        for name in sorted(folders + files):
            path = os.path.join(root, name)
            relative = os.path.relpath(path, base)
            if relative.split(os.sep)[0] in IGNORED:
                continue
            status = os.lstat(path)
            facts = [status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns]
            if os.path.islink(path):
                facts.append(os.readlink(path))
            elif os.path.isfile(path):
                facts.append(hashlib.sha256(Path(path).read_bytes()).hexdigest())
                inodes.setdefault(status.st_ino, []).append(relative)
            found[relative] = facts
        folders[:] = [name for name in folders if root != str(base) or name not in IGNORED]
    for group in inodes.values():
        for relative in group:
            found[relative].append(sorted(group))
    return found


def without_times(found):
    """The snapshot without the times of the folders that an act adds to or takes from."""
    return {path: (facts[:3] + facts[4:] if path in PARENTS else facts) for path, facts in found.items()}


def keys(tree):
    """Digests of every private key anywhere in the tree, the quarantine included."""
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in tree.rglob("privkey*.pem") if path.is_file()}


@dataclass
class Report:
    """What a sweep saw."""
    points: int = 0
    old: int = 0
    new: int = 0
    states: int = 0
    failures: list = field(default_factory=list)

    def __str__(self):
        return (f"{self.points} points: {self.old} old, {self.new} new, {len(self.failures)} failures; "
                f"{self.states} states shown to certbot")


class Sweep:
    def __init__(self, scratch, driver, certbot=None):
        self.scratch, self.driver, self.certbot = Path(scratch), str(driver), certbot
        self.tree, self.plan = self.scratch / "tree", self.scratch / "plan.yaml"
        self.template = {}
        self.shown = set()
        template = self.scratch / "template"
        make_tree(self.tree)
        self.call("plan", str(self.plan), check=True)
        self.copy(self.tree, template / "prune")
        self.whole, self.keys = snapshot(self.tree), keys(self.tree)
        self.call("prune", str(self.plan), check=True)
        self.copy(self.tree, template / "restore")
        self.copy(self.tree, template / "purge")
        self.pruned = snapshot(self.tree)
        self.items = {folder.name: snapshot(self.tree, folder) for folder in self.item_folders()}
        self.templates = template

    @staticmethod
    def copy(source, destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["rm", "-rf", str(destination)], check=True)
        subprocess.run(["cp", "-a", str(source), str(destination)], check=True)

    def item_folders(self):
        folder = self.tree / QUARANTINE
        return [path for path in sorted(folder.iterdir()) if path.is_dir()] if folder.exists() else []

    def command(self, act, *arguments):
        used = [word for name in STAYING for word in ("--used", name)]
        return [self.driver, act, str(self.tree), *arguments, *used]

    def call(self, act, *arguments, check=False):
        result = subprocess.run(self.command(act, *arguments), capture_output=True, text=True, timeout=60)
        assert not check or result.returncode == 0, result
        return result

    def arguments(self, act):
        return {"prune": [str(self.plan)], "restore": [GOING[0]], "purge": []}[act]

    def trace(self, act):
        """The names of the act's system calls, in order, and the index of the first that names the tree."""
        self.copy(self.templates / act, self.tree)
        log = self.scratch / "trace"
        subprocess.run(["strace", "-f", "-o", log, *self.command(act, *self.arguments(act))],
                       check=True, capture_output=True, timeout=120)
        lines = [line for line in log.read_text(errors="replace").splitlines() if re.match(r"\d+ +\w+\(", line)]
        names = [re.match(r"\d+ +(\w+)\(", line)[1] for line in lines]
        # The first is the start of the program itself, which strace does not stop at.
        names, lines = names[1:], lines[1:]
        return names, next(i for i, line in enumerate(lines) if str(self.tree) in line)

    def run(self, act, injections, untouched=0):
        """Tries each injection, `name:what:when=N`, a fresh copy of the tree each; at the first `untouched` ones the act
        has not reached the tree, which must be as it was without any recovery."""
        report = Report()
        for number, injection in enumerate(injections):
            if number >= untouched or number == 0 or report.failures:
                self.copy(self.templates / act, self.tree)
            report.points += 1
            try:
                result = self.injected(act, injection)
                if number < untouched:
                    assert self.state(act) == "old", f"touched too early: {self.state(act)}"
                    report.old += 1
                else:
                    self.judge(act, injection, result, report)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                report.failures.append(f"{act} {injection}: {error}")
        report.states = len(self.shown)
        return report

    def injected(self, act, injection):
        call = injection.split(":")[0]
        return subprocess.run(
            ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={injection}",
             *self.command(act, *self.arguments(act))], capture_output=True, text=True, timeout=60)

    def judge(self, act, injection, result, report):
        killed = "signal=KILL" in injection
        assert killed or result.returncode in (0, 1), f"ended with {result.returncode}: {result.stderr}"
        self.show_certbot()
        once = not killed and not injection.endswith("+")
        early = self.state(act) if once else None
        if once and result.returncode == 1 and act != "purge":
            assert early == "old", f"failed ({result.stderr.strip()}) and left the tree {early}"
        recovered = self.call("recover")
        assert recovered.returncode == 0, f"recovery failed: {recovered.stderr}"
        state = self.state(act)
        assert state in ("old", "new"), f"after recovery the tree is {state}; {recovered.stdout}"
        assert killed or result.returncode != 0 or state == "new", "said that it worked, but did not"
        setattr(report, state, getattr(report, state) + 1)
        self.show_certbot()
        listed = self.call("list").stdout
        assert "!" not in listed, f"findings after recovery: {listed}"
        if act != "purge" or state == "old":
            assert keys(self.tree) == self.keys, "a key is lost"
        if act == "prune" and state == "new":
            self.check_restores()

    def state(self, act):
        found, items = snapshot(self.tree), {path.name: snapshot(self.tree, path) for path in self.item_folders()}
        if act == "prune":
            going = {name: {k: v for k, v in item.items() if k != "manifest.json"} for name, item in items.items()}
            if found == self.whole and not items:
                return "old"
            bodies = sorted(str(sorted(item.items())) for item in going.values())
            expected = sorted(str(sorted((k, v) for k, v in item.items() if k != "manifest.json"))
                              for item in self.items.values())
            return "new" if without_times(found) == without_times(self.pruned) and bodies == expected else self.differs(found)
        if found == self.pruned and items == self.items:
            return "old"
        if act == "purge":
            return "new" if found == self.pruned and not items else self.differs(found, self.pruned)
        back = {path: facts for path, facts in self.whole.items() if GOING[1] not in path.split("/")[-1].removesuffix(".conf")
                and GOING[1] not in path.split("/")}
        kept = {name: item for name, item in self.items.items() if "odd" in name}
        return "new" if without_times(found) == without_times(back) and items == kept else self.differs(found, back)

    def differs(self, found, expected=None):
        expected = expected or self.whole
        paths = sorted(path for path in set(found) | set(expected) if found.get(path) != expected.get(path))
        return f"neither old nor new: {paths[:6]}; quarantine {[path.name for path in self.item_folders()]}"

    def check_restores(self):
        for name in GOING:
            result = self.call("restore", name)
            assert result.returncode == 0 and not result.stdout, f"restore: {result}"
        assert snapshot(self.tree) == self.whole, f"restored: {self.differs(snapshot(self.tree))}"

    def show_certbot(self):
        """Lets certbot read each state of the tree that it has not read yet."""
        if not self.certbot:
            return
        paths = tuple(sorted(snapshot(self.tree)))
        if paths in self.shown:
            return
        self.shown.add(paths)
        folders = ["--config-dir", str(self.tree), "--work-dir", f"{self.scratch}/work", "--logs-dir", f"{self.scratch}/logs"]
        result = subprocess.run([self.certbot, "certificates", *folders], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, f"certbot: {result.stderr}"
        whole = [name for name in GOING + STAYING if f"renewal/{name}.conf" in paths]
        for name in whole:
            assert f"Certificate Name: {name}" in result.stdout, f"certbot does not read {name}: {result.stdout}"
        assert QUARANTINE not in result.stdout and "parse error" not in result.stdout, result.stdout


def kills(names, first=0):
    """A kill before each system call from the `first` on; strace counts each call by its own name."""
    counts, injections = {}, []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        injections.append(f"{name}:signal=KILL:when={counts[name]}")
    return injections[first:]


def errors(names, first_in_act):
    """An injection of each failure that each call can have, once and for good."""
    injections = []
    for call, numbers in FAILING.items():
        before, total = names[:first_in_act].count(call), names.count(call)
        for position in range(before + 1, total + 1):
            for number in numbers:
                injections += [f"{call}:error={number}:when={position}", f"{call}:error={number}:when={position}+"]
    return injections
