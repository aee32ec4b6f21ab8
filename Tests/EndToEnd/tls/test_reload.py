"""New certificates count for new connections at once; nothing that is open ends for it."""
import os
import shutil
import ssl
import threading
import time

import httpx
import pytest

from support.steward import eventually

from .authority import Authority


class Lineage:
    """A lineage as certbot keeps it: live/NAME/*.pem are links into archive/NAME."""

    def __init__(self, folder, authority, name="one.test"):
        self.authority, self.name, self.count = authority, name, 0
        self.live, self.archive = folder / "live" / name, folder / "archive" / name
        self.live.mkdir(parents=True)
        self.archive.mkdir(parents=True)
        self.renew()

    def issue(self):
        self.count += 1
        return self.authority.issue(self.name, self.name, "localhost", file=f"issue{self.count}")

    def renew(self):
        """A new pair, and each link replaced at one stroke."""
        pair = self.issue()
        for source, kind in ((pair.certificate, "fullchain"), (pair.key, "privkey")):
            file = self.archive / f"{kind}{self.count}.pem"
            shutil.copy(source, file)
            link = self.live / f".{kind}.new"
            link.symlink_to(os.path.relpath(file, self.live))
            link.replace(self.live / f"{kind}.pem")
        return pair


@pytest.fixture
def lineage(tmp_path):
    return Lineage(tmp_path / "letsencrypt", Authority(tmp_path / "ca", "server-ca"))


def serial(server):
    with server.dial() as peer:
        return int(peer.getpeercert()["serialNumber"], 16)


def test_a_renewed_lineage_is_presented_within_seconds_and_open_connections_go_on(secure, lineage):
    server = secure(lineage.authority, certificates=["{lineage: %s}" % lineage.live])
    before = serial(server)
    request = b"GET /hello.py HTTP/1.1\r\nHost: one.test\r\n\r\n"
    with server.dial() as running:
        running.sendall(request)
        assert b"200 OK" in running.recv(4096)
        pair = lineage.renew()
        eventually(lambda: serial(server) == pair.serial, timeout=3)
        assert pair.serial != before
        running.sendall(request)
        assert b"200 OK" in running.recv(4096)
    assert server.wait_for_record(lambda record: record["event"] == "certificates-reloaded")


def test_a_half_written_pair_keeps_the_old_one_and_says_so_once(secure, tmp_path):
    authority = Authority(tmp_path / "ca", "server-ca")
    old = authority.issue("one.test", "one.test", file="served")
    server = secure(authority, certificates=["{certificate: %s, key: %s}" % (old.certificate, old.key)])
    new = authority.issue("one.test", "one.test", file="new")
    shutil.copy(new.certificate, old.certificate)
    warning = server.wait_for_record(lambda record: record["event"] == "certificates-unreadable")
    assert str(old.key) in warning["message"] and "is not the key" in warning["message"]
    assert warning["level"] == "warning" and "steward.yaml:4" in warning["message"]
    assert serial(server) == old.serial
    time.sleep(1.2)
    assert sum(record["event"] == "certificates-unreadable" for record in server.records()) == 1
    shutil.copy(new.key, old.key)
    eventually(lambda: serial(server) == new.serial, timeout=3)


def test_renewals_under_load_drop_nothing(secure, lineage):
    server = secure(lineage.authority, certificates=["{lineage: %s}" % lineage.live])
    failures, counts, stopped = [], [0] * 4, threading.Event()

    def call(index):
        context = ssl.create_default_context(cafile=server.authority.path)
        while not stopped.is_set():
            # Each client makes a few calls on one connection, then a new one.
            with httpx.Client(http2=index % 2 == 0, http1=index % 2 == 1, verify=context) as client:
                for _ in range(10):
                    try:
                        answer = client.get(f"https://localhost:{server.tls_port}/hello.py")
                        counts[index] += answer.text == "hello" and answer.status_code == 200
                    except Exception as error:
                        failures.append(repr(error))

    threads = [threading.Thread(target=call, args=[index]) for index in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        pair = lineage.renew()
        eventually(lambda: serial(server) == pair.serial, timeout=4)
    stopped.set()
    for thread in threads:
        thread.join()
    assert not failures and all(count > 20 for count in counts), counts
