"""The lab (Tests/Support/lab), one for all tests of DANE: each test takes mail hosts of its own from it."""
import sys

import pytest

from support.steward import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "Tests/Support"))
import lab as laboratory  # noqa: E402
from lab import places, steward  # noqa: E402


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    if reason := laboratory.missing():
        pytest.skip(reason)
    with laboratory.Lab(tmp_path_factory.mktemp("lab")) as running:
        running.free = {places.ZONE: iter(host for host in places.HOSTS.values() if host != places.ALIASED), places.FILE_ZONE: iter(places.FILE_HOSTS.values())}
        yield running


@pytest.fixture(scope="session")
def host(lab):
    """host(zone, key=..., ...): a mail host that no other test has, in quiet times."""
    def establish(zone=places.ZONE, **options):
        one = next(lab.free[zone])
        lab.establish(one, **options)
        return one
    return establish


@pytest.fixture
def dane(lab):
    """dane(deployment, ..., settle=...): `steward dane` with settings and a state of its own; what runs of it is ended."""
    made = []

    def make(*entries, **more):
        name = entries[0]["lineage"]
        made.append(steward.Dane(lab, list(entries), path=f"/srv/{name}.yaml", state=f"/srv/state-{name}", **more))
        return made[-1]

    yield make
    for one in made:
        print(one.log())
        one.stop()
