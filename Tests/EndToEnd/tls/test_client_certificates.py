"""A verified client certificate is a key."""
import json
import ssl

import pytest
from cryptography import x509

from support.steward import eventually

from .authority import Authority

KEYS = """
keys:
  - {name: reporter, client_certificate: "dns:reporter.test", zones: [/api]}
  - {name: robot, client_certificate: "uri:spiffe://test/robot"}
  - {name: boss, client_certificate: "subject:CN=boss,O=Example", role: admin}
  - {name: gone, client_certificate: "cn:gone", expires: 2020-01-01}
  - {name: exact, client_certificate: "sha256:%s"}
  - {name: mail, client_certificate: "email:mail@client.test"}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    from conftest import RUNNING, stop_all

    from .conftest import Secure
    folder = tmp_path_factory.mktemp("mtls")
    clients = Authority(folder / "clients", "client-ca")
    pairs = {
        "reporter": clients.issue("reporter", "reporter.test"),
        "robot": clients.issue("robot", names=[x509.UniformResourceIdentifier("spiffe://test/robot")]),
        "boss": clients.issue("boss", organization="Example"),
        "gone": clients.issue("gone"),
        "exact": clients.issue("exact"),
        "mail": clients.issue("mail", names=[x509.RFC822Name("mail@client.test")]),
        "stranger": clients.issue("stranger", "stranger.test"),
        "expired": clients.issue("expired", "reporter.test", days=-1),
        "forged": Authority(folder / "others", "client-ca").issue("forged", "reporter.test"),
        "revoked": clients.issue("revoked", "reporter.test"),
    }
    crl = folder / "clients.crl"
    clients.revoke(crl, pairs["revoked"].serial)
    server = Secure(
        folder, Authority(folder / "ca", "server-ca"), more=KEYS % pairs["exact"].fingerprint,
        tls=f"client_ca: {clients.path}\nclient_certificates: optional\nclient_crl: {crl}\n")
    server.pairs, server.clients, server.crl = pairs, clients, crl
    RUNNING.append(server)
    yield server
    stop_all([server])


def options(pair):
    return ["--cert", str(pair.certificate), "--key", str(pair.key)]


def is_refused(server, *more):
    """Whether there is no answer at all; clients tell the ways in which a handshake fails apart by versions."""
    answer = server.curl("/hello.py", *more, check=False)
    assert answer.returncode not in (6, 7, 28), answer.stderr
    return answer.returncode != 0 and answer.stdout == ""


def call(server, name, path, *more):
    answer = server.curl(path, "-w", "\n%{http_code}", *(options(server.pairs[name]) if name else []), *more)
    text, status = answer.stdout.rsplit("\n", 1)
    return int(status), json.loads(text)


@pytest.mark.parametrize("protocol", ["--http2", "--http1.1"])
@pytest.mark.parametrize("name", ["reporter", "robot", "exact", "mail"])
def test_a_certificate_that_a_key_names_opens_its_zones(world, name, protocol):
    status, answer = call(world, name, "/api/tell.py", protocol)
    assert (status, answer["caller"]) == (200, name) and answer["dn"].startswith("CN=")
    assert world.wait_for_record(lambda record: record.get("caller") == name and record["status"] == 200)


def test_roles_and_zones_count_as_for_any_key(world):
    assert call(world, "boss", "/admin/tell.py")[0] == 200
    status, problem = call(world, "robot", "/admin/tell.py")
    assert (status, problem["code"]) == (403, "key-insufficient")
    assert call(world, "boss", "/_platform/routes")[0] == 200


def test_an_expired_key_is_refused_by_name(world):
    status, problem = call(world, "gone", "/api/tell.py")
    assert (status, problem["code"]) == (401, "key-refused") and "'gone' has expired" in problem["detail"]


def test_a_certificate_that_no_key_names_is_told_its_subject(world):
    status, problem = call(world, "stranger", "/api/tell.py")
    assert (status, problem["code"]) == (401, "certificate-unknown") and "CN=stranger" in problem["detail"]
    note = world.wait_for_record(lambda record: "CN=stranger" in record.get("message", ""))
    assert world.pairs["stranger"].fingerprint in note["message"], "what an operator needs for a key"


def test_an_open_zone_is_open_with_any_certificate_and_scripts_see_it(world):
    status, seen = call(world, "stranger", "/tell.py")
    assert status == 200 and seen["SSL_CLIENT_VERIFY"] == "SUCCESS" and seen["SSL_CLIENT_S_DN"] == "CN=stranger"
    assert seen["SSL_CLIENT_SHA256"] == world.pairs["stranger"].fingerprint and "steward.caller" in seen
    assert seen["steward.caller"] == ""


def test_without_a_certificate_a_key_is_asked_for(world):
    assert call(world, None, "/api/tell.py")[1]["code"] == "key-required"


@pytest.mark.parametrize("name", ["expired", "forged", "revoked"])
@pytest.mark.parametrize("version", ["--tlsv1.3", "--tls-max 1.2"])
def test_expired_forged_and_revoked_certificates_get_no_connection(world, name, version):
    assert is_refused(world, *version.split(), *options(world.pairs[name]))


def test_a_certificate_is_out_soon_after_its_list_says_so(world):
    pair = world.clients.issue("leaver", "reporter.test")
    world.pairs["leaver"] = pair
    assert call(world, "leaver", "/api/tell.py")[0] == 200
    context = world.context(pair=pair)
    with world.dial(context=context) as peer:
        peer.sendall(b"GET /hello.py HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in peer.makefile("rb").read()
        session = peer.session
    world.clients.revoke(world.crl, world.pairs["revoked"].serial, pair.serial)
    eventually(lambda: is_refused(world, *options(pair)), timeout=4)
    with pytest.raises(OSError), world.dial(context=context, session=session) as peer:
        peer.sendall(b"GET /hello.py HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n")
        if peer.makefile("rb").read() == b"":
            raise ConnectionError("closed without an answer")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_resumed_session_is_still_the_same_caller(world, version):
    context = world.context(pair=world.pairs["reporter"])
    context.minimum_version = context.maximum_version = version
    session = None
    for reused in (False, True):
        with world.dial(context=context, session=session) as peer:
            peer.sendall(b"GET /api/tell.py HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n")
            assert b'"caller":"reporter"' in peer.makefile("rb").read()
            assert peer.session_reused == reused
            session = peer.session


def test_required_certificates_keep_everybody_else_out(secure, tmp_path):
    clients = Authority(tmp_path / "clients", "client-ca")
    server = secure(tls=f"client_ca: {clients.path}\nclient_certificates: required\n")
    for version in (["--tlsv1.3"], ["--tls-max", "1.2"]):
        assert is_refused(server, *version)
    assert server.curl("/hello.py", *options(clients.issue("anybody"))).stdout == "hello"
    assert "client-ca" in server.s_client(), "clients are told whose certificates count"
