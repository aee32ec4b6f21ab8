"""Postfix, receiving and sending, and Dovecot; each an instance of its own on the lab's machine."""
import os
import pwd
import re
import shutil
from dataclasses import dataclass, field

from . import places

DIST = "/usr/share/postfix/master.cf.dist"
SIX = re.compile(r"relay=[^\s,\[]*\[[0-9a-f.]*:[^\]]*\]:\d+,")
VERDICT = re.compile(r"to=<([^>]*)>.*?dsn=([\d.]+), status=(\w+) \((.*)\)")


class Postfix:
    """One instance; `configuration` is its folder in /etc."""

    def __init__(self, machine, name, addresses, main, master="", resolver=None, configuration=None):
        self.machine, self.name, self.addresses = machine, name, addresses
        self.configuration = configuration or f"/etc/postfix-{name}"
        self.log_path = f"/var/log/mail-{name}.log"
        shutil.copytree("/etc/postfix", machine.path(self.configuration), dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("makedefs.out", "main.cf", "master.cf"))
        lines = ["compatibility_level = 3.6", f"myhostname = {name}", "mydestination =", "inet_protocols = all",
                 f"inet_interfaces = {', '.join(addresses)}", f"mynetworks = 127.0.0.0/8, [{places.PREFIX}]/64", f"queue_directory = /var/spool/postfix-{name}",
                 f"data_directory = /var/lib/postfix-{name}", f"maillog_file = {self.log_path}", "alias_maps =",
                 "multi_instance_enable = no", "smtpd_peername_lookup = no", *main]
        machine.write(f"{self.configuration}/main.cf", "\n".join(lines) + "\n")
        machine.write(f"{self.configuration}/master.cf", self.services() + master)
        for folder in (f"/var/spool/postfix-{name}", f"/var/lib/postfix-{name}"):
            machine.path(folder).mkdir(parents=True, exist_ok=True)
        os.chown(machine.path(f"/var/lib/postfix-{name}"), pwd.getpwnam("postfix").pw_uid, -1)
        command = ["postfix", "-c", self.configuration, "start-fg"]
        if resolver:
            machine.write(f"/srv/resolv-{name}", f"nameserver {resolver}\noptions timeout:2 attempts:3 edns0 trust-ad\n")
            script = f'mount --bind /srv/resolv-{name} /etc/resolv.conf && exec "$@"'
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *command]
        machine.start(*command, name=f"postfix-{name}")

    def services(self):
        """Debian's master.cf without chroot, and the postlogd that writes maillog_file."""
        kept = [line for line in open(DIST).read().splitlines() if line and line[0] not in "# "]
        wanted = [line for line in kept if "pipe" not in line.split()]
        return "\n".join(re.sub(r"^(\S+\s+\S+\s+\S+\s+\S+\s+)y", r"\1n", line) for line in wanted) + "\n"

    def command(self, program, *words):
        return self.machine.run(program, "-c", self.configuration, *words)

    def reload(self):
        return self.command("postfix", "reload")

    def log(self):
        path = self.machine.path(self.log_path)
        return path.read_text("utf-8", "replace") if path.exists() else ""


def receiver(machine, host, configuration=None, chain=None, tls=True):
    """A mail host that takes every message and keeps none."""
    main = ["smtpd_recipient_restrictions = static:DISCARD", "smtpd_client_connection_count_limit = 0",
            "smtpd_relay_restrictions = permit_mynetworks, reject",
            "smtpd_client_connection_rate_limit = 0", "anvil_status_update_time = 3600s", "max_use = 10", "local_recipient_maps ="]
    if tls:
        main += ["smtpd_tls_security_level = may", f"smtpd_tls_chain_files = {chain or host.deployed}", "smtpd_tls_loglevel = 0"]
    return Postfix(machine, host.name, host.addresses, main, configuration=configuration)


