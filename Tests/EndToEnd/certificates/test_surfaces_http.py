"""`/_platform/certificates` and the watching, through a real server and a real helper."""
import json
import os

import pytest

from support.helper import Helper, settings, small_tree
from support.steward import Steward, eventually

ADMIN = {"X-API-Key": "admin-secret-0123456789abcdef0123456789"}
API = {"X-API-Key": "api-secret-0123456789abcdef0123456789"}
ROOT = "/_platform/certificates"


class Pair:
    """A server and its helper."""

    def __init__(self, folder, with_helper=True, **more):
        self.folder = folder
        small_tree(folder)
        self.helper = Helper(folder, **more) if with_helper else None
        text = json.dumps({"zones": {"/": {"folder": "SCRIPTS"}}, "certificates": settings(folder, **more)})
        self.server = Steward(folder, scripts={"x.py": "def main(request):\n    return 'x'\n"}, settings=text, environment={
            "API_KEY": API["X-API-Key"], "ADMIN_API_KEY": ADMIN["X-API-Key"]})

    def stop(self):
        self.server.stop()
        if self.helper:
            self.helper.stop()

    def get(self, path="", headers=ADMIN):
        return self.server.get(ROOT + path, headers, timeout=120)

    def post(self, path, document, headers=ADMIN):
        body = document if isinstance(document, (str, bytes)) else json.dumps(document)
        return self.server.call("POST", ROOT + path, headers, body, timeout=120)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    pair = Pair(tmp_path_factory.mktemp("pair"))
    yield pair
    pair.stop()


@pytest.fixture
def fresh(tmp_path):
    started = []

    def start(**options):
        started.append(Pair(tmp_path, **options))
        return started[-1]

    yield start
    for pair in started:
        pair.stop()


def states(pair):
    answer = pair.get("?max_age=0")
    assert answer.status == 200, answer
    return {lineage["name"]: lineage["state"] for lineage in answer.json()["lineages"]}


@pytest.mark.parametrize("path", ["", "/plan", "/lock", "/used.example.test", "/quarantine"])
def test_only_admin_keys_may_look(pair, path):
    assert pair.get(path, {}).problem()["code"] == "key-required"
    assert pair.get(path, API).problem()["code"] == "key-insufficient"


@pytest.mark.parametrize("path", ["/prune", "/restore", "/purge"])
def test_only_admin_keys_may_change(pair, path):
    assert pair.post(path, {}, {}).status == 401 and pair.post(path, {}, API).status == 403


def test_the_list_is_what_the_command_line_prints(pair):
    answer = pair.get("?max_age=0")
    assert answer.status == 200 and answer.header("Content-Type") == "application/json"
    told = answer.json()
    printed = json.loads(pair.server.run("certs", "--json").stdout)
    for document in (told, printed):
        document.pop("at")
    assert told == printed
    assert {"lineages", "orphans", "unread", "findings", "looked", "trees", "quarantined"} <= told.keys()
    lineage = next(one for one in told["lineages"] if one["name"] == "old.example.test")
    assert lineage["state"] == "expired" and lineage["key"] == "ECDSA" and lineage["successor"] is None


def test_one_lineage_and_none(pair):
    told = pair.get("/used.example.test").json()
    assert [lineage["name"] for lineage in told["lineages"]] == ["used.example.test"]
    assert told["lineages"][0]["used_by"][0]["kind"] == "nginx" and told["looked"]
    assert [lineage["name"] for lineage in pair.get("?name=idle.example.test").json()["lineages"]] == ["idle.example.test"]
    assert pair.get("/none.example.test").problem()["code"] == "no-lineage"


def test_wrong_methods_and_bodies_are_refused_with_a_reason(pair):
    assert pair.server.call("POST", ROOT, ADMIN).status == 405
    assert pair.server.call("GET", ROOT + "/prune", ADMIN).header("Allow") == "POST"
    assert pair.get("?max_age=soon").problem()["detail"].startswith("'max_age'")
    assert pair.post("/restore", "{").status == 400 and pair.post("/restore", {}).status == 400
    assert "name a lineage" in pair.post("/restore", {"name": "../x"}).problem()["detail"]
    assert "older_than" in pair.post("/purge", {"older_than": "soon"}).problem()["detail"]
    assert pair.server.call("POST", ROOT + "/prune", ADMIN).status == 400
    assert pair.post("/prune", "no plan").problem()["code"] == "certificates-plan-invalid"
    assert pair.post("/restore", {"name": "none.example.test"}).problem()["code"] == "certificates-not-found"


