"""Many services, each with a certificate and a record of its own, watched by one `steward dane run`."""
import datetime
import os
import subprocess
import time
from pathlib import Path

from forest.authority import Authority
from forest.tree import Lineage, Tree
from lab import Lab, look, places, steward, tlsserver

from .fleet import say
from .report import table

TTL = 300


def grow(lab, count):
    """Lineages svcN.lab.test with deployed copies, records and a server; the deployments' entries."""
    tree = Tree(lab.machine.path("/etc/letsencrypt"), "/etc/letsencrypt", Authority(datetime.datetime.now(datetime.timezone.utc)))
    names = [f"svc{number}.{places.ZONE}" for number in range(count)]
    lines, contexts, entries = [], {}, []
    for name in names:
        tree.add(Lineage(name))
        live = lab.machine.path(f"{places.LIVE}/{name}")
        deployed = lab.machine.write(f"{places.TLS}/{name}.pem",
                                     (live / "privkey.pem").read_bytes() + (live / "fullchain.pem").read_bytes(), 0o600)
        contexts[name] = tlsserver.context_of(deployed, deployed)
        lines += [f"add {name}. {TTL} A {places.CASE_ADDRESS}",
                  f"add _993._tcp.{name}. {TTL} TLSA {look.record_of_file(live / 'cert.pem')}"]
        entries.append({"lineage": name, "file": f"{places.TLS}/{name}.pem", "ttl": f"{TTL}s", "reload": ["true"],
                        "services": [f"{name}:993"]})
    for begin in range(0, len(lines), 200):
        lab.update(*lines[begin:begin + 200])
    tlsserver.Names(lab.machine, places.CASE_ADDRESS, 993, contexts)
    return entries


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, what="VmRSS"):
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def many(chosen):
    with Lab(ttl=TTL) as lab:
        say(f"{chosen.services} lineages")
        entries = grow(lab, chosen.services)
        dane = steward.Dane(lab, entries, interval=300, settle=60)
        say("first look")
        dane.start()
        began = time.monotonic()
        lab.wait(lambda: dane.pids() and dane.log().count(" smtp: ") + dane.log().count(" tls: ") >= chosen.services, 600, "the first look at each")
        (pid,) = dane.pids()
        first, first_cpu = time.monotonic() - began, cpu(pid)
        # The loop begins with a look of its own at all of them.
        time.sleep(90)
        say(f"first look took {first:.0f} s; watching {chosen.minutes} minutes")
        before, at, peak = cpu(pid), time.monotonic(), 0
        while time.monotonic() - at < chosen.minutes * 60:
            time.sleep(1)
            peak = max(peak, memory(pid))
        used, wall = cpu(pid) - before, time.monotonic() - at
        steady = sum(": steady: " in line for line in dane.log().splitlines())
        rows = [["services (each a deployment)", f"{chosen.services:,}; {steady:,} steady at the first look"],
                ["first look at all", f"{first:.0f} s, {first_cpu:.1f} s of CPU"],
                ["watched", f"{wall:.0f} s, each service every 300 s"],
                ["CPU", f"{100 * used / wall:.2f} % of one core"],
                ["RSS, largest while watched", f"{peak:.0f} MiB"],
                ["RSS, peak since the start", f"{memory(pid, 'VmHWM'):.0f} MiB"]]
        dane.stop()
        return table(["what", "figure"], rows)
