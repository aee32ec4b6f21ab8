"""`steward helper`: who may ask, what is taken, what it gave up, what it writes down."""
import json
import os
import socket
import threading
import time

import pytest

from support.helper import PROBLEM, RESULT, Helper, Wire, as_user, frame, small_tree, status_of
from support.steward import eventually

STRANGER = 54321


@pytest.fixture(scope="module")
def helper(tmp_path_factory):
    folder = tmp_path_factory.mktemp("helper")
    small_tree(folder)
    helper = Helper(folder)
    yield helper
    helper.stop()


@pytest.fixture
def fresh(tmp_path):
    started = []

    def start(**options):
        small_tree(tmp_path)
        started.append(Helper(tmp_path, **options))
        return started[-1]

    yield start
    for helper in started:
        helper.stop()


def survey(helper):
    kind, document = helper.ask("certs.survey")
    assert kind == RESULT, document
    return {lineage["name"]: lineage for lineage in document["lineages"]}


def test_a_survey_judges_every_lineage(helper):
    found = survey(helper)
    assert {name: lineage["state"] for name, lineage in found.items()} == {
        "used.example.test": "used", "soon.example.test": "used", "old.example.test": "expired",
        "idle.example.test": "unused"}
    assert found["used.example.test"]["used_by"][0]["where"].endswith("/etc/nginx/nginx.conf:4")
    assert found["old.example.test"]["days_left"] < -400 and found["idle.example.test"]["key"] == "RSA"


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: needs root to become another user")
def test_a_stranger_is_refused_by_what_the_kernel_proves(helper):
    def ask():
        with Wire("h.sock", 30) as wire:
            wire.send(frame(b'{"verb":"certs.survey","actor":"root"}'))
            return wire.receive()

    kind, problem = as_user(STRANGER, helper.folder, ask)
    assert kind == PROBLEM and problem["code"] == "helper-refused" and problem["status"] == 403
    assert str(STRANGER) in problem["detail"] and "certificates.helper.allow" in problem["detail"]
    eventually(lambda: any(record.get("event") == "helper-refused" for record in helper.records()))


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: needs root to become another user")
def test_a_user_whom_the_settings_allow_is_answered(fresh):
    def ask():
        with Wire("h.sock", 30) as wire:
            return wire.ask({"verb": "certs.signature", "actor": "server"})

    helper = fresh(allow=[str(STRANGER)])
    assert as_user(STRANGER, helper.folder, ask)[0] == RESULT


@pytest.mark.parametrize("request_, words", [
    ({"verb": "certs.delete", "actor": "x"}, "no verb"),
    ({"verb": "certs.survey", "actor": "x", "path": "/etc/shadow"}, "'path'"),
    ({"verb": "certs.restore", "actor": "x", "name": "../../etc/passwd"}, "can't name"),
    ({"verb": "certs.restore", "actor": "x", "name": "a", "tree": "/etc/../root"}, "'tree'"),
    ({"verb": "certs.prune", "actor": "x"}, "needs 'plan'"),
    ({"verb": "certs.lock", "actor": "x", "wait": 10**9}, "'wait'"),
    ({"verb": "certs.survey"}, "JSON"),
    (["certs.survey"], "JSON"),
])
def test_what_the_protocol_does_not_allow_is_a_problem_and_the_connection_lives(helper, request_, words):
    with helper.connect() as wire:
        kind, problem = wire.ask(request_)
        assert kind == PROBLEM and problem["status"] == 400 and words in problem["detail"], problem
        assert wire.ask({"verb": "certs.signature", "actor": "x"})[0] == RESULT


def test_only_trees_of_the_settings_are_acted_on(helper, tmp_path):
    kind, problem = helper.ask("certs.restore", name="a", tree=str(tmp_path))
    assert kind == PROBLEM and problem["code"] == "no-tree" and str(tmp_path) in problem["detail"]


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\n\r\n", frame(b"{}", magic=b"XX"), frame(b"{}", version=9), frame(b"{}", kind=77),
    frame(b"", length=(16 << 20) + 1), frame(b"{}", kind=RESULT),
])
def test_bytes_that_are_no_request_end_in_a_problem(helper, data):
    with helper.connect() as wire:
        wire.send(data)
        kind, problem = wire.receive()
        assert kind == PROBLEM and problem["code"] == "helper-request"
    assert survey(helper)


def test_a_peer_that_dribbles_or_leaves_holds_up_nobody(helper):
    slow = [helper.connect() for _ in range(8)]
    for wire in slow:
        wire.send(frame(b'{"verb":"certs.survey","actor":"x"}')[:9])
    began = time.monotonic()
    assert helper.ask("certs.signature")[0] == RESULT
    assert time.monotonic() - began < 5
    for wire in slow:
        wire.socket.close()


def test_more_connections_than_it_takes_are_told_so(helper):
    wires = [helper.connect() for _ in range(32)]
    try:
        time.sleep(0.3)
        with helper.connect() as wire:
            assert wire.receive()[1]["code"] == "helper-busy"
    finally:
        for wire in wires:
            wire.socket.close()
    eventually(lambda: helper.ask("certs.signature")[0] == RESULT)


