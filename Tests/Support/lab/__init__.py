"""A private Internet for DANE: a signed root, name servers, validating resolvers, an ACME authority with certbot, and mail
servers that receive and send, all on one machine in namespaces (`Lab`), over IPv4 and IPv6 (places.py says who has which
addresses). `python3 -m lab` opens a shell in it; needs root."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import look, places
from .acme import CERTBOT, Certbot, Pebble
from .bind import NameServers
from .machine import Machine, unavailable
from .mail import Dovecot, Sender, Tally, receiver
from .resolvers import Resolvers

PROGRAMS = {"named": "bind9", "named-checkzone": "bind9-utils", "dig": "bind9-dnsutils", "unbound": "unbound", "pebble": "pebble",
            "postfix": "postfix", "dovecot": "dovecot-imapd", "ip": "iproute2", "ldns-dane": "ldnsutils"}


def missing():
    """Why the lab can't run here, in words; empty if it can."""
    if reason := unavailable():
        return reason
    path = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin")
    lacks = [f"{program} (apt-get install {package})" for program, package in PROGRAMS.items() if not shutil.which(program, path=path)]
    lacks += [] if Path("/proc/net/if_inet6").exists() else ["a kernel with IPv6"]
    lacks += [] if Path(CERTBOT).exists() else ["certbot (tools/setup --tests)"]
    return "not run: needs " + ", ".join(lacks) if lacks else ""


