"""`steward dane check` beside posttls-finger and dig."""
import statistics
import time

from lab import Lab, places, steward

from .report import table


def seconds(lab, command, rounds, before=lambda: None):
    """The median wall time, and the fastest and slowest, of a shell command on the lab's machine."""
    times = []
    for number in range(rounds + 1):
        before()
        began = time.monotonic()
        lab.machine.run("bash", "-c", command, check=False)
        times.append(time.monotonic() - began)
    times = sorted(times[1:])
    return statistics.median(times), times[0], times[-1]


def peers(host):
    """The same look-ups: MX, addresses, TLSA and NS by the validator, SOA and TLSA of each name server, and the handshake. One dig does all."""
    owner, zone = host.owner(), host.zone
    asked = [f"@{places.VALIDATOR} +dnssec {name} {kind}" for name, kind in (
        (host.domain, "MX"), (host.name, "A"), (host.name, "AAAA"), (owner, "TLSA"), (zone, "NS"))]
    asked += [f"@{server} +dnssec +norec {name} {kind}" for server in (places.PRIMARY, places.SECONDARY)
              for name, kind in ((zone, "SOA"), (owner, "TLSA"))]
    return f"posttls-finger -c -l dane {host.domain} >/dev/null; dig {' '.join(asked)} >/dev/null"


def speed(chosen):
    with Lab() as lab:
        host = places.HOSTS[1]
        lab.establish(host)
        base = seconds(lab, "true", chosen.rounds)
        own = f"{steward.BINARY} dane check {host.domain} --resolver-root {places.HINTS} --anchor {places.ANCHOR} >/dev/null"
        rows = []
        for name, command, before in (
                ("`steward dane check` (nothing cached: from the root, validating itself)", own, lambda: None),
                ("`posttls-finger`, then one `dig` with 9 questions, validator's cache warm", peers(host), lambda: None),
                ("`posttls-finger`, then one `dig` with 9 questions, validator's cache flushed", peers(host), lab.resolvers.flush),
                ("`posttls-finger` alone, cache warm", f"posttls-finger -c -l dane {host.domain} >/dev/null", lambda: None)):
            median, low, high = seconds(lab, command, chosen.rounds, before)
            rows.append([name, f"{1000 * (median - base[0]):.0f}", f"{1000 * (low - base[0]):.0f}", f"{1000 * (high - base[0]):.0f}"])
        return [f"Medians of {chosen.rounds} runs after one more, less what `true` takes ({1000 * base[0]:.0f} ms).", "",
                *table(["command", "median ms", "least", "most"], rows)]