def test_it_has_given_up_what_it_does_not_need(helper):
    status = status_of(helper.process.pid)
    assert status["NoNewPrivs"] == "1"
    if os.geteuid() == 0:
        # CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, SYS_PTRACE
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            assert int(status[kind], 16) & ~0x8000F == 0, status[kind]
        assert int(status["CapAmb"], 16) == 0
    (sandbox,) = [record for record in helper.records() if record.get("event") == "helper-sandbox"]
    missing = [record for record in helper.records() if record.get("event") == "helper-sandbox-missing"]
    assert "no new privileges" in sandbox["message"]
    assert ("Landlock version" in sandbox["message"]) != any("Landlock" in record["message"] for record in missing)


def test_prune_restore_and_purge_are_written_down_before_and_after(fresh):
    helper = fresh()
    kind, plan = helper.ask("certs.plan")
    assert kind == RESULT and {entry["name"] for entry in plan["goes"]} == {"old.example.test", "idle.example.test"}
    kind, change = helper.ask("certs.prune", plan=plan["text"])
    assert kind == RESULT, change
    assert {entry["name"] for entry in change["lineages"]} == {"old.example.test", "idle.example.test"}
    assert set(survey(helper)) == {"used.example.test", "soon.example.test"}
    kind, contents = helper.ask("certs.quarantine")
    assert {item["name"] for item in contents["quarantined"]} == {"old.example.test", "idle.example.test"}
    assert helper.ask("certs.restore", name="idle.example.test")[0] == RESULT
    assert survey(helper)["idle.example.test"]["state"] == "unused"
    kind, change = helper.ask("certs.purge", older_than=0)
    assert [entry["name"] for entry in change["lineages"]] == ["old.example.test"]
    assert not helper.ask("certs.quarantine")[1]["quarantined"]
    acts = [(entry["phase"], entry["action"], entry["detail"].split(":")[0]) for entry in helper.audit()]
    assert [act[:2] for act in acts] == [
        (phase, action) for action in ("certs.prune", "certs.restore", "certs.purge") for phase in ("intent", "outcome")]
    assert [act[2] for act in acts if act[0] == "outcome"] == ["done"] * 3
    assert all(f"uid {os.geteuid()} for test" == entry["actor"] for entry in helper.audit())


def test_a_plan_that_no_longer_fits_changes_nothing_and_is_written_down(fresh):
    helper = fresh()
    plan = helper.ask("certs.plan")[1]
    (helper.folder / "root/etc/letsencrypt/archive/old.example.test/cert1.pem").write_text("changed")
    kind, problem = helper.ask("certs.prune", plan=plan["text"])
    assert kind == PROBLEM and problem["code"] == "certificates-changed" and problem["status"] == 409
    assert set(survey(helper)) == {"used.example.test", "soon.example.test", "old.example.test", "idle.example.test"}
    assert [entry["detail"][:6] for entry in helper.audit() if entry["phase"] == "outcome"] == ["failed"]


def test_the_signature_changes_with_the_tree_and_only_then(fresh):
    helper = fresh()
    first = helper.ask("certs.signature")[1]
    assert helper.ask("certs.signature")[1] == first
    os.utime(helper.folder / "root/etc/letsencrypt/renewal/idle.example.test.conf")
    assert helper.ask("certs.signature")[1] != first


def test_changes_are_done_one_at_a_time(fresh):
    helper = fresh()
    plan = helper.ask("certs.plan")[1]["text"]
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(helper.ask("certs.prune", plan=plan))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kind for kind, _ in answers) == [RESULT, PROBLEM, PROBLEM], answers
    phases = [entry["phase"] for entry in helper.audit()]
    assert phases == ["intent", "outcome"] * 3


def test_it_ends_on_sigterm_and_takes_its_socket_along(fresh):
    helper = fresh()
    with helper.connect() as idle, helper.connect() as half:
        assert idle.ask({"verb": "certs.signature", "actor": "x"})[0] == RESULT
        half.send(frame(b"{}")[:5])
        assert helper.stop(timeout=10) == 0
    assert not helper.socket.exists()


def test_a_change_under_way_is_finished_on_sigterm(fresh):
    helper = fresh()
    plan = helper.ask("certs.plan")[1]["text"]
    with helper.connect() as wire:
        wire.send(frame(json.dumps({"verb": "certs.prune", "actor": "x", "plan": plan}).encode()))
        time.sleep(0.05)
        assert helper.stop() == 0
        kind, change = wire.receive()
    assert kind == RESULT and len(change["lineages"]) == 2, change
    assert [entry["detail"] for entry in helper.audit() if entry["phase"] == "outcome"] == ["done"]


def test_a_socket_left_over_by_a_killed_one_is_replaced(fresh):
    helper = fresh()
    helper.process.kill()
    helper.process.wait()
    assert helper.socket.exists()
    again = Helper(helper.folder)
    try:
        assert json.dumps(again.ask("certs.signature")[1])
    finally:
        again.stop()


def test_it_takes_the_socket_that_systemd_made(tmp_path):
    small_tree(tmp_path)
    path = tmp_path / "activated.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        helper = Helper(tmp_path, listener=listener)
        try:
            helper.socket = path
            assert helper.ask("certs.signature")[0] == RESULT
        finally:
            helper.stop()
    assert path.exists()
