"""Certificates for the tests, made on the spot: authorities, servers, clients, revocation lists."""
import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


@dataclass
class Pair:
    """A certificate and its key, in files."""
    certificate: Path
    key: Path
    x509: x509.Certificate

    @property
    def serial(self):
        return self.x509.serial_number

    @property
    def fingerprint(self):
        return self.x509.fingerprint(hashes.SHA256()).hex()

    @property
    def openssl(self):
        return ["-cert", str(self.certificate), "-key", str(self.key)]


class Authority:
    def __init__(self, folder, name):
        self.folder, self.name = Path(folder), name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.x509 = self.sign(self.subject(name), self.key, is_authority=True)
        self.path = self.folder / f"{name}.pem"
        self.path.write_bytes(self.x509.public_bytes(serialization.Encoding.PEM))

    @staticmethod
    def subject(name, organization=None):
        parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if organization:
            parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
        return x509.Name(parts)

    def sign(self, subject, key, names=(), days=30, is_authority=False):
        issuer = subject if is_authority else self.x509.subject
        certificate = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now() - 400 * DAY)
            .not_valid_after(now() + days * DAY)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True))
        if names:
            certificate = certificate.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        return certificate.sign(self.key, hashes.SHA256())

    def issue(self, name, *hosts, file=None, days=30, organization=None, names=()):
        """A certificate for `hosts`; written to FILE.pem (chain) and FILE.key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(
            self.subject(name, organization), key, [*map(x509.DNSName, hosts), *names], days=days)
        pair = Pair(self.folder / f"{file or name}.pem", self.folder / f"{file or name}.key", certificate)
        pem = serialization.Encoding.PEM
        pair.certificate.write_bytes(certificate.public_bytes(pem) + self.x509.public_bytes(pem))
        pair.key.write_bytes(key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        pair.key.chmod(0o600)
        return pair

    def revoke(self, path, *serials, days=30, key=None, hash=hashes.SHA256):
        """Writes a list of revoked certificates whose successor is due in `days`; `key` signs it in place of the authority's."""
        crl = (x509.CertificateRevocationListBuilder().issuer_name(self.x509.subject)
               .last_update(now() - 400 * DAY).next_update(now() + days * DAY))
        for serial in serials:
            crl = crl.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now() - DAY).build())
        path.write_bytes(crl.sign(key or self.key, hash()).public_bytes(serialization.Encoding.PEM))
