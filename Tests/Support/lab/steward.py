"""`steward dane` on the lab's machine, and the settings that it gets."""
import json
import os
import signal
import time
from pathlib import Path

from . import acme, places
from .machine import REPOSITORY

BINARY = Path(os.environ.get("STEWARD_BINARY") or REPOSITORY / ".build/debug/steward").resolve()
SETTINGS, STATE = "/srv/steward.yaml", "/srv/state"
RESOLVER = {"root_hints": places.HINTS, "anchor": places.ANCHOR}


def rndc():
    return ["rndc", "-c", "/srv/dns/rndc-primary.conf"]


def zones():
    """`lab.test` by update, `file.test` in its file."""
    return [{"name": places.ZONE, "update": {"server": f"{places.PRIMARY}:53", "key": places.STEWARD_KEY}},
            {"name": places.FILE_ZONE, "file": {"path": places.ZONE_FILE, "server": places.PRIMARY, "rndc": rndc()}}]


def deployment(host, ports=(25,), mode="late", ttl=2, reload=None, **more):
    """A host's entry in `dane.deployments`."""
    reloads = reload or ["postfix -c " + f"/etc/postfix-{host.name} reload"]
    return {"lineage": host.name, "file": host.deployed, "mode": mode, "ttl": f"{ttl}s", "reload": reloads,
            "services": [f"{host.name}:{port}" for port in ports], **more}


def certbot():
    """How certbot is run against the lab's authority."""
    return ["env", *(f"{name}={value}" for name, value in acme.Certbot.environment.items()), acme.CERTBOT]


class Dane:
    """`steward dane` with one settings file."""

    def __init__(self, lab, deployments, settle=0, margin=2, interval=1, path=SETTINGS, state=STATE, **more):
        self.lab, self.machine, self.path, self.state = lab, lab.machine, path, state
        self.settings = {"settle": f"{settle}s", "margin": f"{margin}s", "interval": f"{interval}s", "resolver": RESOLVER,
                         "zones": zones(), "deployments": deployments, **more}
        self.write()
        self.process, self.starts = None, 0

    def write(self):
        self.machine.write(self.path, json.dumps({"dane": self.settings}, indent=1))

    def command(self, *words):
        return [BINARY, "dane", *words, "--settings", self.path, "--state", self.state]

    def run(self, *words, **options):
        return self.machine.run(*self.command(*words), **options)

    def start(self, before=()):
        """`steward dane run`, until `stop`; `before`: words before the command, such as strace's."""
        self.starts += 1
        self.process = self.machine.start(*before, *self.command("run"), name=f"dane-{self.starts}")
        return self.process

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def pids(self):
        return [pid for pid in self.machine.outer_pids(f"dane run --settings {self.path}")
                if os.readlink(f"/proc/{pid}/exe") == str(BINARY)]

    def stop(self, number=signal.SIGTERM, timeout=20):
        """Ends it with a signal; its exit status."""
        for pid in self.pids():
            os.kill(pid, number)
        return self.process.wait(timeout) if self.process else None

    def log(self):
        return "".join(self.machine.output_of(f"dane-{number}") for number in range(1, self.starts + 1))

    def status(self):
        """The document of `steward dane --json`."""
        return json.loads(self.run("--json", check=False).stdout)


def wait_rolled(lab, host, record, timeout=60, port=25):
    """Until the host serves the key of `record` and every name server has that record alone."""
    lab.wait(lambda: lab.served(host, port) == record, timeout, f"{host.name} serving {record[:16]}")
    lab.wait_published(host, [record], port, timeout=timeout)
    return time.monotonic()
