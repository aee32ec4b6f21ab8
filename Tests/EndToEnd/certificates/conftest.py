"""Fixtures of the certificates' tests: a machine with certbot and Pebble, and a forest."""
import sys

import pytest

from support import certbot, host
from support.certs import Certs
from support.steward import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "Tests/Support"))
import forest  # noqa: E402


def skip_unless_there(reason):
    if reason:
        pytest.skip(reason if reason.startswith("not run") else f"not run: needs {reason}")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A machine in namespaces with Pebble on it."""
    skip_unless_there(host.unavailable())
    skip_unless_there(", ".join(certbot.missing()))
    computer = host.Host(tmp_path_factory.mktemp("machine"))
    try:
        certbot.Pebble(computer)
        yield computer
    finally:
        computer.stop()


@pytest.fixture(scope="module")
def issuer(machine):
    """certbot on it."""
    return certbot.Certbot(machine)


@pytest.fixture(scope="module")
def certs(machine):
    """`steward certs` on it, as an administrator types it."""
    return Certs(host=machine)


@pytest.fixture(scope="session")
def grown(tmp_path_factory):
    """A forest that no test changes: its folder and its expectation."""
    folder = tmp_path_factory.mktemp("forest") / "root"
    return folder, forest.build(folder)


@pytest.fixture
def fresh_forest(tmp_path):
    """A forest of one's own."""
    folder = tmp_path / "root"
    return folder, forest.build(folder)
