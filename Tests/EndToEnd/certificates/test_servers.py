"""What Debian's real servers serve: file, line and port of each, and reloads that were forgotten."""
import re

import pytest

from support import peers
from support.steward import eventually

from .conftest import skip_unless_there


@pytest.fixture(scope="module")
def served(machine, issuer, certs):
    """Five servers, each with a lineage of its own, and one lineage that nothing uses."""
    skip_unless_there(", ".join(peers.missing(*peers.PROGRAMS)))
    names = ["nginx", "apache", "postfix", "sni", "dovecot", "local", "haproxy", "idle"]
    for number, name in enumerate(names):
        issuer.issue(f"{name}.example", key="rsa" if number % 2 else "ecdsa")
    peers.nginx(machine, {"site.conf": peers.nginx_site("nginx.example")})
    peers.apache(machine, "apache.example")
    peers.postfix(machine, "postfix.example", sni=["sni.example"])
    peers.dovecot(machine, "dovecot.example", local="local.example")
    peers.haproxy(machine, "haproxy.example")
    return certs.survey()


@pytest.mark.parametrize("name, configured, port", [
    ("nginx", "nginx /etc/nginx/conf.d/site.conf:4", 443),
    ("apache", "apache /etc/apache2/sites-enabled/site.conf:4", 8443),
    ("postfix", "postfix /etc/postfix/main.cf:6", 25),
    ("sni", "postfix /etc/postfix/sni:1", 25),
    ("dovecot", "dovecot /etc/dovecot/conf.d/10-ssl.conf:2", 993),
    ("local", "dovecot /etc/dovecot/conf.d/10-ssl.conf:5", 993),
])
def test_a_server_s_lineage_is_used_with_file_line_and_port(served, name, configured, port):
    uses = served.uses(f"{name}.example")
    assert served.state(f"{name}.example") == "used"
    assert configured in uses, uses
    assert any(re.match(rf"served .*:{port}\b", use) for use in uses), uses


def test_starttls_is_told_from_plain_tls(served):
    assert any(re.search(r":25 STARTTLS", use) for use in served.uses("postfix.example"))
    assert any(re.search(r":143 STARTTLS", use) for use in served.uses("dovecot.example"))
    assert not any(re.search(r":993 STARTTLS", use) for use in served.uses("dovecot.example"))


def test_a_copy_named_by_a_crt_list_is_known_by_its_content(served):
    uses = served.uses("haproxy.example")
    assert served.state("haproxy.example") == "used"
    assert any("/etc/haproxy/crt-list.txt:2" in use or "/etc/haproxy/tls/site.pem" in use for use in uses), uses
    assert any(re.match(r"served .*:9443\b", use) for use in uses), uses


def test_the_lineage_that_nothing_uses_is_unused(served):
    assert served.state("idle.example") == "unused", served.lineage("idle.example")


def test_everything_could_be_read(served):
    # The name server of the tests knows no TLSA.
    assert [place for place in served.document["unread"] if place["may_hold_use"]] == []


def test_the_table_shows_what_the_transcript_promises(served, certs):
    rows = {line.split()[0]: line for line in certs.run("list").stdout.splitlines()}
    assert re.search(r"ECDSA .* used .*postfix: main\.cf:6.*:25 STARTTLS", rows["postfix.example"]), rows
    assert re.search(r"unused .*nothing found in \d+ places looked at", rows["idle.example"]), rows


def test_a_forgotten_reload_names_the_process(served, machine, issuer, certs):
    issuer.run("certonly", "--webroot", "--webroot-path", "/var/www", "--cert-name", "nginx.example", "-d", "nginx.example",
               "--server", "https://localhost:14000/dir", "--force-renewal")
    survey = certs.survey()
    assert survey.state("nginx.example") == "used" and survey.lineage("nginx.example")["version"] == 2
    pids = machine.pids("nginx: ")
    told = [finding["text"] for finding in survey.all_findings()
            if "nginx" in finding["text"] and re.search("reload", finding["text"], re.IGNORECASE)]
    assert any(re.search(rf"\b{pid}\b", text) for text in told for pid in pids), (told, pids)
    machine.run("nginx", "-s", "reload")
    def quiet():
        return not [finding for finding in certs.survey().all_findings() if "reload" in finding["code"]]
    eventually(quiet, timeout=20, message="silence after the reload")


def test_prune_of_the_rest_leaves_every_server_serving(served, machine, issuer, certs):
    goes = certs.plan(machine.path("/srv/plan"))
    assert "idle.example" in goes and not {f"{name}.example" for name in (
        "nginx", "apache", "postfix", "sni", "dovecot", "local", "haproxy")} & goes.keys()
    certs.prune("/srv/plan")
    for check in (["nginx", "-t"], ["postfix", "check"], ["doveconf", "-n"], ["haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg"],
                  ["apache2", "-t", "-f", "/etc/apache2/apache2.conf"]):
        machine.run(*check)
    assert "idle.example" not in issuer.listed()
    certs.run("restore", "idle.example")
