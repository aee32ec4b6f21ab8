"""Starts the built steward in a scratch folder, waits until it is ready, and stops it by its pid."""
import json
import os
import re
import signal
import subprocess
import textwrap
import time
from pathlib import Path

from .wire import Connection, free_port

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("STEWARD_BINARY") or REPOSITORY / ".build/debug/steward").absolute()
READY = re.compile(r"^steward: ready on (https?://\S+)", re.MULTILINE)

# What an instance inherits: nothing of the caller's keys or settings.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "STEWARD_PYTHON")
               if name in os.environ}


# The zones of `--scripts`, whose scripts may write to one folder.
SHARED_ZONES = """\
zones:
  /: {folder: SCRIPTS, write: SHARED}
  /api: {folder: SCRIPTS/api, key: api, write: SHARED}
  /admin: {folder: SCRIPTS/admin, key: admin, write: SHARED}
"""


def write_scripts(folder, scripts):
    """Writes {"api/x.py": source}; "x.sh!" makes the file executable."""
    for name, source in scripts.items():
        path = Path(folder) / name.rstrip("!")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        if name.endswith("!"):
            path.chmod(0o755)


def replace(path, source):
    """Replaces a file at one stroke, as editors and deployment tools do."""
    path = Path(path)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(textwrap.dedent(source))
    os.replace(fresh, path)


def open_parents(folder):
    """Lets every user pass through the folders above: scripts run as users of their own, and pytest's folders are closed."""
    for parent in [Path(folder), *Path(folder).parents]:
        mode = parent.stat().st_mode
        if mode & 0o001 == 0 and parent.stat().st_uid == os.getuid():
            parent.chmod(mode & 0o7777 | 0o011)


class Steward:
    """One running server."""

    def __init__(self, scratch, scripts=None, settings=None, environment=None, host="127.0.0.1",
                 port=None, arguments=(), name="steward", check_ready=True, shared=False):
        self.scratch = Path(scratch)
        self.folder = self.scratch / "scripts"
        self.folder.mkdir(parents=True, exist_ok=True)
        open_parents(self.folder)
        # Where scripts may write what a test looks at, if the test says so: `shared=True`, or SHARED in its settings.
        self.shared = self.scratch / "shared"
        if shared or "SHARED" in (settings or ""):
            self.shared.mkdir(exist_ok=True)
            self.shared.chmod(0o777)
        if shared and settings is None:
            settings = SHARED_ZONES
        self.state = self.scratch / f"{name}-state"
        self.host, self.port = host, port or free_port(host)
        self.environment = ENVIRONMENT | (environment or {})
        self.log_path = self.scratch / f"{name}.log"
        self.error_path = self.scratch / f"{name}.err"
        self.settings_path = None
        write_scripts(self.folder, scripts or {})
        if settings is not None:
            self.settings_path = self.scratch / f"{name}.yaml"
            self.settings_path.write_text(textwrap.dedent(settings).replace("SCRIPTS", str(self.folder)).replace("SHARED", str(self.shared)))
        self.arguments = list(arguments)
        self.process = None
        self.start()

    @property
    def address(self):
        return (self.host, self.port)

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def command(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        command = [str(BINARY), "serve", "--listen", f"{host}:{self.port}", "--state", str(self.state)]
        if self.settings_path:
            command += ["--settings", str(self.settings_path)]
        else:
            command += ["--scripts", str(self.folder)]
        return command + self.arguments

    def start(self, timeout=30):
        with open(self.log_path, "ab") as log, open(self.error_path, "ab") as errors:
            already = self.error_path.stat().st_size
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=errors, cwd=self.scratch,
                env=self.environment, start_new_session=True)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            text = self.error_path.read_bytes()[already:].decode("utf-8", "replace")
            if READY.search(text):
                return
            if self.process.poll() is not None:
                raise AssertionError(f"steward ended with {self.process.returncode}:\n{text}\n{self.log_tail()}")
            time.sleep(0.01)
        self.stop()
        raise AssertionError(f"steward was not ready within {timeout} s:\n{text}\n{self.log_tail()}")

    def stop(self, timeout=40):
        """SIGTERM, then SIGKILL after `timeout` seconds; returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError(f"steward did not end within {timeout} s of SIGTERM") from None
        return self.process.returncode

    def restart(self):
        self.stop()
        self.start()

    def connect(self, **options):
        return Connection(self.address, **options)

    def call(self, method, path, headers=(), body=None, timeout=30):
        with self.connect(timeout=timeout) as connection:
            return connection.call(method, path, headers, body)

    def get(self, path, headers=(), timeout=30):
        return self.call("GET", path, headers, timeout=timeout)

    def write(self, name, source):
        write_scripts(self.folder, {name: source})

    def replace(self, name, source):
        replace(self.folder / name, source)

    def run(self, *arguments, check=True, **options):
        """Runs another steward command against this instance's state (and settings)."""
        command = [str(BINARY), *arguments, "--state", str(self.state)]
        if self.settings_path:
            command += ["--settings", str(self.settings_path)]
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=self.scratch,
                                env=self.environment, timeout=60, **options)
        if check:
            assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def records(self):
        """Every line of the log so far, as objects; a line that is not JSON fails the test."""
        lines = self.log_path.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def wait_for_record(self, matches, timeout=5):
        """The first log record that `matches` accepts; fails after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            for record in self.records_so_far():
                if matches(record):
                    return record
            if time.monotonic() > deadline:
                raise AssertionError(f"no such record within {timeout} s in:\n{self.log_tail()}")
            time.sleep(0.02)

    def worker_of(self, path, **options):
        """Calls `path`; the number, as this machine counts, of the worker that answered."""
        trace = self.get(path, **options).header("X-Trace-Id")
        return self.wait_for_record(lambda r: r.get("event") == "request" and r.get("trace_id") == trace)["worker"]

    def records_so_far(self):
        """Complete lines only: the last may still be on its way."""
        text = self.log_path.read_text("utf-8")
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def log_tail(self, lines=12, width=600):
        texts = [path.read_text("utf-8", "replace") for path in (self.error_path, self.log_path) if path.exists()]
        return "\n".join(line[:width] for text in texts for line in text.splitlines()[-lines:])

    def descendants(self):
        """{pid: command line} of every process below the server."""
        return descendants(self.process.pid)


def descendants(pid):
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                parents[int(entry.name)] = (int(stat.rsplit(")", 1)[1].split()[1]),
                                            (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except (OSError, IndexError):
                continue
    found, frontier = {}, [pid]
    while frontier:
        parent = frontier.pop()
        for child, (above, command) in parents.items():
            if above == parent and child not in found:
                found[child] = command
                frontier.append(child)
    return found


def is_alive(pid):
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except OSError:
        return False


def eventually(condition, timeout=5, message="condition"):
    """Waits until `condition()` holds and returns its value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{message} did not come to hold within {timeout} s"
        time.sleep(0.02)
    return value
