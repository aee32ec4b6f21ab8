"""A server in another mount namespace, as in a container, that sees the whole tree: its configuration says which lineages
it uses; what another program there uses can't be known."""
import datetime
import shutil

import pytest
from forest.authority import Authority
from forest.tree import Lineage, Tree

from support import host
from support import tls_servers as servers
from support.certs import Certs

from .conftest import skip_unless_there

NAMES = ("web.example", "old.example")


@pytest.fixture
def computer(tmp_path):
    skip_unless_there(host.unavailable() or servers.missing("nginx"))
    machine = host.Host(tmp_path / "machine")
    try:
        yield machine
    finally:
        machine.stop()


@pytest.fixture
def tree(tmp_path):
    grown = Tree(tmp_path / "letsencrypt", "/etc/letsencrypt", Authority(datetime.datetime.now(datetime.timezone.utc)))
    for name in NAMES:
        grown.add(Lineage(name))
    return grown


def container(machine, tree, folder, before=""):
    """nginx with its own /etc, in which the tree is at /etc/letsencrypt; `before` is run first."""
    own = folder / "container-etc"
    for part in ("nginx/conf.d", "letsencrypt"):
        (own / part).mkdir(parents=True)
    shutil.copy("/etc/passwd", own)
    shutil.copy("/etc/group", own)
    (own / "nginx/nginx.conf").write_text("events {}\nhttp {\n  access_log off;\n  include conf.d/*.conf;\n}\n")
    (own / "nginx/conf.d/web.conf").write_text(
        "server {\n  listen 127.0.0.1:8443 ssl;\n"
        "  ssl_certificate /etc/letsencrypt/live/web.example/fullchain.pem;\n"
        "  ssl_certificate_key /etc/letsencrypt/live/web.example/privkey.pem;\n}\n")
    script = (f"set -e; mount --bind {own} /etc; mount --bind {tree.folder} /etc/letsencrypt; {before} "
              "exec /usr/sbin/nginx -g 'daemon off;'")
    machine.start("unshare", "--mount", "--propagation", "private", "sh", "-c", script, name="container")
    machine.wait_for_ports(8443)


def survey(machine, tree):
    machine.write("/srv/steward.yaml", "certificates:\n  docker: {enabled: false}\n")
    return Certs("--tree", tree.folder, "--settings", "/srv/steward.yaml", host=machine).survey()


def test_a_server_in_a_container_uses_what_its_configuration_names(computer, tree, tmp_path):
    container(computer, tree, tmp_path)
    seen = survey(computer, tree)
    assert seen.state("web.example") == "used"
    [line] = [use for use in seen.uses("web.example") if "web.conf:3" in use]
    assert line.startswith("nginx pid ") and line.endswith(" (nginx): /etc/nginx/conf.d/web.conf:3")
    assert seen.state("old.example") == "unused", seen.lineage("old.example")
    assert any(place.startswith("configuration of pid ") for place in seen.document["looked"])
    # And it goes, while what the container uses stays.
    goes = Certs("--tree", tree.folder, "--settings", "/srv/steward.yaml", host=computer).plan(tmp_path / "plan")
    assert set(goes) == {"old.example"}


def test_another_program_in_the_container_leaves_the_rest_unknown(computer, tree, tmp_path):
    shutil.copy("/usr/bin/sleep", tmp_path / "strange-app")
    container(computer, tree, tmp_path, before=f"{tmp_path}/strange-app 300 &")
    seen = survey(computer, tree)
    assert seen.state("web.example") == "used"
    assert seen.state("old.example") == "unknown"
    reasons = " ".join(seen.lineage("old.example")["reasons"])
    assert "strange-app (pid " in reasons and "certificates.evidence.extra" in reasons
