"""20,000 request targets for each of four zones, through the real server: none gives content from outside its zone, and no script
of a zone with a key runs without it. `STEWARD_TRAVERSAL=n` sets the number; the suite prints what was answered."""
import collections
import os
import socket
import time

import pytest

from limits.traversal import targets

COUNT = int(os.environ.get("STEWARD_TRAVERSAL", "20000"))
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
            with socket.create_connection(self.server.address, timeout=30) as connection:
                reader = connection.makefile("rb")
                while index < len(requests):
                    batch = requests[index:index + 50]
                    try:
                        connection.sendall(b"".join(batch))
                    except OSError:
                        pass
                    done, closes = self.read(reader, found, len(batch))
                    index += done
                    assert done > 0, f"no answer to {batch[0]!r}"
                    if closes:
                        break
        return found

    @staticmethod
    def read(reader, found, count):
        for number in range(count):
            try:
                line = reader.readline()
            except ConnectionResetError:
                return number, True
            if not line:
                return number, True
            length, closes = 0, False
            while (field := reader.readline()) not in (b"\r\n", b""):
                name, _, value = field.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                elif name.lower() == b"connection":
                    closes = b"close" in value
            found.append((int(line.split()[1]), reader.read(length)))
            if closes:
                return number + 1, True
        return count, False


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
        through += [(path, body[:80]) for path, (_, body) in zip(paths, found)
                    if owner(body) in ("/admin", "outside") or b"root:" in body or b"_private" in body or b".hidden" in body]
    assert through == []