class Sender(Postfix):
    """Delivers with DANE: `dane`, and `dane-only` for recipients whose name begins with `strict`. Each message by a connection of its own, with fresh look-ups."""

    def __init__(self, machine, name):
        (address, resolver), (six, first) = places.SENDERS[name], places.SENDERS6[name]
        machine.write(f"/etc/postfix-{name}/transport", "/^strict/ strict:\n")
        super().__init__(machine, name, [address], [
            "smtpd_relay_restrictions = permit_mynetworks, reject", f"smtp_bind_address = {address}",
            f"smtp_bind_address6 = {six}", f"smtp_address_preference = {first}",
            "smtp_dns_support_level = dnssec", "smtp_host_lookup = dns", "smtp_tls_security_level = dane", "smtp_tls_loglevel = 1",
            "smtp_connection_cache_on_demand = no", f"transport_maps = regexp:/etc/postfix-{name}/transport",
            "minimal_backoff_time = 3s", "maximal_backoff_time = 5s", "queue_run_delay = 3s", "smtp_connect_timeout = 5s",
            "default_destination_concurrency_failed_cohort_limit = 1000", "smtpd_client_connection_count_limit = 0",
            "smtp_destination_concurrency_limit = 20", "max_use = 1000"],
            "strict    unix  -       -       n       -       -       smtp\n"
            "        -o smtp_tls_security_level=dane-only -o syslog_name=postfix/strict\n", resolver)

    def tally(self, since=0, domain=None):
        """What became of the messages (to one domain), from the log beyond byte `since`."""
        return Tally.of(self.log()[since:], domain)


@dataclass
class Tally:
    """Deliveries by outcome. Each deferral counts, also where a later attempt succeeded."""
    sent: int = 0
    deferred: int = 0
    bounced: int = 0
    verified: int = 0
    # Of those sent, how many over IPv6.
    six: int = 0
    reasons: dict = field(default_factory=dict)

    @classmethod
    def of(cls, text, domain=None):
        tally = cls()
        for line in text.splitlines():
            tally.verified += "Verified TLS connection established" in line
            found = VERDICT.search(line)
            if domain and not (found and found[1].endswith("@" + domain)):
                continue
            if found and found[3] in ("sent", "deferred", "bounced", "expired"):
                status = "bounced" if found[3] == "expired" else found[3]
                setattr(tally, status, getattr(tally, status) + 1)
                tally.six += status == "sent" and bool(SIX.search(line))
                if status != "sent":
                    reason = re.sub(r"[\w.-]+\[[\da-f.:]+\](:\d+)?|\b[0-9A-F]{6,}\b", "...", found[4])[:160]
                    tally.reasons[reason] = tally.reasons.get(reason, 0) + 1
        return tally

    def __add__(self, other):
        reasons = {key: self.reasons.get(key, 0) + other.reasons.get(key, 0) for key in {**self.reasons, **other.reasons}}
        return Tally(self.sent + other.sent, self.deferred + other.deferred, self.bounced + other.bounced,
                     self.verified + other.verified, self.six + other.six, reasons)

    def __str__(self):
        text = f"{self.sent} sent, {self.deferred} deferred, {self.bounced} bounced, {self.verified} verified, {self.six} over IPv6"
        return text + "".join(f"\n    {count} x {reason}" for reason, count in self.reasons.items())


class Dovecot:
    """IMAP with TLS on port 993 of a mail host, from the same deployed file."""

    def __init__(self, machine, host):
        self.machine = machine
        machine.write("/etc/dovecot/dovecot.conf", f"""\
protocols = imap
listen = {', '.join(host.addresses)}
log_path = /var/log/dovecot.log
base_dir = /run/dovecot
mail_location = maildir:/srv/mail/%u
ssl = yes
ssl_cert = <{host.deployed}
ssl_key = <{host.deployed}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=www-data gid=www-data home=/srv/mail
}}
""")
        machine.start("dovecot", "-F", name="dovecot")

    def reload(self):
        return self.machine.run("doveadm", "reload")