class Lab:
    """All of it, running once made. `close` ends every process and takes the scratch folder away, unless it was given."""

    def __init__(self, folder=None, ttl=2, stale_for=10):
        self.folder, self.is_given = Path(folder or tempfile.mkdtemp(prefix="lab-")), folder is not None
        self.ttl, self.stale_for = ttl, stale_for
        self.machine = Machine(self.folder / "root", places.ADDRESSES, places.VALIDATOR)
        try:
            self.dns = NameServers(self.machine, ttl)
            self.resolvers = Resolvers(self.machine, stale_for)
            self.pebble = Pebble(self.machine)
            self.certbot = Certbot(self.machine)
            self.receivers, self.senders, self.dovecot = {}, {}, None
            self.machine.path(places.TLS).mkdir(parents=True)
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.machine.stop()
        if not self.is_given:
            shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_ready(self, timeout=120):
        # The resolvers are asked last and forget in between: a trust anchor that they couldn't use they leave aside for a minute.
        self.wait(self.is_signed, timeout, "the name servers' signed zones")
        deadline = time.monotonic() + timeout
        while not self.is_resolved():
            assert time.monotonic() < deadline, f"the resolvers not ready within {timeout} s"
            time.sleep(1)
            for name in ("fresh", "stale"):
                self.resolvers.control(name, "reload")
        self.wait(self.is_listening, timeout, "the authority")

    def is_signed(self):
        with self.machine.network():
            names = [look.records(server, f"{places.ZONE}.", "DNSKEY") for server in (places.PRIMARY, places.SECONDARY, places.SECONDARY6)]
            names += [look.records(server, f"ns1.{places.ZONE}.", "A") for server in (places.PRIMARY, places.SECONDARY)]
            return all(names) and look.records(places.PRIMARY, f"{places.FILE_ZONE}.", "DNSKEY")

    def is_resolved(self):
        with self.machine.network():
            return all(look.records(server, f"mx1.{zone}.", "A", recurse=True)
                       for server in (places.VALIDATOR, places.STALE) for zone in (places.ZONE, places.FILE_ZONE))

    def is_listening(self):
        with self.machine.network():
            return listening(places.AUTHORITY, 14000)

    @staticmethod
    def wait(condition, timeout=20, what="condition"):
        """Waits until `condition()` holds and returns its value."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < deadline, f"{what} not ready within {timeout} s"
            time.sleep(0.1)
        return value

    # Records

    def update(self, *lines, zone=places.ZONE, key=places.ADMIN_KEY, check=True):
        """nsupdate at the primary."""
        script = "\n".join([f"server {places.PRIMARY}", f"zone {zone}", *lines, "send", ""])
        result = subprocess.run(self.machine.inside(["nsupdate", "-k", key]), input=script, capture_output=True, text=True)
        assert not check or result.returncode == 0, f"{lines}: {result.stderr}"
        return result

    def publish(self, host, *records, port=25):
        """Makes exactly these the TLSA records of a service, by the zone's own way."""
        owner = host.owner(port)
        if host.zone == places.FILE_ZONE:
            self.edit_zone_file(owner, records)
        else:
            self.update(f"del {owner} TLSA", *(f"add {owner} {self.ttl} TLSA {record}" for record in records))

    def edit_zone_file(self, owner, records):
        path = self.machine.path(places.ZONE_FILE)
        kept = [line for line in path.read_text().splitlines() if not line.startswith(owner)]
        number = next(index for index, line in enumerate(kept) if "; serial" in line)
        kept[number] = f"        {int(kept[number].split()[0]) + 1} ; serial"
        path.write_text("\n".join(kept + [f"{owner} {self.ttl} IN TLSA {record}" for record in records]) + "\n")
        self.dns.rndc("primary", "reload", places.FILE_ZONE)

    def published(self, host, port=25, server=places.PRIMARY):
        with self.machine.network():
            return look.records(server, host.owner(port))

    def wait_published(self, host, records, port=25, servers=(places.PRIMARY, places.SECONDARY), timeout=20):
        self.wait(lambda: all(self.published(host, port, server) == set(records) for server in servers), timeout,
                  f"{records} at {host.owner(port)}")

    def served(self, host, port=25):
        """The record of the key that all its addresses serve; None where they don't serve the same."""
        with self.machine.network():
            seen = {look.served(address, port, host.name) for address in host.addresses}
        return seen.pop() if len(seen) == 1 else None

    # Services

    def deploy(self, host, reload=True):
        """Puts what certbot has in the deployed file's place, by rename."""
        live = self.machine.path(f"{places.LIVE}/{host.name}")
        fresh = self.machine.write(host.deployed + ".new", (live / "privkey.pem").read_bytes() + (live / "fullchain.pem").read_bytes(), 0o600)
        os.replace(fresh, self.machine.path(host.deployed))
        if reload and host.name in self.receivers:
            self.receivers[host.name].reload()

    def lineage_record(self, host):
        """The record of what certbot has now."""
        return look.record_of_file(self.machine.path(f"{places.LIVE}/{host.name}") / "cert.pem")

    def establish(self, host, key="ecdsa", challenge="http", dovecot=False, configuration=None):
        """A mail host as it is in quiet times: a certificate deployed and served, its record published everywhere."""
        self.certbot.issue(host, key, challenge)
        self.deploy(host)
        self.receivers[host.name] = receiver(self.machine, host, configuration)
        ports = [25]
        if dovecot:
            self.dovecot = Dovecot(self.machine, host)
            ports.append(993)
        for port in ports:
            self.publish(host, self.lineage_record(host), port=port)
            self.wait(lambda: self.served(host, port) == self.lineage_record(host), 20, f"{host.name}:{port}")
            self.wait_published(host, [self.lineage_record(host)], port)

    def plain_receiver(self):
        """A mail server without STARTTLS."""
        host = places.MailHost("plain." + places.ZONE, places.PLAIN, "plain." + places.ZONE)
        self.receivers[host.name] = receiver(self.machine, host, tls=False)
        with self.machine.network():
            self.wait(lambda: listening(places.PLAIN, 25), 30, "the mail server without STARTTLS")

    def sender(self, name):
        """`fresh` or `stale`: a sending Postfix at the validator of that kind."""
        if name not in self.senders:
            self.senders[name] = Sender(self.machine, name)
            with self.machine.network():
                self.wait(lambda: listening(places.SENDERS[name][0], 25), 20, f"sender {name}")
        return self.senders[name]


def listening(address, port):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False
