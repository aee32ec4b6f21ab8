"""The report: a head, and a section a part."""
import os
import re
import subprocess

TITLES = {
    "rollovers": "Rollovers while mail flows", "faults": "The same with faults", "crash": "Killed at every point",
    "naive": "By hand, in the usual orders", "check": "Checking one domain", "watch": "Many services watched by one process",
    "agreement": "Agreement with other programs"}


def version(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().splitlines()[0]
    except (OSError, IndexError):
        return "not there"


def commit(repository):
    return version("git", "-C", str(repository), "rev-parse", "--short", "HEAD")


def head(chosen, repository):
    memory = next(int(line.split()[1]) / 2**20 for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    system = next(line.split("=")[1].strip().strip('"') for line in open("/etc/os-release") if line.startswith("PRETTY_NAME"))
    build = "release" if "/release/" in chosen.steward else "debug" if "/debug/" in chosen.steward else "other"
    return ["# DANE: figures", "",
            f"- Machine: {model}, {os.cpu_count()} CPUs, {memory:.1f} GiB; {system}, kernel {os.uname().release}",
            f"- Versions: steward {version(chosen.steward, '--version')} ({build} build); {version('named', '-v')}; "
            f"unbound {version('unbound', '-V').replace('Version ', '')}; Postfix {version('postconf', '-dh', 'mail_version')}; "
            f"{version(str(repository / '.venv-certbot/bin/certbot'), '--version')}; Pebble; Dovecot {version('dovecot', '--version')}",
            "- Each section says when, on which commit and beside what load it was made.", ""]


def write(path, chosen, repository, texts):
    """Sections of parts that were not run stay as they were."""
    old = {}
    if path.exists():
        for section in re.split(r"^(?=## )", path.read_text(), flags=re.M)[1:]:
            name = next((name for name, title in TITLES.items() if section.startswith(f"## {title}\n")), None)
            old[name] = section.rstrip("\n").split("\n") + [""]
    lines = head(chosen, repository)
    for name in TITLES:
        lines += texts.get(name) or old.get(name) or []
    path.write_text("\n".join(lines).rstrip("\n") + "\n")


def table(headings, rows):
    """A Markdown table."""
    return ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)]
