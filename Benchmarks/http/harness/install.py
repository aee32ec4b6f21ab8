"""Installs what the benchmark needs and this machine lacks: Debian packages, and the peers in an own venv."""

import os
import shutil
import subprocess
from pathlib import Path

from .paths import HERE, PYTHON, VENV, WORK

DEBIAN = {
    "wrk": lambda: shutil.which("wrk"),
    "apache2": lambda: apache(),
    "libapache2-mod-wsgi-py3": lambda: Path("/usr/lib/apache2/modules/mod_wsgi.so").exists(),
    "python3-venv": lambda: list(Path("/usr/lib").glob("python3.*/ensurepip/__init__.py")),
    "python3-dev": lambda: list(Path("/usr/include").glob("python3.*/Python.h")),
    "gcc": lambda: shutil.which("gcc"),
}


def apache():
    """Path of Debian's Apache, or None."""
    return shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin")


def install(say):
    """Makes the machine ready; raises SystemExit with the way out when wrk or the venv can't be had."""
    missing = [package for package, present in DEBIAN.items() if not present()]
    if missing:
        say(f"installing {' '.join(missing)}")
        _apt(missing, say)
    if not shutil.which("wrk"):
        raise SystemExit("run: wrk is missing and could not be installed; apt-get install wrk")
    _venv(say)


def _apt(packages, say):
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", *packages]):
        try:
            done = subprocess.run(prefix + command, env=environment, capture_output=True, text=True)
        except FileNotFoundError as error:
            say(f"could not run {error.filename}; as root: apt-get install {' '.join(packages)}")
            return
        if done.returncode != 0 and command[1] == "install":
            say(f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:]}")


def _venv(say):
    requirements = HERE / "requirements.txt"
    stamp = VENV / "requirements.installed"
    if stamp.exists() and stamp.read_text() == requirements.read_text():
        return
    WORK.mkdir(exist_ok=True)
    say("installing the Python peers into .work/venv (uWSGI is compiled: about half a minute)")
    subprocess.run(["/usr/bin/python3", "-m", "venv", str(VENV)], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "-r", str(requirements)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"run: pip could not install {requirements}:\n{done.stderr}")
    stamp.write_text(requirements.read_text())
