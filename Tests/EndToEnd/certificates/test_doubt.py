"""Where it can't be known whether a lineage is used, it is not judged prunable, and the place is named."""
import datetime
import os

import pytest
from forest.authority import Authority
from forest.tree import Lineage, Tree

from support import host, peers
from support.certs import Certs
from support.steward import BINARY

from .conftest import skip_unless_there
from .expectations import PRUNABLE

NAMES = ("first.example", "second.example", "third.example")


@pytest.fixture
def grove(tmp_path):
    """Three lineages below a root, and `steward certs` with that root."""
    tree = Tree(tmp_path / "root/etc/letsencrypt", "/etc/letsencrypt", Authority(datetime.datetime.now(datetime.timezone.utc)))
    for name in NAMES:
        tree.add(Lineage(name))
    (tmp_path / "root/etc/nginx/conf.d").mkdir(parents=True)
    return tmp_path / "root", Certs("--tree", tree.folder, "--config-root", tmp_path / "root")


def nginx(root, *lines, name="nginx.conf"):
    (root / "etc/nginx" / name).write_text("events {}\nhttp {\n" + "\n".join(lines) + "\n}\n")


def states(certs):
    survey = certs.survey()
    return {name: survey.state(name) for name in NAMES}, survey


def test_without_doubt_all_are_unused(grove):
    root, certs = grove
    nginx(root, "include conf.d/*.conf;")
    assert set(states(certs)[0].values()) == {"unused"}


def test_a_path_made_from_the_name_that_a_client_sends_can_mean_any_lineage(grove):
    root, certs = grove
    nginx(root, "server {", "listen 443 ssl;", "server_name _;",
          "ssl_certificate /etc/letsencrypt/live/$ssl_server_name/fullchain.pem;",
          "ssl_certificate_key /etc/letsencrypt/live/$ssl_server_name/privkey.pem;", "}")
    found, _ = states(certs)
    assert not PRUNABLE & set(found.values()), found


def test_a_place_that_cannot_be_read_is_possible_use_and_is_named(grove):
    root, certs = grove
    nginx(root, "include conf.d/*.conf;")
    os.mkfifo(root / "etc/nginx/conf.d/pipe.conf")
    found, survey = states(certs)
    assert set(found.values()) == {"unknown"}, found
    assert any(place["place"].endswith("/etc/nginx/conf.d/pipe.conf") for place in survey.document["unread"])


def test_an_include_that_runs_in_a_circle_ends(grove):
    root, certs = grove
    nginx(root, "include conf.d/*.conf;")
    (root / "etc/nginx/conf.d/circle.conf").write_text("include conf.d/circle.conf;\n")
    certs.survey()


def test_an_include_outside_is_read_from_the_root(grove):
    root, certs = grove
    nginx(root, "include /srv/sites/*.conf;")
    (root / "srv/sites").mkdir(parents=True)
    (root / "srv/sites/one.conf").write_text(peers.nginx_site("first.example"))
    found, survey = states(certs)
    assert found == {"first.example": "used", "second.example": "unused", "third.example": "unused"}
    assert any("/srv/sites/one.conf:4" in use for use in survey.uses("first.example"))


def test_bytes_that_are_no_text_do_not_stop_the_rest(grove):
    root, certs = grove
    nginx(root, "include conf.d/*.conf;")
    (root / "etc/nginx/conf.d/a.conf").write_bytes(b"# \xff\xfe\x00 caf\xe9\n" + peers.nginx_site("second.example").encode())
    found, survey = states(certs)
    assert found["second.example"] == "used", survey.document["unread"]


def test_whoever_may_not_read_the_tree_is_told_so_and_judges_nothing(machine):
    skip_unless_there(host.unavailable())
    if not os.stat(BINARY).st_mode & 0o005 or os.stat(BINARY.parent).st_mode & 0o005 != 5:
        pytest.skip("not run: the binary is not readable for other users")
    tree = machine.path("/etc/letsencrypt")
    tree.mkdir(exist_ok=True)
    tree.chmod(0o700)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(BINARY), "certs", "list", "--json", "--no-probe"]
    answer = machine.run(*command, check=False)
    assert "/etc/letsencrypt" in answer.stdout + answer.stderr
    assert '"unused"' not in answer.stdout and '"expired"' not in answer.stdout
    tree.chmod(0o755)
