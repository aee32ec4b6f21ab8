"""The chains: an authority of two levels and everything that can be wrong with a chain."""
import datetime
import functools
import ipaddress
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

HOST = "mail.dane.test"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)


@functools.cache
def key(kind, name):
    """One key for each kind and name."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP384R1() if kind == "p384" else ec.SECP256R1())


@dataclass
class Issued:
    """A certificate and its key."""
    certificate: x509.Certificate
    key: object

    @property
    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def spki(self):
        return self.certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass
class Chain:
    """A chain as it is sent (`sent`, the server's first) and all that RRsets may be made from."""
    name: str
    server: Issued
    sent: list
    authority: Issued
    root: Issued
    wide: bool = field(default=False)


def name_of(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def issue(subject, subject_key, issuer=None, *, names=None, ca=None, path=None, begin=-5, end=60, usage=None, extended=None,
          permitted=None, excluded=None, critical=None, signer=None, issuer_name=None):
    """A certificate for `subject`, signed by `issuer` or itself. `ca` None leaves the basic constraints out."""
    parent = issuer_name or (issuer.certificate.subject if issuer else name_of(subject))
    signing = signer or (issuer.key if issuer else subject_key)
    builder = (x509.CertificateBuilder().subject_name(name_of(subject)).issuer_name(parent)
               .public_key(subject_key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(NOW + begin * DAY).not_valid_after(NOW + end * DAY))
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usage is not None:
        flags = dict.fromkeys(["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                               "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
        builder = builder.add_extension(x509.KeyUsage(**{**flags, **dict.fromkeys(usage, True)}), critical=True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    if permitted or excluded:
        builder = builder.add_extension(x509.NameConstraints(
            [x509.DNSName(name) for name in permitted] if permitted else None,
            [x509.DNSName(name) for name in excluded] if excluded else None), critical=True)
    if critical:
        builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(critical), b"\x05\x00"), critical=True)
    digest = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Issued(builder.sign(signing, digest), subject_key)


def dns(*names):
    return [x509.DNSName(name) for name in names]


def pair(kind, *, root=None, authority=None):
    """A root and an authority below it."""
    top = issue("Root " + kind, key(kind, "root"), ca=True, end=3650, **(root or {}))
    return top, issue("Authority " + kind, key(kind, "authority"), top, **{"ca": True, "end": 900, **(authority or {})})


def leaf(kind, issuer, **how):
    how = {"names": dns(HOST), "ca": False, **how}
    return issue(how.pop("subject", HOST), key(kind, how.pop("key_name", "leaf")), issuer, **how)


def usual(kind):
    """Good chains and those that miss or add certificates."""
    root, authority = pair(kind)
    server = leaf(kind, authority)
    other = issue("Unrelated", key(kind, "unrelated"), ca=True)
    direct = leaf(kind, root)
    self_signed = leaf(kind, None, key_name="self")
    self_authority = leaf(kind, None, key_name="self", ca=True)
    yield Chain(f"{kind}-full", server, [server, authority], authority, root, wide=True)
    yield Chain(f"{kind}-alone", server, [server], authority, root)
    yield Chain(f"{kind}-with-root", server, [server, authority, root], authority, root)
    yield Chain(f"{kind}-gap", server, [server, root], authority, root)
    yield Chain(f"{kind}-shuffled", server, [server, root, authority], authority, root)
    yield Chain(f"{kind}-unrelated", server, [server, authority, other], other, root)
    yield Chain(f"{kind}-by-root", direct, [direct, root], root, root)
    yield Chain(f"{kind}-by-root-alone", direct, [direct], root, root)
    yield Chain(f"{kind}-self-signed", self_signed, [self_signed], self_signed, root)
    yield Chain(f"{kind}-self-signed-ca", self_authority, [self_authority], self_authority, root)


def late(kind):
    """Times that are over or not yet there."""
    root, authority = pair(kind)
    for label, begin, end in (("expired", -30, -2), ("future", 3, 60)):
        server = leaf(kind, authority, begin=begin, end=end)
        yield Chain(f"{kind}-{label}", server, [server, authority], authority, root)
    root, authority = pair(kind, authority={"begin": -60, "end": -1})
    server = leaf(kind, authority)
    yield Chain(f"{kind}-authority-expired", server, [server, authority], authority, root)
    root, authority = pair(kind, root={"begin": -400})
    old = issue("Root " + kind, key(kind, "root"), ca=True, begin=-400, end=-1)
    server = leaf(kind, authority)
    yield Chain(f"{kind}-root-expired", server, [server, authority, old], authority, old)


def named(kind):
    """Names that fit and names that don't."""
    root, authority = pair(kind)
    for label, how in (
        ("other-name", {"names": dns("other.dane.test"), "subject": "other.dane.test"}),
        ("wildcard", {"names": dns("*.dane.test")}),
        ("wildcard-high", {"names": dns("*.test"), "subject": "x"}),
        ("wildcard-part", {"names": dns("m*.dane.test"), "subject": "x"}),
        ("wildcard-deep", {"names": dns("*.mail.dane.test"), "subject": "x"}),
        ("common-name", {"names": None}),
        ("common-name-hidden", {"names": dns("other.dane.test")}),
        ("common-name-address", {"names": [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]}),
        ("upper-case", {"names": dns("MAIL.Dane.TEST"), "subject": "x"}),
        ("second-name", {"names": dns("a.dane.test", HOST), "subject": "x"}),
    ):
        server = leaf(kind, authority, **how)
        yield Chain(f"{kind}-{label}", server, [server, authority], authority, root)


def unsound(kind):
    """Authorities that may not sign, and signatures that aren't theirs."""
    for label, how in (("not-ca", {"ca": False}), ("no-constraints", {"ca": None}), ("no-cert-sign", {"usage": ["crl_sign"]}),
                       ("cert-sign", {"usage": ["key_cert_sign", "crl_sign"]}),
                       ("permitted", {"permitted": ["dane.test"]}), ("not-permitted", {"permitted": ["example.test"]}),
                       ("excluded", {"excluded": ["dane.test"]}), ("critical", {"critical": "1.3.6.1.4.1.55555.1"}),
                       ("client-authority", {"extended": [ExtendedKeyUsageOID.CLIENT_AUTH]})):
        root, authority = pair(kind, authority=how)
        server = leaf(kind, authority)
        yield Chain(f"{kind}-authority-{label}", server, [server, authority], authority, root)
    root, authority = pair(kind)
    for label, how in (("client", {"extended": [ExtendedKeyUsageOID.CLIENT_AUTH]}),
                       ("server", {"extended": [ExtendedKeyUsageOID.SERVER_AUTH]}),
                       ("key-usage", {"usage": ["crl_sign"]}), ("critical", {"critical": "1.3.6.1.4.1.55555.1"})):
        server = leaf(kind, authority, **how)
        yield Chain(f"{kind}-leaf-{label}", server, [server, authority], authority, root)
    forged = leaf(kind, authority, signer=key(kind, "forger"))
    yield Chain(f"{kind}-forged", forged, [forged, authority], authority, root)
    root, short = pair(kind, authority={"path": 0})
    below = issue("Below " + kind, key(kind, "below"), short, ca=True)
    server = leaf(kind, below)
    yield Chain(f"{kind}-path-length", server, [server, below, short], short, root)
    root, authority = pair(kind)
    twin = issue("Authority " + kind, key(kind, "twin"), root, ca=True)
    server = leaf(kind, authority)
    yield Chain(f"{kind}-twin", server, [server, twin, authority], authority, root)
    yield Chain(f"{kind}-twin-alone", server, [server, twin], twin, root)


def chains():
    """All chains."""
    for kind in ("p256", "rsa", "p384", "ed25519"):
        yield from usual(kind)
    for part in (late, named, unsound):
        yield from part("p256")
    yield from late("rsa")
