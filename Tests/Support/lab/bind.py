"""BIND 9: the signed root with `test.`, a primary and a secondary, each a process of its own."""
import os
import re
import signal

from . import places
from .places import ADMIN_KEY, CERTBOT_KEY, FILE_ZONE, PRIMARY, PRIMARY6, ROOT, SECONDARY, SECONDARY6, STEWARD_KEY, ZONE, kind

POLICY = """\
dnssec-policy lab {
    keys { csk lifetime unlimited algorithm ecdsap256sha256; };
    dnskey-ttl 5; publish-safety 1; retire-safety 1; purge-keys 1h;
    signatures-validity 14d; signatures-validity-dnskey 14d; signatures-refresh 5d;
    max-zone-ttl 300; zone-propagation-delay 1; parent-ds-ttl 5; parent-propagation-delay 1;
};
"""
# Keys are made ahead of the first start: the parents' DS records need them.
SIGNED = (".", "test", ZONE, FILE_ZONE, places.BOGUS_ZONE, places.CASE_ZONE)


def soa(zone, ttl):
    """TTLs and the negative TTL are seconds: caches forget while a test waits."""
    dot = "" if zone == "." else zone + "."
    server = "ns.root." if zone == "." else "ns.test." if zone == "test" else f"ns1.{ZONE}."
    return f"$TTL {ttl}\n@ IN SOA {server} hostmaster.{dot} (\n        2026010101 ; serial\n        5 2 86400 {ttl} )\n"


