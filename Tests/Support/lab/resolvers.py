"""unbound as validating resolvers under the private root."""
from . import places


class Resolvers:
    """Two of them; `stale_for`: how long past its TTL the second one serves an answer, in seconds."""

    def __init__(self, machine, stale_for=10):
        self.machine = machine
        self.start("fresh", places.VALIDATOR, "")
        self.start("stale", places.STALE, f"    serve-expired: yes\n    serve-expired-ttl: {stale_for}\n"
                   "    serve-expired-reply-ttl: 1\n    serve-expired-client-timeout: 0\n")

    # Everybody is near: a server that doesn't answer is asked again after 100 ms, not 376, and five times that, doubled each
    # time, are over before a sender's patience is.
    def start(self, name, address, more):
        folder = f"/srv/unbound-{name}"
        self.machine.write(f"{folder}/unbound.conf", f"""\
server:
    interface: {address}
    access-control: 127.0.0.0/8 allow
    outgoing-interface: {address}
    outgoing-interface: {places.OUTGOING6[address]}
    do-ip6: yes
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: "{folder}/pid"
    logfile: "{folder}/log"
    val-log-level: 2
    use-syslog: no
    root-hints: "{places.HINTS}"
    trust-anchor-file: "{places.ANCHOR}"
    local-zone: "test." nodefault
    do-not-query-localhost: no
    module-config: "validator iterator"
    infra-host-ttl: 5
    unknown-server-time-limit: 100
    val-bogus-ttl: 1
    num-threads: 1
    so-rcvbuf: 0
{more}remote-control:
    control-enable: yes
    control-interface: {folder}/control
    control-use-cert: no
""")
        self.machine.start("unbound", "-d", "-c", f"{folder}/unbound.conf", name=f"unbound-{name}")

    def control(self, name, *words):
        return self.machine.run("unbound-control", "-c", f"/srv/unbound-{name}/unbound.conf", *words)

    def flush(self):
        for name in ("fresh", "stale"):
            self.control(name, "flush_zone", "test")
