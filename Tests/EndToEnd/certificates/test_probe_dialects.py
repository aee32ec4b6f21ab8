"""`steward certs probe` against the real servers of Debian, compared with what `openssl s_client` is shown."""
import base64
import json
import re
import subprocess

import pytest

from support import tls_servers as servers
from support.steward import BINARY

PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.S)


def probe(port, *options, status=0, address="127.0.0.1"):
    """What the command prints as JSON."""
    done = subprocess.run([BINARY, "certs", "probe", f"{address}:{port}", "--json", *options], capture_output=True,
                          timeout=60)
    assert done.returncode == status, done.stderr.decode() + done.stdout.decode()
    return json.loads(done.stdout)["presentations"]


def chain(presentation):
    return [base64.b64decode(certificate["der"]) for certificate in presentation["certificates"]]


def s_client(port, *options):
    """The chain that OpenSSL's client is shown."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-showcerts", *options],
                          input=b"", capture_output=True, timeout=60)
    return [base64.b64decode(body) for body in PEM.findall(done.stdout)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return servers.Pair.make(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def start(tmp_path_factory, pair):
    """start(servers.postfix, "postfix"): one server for all tests of the module, or a skip."""
    running = {}

    def make(function, *programs):
        if absent := servers.missing(*programs):
            pytest.skip(f"not run: needs {absent}")
        if function not in running:
            running[function] = function(tmp_path_factory.mktemp(function.__name__), pair)
        return running[function]

    yield make
    for server in running.values():
        server.stop()


CASES = [
    ("smtp", servers.postfix, "postfix", None),
    ("imap", servers.dovecot, "dovecot", "imap"),
    ("tls", servers.dovecot, "dovecot", "imaps"),
    ("pop3", servers.dovecot, "dovecot", "pop3"),
    ("sieve", servers.dovecot, "dovecot", "sieve"),
    ("ldap", servers.slapd, "slapd", None),
    ("postgresql", servers.postgresql, "postgres", None),
    ("mysql", servers.mariadb, "mariadbd", None),
    ("ftp", servers.vsftpd, "vsftpd", None),
    ("xmpp", servers.prosody, "prosody", None),
]

OPENSSL = {"postgresql": "postgres"}


@pytest.mark.parametrize("dialect, function, program, part", CASES, ids=[case[0] for case in CASES])
def test_the_chain_is_the_one_that_openssl_is_shown(start, pair, dialect, function, program, part):
    server = start(function, program)
    port = server.more[part] if part else server.port
    [seen] = probe(port, "--starttls", dialect, "--sni", "mail.example")
    assert seen.get("failure") is None
    assert chain(seen) == [pair.der()]
    options = [] if dialect == "tls" else ["-starttls", OPENSSL.get(dialect, dialect)]
    options += ["-xmpphost", "mail.example"] if dialect == "xmpp" else ["-servername", "mail.example"]
    assert chain(seen) == s_client(port, *options)
    assert seen["tls"] == "TLSv1.3" and seen["cipher"].startswith("TLS_")


def test_smtp_keeps_what_a_sender_is_told(start):
    server = start(servers.postfix, "postfix")
    [seen] = probe(server.port, "--starttls", "smtp", "--ehlo", "sender.example")
    dialogue = seen["dialogue"]
    assert dialogue["serverName"] == "mail.example"
    assert "STARTTLS" in dialogue["capabilities"] and dialogue["offersTLS"] is True
    assert [reply["code"] for reply in dialogue["replies"]] == [220, 250, 220]


def test_postfix_and_dovecot_log_no_broken_connection(start, tmp_path):
    for function, program, part, dialect in [
            (servers.postfix, "postfix", None, "smtp"), (servers.dovecot, "dovecot", "imap", "imap")]:
        server = start(function, program)
        probe(server.more.get(part, server.port), "--starttls", dialect)
        logs = server.ending[2] if server.ending else server.process.args[-1].parent
        text = "".join(path.read_text(errors="replace") for path in logs.glob("*.log"))
        assert "lost connection" not in text and "SSL_accept" not in text, text


def test_mariadb_does_not_shut_the_prober_out(start):
    server = start(servers.mariadb, "mariadbd")
    for _ in range(8):
        [seen] = probe(server.port, "--starttls", "mysql")
        assert seen.get("failure") is None


def test_a_server_without_tls_is_said_to_offer_none(tmp_path, pair):
    if absent := servers.missing("postfix"):
        pytest.skip(f"not run: needs {absent}")
    folder = tmp_path / "plain"
    folder.mkdir()
    server = servers.postfix(folder, pair, "smtpd_tls_security_level = none")
    try:
        [seen] = probe(server.port, "--starttls", "smtp", status=1)
        assert seen["reason"] == "no-starttls"
        assert seen["dialogue"]["offersTLS"] is False
    finally:
        server.stop()


def test_both_certificates_of_a_server_with_two_keys_are_shown(tmp_path, pair):
    rsa = servers.Pair.make(tmp_path, kind="rsa")
    server = servers.s_server(tmp_path, pair, "-dcert", rsa.certificate, "-dkey", rsa.key)
    try:
        seen = probe(server.port)
        assert {chain(one)[0] for one in seen} == {pair.der(), rsa.der()}
        for options in ([], ["-tls1_2"]):
            assert s_client(server.port, *options)[0] in {pair.der(), rsa.der()}
    finally:
        server.stop()


def test_both_are_shown_under_tls_1_2_too(tmp_path, pair):
    rsa = servers.Pair.make(tmp_path, kind="rsa")
    server = servers.s_server(tmp_path, pair, "-dcert", rsa.certificate, "-dkey", rsa.key, "-tls1_2")
    try:
        seen = probe(server.port)
        assert {chain(one)[0] for one in seen} == {pair.der(), rsa.der()}
        assert {one["tls"] for one in seen} == {"TLSv1.2"}
    finally:
        server.stop()


def test_the_name_picks_the_certificate(tmp_path, pair):
    other = servers.Pair.make(tmp_path, name="other.example")
    server = servers.s_server(tmp_path, pair, "-servername", "other.example", "-cert2", other.certificate, "-key2",
                              other.key)
    try:
        assert chain(probe(server.port)[0]) == [pair.der()]
        assert chain(probe(server.port, "--sni", "other.example")[0]) == [other.der()]
    finally:
        server.stop()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_server_that_insists_on_a_client_certificate_shows_its_own(tmp_path, pair, version):
    server = servers.s_server(tmp_path, pair, "-Verify", "1", version)
    try:
        done = subprocess.run([BINARY, "certs", "probe", f"127.0.0.1:{server.port}", "--json"], capture_output=True,
                              timeout=60)
        [seen] = json.loads(done.stdout)["presentations"]
        assert chain(seen) == [pair.der()]
        assert (seen.get("failure") is None) == (version == "-tls1_3")
    finally:
        server.stop()


def test_a_port_where_nothing_listens_is_refused():
    [seen] = probe(servers.free_port(), "--timeout", "1s", status=1)
    assert seen["reason"] == "refused"