class NameServers:
    """The three servers. `ttl` is that of every record, in seconds."""

    def __init__(self, machine, ttl=2):
        self.machine, self.ttl = machine, ttl
        self.processes = {}
        self.shares = {"root": (ROOT, None), "primary": (PRIMARY, PRIMARY6), "secondary": (SECONDARY, SECONDARY6)}
        for name in self.shares:
            machine.path(f"/srv/dns/{name}/keys").mkdir(parents=True)
        self.make_keys()
        self.write_zones()
        for name in self.shares:
            self.configure(name)
            self.start(name)

    # Keys

    def make_keys(self):
        machine = self.machine
        machine.write("/srv/dns/policy.conf", POLICY)
        for name, path in (("steward", STEWARD_KEY), ("admin", ADMIN_KEY), ("certbot", CERTBOT_KEY), ("rndc", "/srv/dns/rndc.key")):
            machine.write(path, machine.run("tsig-keygen", "-a", "hmac-sha256", name).stdout, 0o600)
        for zone in SIGNED:
            folder = "/srv/dns/root/keys" if zone in (".", "test") else "/srv/dns/primary/keys"
            machine.run("dnssec-keygen", "-q", "-K", folder, "-k", "lab", "-l", "/srv/dns/policy.conf", zone)
        root_key = self.key_file(".").read_text()
        machine.write(places.ANCHOR, "".join(line + "\n" for line in root_key.splitlines() if not line.startswith(";")))
        words = machine.path(places.ANCHOR).read_text().split()
        machine.write(places.BIND_KEYS, f'trust-anchors {{ . static-key {" ".join(words[4:7])} "{"".join(words[7:])}"; }};\n')
        machine.write(places.HINTS, f". 3600000 IN NS ns.root.\nns.root. 3600000 IN A {ROOT}\n")

    def key_file(self, zone):
        folder = self.machine.path("/srv/dns/root/keys" if zone in (".", "test") else "/srv/dns/primary/keys")
        name = "" if zone == "." else zone
        return next(folder.glob(f"K{name}.+*.key"))

    def ds(self, zone):
        key = self.key_file(zone)
        inside = "/" + str(key.relative_to(self.machine.root))
        return self.machine.run("dnssec-dsfromkey", "-2", inside).stdout

    # Zones

    def write_zones(self):
        write, ttl = self.machine.write, self.ttl
        bogus = re.sub(r"[0-9A-F]{56,}", lambda digest: digest[0][::-1], self.ds(places.BOGUS_ZONE))
        write("/srv/dns/root/db.root", soa(".", 60) + f"@ NS ns.root.\nns.root. A {ROOT}\ntest. NS ns.test.\n"
              f"ns.test. A {ROOT}\n" + self.ds("test"))
        delegations = "".join(f"{zone}. NS ns1.{ZONE}.\n{zone}. NS ns2.{ZONE}.\n" for zone in places.ZONES)
        write("/srv/dns/root/db.test", soa("test", 60) + f"@ NS ns.test.\nns.test. A {ROOT}\n{delegations}"
              f"ns1.{ZONE}. A {PRIMARY}\nns2.{ZONE}. A {SECONDARY}\nns2.{ZONE}. AAAA {SECONDARY6}\n" + self.ds(ZONE) + self.ds(FILE_ZONE)
              + self.ds(places.CASE_ZONE) + bogus)
        for zone in places.ZONES:
            here = [host for host in places.ALL_HOSTS if host.name.endswith("." + zone)]
            hosts = "".join(f"{host.domain}. MX 10 {host.name}.\n" for host in here) + "".join(
                f"{host.name}. {kind(address)} {address}\n" for host in here for address in host.addresses)
            # As long as the parent's glue: a resolver that still has one address of a dead server, and no other any more, asks
            # it for seconds before it looks for the rest.
            own = f"ns1 60 A {PRIMARY}\nns2 60 A {SECONDARY}\nns2 60 AAAA {SECONDARY6}\n" if zone == ZONE else ""
            # BIND loads an MX that names an alias and refuses it in an update.
            own += f"alias CNAME {places.ALIASED.name}.\nalias-domain MX 10 alias\n" if zone == ZONE else ""
            if zone in (places.UNSIGNED_ZONE, places.BOGUS_ZONE):
                own = f"@ MX 10 mx.{zone}.\nmx A {places.ALIASED.address}\n"
            if zone == places.CASE_ZONE:
                own = f"mail A {places.CASE_ADDRESS}\n@ MX 10 mail\n"
            write(f"/srv/dns/primary/db.{zone}", soa(zone, ttl) + f"@ 60 NS ns1.{ZONE}.\n@ 60 NS ns2.{ZONE}.\n{own}{hosts}")

    def configure(self, name):
        (address, six), folder = self.shares[name], f"/srv/dns/{name}"
        control = address or six
        # Without an IPv4 address of its own it transfers from any.
        source = f"query-source address {address}; notify-source {address}; transfer-source {address};" if address else ""
        text = f"""\
include "/srv/dns/rndc.key";
controls {{ inet {control} port 953 allow {{ any; }} keys {{ "rndc"; }}; }};
options {{
    directory "{folder}"; pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; lock-file none;
    listen-on {{ {address or 'none'}; }}; listen-on-v6 {{ {six or 'none'}; }}; {source}
    recursion no; dnssec-validation no; allow-transfer {{ any; }}; notify-delay 0;
    min-refresh-time 1; min-retry-time 1; serial-query-rate 100; notify-rate 100; key-directory "{folder}/keys";
    transfers-per-ns 20; empty-zones-enable no;
    check-mx-cname ignore;
}};
logging {{ channel file {{ file "{folder}/log"; severity info; print-time yes; print-category yes; }};
    category default {{ file; }}; category update {{ file; }}; category update-security {{ file; }}; }};
""" + POLICY + getattr(self, f"{name}_zones")()
        self.machine.write(f"/srv/dns/{name}.conf", text)
        self.machine.write(f"/srv/dns/rndc-{name}.conf", 'include "/srv/dns/rndc.key";\noptions { default-key "rndc"; '
                           f'default-server {control}; default-port 953; }};\n')

    def root_zones(self):
        return "".join(f'zone "{zone}" {{ type primary; file "db.{file}"; dnssec-policy lab; inline-signing yes; }};\n'
                       for zone, file in ((".", "root"), ("test", "test")))

    def primary_zones(self):
        # Steward may change the TLSA records of the services and nothing else.
        grants = "".join(f"grant steward name {host.owner(port)} TLSA; " for host in places.ALL_HOSTS if host.zone == ZONE for port in (25, 993))
        keys = "".join(f'include "{path}";\n' for path in (STEWARD_KEY, ADMIN_KEY, CERTBOT_KEY))
        notify = f"notify explicit; also-notify {{ {SECONDARY}; }};"
        admin = 'update-policy { grant admin zonesub ANY; };'
        return keys + f"""\
zone "{ZONE}" {{ type primary; file "db.{ZONE}"; dnssec-policy lab; {notify}
    update-policy {{ {grants}grant certbot subdomain {ZONE}. TXT; grant admin zonesub ANY; }}; }};
zone "{FILE_ZONE}" {{ type primary; file "db.{FILE_ZONE}"; dnssec-policy lab; inline-signing yes; {notify} }};
zone "{places.UNSIGNED_ZONE}" {{ type primary; file "db.{places.UNSIGNED_ZONE}"; {notify} {admin} }};
zone "{places.BOGUS_ZONE}" {{ type primary; file "db.{places.BOGUS_ZONE}"; dnssec-policy lab; {notify} {admin} }};
zone "{places.CASE_ZONE}" {{ type primary; file "db.{places.CASE_ZONE}"; dnssec-policy lab; {notify} {admin} }};
"""

    def secondary_zones(self, primary=PRIMARY):
        return "".join(f'zone "{zone}" {{ type secondary; file "db.{zone}"; primaries {{ {primary}; }}; }};\n'
                       for zone in places.ZONES)

    # Running

    def start(self, name):
        process = self.machine.start("named", "-f", "-n", "1", "-c", f"/srv/dns/{name}.conf", name=f"named-{name}")
        self.processes[name] = process

    def rndc(self, server, *words):
        return self.machine.run("rndc", "-c", f"/srv/dns/rndc-{server}.conf", *words)

    # Faults of the secondary

    def signal(self, name, number):
        """Sends it a signal; nsenter, its parent, stops with it and is woken with it."""
        if number == signal.SIGCONT:
            self.processes[name].send_signal(number)
        for pid in self.machine.outer_pids(f"named -f -n 1 -c /srv/dns/{name}.conf"):
            os.kill(pid, number)

    def kill_secondary(self):
        self.signal("secondary", signal.SIGKILL)
        self.processes["secondary"].wait(20)

    def strand_secondary(self):
        """It answers with what it has, and never transfers anything again."""
        self.strand("secondary")

    def strand(self, name):
        self.machine.write(f"/srv/dns/{name}.conf", self.machine.path(f"/srv/dns/{name}.conf").read_text().replace(
            f"primaries {{ {PRIMARY}; }}", f"primaries {{ {places.NOBODY}; }}"))
        self.rndc(name, "reconfig")

    def mend_secondary(self):
        self.listen_secondary(SECONDARY6)
        for zone in places.ZONES:
            self.rndc("secondary", "refresh", zone)

    def listen_secondary(self, six):
        """It listens at its IPv4 address and at `six`, or at the former alone (None)."""
        self.shares["secondary"] = (SECONDARY, six)
        self.configure("secondary")
        self.rndc("secondary", "reconfig")

    # The secondary's IPv6 address with another process behind it, as with anycast

    def split_secondary(self):
        """From here on its IPv6 address is a process of its own, `sixth`, which transfers from the primary."""
        self.listen_secondary(None)
        self.shares["sixth"] = (None, SECONDARY6)
        self.machine.path("/srv/dns/sixth/keys").mkdir(parents=True, exist_ok=True)
        self.configure("sixth")
        self.start("sixth")

    def join_secondary(self):
        """It has both its addresses again; `sixth` ends, if there is one."""
        if process := self.processes.pop("sixth", None):
            self.signal("sixth", signal.SIGKILL)
            process.wait(20)
        self.mend_secondary()

    sixth_zones = secondary_zones