def test_the_lock_is_free(pair):
    answer = pair.get("/lock").json()
    assert answer["free"] is True and answer["holders"] == []


def test_plan_prune_restore_purge(fresh):
    pair = fresh()
    plan = pair.get("/plan").json()
    assert {entry["name"] for entry in plan["goes"]} == {"old.example.test", "idle.example.test"}
    answer = pair.post("/prune", plan["text"])
    assert answer.status == 200, answer
    assert set(states(pair)) == {"used.example.test", "soon.example.test"}
    assert {item["name"] for item in pair.get("/quarantine").json()["quarantined"]} == {"old.example.test", "idle.example.test"}
    assert pair.post("/restore", {"name": "idle.example.test"}).status == 200
    assert states(pair)["idle.example.test"] == "unused"
    assert pair.post("/purge", {"older_than": "1d"}).json()["lineages"] == []
    assert [entry["name"] for entry in pair.post("/purge", {"older_than": "0s"}).json()["lineages"]] == ["old.example.test"]
    actors = {entry["actor"] for entry in pair.helper.audit()}
    assert actors == {f"uid {os.geteuid()} for ADMIN_API_KEY"}
    traces = {record["trace_id"] for record in pair.server.records() if record.get("path", "").endswith("/prune")}
    assert any(trace in entry["detail"] for trace in traces for entry in pair.helper.audit())


def test_without_a_helper_the_answer_says_how_to_start_one(fresh):
    pair = fresh(with_helper=False)
    answer = pair.get()
    problem = answer.problem()
    assert answer.status == 503 and problem["code"] == "no-helper" and "steward helper" in problem["detail"]
    assert answer.header("Retry-After")
    record = pair.server.wait_for_record(lambda record: record.get("event") == "certificates-unwatched")
    assert record["code"] == "no-helper"
    assert pair.server.get("/_platform/health/ready").status == 200 and pair.server.get("/x.py").status == 200


def metric(pair, name, **labels):
    text = pair.server.get("/_platform/metrics", ADMIN).text
    for line in text.splitlines():
        if line.startswith(name) and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    return None


def test_watching_tells_metrics_problems_and_health(fresh):
    pair = fresh()
    record = pair.server.wait_for_record(lambda record: record.get("event") == "certificate-expires", timeout=60)
    assert record["lineage"] == "soon.example.test" and record["level"] == "warning"
    tree = str(pair.folder / "root/etc/letsencrypt")
    assert metric(pair, "steward_certificate_days_left", lineage="soon.example.test", tree=tree) == 4
    assert metric(pair, "steward_certificates", state="used") == 2
    assert metric(pair, "steward_certificates", state="broken") == 0
    assert metric(pair, "steward_certificate_quarantined", in_use="true") == 0
    assert metric(pair, "steward_certificate_problems") >= 1
    health = pair.server.get("/_platform/health").json()
    assert health["ready"] is True and health["status"] == "ok"
    assert health["certificates"]["lineages"] == 4 and health["certificates"]["problems"] >= 1
    assert "soon.example" not in json.dumps(health), "health is for anybody: numbers alone"


def test_a_quarantined_lineage_that_comes_into_use_raises_an_alarm(fresh):
    pair = fresh()
    pair.server.wait_for_record(lambda record: record.get("event") == "certificates", timeout=60)
    assert pair.post("/prune", pair.get("/plan?name=idle.example.test").json()["text"]).status == 200
    conf = pair.folder / "root/etc/nginx/nginx.conf"
    conf.write_text(conf.read_text().replace("soon.example.test", "idle.example.test"))
    told = pair.get("?max_age=0").json()
    assert [item["name"] for item in told["quarantined"] if item["used_by"]] == ["idle.example.test"]
    # The prune itself changed the tree: the next look of the watch is at most 30 s away.
    record = pair.server.wait_for_record(lambda record: record.get("event") == "certificate-quarantined-in-use", timeout=90)
    assert record["level"] == "error" and record["lineage"] == "idle.example.test"
    eventually(lambda: metric(pair, "steward_certificate_quarantined", in_use="true") == 1)
