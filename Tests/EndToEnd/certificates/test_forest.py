"""The forest: what must be said of each lineage, damaged or not, and what a prune of everything leaves."""
import datetime
import os
import re
import subprocess

import forest
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from support.certs import Certs, differences, snapshot

from .expectations import PRUNABLE, Comparison

def options(folder, expectation):
    trees = [word for tree in expectation["trees"] for word in ("--tree", f"{folder}{tree}")]
    return [*trees, "--config-root", folder]


@pytest.fixture(scope="module")
def compared(grown):
    folder, expectation = grown
    return Comparison(Certs(*options(folder, expectation)).survey(), expectation, folder)


def test_the_forest_is_the_same_each_time(tmp_path):
    now = datetime.datetime(2026, 1, 15, 12, tzinfo=datetime.timezone.utc)
    for name in "ab":
        forest.build(tmp_path / name, now=now)
    def contents(name):
        return {path: (entry[0], entry[1], entry[5]) for path, entry in snapshot(tmp_path / name, skip=["expectation.json"]).items()}
    assert contents("a") == contents("b")


def test_the_forest_s_sound_certificates_are_real(grown):
    folder, _ = grown
    archive = folder / "etc/letsencrypt/archive/rsa.example.tw"
    leaf, *chain = x509.load_pem_x509_certificates((archive / "fullchain1.pem").read_bytes())
    root = forest.authority_of(folder)
    verifier = PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName("rsa.example.tw"))
    assert [one.subject for one in verifier.verify(leaf, chain)] == [leaf.subject, chain[0].subject, root.subject]


def test_the_forest_is_large_enough(grown):
    _, expectation = grown
    damages = {finding["damage"] for lineage in expectation["lineages"] for finding in lineage["findings"]}
    assert len(expectation["lineages"]) >= 100 and len(damages) >= 35


def test_every_lineage_is_reported(compared):
    assert not (complaints := compared.unreported()), complaints


def test_no_used_lineage_is_judged_prunable(compared):
    assert not (complaints := compared.used_but_prunable()), complaints


def test_every_lineage_has_its_state(compared):
    assert not (complaints := compared.wrong_states()), complaints


def test_evidence_names_file_and_line(compared):
    assert not (complaints := compared.lacking_evidence()), complaints


def test_every_damage_is_named(compared):
    assert not (complaints := compared.unnamed_damages()), complaints


def test_names_of_certificates_are_read(compared):
    assert not (complaints := compared.wrong_names()), complaints


def test_what_belongs_to_no_lineage_is_named(compared):
    assert not compared.unnamed_orphans(), compared.survey.document["orphans"]


def test_every_finding_says_what_to_do(compared):
    for finding in compared.survey.all_findings():
        assert re.fullmatch(r"[a-z][a-z0-9-]+", finding["code"]), finding
        assert len(finding["text"]) > 25 and finding["text"].rstrip().endswith((".", "?", "'", ")")), finding


def test_looking_changes_nothing(fresh_forest):
    folder, expectation = fresh_forest
    before = snapshot(folder)
    certs = Certs(*options(folder, expectation))
    certs.survey()
    certs.run("plan", "--out", folder.parent / "plan")
    certs.run("show", "idle.example.tw")
    assert not differences(before, snapshot(folder))


def test_the_same_forest_with_paths_of_this_machine(tmp_path):
    """Confs as certbot would write them here, without --config-root: nothing is lost."""
    folder = tmp_path / "root"
    expectation = forest.build(folder, prefix=str(folder))
    expectation["lineages"] = [one for one in expectation["lineages"] if one["tree"] == "/etc/letsencrypt"]
    survey = Certs("--tree", f"{folder}/etc/letsencrypt", "--no-probe").survey()
    assert not (complaints := Comparison(survey, expectation, folder).unreported()), complaints


def test_pruning_everything_that_can_go_and_bringing_it_back(fresh_forest):
    folder, expectation = fresh_forest
    certs = Certs(*options(folder, expectation)[:2], "--config-root", folder)
    tree = folder / "etc/letsencrypt"
    before, outside = snapshot(tree), snapshot(folder, skip=["etc/letsencrypt"])
    used = {lineage["name"] for lineage in certs.survey().lineages if lineage["state"] not in PRUNABLE}
    plan = folder.parent / "plan"
    goes = certs.plan(plan)
    assert len(goes) >= 40 and not used & goes.keys()
    certs.prune(plan)
    # What is used still lies where its servers look for it, and nothing outside the tree was touched.
    left = certs.survey()
    assert not {lineage["name"] for lineage in left.lineages} & goes.keys()
    assert used <= {lineage["name"] for lineage in left.lineages}
    # certbot's own lock files come and go in its folders.
    after = snapshot(folder, skip=["etc/letsencrypt"])
    assert not differences(outside, after, ignore_times_of=["var/log/letsencrypt", "var/lib/letsencrypt", "var/lib"])
    assert keys_below(tree) == {entry[5] for path, entry in before.items() if is_key(path, entry)}
    for name in goes:
        certs.run("restore", name)
    changed = ["renewal", "live", "archive"]
    after = {path: entry for path, entry in snapshot(tree).items() if path in before or not is_quarantine(path)}
    assert not differences(before, after, ignore_times_of=changed)


def is_key(path, entry):
    return os.path.basename(path).startswith(b"privkey") and isinstance(entry[5], str)


def is_quarantine(path):
    """Steward's own folder in the tree stays; it holds the journal. certbot's lock file is certbot's own habit."""
    return path.startswith((b".steward", b"steward", b".certbot.lock")) or b"quarantine" in path.split(b"/")[0]


def keys_below(folder):
    """The digests of all keys that lie anywhere below, quarantine included."""
    return {entry[5] for path, entry in snapshot(folder).items() if is_key(path, entry)}


def test_a_pipe_in_place_of_a_key_blocks_nothing(grown):
    folder, expectation = grown
    try:
        Certs(*options(folder, expectation)).run("show", "fifo.example.tw", timeout=60)
    except subprocess.TimeoutExpired:
        pytest.fail("steward waits for someone to write into the pipe")
