"""Looking at name servers, resolvers and ports from within the machine's network."""
import hashlib
import smtplib
import socket
import ssl

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def ask(server, name, kind, timeout=1.0, recurse=False):
    """The response of one server, over UDP, then TCP where it is cut."""
    query = dns.message.make_query(name, kind, want_dnssec=True)
    if not recurse:
        query.flags &= ~dns.flags.RD
    return dns.query.udp_with_fallback(query, server, timeout=timeout)[0]


def records(server, name, kind="TLSA", timeout=1.0, recurse=False):
    """{"3 1 1 ab12..."}; None where there was no answer, or no good one."""
    try:
        response = ask(server, name, kind, timeout, recurse)
    except (dns.exception.DNSException, OSError):
        return None
    if response.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return None
    return {item.to_text() for answer in response.answer if answer.rdtype == dns.rdatatype.from_text(kind) for item in answer}


def serial(server, zone, timeout=1.0):
    found = records(server, zone, "SOA", timeout)
    return int(next(iter(found)).split()[2]) if found else None


def spki(certificate):
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()


def record_of(der):
    """`3 1 1 ...` of a certificate."""
    return f"3 1 1 {spki(x509.load_der_x509_certificate(der))}"


def record_of_file(path):
    """Of the first certificate in a PEM file."""
    text = path.read_text()
    begin = text.index("-----BEGIN CERTIFICATE-----")
    return f"3 1 1 {spki(x509.load_pem_x509_certificate(text[begin:].encode()))}"


def served(address, port=25, name=None, timeout=5.0):
    """The record that matches what a port presents; None where it presents nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        if port in (993, 465):
            with socket.create_connection((address, port), timeout) as plain:
                with context.wrap_socket(plain, server_hostname=name) as secure:
                    return record_of(secure.getpeercert(True))
        with smtplib.SMTP(address, port, local_hostname="watch.test", timeout=timeout) as session:
            session.ehlo()
            session._host = name or address
            session.starttls(context=context)
            return record_of(session.sock.getpeercert(True))
    except (OSError, smtplib.SMTPException, ValueError):
        return None
