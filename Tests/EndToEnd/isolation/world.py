"""A server with something to lose: zones beside and within each other, keys, secrets, a program of the same user."""
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from support.steward import BINARY, ENVIRONMENT, REPOSITORY, Steward, descendants, is_alive

ATTEMPTS = Path(__file__).parent / "attempts"
ORDINARY_USER = 54_321
SCRATCH_LIMIT = 8 << 20
LOG_SIZE, LOG_KEEP = 1 << 20, 3

VAULT = 'SECRET = "of-the-vault"\n\n\ndef main(request):\n    import os\n    return os.environ["VAULT_SECRET"]\n'


class Instance(Steward):
    """The server as another user, if one is told."""

    user = None

    def command(self):
        command = super().command()
        if self.user is not None:
            command = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *command]
        return command


class World:
    """Starts it all in a folder of its own; `close` ends it."""

    def __init__(self, user=None, **settings):
        self.user = user
        self.root = Path(tempfile.mkdtemp(prefix="steward-escape-", dir=self.place(user)))
        self.root.chmod(0o755)
        self.server = self.victim = None
        try:
            self._lay_out(settings)
            self._start()
            self._meet()
            self._add_victim()
        except BaseException:
            self.close()
            raise
        self.before = self.picture()

    @staticmethod
    def place(user):
        """Both where a zone may have a folder of its own over it, and where not."""
        return "/tmp" if user is None else "/var/tmp"

    # Laying out

    def _lay_out(self, settings):
        root = self.root
        for zone in ("app", "outbound", "small"):
            shutil.copytree(ATTEMPTS, root / zone, ignore=shutil.ignore_patterns("__pycache__"))
        for name, text in {
            "app/api/vault.py": VAULT, "app/api/data.txt": "of-the-nested-zone", "app/sub/part.py": "def main(request):\n    return 'part'\n",
            "app/victim.txt": "victim", "other/data.txt": "of-the-other-zone", "other/vault.py": VAULT, "key.secret": "of-the-server-key",
            "private/file": "of-the-server-private",
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        shutil.copy(ATTEMPTS / "who.py", root / "other/who.py")
        (root / "open").mkdir()
        (root / "runtime").mkdir()
        if self.user is not None:
            for path in [root, *root.rglob("*")]:
                os.chown(path, self.user, self.user)
        (root / "key.secret").chmod(0o600)
        (root / "private").chmod(0o700)
        (root / "open").chmod(0o777)
        (root / "server.yaml").write_text(json.dumps(self._settings(settings), indent=2))
        (root / "server.yaml").chmod(0o600)
        if self.user is not None:
            os.chown(root / "server.yaml", self.user, self.user)

    def _settings(self, more):
        root = str(self.root)
        none = {"network": "none", "memory": "512 MiB", "workers": 2}
        small = none | {"processes": 64, "files": 256, "scratch": f"{SCRATCH_LIMIT >> 20} MiB", "file_size": "64 MiB", "timeout": "2 s"}
        zones = {
            "/": none | {"folder": f"{root}/app"},
            "/api": none | {"folder": f"{root}/app/api", "secrets": ["VAULT_SECRET"]},
            "/other": none | {"folder": f"{root}/other", "secrets": ["VAULT_SECRET"]},
            "/outbound": none | {"folder": f"{root}/outbound", "network": "outbound"},
            "/small": small | {"folder": f"{root}/small"},
        }
        return {
            "zones": zones, "secrets": {"VAULT_SECRET": {"environment": "SERVER_VAULT"}},
            "keys": [{"name": "ops", "role": "admin", "file": f"{root}/key.secret"}],
            "log": {"rotate_size": f"{LOG_SIZE >> 20} MiB", "rotate_keep": LOG_KEEP, "stdout": False}, **more,
        }

    def _start(self):
        server = Instance.__new__(Instance)
        server.user = self.user
        environment = {"SERVER_ONLY": "of-the-server", "SERVER_VAULT": "of-the-vault", "API_KEY": "of-the-server-api-key",
                       "TMPDIR": str(self.root / "runtime")}
        self.server = server
        Steward.__init__(
            server, self.root, settings=(self.root / "server.yaml").read_text(), environment=environment, name="server")

    # Knowing who is who

    def _meet(self):
        here, other = self._who("/who.py"), self._who("/other/who.py")
        parents = {pid: parent_of(pid) for pid in descendants(self.server.process.pid)}
        siblings = [pid for pid, parent in parents.items() if parent == parents[here["outside"]] and pid != here["outside"]]
        state = self.server.state
        self.uid = here["uid"]
        self.facts = {
            "server": self.server.process.pid, "zygote": parents[here["outside"]],
            "supervisor": parents.get(parents[here["outside"]], self.server.process.pid), "sibling": siblings[0],
            "other_worker": other["outside"], "other_zygote": parents[other["outside"]], "other_uid": other["uid"],
            "folder": str(self.root / "app"), "script": str(self.root / "app/hello.py"),
            "victim_file": str(self.root / "app/victim.txt"), "other_file": str(self.root / "other/data.txt"),
            "nested_file": str(self.root / "app/api/data.txt"), "nested_module": str(self.root / "app/api/vault.py"),
            "key_file": str(self.root / "key.secret"), "settings": str(self.root / "server.yaml"),
            "private_file": str(self.root / "private/file"), "open_folder": str(self.root / "open"), "state": str(state),
            "state_files": [path.name for path in state.iterdir() if path.is_file()], "log": str(state / "log/steward.log"),
            "control": str(next(path for path in state.iterdir() if path.is_socket())), "binary": str(BINARY),
            "library": str(REPOSITORY / "python"), "port": self.server.port, "mark": self.mark(),
        }

    def server_log(self):
        log = self.server.state / "log/steward.log"
        return log.read_text()[-4000:] if log.exists() else self.server.log_tail()

    def mark(self):
        return f"4321.{secrets.randbelow(10 ** 8):08}"

    def _who(self, path):
        answer = self.server.get(path)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text}\n{self.server_log()}"
        told = answer.json()
        for pid in descendants(self.server.process.pid):
            inside, started = inner_pid(pid)
            if (inside, started) == (told["pid"], told["started"]):
                return told | {"outside": pid}
        raise AssertionError(f"{told} is none of {descendants(self.server.process.pid)}")

    def _add_victim(self):
        folder = self.root / "victim"
        folder.mkdir()
        os.chown(folder, self.uid, self.uid)
        folder.chmod(0o777)
        mark = secrets.token_hex(6)
        self.shm = Path(f"/dev/shm/steward-victim-{mark}")
        self.shm.write_text("of-the-victim")
        self.shm.chmod(0o600)
        os.chown(self.shm, self.uid, self.uid)
        key = secrets.randbelow(1 << 30) + 1
        identity = dict(user=self.uid, group=self.uid, extra_groups=[]) if os.getuid() == 0 else {}
        self.victim = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("victim.py")), str(folder), str(key), f"/steward-{mark}"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, cwd="/", **identity)
        word, tcp, udp, abstract = self.victim.stdout.readline().split()
        assert word == b"ready"
        os.set_blocking(self.victim.stdout.fileno(), False)
        self.facts |= {
            "victim": self.victim.pid, "tcp_port": int(tcp), "udp_port": int(udp), "abstract": abstract.decode(),
            "unix_socket": f"{folder}/socket", "unix_datagrams": f"{folder}/datagrams", "shm_key": key, "mq_name": f"steward-{mark}",
            "shm_file": str(self.shm), "shm_name": f"steward-escape-{mark}",
        }

    # Attempting

    def attempt(self, module, name, zone="", timeout=40):
        """What the script says: {"achieved": text or None, "refusal": why}; any answer but 200 is a refusal."""
        scratch = [str(path) for path in self.server.state.rglob("*") if path.is_dir() and path.parent.parent.name == "scratch"]
        told = self.facts | {"module": module, "attempt": name, "scratch_folders": scratch}
        answer = self.server.call(
            "POST", f"{zone}/attempt.py", {"Content-Type": "application/json"}, json.dumps(told).encode(), timeout=timeout)
        if answer.status != 200:
            return {"achieved": None, "refusal": f"status {answer.status}", "status": answer.status}
        return answer.json() | {"status": 200}

    # Seeing from outside what came of it

    def picture(self):
        """Everything that attempts would change, as it is now."""
        files = {}
        for above in ("app", "other", "outbound", "small", "open", "private", "key.secret", "server.yaml"):
            place = self.root / above
            for path in [place, *(place.rglob("*") if place.is_dir() else [])]:
                if "__pycache__" not in path.parts:
                    files[str(path.relative_to(self.root))] = look(path)
        pid = self.server.process.pid
        return {
            "files": files, "programs": [look(BINARY), look(REPOSITORY / "python/steward_worker")],
            "limits": Path(f"/proc/{pid}/limits").read_text(),
            "priority": os.getpriority(os.PRIO_PROCESS, pid), "schedule": (os.sched_getscheduler(pid), os.sched_getaffinity(pid)),
            "oom": Path(f"/proc/{pid}/oom_score_adj").read_text(), "host": os.uname().nodename,
            "shared memory": os.path.exists(f"/dev/shm/{self.facts['shm_name']}"),
            "state": sorted(path.name for path in self.server.state.iterdir() if path.name != "steward.sqlite-journal"),
        }

    def damage(self):
        """What is otherwise than before the attempts; empty if all is well."""
        found = []
        now = self.picture()
        for name, value in self.before.items():
            if now[name] != value:
                found.append(f"{name}: {difference(value, now[name])}")
        told = self.victim.stdout.read()
        if told:
            found.append(f"the program beside: {told.decode().split(chr(10))[:5]}")
        for name, pid in (("server", self.server.process.pid), ("program beside", self.victim.pid)):
            if not is_alive(pid):
                found.append(f"the {name} is gone")
        if not found and self.server.get("/hello.py").text != "hello":
            found.append("the server doesn't answer")
        return found

    def marked(self, mark):
        """Processes that an attempt left behind."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if mark in command_of(pid) and is_alive(pid)]

    def close(self):
        if self.victim is not None:
            self.victim.stdin.close()
            self.victim.wait(5)
            self.victim.stdout.close()
            self.shm.unlink(missing_ok=True)
        try:
            if self.server is not None:
                self.server.stop()
        finally:
            shutil.rmtree(self.root, ignore_errors=True)


def look(path):
    about = path.lstat()
    content = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() and about.st_size < 1 << 20 else None
    entries = sorted(entry.name for entry in path.iterdir() if entry.name != "__pycache__") if path.is_dir() else None
    times = about.st_mtime_ns if path.is_file() else None
    attributes = os.listxattr(path, follow_symlinks=False)
    return about.st_mode, about.st_uid, about.st_gid, about.st_nlink, times, content, entries, attributes


def difference(before, now):
    if isinstance(before, dict):
        return {name: (before.get(name), now.get(name)) for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    return before, now


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def inner_pid(pid):
    """The process's number in its own process table, and when it began."""
    try:
        numbers = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("NSpid:")]
        return int(numbers[0].split()[-1]), Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None, None


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
