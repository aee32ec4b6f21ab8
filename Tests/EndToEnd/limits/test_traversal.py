"""Request targets of all kinds for each of four zones, through the real server: none gives content from outside its zone, and no
script of a zone with a key runs without it. `STEWARD_TRAVERSAL=20000` sets their number; with `-s` the count is printed."""
import collections
import os
import re
import socket
import time

import pytest

from limits.traversal import targets

COUNT = int(os.environ.get("STEWARD_TRAVERSAL", "5000"))
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n")
ZONES = {"/open": "none", "/key": "api", "/admin": "admin", "/open/inner": "api"}
KEYS = {"api": "api-secret-0123456789abcdef0123456789", "admin": "admin-secret-0123456789abcdef012345"}
SETTINGS = """
    log: {level: error, file: none}
    limits: {failures: none}
    zones:
      /open: {folder: SCRIPTS/open}
      /key: {folder: SCRIPTS/key, key: api}
      /admin: {folder: SCRIPTS/admin, key: admin}
      /open/inner: {folder: SCRIPTS/open/inner, key: api}
"""


def answering(zone, name):
    return f"def main(request):\n    return 'content of {zone} {name}'\n"


@pytest.fixture(scope="module")
def server(serve_module, tmp_path_factory):
    scripts = {f"{zone.strip('/')}/{name}": answering(zone, name)
               for zone in ZONES for name in ("x.py", "secret.py", "_private.py", ".hidden.py")}
    scripts |= {"outside/secret.py": answering("outside", "secret.py"), "x.py": answering("outside", "x.py"),
                "secret.txt": "content of outside secret.txt"}
    folder = tmp_path_factory.mktemp("traversal")
    for zone in ZONES:
        inside = folder / "scripts" / zone.strip("/")
        inside.mkdir(parents=True, exist_ok=True)
        outside = folder / "scripts/outside"
        for name, to in (("link", outside), ("linkdir", outside), ("linked.py", outside / "secret.py"), ("loop", inside),
                         ("up", folder / "scripts"), ("passwd.py", "/etc/passwd")):
            (inside / name).symlink_to(to)
    return serve_module(scripts, settings=SETTINGS, scratch=folder, environment={
        "API_KEY": KEYS["api"], "ADMIN_API_KEY": KEYS["admin"]})


class Pipeline:
    """Sends requests in batches over kept connections; where the server closes, the rest goes over a new one."""

    def __init__(self, server):
        self.server, self.connections = server, 0

    def answers(self, requests):
        """(status, body) of each request."""
        found, index = [], 0
        while index < len(requests):
            self.connections += 1
            before = index
            with socket.create_connection(self.server.address, timeout=30) as connection:
                buffer, closes = b"", False
                while index < len(requests) and not closes:
                    batch = requests[index:index + 50]
                    try:
                        connection.sendall(b"".join(batch))
                    except OSError:
                        pass
                    done, buffer, closes = self.read(connection, buffer, found, len(batch))
                    assert done > 0 or closes and index > before, f"no answer to {batch[0]!r}"
                    index += done
        return found

    @staticmethod
    def read(connection, buffer, found, count):
        """(answers read, what follows them, whether the server closes)"""
        number, place = 0, 0
        while number < count:
            end = buffer.find(b"\r\n\r\n", place)
            length = int(LENGTH.search(buffer, place, end + 2)[1]) if end >= 0 else 0
            if end < 0 or len(buffer) < end + 4 + length:
                try:
                    piece = connection.recv(1 << 18)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    return number, b"", True
                buffer, place = buffer[place:] + piece, 0
                continue
            head = buffer[place:end]
            found.append((int(head[9:12]), buffer[end + 4:end + 4 + length]))
            number, place = number + 1, end + 4 + length
            if b"\r\nConnection: close" in head:
                return number, b"", True
        return number, buffer[place:], False


def head(target, key=None):
    fields = f"X-API-Key: {key}\r\n" if key else ""
    return f"GET {target} HTTP/1.1\r\nHost: steward.test\r\n{fields}\r\n".encode("utf-8")


def owner(body):
    """The zone that a body is the content of, or None."""
    return body.split()[2].decode() if body.startswith(b"content of ") else None


def test_no_target_leaves_its_zone_or_runs_a_script_without_its_key(server):
    for zone, requirement in ZONES.items():
        status, body = Pipeline(server).answers([head(f"{zone}/x.py", KEYS.get(requirement))])[0]
        assert (status, owner(body)) == (200, zone), "the scripts themselves must answer"
    start, counts, through = time.monotonic(), collections.Counter(), []
    pipeline = Pipeline(server)
    for prefix in ZONES:
        paths = targets(prefix, COUNT)
        assert len(set(paths)) == COUNT
        for path, (status, body) in zip(paths, pipeline.answers([head(path) for path in paths])):
            counts[status] += 1
            # Without a key only /open may answer, with its own content: never the inner zone's, nor a file's.
            if owner(body) not in (None, "/open") or (status == 200 and owner(body) is None) or b"root:" in body:
                through.append((path, status, body[:80]))
            if owner(body) == "/open" and b"/open x.py" not in body and b"/open secret.py" not in body:
                through.append((path, status, body[:80]))
    print(f"{sum(counts.values())} targets in {time.monotonic() - start:.1f} s over {pipeline.connections} connections: "
          + ", ".join(f"{status}: {count}" for status, count in sorted(counts.items())) + f"; through: {len(through)}")
    assert through == []
    assert counts[400] > COUNT and sum(counts.values()) == COUNT * len(ZONES)


def test_a_key_opens_its_own_zone_by_the_same_targets_and_no_other(server):
    through = []
    count = max(200, COUNT // 20)
    for prefix in ZONES:
        paths = targets(prefix, count, seed=2)
        found = Pipeline(server).answers([head(path, KEYS["api"]) for path in paths])
        through += [(path, body[:80]) for path, (status, body) in zip(paths, found)
                    if owner(body) in ("/admin", "outside") or (status == 200 and owner(body) is None)
                    or owner(body) is not None and (b"_private" in body or b".hidden" in body)]
    assert through == []
