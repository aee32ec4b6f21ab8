"""Pebble as certificate authority, and certbot, on the lab's machine."""
import datetime
import json
import os
import re
import sys
import time

from . import places
from .machine import REPOSITORY

sys.path.append(str(REPOSITORY / "Tests/Support"))
from forest.authority import Authority, key_of, key_pem, pem  # noqa: E402

CERTBOT = os.environ.get("STEWARD_CERTBOT") or str(REPOSITORY / ".venv-certbot/bin/certbot")
URL, BUNDLE = f"https://{places.AUTHORITY}:14000/dir", "/srv/pebble/root.pem"


class Pebble:
    """Asks the primary name server itself, so that neither caches nor a broken secondary stand in its way."""

    def __init__(self, machine):
        authority, key = Authority(datetime.datetime.now(datetime.timezone.utc)), key_of("ecdsa", "pebble")
        leaf = authority.leaf([places.AUTHORITY], key, -1, 90, "pebble")
        machine.write("/srv/pebble/key.pem", key_pem(key), 0o600)
        machine.write("/srv/pebble/cert.pem", pem(leaf) + authority.chain())
        machine.write(BUNDLE, pem(authority.root))
        machine.write("/srv/pebble/pebble.json", json.dumps({"pebble": {
            "listenAddress": f"{places.AUTHORITY}:14000", "managementListenAddress": f"{places.AUTHORITY}:15000",
            "certificate": "/srv/pebble/cert.pem", "privateKey": "/srv/pebble/key.pem", "httpPort": 80, "tlsPort": 5001,
            "ocspResponderURL": "", "certificateValidityPeriod": 90 * 86_400}}))
        machine.start("pebble", "-config", "/srv/pebble/pebble.json", "-dnsserver", f"{places.PRIMARY}:53", name="pebble",
                      environment={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "100"})


class Certbot:
    """The real certbot with its usual folders."""

    environment = {"REQUESTS_CA_BUNDLE": BUNDLE}

    def __init__(self, machine):
        self.machine = machine
        secret = re.search(r'secret "([^"]+)"', machine.path(places.CERTBOT_KEY).read_text())[1]
        machine.write("/srv/dns/rfc2136.ini", f"dns_rfc2136_server = {places.PRIMARY}\ndns_rfc2136_port = 53\n"
                      f"dns_rfc2136_name = certbot.\ndns_rfc2136_secret = {secret}\n"
                      "dns_rfc2136_algorithm = HMAC-SHA256\n", 0o600)

    def run(self, *arguments, check=True, **options):
        """Once no other certbot is at it: only one can run at a time, and Steward runs some too."""
        for _ in range(40):
            done = self.machine.run(CERTBOT, *arguments, "--non-interactive", check=False, environment=self.environment,
                                    timeout=120, **options)
            if "Another instance of Certbot" not in done.stderr + done.stdout:
                break
            time.sleep(1)
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def issue(self, host, key="ecdsa", challenge="http", options=()):
        """A new lineage, named as the host. dns-01 works in the dynamic zone alone."""
        # Pebble asks the IPv6 address where there is one.
        how = ["--standalone", "--http-01-address", host.addresses[-1]] if challenge == "http" else [
            "--dns-rfc2136", "--dns-rfc2136-credentials", "/srv/dns/rfc2136.ini", "--dns-rfc2136-propagation-seconds", "1"]
        return self.run("certonly", *how, "--server", URL, "--cert-name", host.name, "-d", host.name, "--key-type", key,
                        "--agree-tos", "--register-unsafely-without-email", *options)

    def renew(self, *hosts, options=()):
        """Renews, due or not, with what hooks there are; all lineages unless some are named."""
        for name in [host.name for host in hosts] or [None]:
            self.run("renew", "--no-random-sleep-on-renew", "--force-renewal", *(["--cert-name", name] if name else []), *options)
