"""Keys and certificates: a root, two intermediates, leaves. Keys come from seeds and signatures are RSA with PKCS #1
v1.5, so that the same seed and time give the same bytes."""
import datetime
import functools
import hashlib
import ipaddress
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SMALL_PRIMES = [number for number in range(3, 2000, 2) if all(number % divisor for divisor in range(3, 45, 2) if divisor < number)]


def seeded(text):
    return int.from_bytes(hashlib.sha512(text.encode("utf-8", "surrogateescape")).digest(), "big")


def is_prime(number, source):
    """Small divisors, then Miller-Rabin."""
    if any(number % prime == 0 for prime in SMALL_PRIMES):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(8):
        power = pow(source.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def prime(bits, source):
    while True:
        number = source.getrandbits(bits) | 1 | 3 << bits - 2
        if (number - 1) % 65537 and is_prime(number, source):
            return number


@functools.cache
def rsa_key(seed, bits=2048):
    """An RSA key that depends on nothing but its seed: for tests, never for a server."""
    source = random.Random(seeded(seed))
    p, q = prime(bits // 2, source), prime(bits // 2, source)
    private = pow(65537, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p, q, private, private % (p - 1), private % (q - 1), rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(65537, p * q)).private_key()


def key_of(kind, seed):
    """A leaf's key: ecdsa (P-256), ecdsa384, ed25519, or rsa (one of three keys: making them takes time)."""
    if kind == "rsa":
        return rsa_key(f"leaf {seeded(seed) % 3}")
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode("utf-8", "surrogateescape")).digest())
    curve = ec.SECP384R1() if kind == "ecdsa384" else ec.SECP256R1()
    return ec.derive_private_key(seeded(seed) >> 288 | 1, curve)


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def named(common, organization="Forest"):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Authority:
    """The root with its intermediates; `now` is what ages count from."""

    def __init__(self, now):
        self.now = now.replace(microsecond=0)
        self.root_key = rsa_key("root")
        self.root = self.authority(named("Forest Root X1"), self.root_key, named("Forest Root X1"), self.root_key, None)
        self.intermediates = {}
        for name in ("E1", "R1"):
            key = rsa_key(f"intermediate {name}")
            self.intermediates[name] = (key, self.authority(named(f"Forest {name}"), key, self.root.subject, self.root_key, 0))

    def authority(self, subject, key, issuer, issuer_key, path_length):
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(seeded(str(subject)) >> 370).not_valid_before(self.now - datetime.timedelta(days=2000))
            .not_valid_after(self.now + datetime.timedelta(days=2000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
            .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(issuer_key, hashes.SHA256()))

    def leaf(self, names, key, begins, ends, seed, issuer="E1"):
        """A certificate for `names` that holds from `begins` to `ends`, in days from now."""
        issuer_key, authority = self.intermediates[issuer]
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])] if len(names[0]) <= 64 else []))
            .issuer_name(authority.subject).public_key(key.public_key()).serial_number(seeded(f"serial {seed}") >> 370)
            .not_valid_before(self.now + datetime.timedelta(days=begins))
            .not_valid_after(self.now + datetime.timedelta(days=ends))
            .add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
            .sign(issuer_key, hashes.SHA256()))

    def chain(self, issuer="E1"):
        return pem(self.intermediates[issuer][1])
