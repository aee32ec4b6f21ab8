"""Host names in `network`, with a name server of the test's own."""
import os
import socket
import struct
import subprocess
import threading

import pytest
from launcher.test_broker import Peers, listed
from support.launcher import LAUNCHER, run

pytestmark = [
    pytest.mark.skipif(not LAUNCHER.exists(), reason="swift build --product steward-launch"),
    pytest.mark.skipif(os.getuid() != 0, reason="port 53 and another resolv.conf need root"),
]
SERVER = "127.0.77.53"


class NameServer:
    """Answers questions for A by UDP and TCP from a dictionary of lists; each answer holds the list's next two addresses."""

    def __init__(self):
        self.names = {}
        self.asked = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.udp.bind((SERVER, 53))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((SERVER, 53))
        self.tcp.listen(50)
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def _answer(self, query, way):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        name, kind = ".".join(labels), struct.unpack_from(">H", query, at + 1)[0]
        self.asked.append((name, way))
        addresses = self.names.get(name, [])
        records = []
        if kind == 1 and addresses:
            records = [b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(one) for one in addresses[:2]]
            addresses.append(addresses.pop(0))
        flags = 0x8180 if addresses else 0x8183
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + query[12:at + 5] + b"".join(records)

    def _serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(512)
            except OSError:
                return
            if not query:
                return
            self.udp.sendto(self._answer(query, "udp"), peer)

    def _serve_tcp(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(peer,), daemon=True).start()

    def _converse(self, peer):
        with peer, peer.makefile("rb") as stream:
            while head := stream.read(2):
                answer = self._answer(stream.read(int.from_bytes(head, "big")), "tcp")
                peer.sendall(len(answer).to_bytes(2, "big") + answer)

    def close(self):
        for one in (self.udp, self.tcp):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


@pytest.fixture
def names():
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def around(tmp_path):
    """Runs the launcher where the name server is the system's."""
    (tmp_path / "resolv.conf").write_text(f"nameserver {SERVER}\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    mounts = "".join(f"mount --bind {tmp_path}/{name} /etc/{name} && " for name in ("resolv.conf", "nsswitch.conf"))
    command = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mounts + 'exec "$@"', "sh"]
    if subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("this root may not mount")
    return command


@pytest.fixture
def peers(tmp_path):
    made = Peers(tmp_path)
    yield made
    made.close()


GREET = """
import socket
def greet(name, port):
    try: return socket.create_connection((name, port)).recv(16).decode()
    except OSError as error: return type(error).__name__
"""


@pytest.mark.parametrize("namespaces", [True, False], ids=["namespaces", "plain"])
def test_a_listed_name_is_found_by_tcp_and_reached_at_its_port_alone(names, around, peers, namespaces):
    names.names = {"db.test": ["127.0.77.1"], "other.test": ["127.0.77.2"]}
    port = peers.tcp("db", host="127.0.77.1")
    wrong, other = peers.tcp("wrong", host="127.0.77.1"), peers.tcp("other", host="127.0.77.2")
    code, text = run(listed(f"db.test {port}", namespaces=namespaces), GREET + f"""
print(greet("db.test", {port}), greet("db.test", {wrong}), greet("other.test", {other}), greet("127.0.77.1", {port}))
print(greet("absent.test", {port}))
""", around=around)
    assert text.splitlines()[-2:] == ["db PermissionError PermissionError db", "gaierror"], text
    assert ("db.test", "tcp") in names.asked and ("db.test", "udp") in names.asked
    assert set(peers.met) == {"db"}


def test_an_answer_that_rotates_is_no_reason_to_refuse(names, around, peers):
    addresses = [f"127.0.77.{number}" for number in range(10, 14)]
    names.names = {"many.test": list(addresses)}
    port = peers.tcp("one", host="0.0.0.0")
    code, text = run(listed(f"many.test {port}"), GREET + f"""
print({{greet("many.test", {port}) for _ in range(12)}})
""", around=around)
    assert text.splitlines()[-1] == "{'one'}", text


def test_without_a_name_in_the_list_no_name_server_is_reached(names, around, peers):
    code, text = run(listed("127.0.0.1 9"), f"""
import os, socket
print(os.environ.get("RES_OPTIONS"))
try: socket.create_connection(({SERVER!r}, 53)); print("reached")
except PermissionError: print("refused")
""", around=around)
    assert "refused" in text and "None" in text and "reached" not in text
