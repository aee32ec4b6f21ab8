"""A fresh folder for each start of a server, and the server in it."""

import shutil
import subprocess
from contextlib import contextmanager

from .paths import APPS, PYTHON, SCRIPTS, WORK
from .process import RunningServer, free_port
from .servers.server import Site, environment


@contextmanager
def serving(server, workers=2):
    """Yields the site and the running server; the scripts are a copy, so that they may be changed."""
    folder = WORK / "sites" / server.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    site = Site(free_port(), folder, folder / "scripts", folder / "log", workers)
    site.log.mkdir()
    shutil.copytree(SCRIPTS, site.scripts, ignore=shutil.ignore_patterns("__pycache__"))
    # Compiled ahead: Apache's user may not write here, and CGI would compile at each request.
    subprocess.run([PYTHON, "-m", "compileall", "-q", APPS, site.scripts], check=True)
    with RunningServer(server.command(site), environment(site), folder) as running:
        yield site, running


# Beyond this a rotating log may have deleted its oldest file.
ROTATION_BYTES = 256 << 20


def log_lines(site):
    """Lines in the access logs (the platform's own, or Steward's below its state folder).

    Infinite where there is so much that a rotating log may have deleted some: then it can't be counted.
    """
    state = site.folder / "state"
    files = {*site.log.glob("*.log"), *state.rglob("*.log*"), *state.rglob("*.jsonl*")}
    logs = [file.read_bytes() for file in files if file.is_file()]
    if sum(map(len, logs)) > ROTATION_BYTES:
        return float("inf")
    return sum(log.count(b"\n") for log in logs)
