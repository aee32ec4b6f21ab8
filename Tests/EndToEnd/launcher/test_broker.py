"""`network: [HOST:PORT, unix:/PATH]`: connections are made by the supervisor, and only to what is listed."""
import os
import socket
import threading

import pytest
from support.launcher import ALL_NAMESPACES, LAUNCHER, SYSTEM, Launched, PYTHON, identity, name_of, run, who
from support.steward import open_parents

pytestmark = pytest.mark.skipif(not LAUNCHER.exists(), reason="swift build --product steward-launch")

CONNECT = """
import errno, os, socket, sys
def outcome(family, address, timeout=None):
    try:
        with socket.socket(family) as one:
            one.settimeout(timeout)
            one.connect(address)
            return one.recv(16).decode()
    except OSError as error:
        return errno.errorcode.get(error.errno, repr(error))
"""


class Peers:
    """Servers on loopback that greet with their name, and what was connected to them."""

    def __init__(self, folder):
        self.folder = folder
        self.met = []
        self.sockets = []
        self.full = None
        self.kept = []

    def _serve(self, listener, name):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            self.met.append(name)
            try:
                peer.sendall(name.encode())
            except OSError:
                pass
            peer.close()

    def _add(self, listener, name):
        listener.listen(1024)
        self.sockets.append(listener)
        threading.Thread(target=self._serve, args=(listener, name), daemon=True).start()
        return listener

    def tcp(self, name, family=socket.AF_INET, host="127.0.0.1", port=0):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        return self._add(listener, name).getsockname()[1]

    def unix(self, name):
        path = str(self.folder / f"{name}.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        os.chmod(path, 0o777)
        self._add(listener, name)
        return path

    def deaf(self):
        """A port that nobody else gets and nobody listens on."""
        one = socket.socket()
        one.bind(("127.0.0.1", 0))
        self.kept.append(one)
        return one.getsockname()[1]

    def stuck(self):
        """A port whose queue is full: the kernel drops what asks for a connection."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        self.sockets.append(listener)
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            self.kept.append(one)
        return listener.getsockname()[1]

    def close(self):
        for one in self.sockets:
            one.shutdown(socket.SHUT_RDWR)
        for one in self.sockets + self.kept:
            one.close()


@pytest.fixture
def peers(tmp_path):
    open_parents(tmp_path)
    made = Peers(tmp_path)
    yield made
    made.close()


def listed(*destinations, namespaces=True):
    return (["network listed", "limit processes 400"] + [f"to {one}" for one in destinations]
            + ([ALL_NAMESPACES] if namespaces else []))


@pytest.fixture(params=[(user, spaces) for user in who() for spaces in (True, False)],
                ids=lambda it: f"{name_of(it[0])}-{'namespaces' if it[1] else 'plain'}")
def zone(request):
    """How a zone is started: as whom, and with namespaces or without."""
    user, namespaces = request.param

    def start(destinations, script, *arguments, reads=()):
        return run(listed(*destinations, namespaces=namespaces), CONNECT + script, *arguments, user=user, reads=reads)

    return start


def test_only_listed_addresses_and_ports_are_reached(zone, peers):
    listed_port, other = peers.tcp("listed"), peers.tcp("other")
    code, text = zone([f"127.0.0.1 {listed_port}"], f"""
print(outcome(socket.AF_INET, ("127.0.0.1", {listed_port})))
print(outcome(socket.AF_INET, ("127.0.0.1", {listed_port}), 5))
print(outcome(socket.AF_INET, ("127.0.0.1", {other})))
print(outcome(socket.AF_INET, ("127.0.0.2", {listed_port})))
print(outcome(socket.AF_INET, ("0.0.0.0", {listed_port})))
print(outcome(socket.AF_INET6, ("::ffff:127.0.0.1", {listed_port})))
print(outcome(socket.AF_INET6, ("::ffff:127.0.0.1", {other})))
print(outcome(socket.AF_INET6, ("::1", {listed_port})))
""")
    lines = [line for line in text.splitlines() if not line.startswith("steward: ")]
    assert lines == ["listed", "listed", "EACCES", "EACCES", "EACCES", "listed", "EACCES", "EACCES"], text
    assert code == 0 and "other" not in peers.met
    assert f"asked for 127.0.0.1:{other}, which `network` doesn't list" in text


def test_a_refused_connection_is_told_as_such(zone, peers):
    port = peers.deaf()
    assert zone([f"127.0.0.1 {port}"], f'print(outcome(socket.AF_INET, ("127.0.0.1", {port})))')[1] == "ECONNREFUSED\n"


def test_version_six_addresses_are_compared_as_addresses(zone, peers):
    port = peers.tcp("six", socket.AF_INET6, "::1")
    assert zone([f"[0:0:0:0::1] {port}"], f'print(outcome(socket.AF_INET6, ("::1", {port})))')[1] == "six\n"


def test_names_are_resolved_by_the_supervisor(zone, peers):
    port = peers.tcp("named")
    code, text = zone([f"localhost {port}"], f"""
print(socket.create_connection(("localhost", {port})).recv(16).decode())
print(os.environ["RES_OPTIONS"])
""")
    assert (code, text) == (0, "named\nuse-vc\n")


def test_unix_sockets_are_reached_by_their_path_and_no_others(zone, peers):
    database, other = peers.unix("database"), peers.unix("other")
    code, text = zone([f"unix {database}"], f"""
print(outcome(socket.AF_UNIX, {database!r}))
os.chdir({str(peers.folder.parent)!r} if os.path.isdir({str(peers.folder.parent)!r}) else "/")
print(outcome(socket.AF_UNIX, os.path.relpath({database!r})))
print(outcome(socket.AF_UNIX, {other!r}))
print(outcome(socket.AF_UNIX, "\\0abstract"))
""")
    assert [line for line in text.splitlines() if not line.startswith("steward: ")] == [
        "database", "database", "EACCES", "EACCES"]
    assert "other" not in peers.met


def test_a_socket_that_scripts_could_replace_is_not_accepted(peers):
    path = peers.unix("database")
    code, text = run([*listed(f"unix {path}"), f"write {peers.folder}"], "print('ran')")
    assert code == 125
    assert f"network: unix:{path} lies in {peers.folder}, where scripts may put another socket" in text


def test_what_goes_around_connect_is_refused(zone, peers):
    other = peers.tcp("other")
    text = zone([f"127.0.0.1 {peers.tcp('listed')}"], f"""
def refused(what):
    try: what()
    except OSError as error: return error.errno in (errno.EACCES, errno.EPERM, errno.EOPNOTSUPP, errno.EAFNOSUPPORT)
    return False
to, fast = ("127.0.0.1", {other}), 0x20000000
inet, inet6, unix = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
print([refused(one) for one in (
    lambda: socket.socket(inet, socket.SOCK_DGRAM),
    lambda: socket.socket(inet6, socket.SOCK_DGRAM),
    lambda: socket.socket(unix, socket.SOCK_DGRAM),
    lambda: socket.socketpair(unix, socket.SOCK_DGRAM),
    lambda: socket.socket(inet, socket.SOCK_STREAM, 262),
    lambda: socket.socket(inet, socket.SOCK_RAW, 1),
    lambda: socket.socket(40, socket.SOCK_STREAM),
    lambda: socket.socket().sendto(b"x", to),
    lambda: socket.socket().sendto(b"x", fast, to),
    lambda: socket.socket().sendmsg([b"x"], [], fast, to),
    lambda: socket.socket().setsockopt(socket.IPPROTO_IP, 4, bytes([0x83, 7, 4, 127, 0, 0, 1, 0])),
    lambda: socket.socket(inet6).setsockopt(41, 57, bytes(24)),
    lambda: socket.socket().listen(),
)])
""")[1]
    assert text == f"{[True] * 13}\n"
    assert peers.met == []


def test_listed_with_outbound_reaches_anything_but_other_unix_sockets(zone, peers):
    port, other = peers.tcp("any"), peers.unix("other")
    text = zone([f"unix {peers.unix('database')}", "anywhere"], f"""
print(outcome(socket.AF_INET, ("127.0.0.1", {port})), outcome(socket.AF_UNIX, {other!r}))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one: print(one.sendto(b"x", ("127.0.0.1", 9)))
""")[1]
    assert text.splitlines()[-2:] == ["any EACCES", "1"]


def test_a_thread_that_rewrites_the_address_meanwhile_never_reaches_another_port(zone, peers):
    good, bad = peers.tcp("good"), peers.tcp("bad")
    text = zone([f"127.0.0.1 {good}"], """
import ctypes, threading, time
libc = ctypes.CDLL(None, use_errno=True)
good, bad = (int(one).to_bytes(2, "big") for one in sys.argv[1:])
address = ctypes.create_string_buffer(b"\\2\\0" + good + socket.inet_aton("127.0.0.1") + bytes(8), 16)
memory, is_over = memoryview(address).cast("B"), threading.Event()
def rewrite():
    while not is_over.is_set():
        for _ in range(200): memory[2:4] = bad; memory[2:4] = good
sys.setswitchinterval(1e-5)
for _ in range(2): threading.Thread(target=rewrite, daemon=True).start()
counts = {0: 0, errno.EACCES: 0}
begun = time.monotonic()
while time.monotonic() - begun < (1 if all(counts.values()) else 8):
    with socket.socket() as one:
        counts[0 if libc.connect(one.fileno(), address, 16) == 0 else ctypes.get_errno()] += 1
is_over.set()
print(all(counts.values()))
""", good, bad)[1]
    assert text.splitlines()[-1] == "True", text
    assert "bad" not in peers.met


def test_two_hundred_threads_connect_at_once(zone, peers):
    port = peers.tcp("busy")
    text = zone([f"127.0.0.1 {port}"], f"""
import threading
results = []
threads = [threading.Thread(target=lambda: results.append(outcome(socket.AF_INET, ("127.0.0.1", {port}))))
           for _ in range(200)]
for one in threads: one.start()
for one in threads: one.join()
print(results.count("busy"))
""")[1]
    assert text == "200\n"


def test_asyncio_and_timeouts_work_as_without_a_broker(zone, peers):
    port, stuck = peers.tcp("async"), peers.stuck()
    text = zone([f"127.0.0.1 {port}", f"127.0.0.1 {stuck}"], f"""
import asyncio, time
async def main():
    async def greet():
        reader, writer = await asyncio.open_connection("127.0.0.1", {port})
        text = await reader.read(); writer.close(); return text
    print(set(await asyncio.gather(*(greet() for _ in range(50)))))
asyncio.run(main())
began = time.monotonic()
print(outcome(socket.AF_INET, ("127.0.0.1", {stuck}), 0.3), 0.25 < time.monotonic() - began < 2)
one = socket.socket(); one.setblocking(False)
print(errno.errorcode[one.connect_ex(("127.0.0.1", {stuck}))])
""")[1]
    assert text == "{b'async'}\nTimeoutError('timed out') True\nEINPROGRESS\n"


def test_a_connection_that_waits_holds_nobody_up_and_ends_with_a_signal(zone, peers):
    port, stuck = peers.tcp("quick"), peers.stuck()
    text = zone([f"127.0.0.1 {port}", f"127.0.0.1 {stuck}"], f"""
import ctypes, signal, threading, time
libc = ctypes.CDLL(None, use_errno=True)
address = b"\\2\\0" + ({stuck}).to_bytes(2, "big") + socket.inet_aton("127.0.0.1") + bytes(8)
for _ in range(20):
    threading.Thread(target=lambda one: libc.connect(one.fileno(), address, 16), args=(socket.socket(),), daemon=True).start()
time.sleep(0.1)
began = time.monotonic()
print(outcome(socket.AF_INET, ("127.0.0.1", {port})), time.monotonic() - began < 1)
signal.signal(signal.SIGALRM, lambda *_: None)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
signal.setitimer(signal.ITIMER_REAL, 0.2)
one, began = socket.socket(), time.monotonic()
print(libc.connect(one.fileno(), address, 16), errno.errorcode[ctypes.get_errno()], time.monotonic() - began < 2)
sys.stdout.flush(); os._exit(0)
""")[1]
    assert text == "quick True\n-1 EINTR True\n"


def test_without_its_supervisor_a_zone_ends():
    """So that no connection is ever made that nobody decides about."""
    launched = Launched(SYSTEM + identity(None) + listed("127.0.0.1 9"),
                        [PYTHON, "-I", "-c", "import time; print('up', flush=True); time.sleep(60)"])
    launched.read_until("up")
    os.kill(launched.pid, 9)
    launched.wait(5)
    launched.close()
