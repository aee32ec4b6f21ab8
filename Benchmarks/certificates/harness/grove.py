"""Builds a large certbot tree of real certificates: every file its own, each version with its own ECDSA key."""
import datetime
import hashlib
import os
import shutil
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "Tests/Support"))
from forest.authority import Authority, key_pem, named, pem  # noqa: E402
from forest.tree import KINDS, LINEAGE_README, Lineage, Tree  # noqa: E402

# Versions of the lineages in turn: 6.75 on average, so that a lineage has 33 files with its conf, links and README.
VERSIONS = (7, 7, 6, 7)
SITES = 3000


class QuickAuthority:
    """Signs with an ECDSA intermediate: a few thousand certificates a second."""

    def __init__(self, now):
        self.now, self.key = now, ec.generate_private_key(ec.SECP256R1())
        parent = Authority(now)
        self.name = named("Grove E1")
        certificate = (
            x509.CertificateBuilder().subject_name(self.name).issuer_name(parent.root.subject)
            .public_key(self.key.public_key()).serial_number(7).not_valid_before(now - datetime.timedelta(days=2000))
            .not_valid_after(now + datetime.timedelta(days=2000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(parent.root_key, hashes.SHA256()))
        # Let's Encrypt's chain.pem is about 1.8 kB.
        self.chain = pem(certificate)
        self.identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())

    def leaf(self, names, key, begins, ends):
        return (
            x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
            .issuer_name(self.name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(self.now + datetime.timedelta(days=begins))
            .not_valid_after(self.now + datetime.timedelta(days=ends))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(self.identifier, critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .sign(self.key, hashes.SHA256()))


def put(path, data, mode=0o644):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    os.write(descriptor, data)
    os.close(descriptor)


def plant(tree, authority, number, view):
    """One lineage: a third in use, a third idle, the rest expired. `view` is the tree that has this machine's paths."""
    name, versions = f"name{number:05d}.grove.example", VERSIONS[number % len(VERSIONS)]
    names = [name] + [f"{word}.{name}" for word in ("www", "mail", "shop")[:number % 4]]
    newest = -30 if number % 3 < 2 else -300
    archive, live = f"{tree.folder}/archive/{name}", f"{tree.folder}/live/{name}"
    os.mkdir(archive, 0o755)
    os.mkdir(live, 0o755)
    for version in range(1, versions + 1):
        key, begins = ec.generate_private_key(ec.SECP256R1()), newest - 60 * (versions - version)
        certificate = pem(authority.leaf(names, key, begins, begins + 90))
        put(f"{archive}/cert{version}.pem", certificate)
        put(f"{archive}/chain{version}.pem", authority.chain)
        put(f"{archive}/fullchain{version}.pem", certificate + authority.chain)
        put(f"{archive}/privkey{version}.pem", key_pem(key), 0o600)
    for kind in KINDS:
        os.symlink(f"../../archive/{name}/{kind}{versions}.pem", f"{live}/{kind}.pem")
    put(f"{live}/README", LINEAGE_README.encode())
    text = tree.conf_text(Lineage(name, names))
    put(f"{tree.folder}/renewal/{name}.conf", text.encode())
    put(f"{view}/renewal/{name}.conf", text.replace("= /etc/letsencrypt/", f"= {tree.folder}/").encode())


def sites(root, count):
    """An nginx that uses every third lineage, at most SITES."""
    folder = root / "etc/nginx/conf.d"
    folder.mkdir(parents=True)
    put(root / "etc/nginx/nginx.conf", b"events {}\nhttp {\n    include conf.d/*.conf;\n}\n")
    used = [number for number in range(count) if number % 3 == 0][:SITES]
    for number in used:
        name, live = f"name{number:05d}.grove.example", "/etc/letsencrypt/live"
        put(folder / f"{name}.conf", f"server {{\n    listen 443 ssl;\n    server_name {name};\n    ssl_certificate {live}/{name}"
            f"/fullchain.pem;\n    ssl_certificate_key {live}/{name}/privkey.pem;\n}}\n".encode())
    return len(used)


def grow(root, count, say):
    """The tree of `count` lineages in root/etc/letsencrypt; kept from an earlier run if it is whole."""
    root = Path(root)
    stamp = root / f"grown-{count}-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]}"
    if stamp.exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    mask = os.umask(0o022)
    try:
        tree = Tree(root / "etc/letsencrypt", "/etc/letsencrypt", Authority(now))
        authority, view = QuickAuthority(now), root / "view"
        (view / "renewal").mkdir(parents=True)
        for number in range(count):
            plant(tree, authority, number, view)
            if number % 1000 == 999:
                say(f"  {number + 1} lineages")
        sites(root, count)
    finally:
        os.umask(mask)
    stamp.touch()
    return root


def measure(folder):
    """(files and symlinks, bytes of content, bytes on disk) below a folder."""
    files, content, disk = 0, 0, 0
    for parent, folders, names in os.walk(folder):
        for name in names:
            about = os.lstat(os.path.join(parent, name))
            files, content, disk = files + 1, content + about.st_size, disk + about.st_blocks * 512
        disk += os.lstat(parent).st_blocks * 512
    return files, content, disk
