"""Who has which address and name in the lab, and where its files lie."""
from dataclasses import dataclass

ROOT, PRIMARY, SECONDARY = "127.0.0.2", "127.0.0.3", "127.0.0.4"
# What has IPv6 has it under the same last number. NS records lead to the secondary's; the primary's is for updates.
PREFIX = "fd00:1ab::"
PRIMARY6, SECONDARY6 = PREFIX + "3", PREFIX + "4"
# Both validate; the second serves expired answers while it asks anew.
VALIDATOR, STALE = "127.0.0.5", "127.0.0.6"
OUTGOING6 = {VALIDATOR: PREFIX + "5", STALE: PREFIX + "6"}
AUTHORITY = "127.0.0.7"
ZONE, FILE_ZONE = "lab.test", "file.test"
# Zones for wrong answers: without DNSSEC, and with a DS in the parent that no key matches.
UNSIGNED_ZONE, BOGUS_ZONE = "unsigned.test", "bogus.test"
# For generated cases of records and chains (Tests/Support/dane_cases): one host with a port for each.
CASE_ZONE, CASE_HOST, CASE_ADDRESS = "dane.test", "mail.dane.test", "127.0.0.52"
ZONES = (ZONE, FILE_ZONE, UNSIGNED_ZONE, BOGUS_ZONE, CASE_ZONE)
# All under /srv as the machine itself sees it.
ANCHOR, HINTS = "/srv/dns/root.anchor", "/srv/dns/root.hints"
# The anchor as delv reads it.
BIND_KEYS = "/srv/dns/root.bindkeys"
STEWARD_KEY, ADMIN_KEY, CERTBOT_KEY = "/srv/dns/steward.key", "/srv/dns/admin.key", "/srv/dns/certbot.key"
ZONE_FILE = f"/srv/dns/primary/db.{FILE_ZONE}"
TLS = "/srv/tls"
LIVE = "/etc/letsencrypt/live"


@dataclass(frozen=True)
class MailHost:
    """A receiving mail server: its name, its first address, the domain whose only MX it is, its other addresses."""
    name: str
    address: str
    domain: str
    ports: tuple = (25,)
    more: tuple = ()

    @property
    def addresses(self):
        return (self.address, *self.more)

    @property
    def zone(self):
        return FILE_ZONE if self.name.endswith("." + FILE_ZONE) else ZONE

    @property
    def deployed(self):
        """The file with key and chain that it reads."""
        return f"{TLS}/{self.name}.pem"

    @property
    def label(self):
        return self.name.replace(".", "-")

    def owner(self, port=25):
        return f"_{port}._tcp.{self.name}."


HOSTS = {number: MailHost(f"mx{number}.{ZONE}", f"127.0.0.{10 + number}", f"d{number}.{ZONE}") for number in range(1, 17)}
FILE_HOSTS = {number: MailHost(f"mx{number}.{FILE_ZONE}", f"127.0.0.{30 + number}", f"d{number}.{FILE_ZONE}")
              for number in range(1, 9)}
# `alias.lab.test` is an alias of it, and the MX of `alias-domain.lab.test`.
ALIASED = HOSTS[16]
# Under IPv4 and IPv6, and under IPv6 alone.
DUAL = MailHost(f"dual.{ZONE}", "127.0.0.53", f"dual-domain.{ZONE}", more=(PREFIX + "53",))
SIX = MailHost(f"six.{ZONE}", PREFIX + "54", f"six-domain.{ZONE}")
ALL_HOSTS = (*HOSTS.values(), *FILE_HOSTS.values(), DUAL, SIX)
# A mail server that offers no STARTTLS, and an address at which nobody listens.
PLAIN, NOBODY, NOBODY6 = "127.0.0.50", "127.0.0.51", PREFIX + "51"
SENDERS = {"fresh": ("127.0.0.61", VALIDATOR), "stale": ("127.0.0.62", STALE)}
# Where each sender delivers from over IPv6, and what it takes first where a host has both.
SENDERS6 = {"fresh": (PREFIX + "61", "ipv6"), "stale": (PREFIX + "62", "ipv4")}
ADDRESSES = (ROOT, PRIMARY, SECONDARY, VALIDATOR, STALE, AUTHORITY, PLAIN, NOBODY, CASE_ADDRESS,
             PRIMARY6, SECONDARY6, NOBODY6, *OUTGOING6.values(),
             *(address for host in ALL_HOSTS for address in host.addresses),
             *(address for address, _ in (*SENDERS.values(), *SENDERS6.values())))


def kind(address):
    """The type of the record that holds it."""
    return "AAAA" if ":" in address else "A"
