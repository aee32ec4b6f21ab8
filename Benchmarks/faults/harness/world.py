"""A server for one fault, and what can be seen of it from outside."""
import contextlib
import os
import re
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import paths  # noqa: F401  (before the tests' support package)
from . import mounts, processes

from support import settings as settings_text
from support.steward import Steward, eventually

WIRES = 3  # Descriptors that the server has open for each worker.
HELLO = "def main(request):\n    return 'hello'\n"


@dataclass
class Answer:
    """What a caller saw."""
    status: int
    code: str
    seconds: float
    body: bytes = b""
    cut: bool = False

    def __str__(self):
        if self.cut:
            return f"{self.status}, cut off after {duration(self.seconds)}"
        return f"{self.status}{f' `{self.code}`' if self.code else ''} after {duration(self.seconds)}"


@dataclass
class Outcome:
    """One row of the table."""
    sees: str = ""
    log: str = ""
    left: str = ""


@dataclass
class Snapshot:
    """What a server holds at one moment."""
    descriptors: int
    zombies: int
    spooled: int
    strays: list = field(default_factory=list)


def duration(seconds):
    """A time as people say it: 12 ms, 1.0 s."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


class World:
    """Scratch space and servers of one fault; ends everything that it started."""

    def __init__(self, scratch, quick=False):
        self.scratch = Path(scratch)
        self.quick = quick
        self.servers = []

    def serve(self, scripts=None, folder=None, **options):
        """A server of one zone, `/`, with `fields` of its settings beside those of `sections`."""
        fields, sections = options.pop("fields", {}), options.pop("sections", {})
        place = folder or self.scratch / f"server-{len(self.servers)}"
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o755)
        text = settings_text.text([settings_text.zone("/", **fields)], **sections)
        server = Steward(place, scripts={"hello.py": HELLO, **(scripts or {})}, settings=text, **options)
        self.servers.append(server)
        server.get("/hello.py")
        return server

    def close(self):
        for server in self.servers:
            if self.quick and server.process.poll() is None:
                server.process.kill()
                server.process.wait()
            with contextlib.suppress(AssertionError):
                server.stop(10)


def call(server, path, method="GET", body=None, timeout=30, headers=()):
    """Calls and says what came back; a connection that is cut off within the answer counts as such."""
    began = time.monotonic()
    try:
        with server.connect(timeout=timeout) as connection:
            from support.wire import request
            connection.send(request(method, path, headers, body))
            response = connection.begin(method)
            try:
                data, cut = response.read(), False
            except Exception as error:
                data, cut = getattr(error, "partial", b""), True
            document = {}
            if "problem" in (response.getheader("Content-Type") or ""):
                import json
                document = json.loads(data)
            return Answer(response.status, document.get("code", ""), time.monotonic() - began, data, cut)
    except OSError as error:
        return Answer(0, type(error).__name__, time.monotonic() - began, cut=True)


def in_background(body):
    """Runs `body` in a thread; returns a function that waits for its value."""
    values = []
    thread = threading.Thread(target=lambda: values.append(body()))
    thread.start()

    def value():
        thread.join()
        return values[0]
    return value


def snapshot(server, words=()):
    """What the server holds now; `words` mark processes that must be gone."""
    pid = server.process.pid
    return Snapshot(
        descriptors=len(os.listdir(f"/proc/{pid}/fd")) - WIRES * workers(server), zombies=len(processes.zombies(pid)),
        spooled=sum(path.is_file() for path in (server.state / "spool").rglob("*")),
        strays=[stray for word in words for stray in processes.of(word)])


def workers(server):
    """How many worker processes the server says that it has."""
    text = server.get("/_platform/metrics").text
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("steward_workers{")))


def settle(server, before, words=(), timeout=15):
    """Waits until what a fault left has gone and returns what is left then, as a sentence."""
    limit = before.descriptors + 3  # Connections and files that are just being opened or closed.

    def is_clean(now):
        return not now.strays and now.zombies == 0 and now.spooled == 0 and now.descriptors <= limit
    deadline = time.monotonic() + timeout
    # Workers and descriptors are counted one after the other: a fork in between counts once as neither.
    while not is_clean(now := snapshot(server, words)) and time.monotonic() < deadline:
        time.sleep(0.02)
    parts = [f"{len(now.strays)} processes"] if now.strays else []
    parts += [f"{now.zombies} zombies"] if now.zombies else []
    parts += [f"{now.spooled} spooled bodies"] if now.spooled else []
    parts += [f"{now.descriptors - before.descriptors} descriptors"] if now.descriptors > limit else []
    processes.end(now.strays)
    return ", ".join(parts) or "nothing"


def answers(server, path="/hello.py"):
    """Fails unless the server still answers."""
    answer = call(server, path)
    assert answer.status == 200, f"{path} afterwards: {answer}"


def record(server, event=None, timeout=5, **fields):
    """The first record of the log with this event (or whose message has `text`)."""
    text = fields.pop("text", None)

    def matches(found):
        return ((event is None or found["event"] == event) and (text is None or text in found.get("message", ""))
                and all(found.get(name) == value for name, value in fields.items()))
    return server.wait_for_record(matches, timeout)


def quote(found):
    """A record for the table: its event and message, without numbers that differ from run to run."""
    message = plain(found.get("message", "")).splitlines()[0]
    return f"{found['level']} `{found['event']}`: {message[:200]}{'…' if len(message) > 200 else ''}"


def plain(text):
    """Text without the names of scratch folders."""
    return re.sub(r"/\S*?faults-\w+/", "…/", text)


@contextlib.contextmanager
def world(quick=False):
    """A world in a scratch folder that others than root may enter: scripts may run as another user."""
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        os.chmod(scratch, 0o755)
        made = World(scratch, quick)
        try:
            yield made
        finally:
            made.close()
            mounts.release()


__all__ = ["Outcome", "World", "world", "call", "snapshot", "settle", "answers", "record", "quote", "in_background",
           "duration", "eventually", "processes"]
