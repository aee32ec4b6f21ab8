"""Generated RRsets and chains (Tests/Support/dane_cases), served from a real signed zone by real ports: what `steward dane check`
says of each beside posttls-finger, ldns-dane, openssl and delv."""
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from lab import Lab, places, steward, tlsserver
from lab.machine import REPOSITORY

from .fleet import say
from .report import table

FIRST_PORT = 2000


def cases(chosen):
    with Lab() as lab:
        folder = lab.folder / "cases"
        subprocess.run([sys.executable, "-B", "-m", "dane_cases", folder, "--peers"], check=True, cwd=REPOSITORY / "Tests/Support")
        listed = json.loads((folder / "cases.json").read_text())
        say(f"{len(listed)} cases")
        serve(lab, folder, listed)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda case: ask(lab, case), listed))
        return verdicts(listed)


def serve(lab, folder, listed):
    """A port and an owner for each case."""
    for number, case in enumerate(listed):
        case["port"] = FIRST_PORT + number
    for chain in sorted({case["chain"] for case in listed}):
        ports = [case["port"] for case in listed if case["chain"] == chain]
        context = tlsserver.context_of(folder / chain / "chain.pem", folder / chain / "key.pem")
        tlsserver.Starttls(lab.machine, places.CASE_ADDRESS, ports, context)
    for case in listed:
        lines = [f"add _{case['port']}._tcp.{places.CASE_HOST}. 2 TLSA {record}" for record in case["records"]]
        done = lab.update(*lines, zone=places.CASE_ZONE, check=False)
        case["published"] = done.returncode == 0


def ask(lab, case):
    target = f"[{places.CASE_HOST}]:{case['port']}"
    finger = lab.machine.run("posttls-finger", "-c", "-l", "dane", "-L", "summary", target, check=False)
    case["posttls-finger"] = "match" if "Verified TLS connection" in finger.stdout else "no match"
    own = lab.machine.run(steward.BINARY, "dane", "check", f"{places.CASE_HOST}:{case['port']} smtp", "--json", "--resolver-root",
                          places.HINTS, "--anchor", places.ANCHOR, check=False)
    case["steward"] = own_verdict(own)
    delv = lab.machine.run("delv", "@" + places.VALIDATOR, "-a", places.BIND_KEYS, "+root=.",
                           f"_{case['port']}._tcp.{places.CASE_HOST}", "TLSA", check=False)
    case["delv"] = "; fully validated" in delv.stdout


def own_verdict(done):
    try:
        return "match" if json.loads(done.stdout)["verdict"] == "deliver" else "no match"
    except ValueError:
        return f"failed ({done.returncode})"


def verdicts(listed):
    agree, others = Counter(), []
    for case in listed:
        answers = {"posttls-finger": case["posttls-finger"], "openssl s_client": plain(case["peers"]["openssl"]),
                   "ldns-dane": plain(case["peers"]["ldns"])}
        for name, answer in answers.items():
            agree[name] += answer == case["steward"]
        if case["posttls-finger"] != case["steward"]:
            others.append([case["name"], case["steward"], *answers.values()])
    rows = [[name, f"{agree[name]} of {len(listed)}"] for name in ("posttls-finger", "openssl s_client", "ldns-dane")]
    rows.append(["delv: the RRset is fully validated", f"{sum(case['delv'] for case in listed)} of {len(listed)}"])
    rows.append(["published (BIND took the RRset)", f"{sum(case['published'] for case in listed)} of {len(listed)}"])
    lines = table(["Steward's verdict is that of", "cases"], rows)
    if others:
        lines += ["", "Where posttls-finger says something else:", "",
                  *table(["case", "steward", "posttls-finger", "openssl", "ldns-dane"], others)]
    return lines


def plain(answer):
    """`unusable` is no match either: a sender then knows nothing of whom it talks to."""
    return "match" if answer == "match" else "no match"
