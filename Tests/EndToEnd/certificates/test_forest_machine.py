"""The forest as a whole machine: servers' programs, certbot and Steward see it in its usual places, without any option."""
import forest
import pytest

from support import certbot, host
from support.certs import Certs

from .conftest import skip_unless_there
from .expectations import PRUNABLE, Comparison


@pytest.fixture(scope="module")
def overgrown(tmp_path_factory):
    """A machine whose /etc and /var are the forest's, with its expectation."""
    skip_unless_there(host.unavailable())
    root = tmp_path_factory.mktemp("overgrown") / "root"
    expectation = forest.build(root)
    computer = host.Host(root)
    # /opt is this machine's.
    expectation["lineages"] = [one for one in expectation["lineages"] if one["name"] != "stalwart.example"]
    yield computer, expectation
    computer.stop()


@pytest.fixture(scope="module")
def compared(overgrown):
    computer, expectation = overgrown
    return Comparison(Certs(host=computer).survey(), expectation)


def test_both_trees_are_found(compared):
    trees = {tree["path"]: tree["origin"] for tree in compared.survey.document["trees"]}
    assert trees.keys() == set(compared.expectation["trees"]), trees


def test_every_lineage_is_reported_and_none_that_is_used_can_go(compared):
    assert not (complaints := compared.unreported() + compared.used_but_prunable()), complaints


def test_states_evidence_and_damages_are_the_same_as_with_a_root(compared):
    complaints = [compared.wrong_states(), compared.lacking_evidence(), compared.unnamed_damages()]
    assert not any(complaints), "\n".join(complaints)


def test_after_a_prune_certbot_knows_what_is_left_and_nothing_else(overgrown, compared):
    computer, _ = overgrown
    skip_unless_there("" if certbot.CERTBOT.exists() else "certbot (tools/setup --tests)")
    real, certs = certbot.Certbot(computer), Certs(host=computer)
    goes = certs.plan(computer.path("/srv/plan"))
    kept = {one["name"] for one in compared.survey.lineages if one["state"] not in PRUNABLE}
    assert len(goes) >= 40 and not kept & goes.keys()
    # certbot opens a key that is a FIFO and waits for ever; this one goes.
    assert "fifo.example.tw" in goes
    certs.prune("/srv/plan")
    after = real.run("certificates").stdout
    assert not {name for name in goes if f"Certificate Name: {name}\n" in after}
    for name in ("www.nginx.example", "mail.postfix.example", "victim.example.tw", "first.example.tw"):
        assert f"Certificate Name: {name}\n" in after
