"""Brings the lab up and opens a shell on its machine; everything ends with the shell."""
import signal
import subprocess
import sys

from . import Lab, missing, places, steward

TEXT = """
A private Internet: . and test. at {root}, lab.test and file.test at {primary} (primary) and {secondary} and
{secondary6} (secondary), the primary also at {primary6} for updates,
validators at {validator} and {stale} (the latter serves expired answers), Pebble at {authority}:14000.

  mx1.lab.test    Postfix and Dovecot    TLSA by update                {deployed}
  mx1.file.test   Postfix                TLSA in {zone_file}
  dual.lab.test, six.lab.test            names with both kinds of address and with IPv6 alone, served by nobody yet

Type here, for example:
  steward dane check d1.lab.test --resolver-root {hints} --anchor {anchor}
  steward dane run --settings {settings} --state {state} &
  certbot renew --force-renewal --no-random-sleep-on-renew --cert-name mx1.lab.test
  steward dane --settings {settings} --state {state}
  posttls-finger -c -l dane d1.lab.test
  dig +dnssec _25._tcp.mx1.lab.test TLSA
  nsupdate -k {admin}          then: server {primary}
  tail -f /var/log/mail-fresh.log       the sending Postfix at {sender}:25
  exit                                  ends it all
"""


def main():
    if reason := missing():
        sys.exit(f"lab: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Lab(ttl=5) as lab:
        print("lab: certificates and mail servers", file=sys.stderr, flush=True)
        first, second = places.HOSTS[1], places.FILE_HOSTS[1]
        lab.establish(first, dovecot=True)
        lab.establish(second, key="rsa")
        lab.sender("fresh")
        lab.sender("stale")
        reloads = [f"postfix -c /etc/postfix-{first.name} reload", "doveadm reload"]
        steward.Dane(lab, [steward.deployment(first, (25, 993), ttl=5, reload=reloads), steward.deployment(second, ttl=5)])
        print(TEXT.format(
            root=places.ROOT, primary=places.PRIMARY, secondary=places.SECONDARY, primary6=places.PRIMARY6,
            secondary6=places.SECONDARY6, validator=places.VALIDATOR, stale=places.STALE,
            authority=places.AUTHORITY, deployed=first.deployed, zone_file=places.ZONE_FILE, hints=places.HINTS,
            anchor=places.ANCHOR, settings=steward.SETTINGS, state=steward.STATE, admin=places.ADMIN_KEY,
            sender=places.SENDERS["fresh"][0]), flush=True)
        shell = f"""
export PATH={steward.BINARY.parent}:{steward.REPOSITORY}/.venv-certbot/bin:$PATH REQUESTS_CA_BUNDLE={lab.certbot.environment['REQUESTS_CA_BUNDLE']}
export PS1='lab# '; cd /srv; exec bash --norc {'-i' if sys.stdin.isatty() else '-s'}"""
        subprocess.run(lab.machine.inside(["bash", "-c", shell]), env=lab.machine.environment())
        print("lab: ending", file=sys.stderr)


if __name__ == "__main__":
    main()
