"""Versions, suites, names, deadlines of the TLS handshake, with OpenSSL, curl and Python's ssl."""
import socket
import ssl
import time

import pytest

from .authority import Authority


@pytest.mark.parametrize("version, line", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_tls_1_2_and_1_3_are_spoken(shared, version, line):
    text = shared.s_client(version)
    assert f"{line}, Cipher is" in text and "Verify return code: 0 (ok)" in text


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_older_versions_are_refused(shared, version):
    text = shared.s_client(version, "-cipher", "ALL:@SECLEVEL=0")
    assert "Cipher is (NONE)" in text and "alert protocol version" in text


@pytest.mark.parametrize("suite", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"])
def test_suites_without_forward_secrecy_or_authenticated_encryption_are_refused(shared, suite):
    text = shared.s_client("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
    assert "Cipher is (NONE)" in text and "handshake failure" in text


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_modern_suites_of_tls_1_2_are_spoken(shared, suite):
    assert f"TLSv1.2, Cipher is {suite}" in shared.s_client("-tls1_2", "-cipher", suite)


@pytest.mark.parametrize("offered, chosen", [
    (("h2", "http/1.1"), "h2"), (("http/1.1", "h2"), "h2"), (("http/1.1",), "http/1.1"), (("spdy/1",), None), ((), None)])
def test_http2_is_chosen_where_the_client_offers_it(shared, offered, chosen):
    with shared.dial(alpn=offered) as peer:
        assert peer.selected_alpn_protocol() == chosen


def test_who_offers_no_protocol_gets_http_1_1(shared):
    with shared.dial(alpn=()) as peer:
        peer.sendall(b"GET /hello.py HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n")
        assert peer.makefile("rb").read().startswith(b"HTTP/1.1 200 OK\r\n")


def test_http2_and_tls_1_2_can_be_turned_off(secure):
    server = secure(tls="http2: false\nmin_version: 1.3")
    with server.dial(alpn=("h2", "http/1.1")) as peer:
        assert peer.selected_alpn_protocol() == "http/1.1" and peer.version() == "TLSv1.3"
    assert "alert protocol version" in server.s_client("-tls1_2")


def subject(server, name):
    text = server.s_client(name=name)
    return next(line for line in text.splitlines() if line.startswith("subject=")).split("CN = ")[1]


def test_the_certificate_is_chosen_by_the_name_asked_for(secure, tmp_path):
    authority = Authority(tmp_path / "ca", "server-ca")
    pairs = [authority.issue(name, *hosts, file=name) for name, hosts in [
        ("first", ["one.test"]), ("second", ["two.test", "www.two.test"]), ("wild", ["*.wild.test"]),
        ("exact", ["exact.wild.test"])]]
    server = secure(authority, certificates=["{certificate: %s, key: %s}" % (p.certificate, p.key) for p in pairs])
    expected = {
        "one.test": "first", "two.test": "second", "www.two.test": "second", "WWW.Two.TEST": "second",
        "a.wild.test": "wild", "exact.wild.test": "exact", "a.b.wild.test": "first", "wild.test": "first",
        "unknown.test": "first", None: "first"}
    assert {name: subject(server, name) for name in expected} == expected


def test_plain_http_on_the_https_port_is_told_so(shared):
    with socket.create_connection(("127.0.0.1", shared.tls_port), 5) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: one.test\r\n\r\n")
        answer = peer.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ") and b'"code":"plain-http"' in answer and b"https://" in answer


def test_anything_else_on_the_https_port_is_closed(shared):
    for noise in (b"\x00" * 50, b"\xff\xfe\xfd", b"\x80\x2e\x01\x03\x01"):
        with socket.create_connection(("127.0.0.1", shared.tls_port), 5) as peer:
            peer.sendall(noise)
            assert peer.recv(100) == b""


def test_a_broken_client_hello_is_closed(shared):
    with socket.create_connection(("127.0.0.1", shared.tls_port), 5) as peer:
        peer.sendall(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
        while peer.recv(4096):
            pass


def closing_time(peer, trickle=None):
    """Seconds until the server closes, while `trickle` is sent byte by byte."""
    begun, left = time.monotonic(), list(trickle or b"")
    peer.settimeout(0.1)
    while time.monotonic() - begun < 8:
        try:
            if peer.recv(4096) == b"":
                break
        except TimeoutError:
            pass
        except ConnectionError:
            break
        if left:
            try:
                peer.sendall(bytes([left.pop(0)]))
            except OSError:
                break
    return time.monotonic() - begun


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="one.test")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_a_handshake_has_a_deadline_however_slowly_it_trickles(secure):
    server = secure(tls="handshake_timeout: 500ms")
    for trickle in (None, client_hello()):
        with socket.create_connection(("127.0.0.1", server.tls_port), 5) as peer:
            assert 0.4 < closing_time(peer, trickle) < 1.5
    with server.dial() as peer:
        time.sleep(1)
        peer.sendall(b"GET /hello.py HTTP/1.1\r\nHost: one.test\r\n\r\n")
        assert b"200 OK" in peer.recv(4096), "the deadline is the handshake's alone"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(shared, version):
    context = shared.context()
    context.minimum_version = context.maximum_version = version
    with shared.dial(context=context) as peer:
        peer.sendall(b"GET /hello.py HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n")
        assert b"hello" in peer.makefile("rb").read()
        session = peer.session
        assert not peer.session_reused
    with shared.dial(context=context, session=session) as peer:
        assert peer.session_reused
        peer.sendall(b"GET /hello.py HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n")
        assert b"hello" in peer.makefile("rb").read()


@pytest.mark.parametrize("option, protocol", [("--http2", "HTTP/2"), ("--http1.1", "HTTP/1.1")])
def test_scripts_see_https(shared, option, protocol):
    seen = shared.curl_json("/tell.py?a=1", option)
    assert seen["SERVER_PROTOCOL"] == protocol
    assert (seen["wsgi.url_scheme"], seen["HTTPS"], seen["SSL_PROTOCOL"]) == ("https", "on", "TLSv1.3")
    assert (seen["SERVER_PORT"], seen["REMOTE_ADDR"]) == (str(shared.tls_port), "127.0.0.1")
    assert seen["url"] == f"https://one.test:{shared.tls_port}/tell.py?a=1"
    assert seen["SSL_CLIENT_VERIFY"] == "NONE"
    record = shared.wait_for_record(lambda record: record.get("protocol") == protocol and record["path"] == "/tell.py")
    assert record["client"] == "127.0.0.1" and record["status"] == 200 and "error" not in record


def test_plain_requests_stay_plain(shared):
    seen = shared.get("/tell.py").json()
    assert seen["wsgi.url_scheme"] == "http" and "HTTPS" not in seen and seen["SERVER_PORT"] == str(shared.port)


def test_an_answer_larger_than_any_buffer_arrives_whole(shared):
    for option in ("--http1.1", "--http2"):
        assert len(shared.curl("/big.py?size=5000000", option, binary=True).stdout) == 5_000_000
