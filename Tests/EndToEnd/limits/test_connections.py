"""Connections of one address, in a network namespace of its own: there this machine has an address that isn't loopback."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INSIDE = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from support.steward import Steward
server = Steward(sys.argv[2], {"x.py": "def main(request): return 'x'\\n"}, host="192.0.2.1", settings='''
    limits: {connections_per_address: 5}
    zones: {/: {folder: SCRIPTS}}
''')
try:
    kept = [server.connect(timeout=5) for _ in range(5)]
    assert [connection.call("GET", "/x.py").status for connection in kept] == [200] * 5
    assert all(server.connect(timeout=5).is_closed(2) for _ in range(3))
    with server.connect(timeout=5, source=("192.0.2.2", 0)) as other:
        assert other.call("GET", "/x.py").status == 200
    kept.pop().close()
    for _ in range(100):
        with server.connect(timeout=5) as again:
            try:
                assert again.call("GET", "/x.py").status == 200
                break
            except (ConnectionError, OSError, ValueError):
                continue
    else:
        raise AssertionError("a closed connection must make room")
    record = server.wait_for_record(lambda record: record["event"] == "limited")
    assert record["limit"] == "connections" and record["caller"] == "192.0.2.1", record
finally:
    server.stop()
print("as it should be")
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="needs root and ip")
def test_an_address_has_so_many_connections_and_no_more(tmp_path):
    here = Path(__file__).resolve().parents[1]
    (tmp_path / "inside.py").write_text(INSIDE)
    command = ("ip link set lo up && ip addr add 192.0.2.1/24 dev lo && ip addr add 192.0.2.2/24 dev lo && "
               f"exec {sys.executable} inside.py {here} {tmp_path}")
    result = subprocess.run(["unshare", "--net", "sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "as it should be", result.stdout + result.stderr
