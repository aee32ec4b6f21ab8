"""Writes lineages exactly as certbot does: renewal conf, archive, live, modes, README."""
import datetime
import json
import os
from dataclasses import dataclass, field

from .authority import key_of, key_pem, pem

KINDS = ("cert", "privkey", "chain", "fullchain")
SERVER = "https://acme-v02.api.letsencrypt.org/directory"
ACCOUNT = "2f6d1b0a9c8e7f6a5b4c3d2e1f0a9b8c"

LIVE_README = """\
This directory contains your keys and certificates.

`[cert name]/privkey.pem`  : the private key for your certificate.
`[cert name]/fullchain.pem`: the certificate file used in most server software.
`[cert name]/chain.pem`    : used for OCSP stapling in Nginx >=1.3.7.
`[cert name]/cert.pem`     : will break many server configurations, and should not be used
                 without reading further documentation (see link below).
"""
LINEAGE_README = LIVE_README.replace("[cert name]/", "")


@dataclass
class Lineage:
    """What a lineage is before anything damages it. Ages are days from now."""
    name: str
    names: list = None
    key: str = "ecdsa"
    versions: int = 1
    age: tuple = (-30, 60)
    authenticator: str = "webroot"
    certbot: str = "2.1.0"
    parameters: dict = field(default_factory=dict)
    # The names' certificate authority: E1 or R1.
    issuer: str = "E1"

    def __post_init__(self):
        self.names = self.names or [self.name]


def write(path, data, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape"))
    path.chmod(mode)


class Tree:
    """One certbot folder: `folder` on this machine, `own` as certbot knows it."""

    def __init__(self, folder, own, authority):
        self.folder, self.own, self.authority = folder, own, authority
        for name, mode in (("live", 0o700), ("archive", 0o700), ("accounts", 0o700), ("renewal", 0o755),
                           ("renewal-hooks/pre", 0o755), ("renewal-hooks/deploy", 0o755), ("renewal-hooks/post", 0o755)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name).chmod(mode)
        write(folder / "live/README", LIVE_README)
        self.account()

    def account(self):
        folder = self.folder / "accounts/acme-v02.api.letsencrypt.org/directory" / ACCOUNT
        write(folder / "meta.json", json.dumps({"creation_dt": "2019-03-14T15:09:26Z", "creation_host": "forest"}))
        write(folder / "private_key.json", json.dumps({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), 0o400)
        write(folder / "regr.json", json.dumps({"body": {}, "uri": "https://acme-v02.api.letsencrypt.org/acme/acct/1"}))
        for parent in (folder, folder.parent, folder.parent.parent):
            parent.chmod(0o700)

    def conf(self, name):
        return self.folder / "renewal" / f"{name}.conf"

    def live(self, name):
        return self.folder / "live" / name

    def archive(self, name):
        return self.folder / "archive" / name

    def add(self, lineage):
        """Writes a sound lineage; each earlier version is 60 days older than the next."""
        for version in range(1, lineage.versions + 1):
            back = 60 * (lineage.versions - version)
            self.add_version(lineage, version, (lineage.age[0] - back, lineage.age[1] - back))
        live = self.live(lineage.name)
        live.mkdir()
        live.chmod(0o755)
        write(live / "README", LINEAGE_README)
        self.point(lineage.name, lineage.versions)
        write(self.conf(lineage.name), self.conf_text(lineage))

    def add_version(self, lineage, version, age):
        folder = self.archive(lineage.name)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        seed = f"{self.own} {lineage.name} {version}"
        key = key_of(lineage.key, seed)
        certificate = pem(self.authority.leaf(lineage.names, key, *age, seed, lineage.issuer))
        chain = self.authority.chain(lineage.issuer)
        for kind, data in (("cert", certificate), ("chain", chain), ("fullchain", certificate + chain)):
            write(folder / f"{kind}{version}.pem", data)
        write(folder / f"privkey{version}.pem", key_pem(key), 0o600)
        written = (self.authority.now + datetime.timedelta(days=max(age[0], -4000))).timestamp()
        for kind in KINDS:
            os.utime(folder / f"{kind}{version}.pem", (written, written))

    def point(self, name, version, kinds=KINDS):
        for kind in kinds:
            link = self.live(name) / f"{kind}.pem"
            link.unlink(missing_ok=True)
            link.symlink_to(f"../../archive/{name}/{kind}{version}.pem")

    def conf_text(self, lineage):
        """The renewal conf as certbot 2 writes it (configobj, its two comments included)."""
        name = lineage.name
        lines = ["# renew_before_expiry = 30 days", f"version = {lineage.certbot}", f"archive_dir = {self.own}/archive/{name}"]
        lines += [f"{kind} = {self.own}/live/{name}/{kind}.pem" for kind in KINDS]
        parameters = {"account": ACCOUNT, "authenticator": lineage.authenticator, "server": SERVER,
                      "key_type": "rsa" if lineage.key == "rsa" else "ecdsa"}
        if lineage.authenticator == "webroot":
            parameters["webroot_path"] = "/var/www/html,"
        parameters.update(lineage.parameters)
        lines += ["", "# Options used in the renewal process", "[renewalparams]"]
        lines += [f"{key} = {value}" for key, value in parameters.items()]
        if lineage.authenticator == "webroot":
            lines += ["[[webroot_map]]"] + [f"{name} = /var/www/html" for name in lineage.names]
        return "\n".join(lines) + "\n"

    def old_key(self, number):
        """What certbot before 2.0 left beside the lineages: a key and a request each time it asked."""
        for folder, mode in (("keys", 0o700), ("csr", 0o755)):
            (self.folder / folder).mkdir(exist_ok=True)
            (self.folder / folder).chmod(mode)
        write(self.folder / f"keys/{number:04d}_key-certbot.pem", key_pem(key_of("ecdsa", f"old {number}")), 0o600)
        request = b"-----BEGIN CERTIFICATE REQUEST-----\nMIIBFjCBvQIBADA=\n-----END CERTIFICATE REQUEST-----\n"
        write(self.folder / f"csr/{number:04d}_csr-certbot.pem", request)
