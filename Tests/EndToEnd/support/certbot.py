"""The real certbot against the real Pebble (an ACME server for tests), both in a `Host`."""
import datetime
import json
import os
import shutil
import sys
from pathlib import Path

from .steward import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "Tests/Support"))
from forest.authority import Authority, key_of, key_pem, pem  # noqa: E402

CERTBOT = Path(os.environ.get("STEWARD_CERTBOT") or REPOSITORY / ".venv-certbot/bin/certbot")


def missing():
    """What of certbot and Pebble this machine lacks, in words; empty if nothing."""
    lacks = [] if CERTBOT.exists() else ["certbot (tools/setup --tests)"]
    for program in ("pebble", "pebble-challtestsrv"):
        lacks += [] if shutil.which(program) else [f"{program} (apt-get install pebble)"]
    return lacks


class Pebble:
    """An ACME server on port 14000 that asks port 80, and the name server of the machine: every name leads to
    127.0.0.1."""

    URL = "https://localhost:14000/dir"
    BUNDLE = "/srv/pebble/root.pem"

    def __init__(self, host):
        authority, key = Authority(datetime.datetime.now(datetime.timezone.utc)), key_of("ecdsa", "pebble")
        leaf = authority.leaf(["localhost", "127.0.0.1"], key, -1, 90, "pebble")
        host.write("/srv/pebble/key.pem", key_pem(key), 0o600)
        host.write("/srv/pebble/cert.pem", pem(leaf) + authority.chain())
        host.write(self.BUNDLE, pem(authority.root))
        host.write("/srv/pebble/pebble.json", json.dumps({"pebble": {
            "listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
            "certificate": "/srv/pebble/cert.pem", "privateKey": "/srv/pebble/key.pem", "httpPort": 80, "tlsPort": 5001,
            "ocspResponderURL": ""}}))
        host.start("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "",
                   "-tlsalpn01", "", "-dns01", "127.0.0.1:53", "-management", "127.0.0.1:8055", name="challenges")
        host.wait_for_ports(8055)
        host.start("pebble", "-config", "/srv/pebble/pebble.json", "-dnsserver", "127.0.0.1:53", name="pebble", environment={
            "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "100"})
        host.wait_for_ports(14000)


class Certbot:
    """certbot on a `Host`, with its default folders unless `config` says otherwise."""

    def __init__(self, host, config="/etc/letsencrypt"):
        self.host, self.config = host, config
        self.folder = host.path(config)
        self.environment = {"REQUESTS_CA_BUNDLE": Pebble.BUNDLE}

    def command(self, *arguments):
        more = [] if self.config == "/etc/letsencrypt" else ["--config-dir", self.config]
        return [CERTBOT, *arguments, "--non-interactive", *more]

    def run(self, *arguments, **options):
        return self.host.run(*self.command(*arguments), environment=self.environment, **options)

    def issue(self, name, *names, key="ecdsa", webroot=None, options=()):
        """A new lineage called `name` for `names`, by the standalone authenticator or through `webroot`."""
        how = ["--webroot", "--webroot-path", webroot] if webroot else ["--standalone", "--http-01-address", "127.0.0.1"]
        domains = [word for domain in names or [name] for word in ("-d", domain)]
        return self.run("certonly", *how, "--server", Pebble.URL, "--cert-name", name, *domains, "--key-type", key,
                        "--agree-tos", "--register-unsafely-without-email", *options)

    def renew(self, *options, **more):
        """`certbot renew` with the server that each lineage came from."""
        return self.run("renew", "--no-random-sleep-on-renew", *options, timeout=300, **more)

    def rehearse(self, **more):
        """`certbot renew --dry-run` against Pebble."""
        return self.renew("--dry-run", "--server", Pebble.URL, **more)

    def listed(self):
        """The names that `certbot certificates` shows."""
        text = self.run("certificates").stdout
        return [line.split(":", 1)[1].strip() for line in text.splitlines() if "Certificate Name:" in line]

    def start(self, *arguments, name="certbot"):
        """Starts certbot and leaves it running."""
        return self.host.start(*self.command(*arguments), name=name, environment=self.environment)
