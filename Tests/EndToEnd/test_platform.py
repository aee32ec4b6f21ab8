"""The platform's own API: health, routes for this caller, metrics."""
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

API = {"X-API-Key": "api-secret-0123456789abcdef0123456789"}
ADMIN = {"X-Admin-Key": "admin-secret-0123456789abcdef012345"}
SCRIPTS = {
    "x.py": '"""Says x."""\n\ndef main(request):\n    return "x"\n',
    "only.py": 'methods = ["POST"]\n\ndef main(request):\n    return "x"\n',
    "bad.py": "def main(request):\n    raise ValueError('no')\n",
    "api/report.py": '"""Reports.\n\nAt length."""\n\ndef main(request):\n    return {}\n',
    "admin/status.py": "def main(request):\n    return {}\n",
    "_part.py": "",
}


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module(SCRIPTS, environment={"API_KEY": API["X-API-Key"], "ADMIN_API_KEY": ADMIN["X-Admin-Key"]})


def families(server, headers=ADMIN):
    answer = server.get("/_platform/metrics", headers)
    assert answer.status == 200, answer
    assert answer.header("Content-Type").startswith("text/plain; version=0.0.4") or \
        answer.header("Content-Type").startswith("application/openmetrics-text")
    return list(text_string_to_metric_families(answer.text))


def test_health_needs_no_key_and_tells_version_and_uptime(server):
    answer = server.get("/_platform/health")
    assert answer.status == 200 and answer.header("Content-Type").startswith("application/json")
    document = answer.json()
    assert document["live"] is True and document["ready"] is True
    assert re.match(r"\d+\.\d+", document["version"])
    uptime = next(value for name, value in document.items() if "uptime" in name)
    time.sleep(1.1)
    later = next(value for name, value in server.get("/_platform/health").json().items() if "uptime" in name)
    assert later > uptime


def routes(server, headers=()):
    answer = server.get("/_platform/routes", headers)
    assert answer.status == 200, answer
    document = answer.json()
    return {route["path"]: route for route in (document["routes"] if isinstance(document, dict) else document)}


def test_routes_are_those_that_this_caller_may_call(server):
    assert set(routes(server)) == {"/x.py", "/only.py", "/bad.py"}
    assert set(routes(server, API)) == {"/x.py", "/only.py", "/bad.py", "/api/report.py"}
    assert set(routes(server, ADMIN)) == {"/x.py", "/only.py", "/bad.py", "/api/report.py", "/admin/status.py"}


def test_a_route_tells_methods_zone_doc_and_last_change(server):
    found = routes(server, ADMIN)
    assert found["/only.py"]["methods"] == ["POST"]
    assert "Says x." in str(found["/x.py"]) and "Reports." in str(found["/api/report.py"])
    assert "At length" not in str(found["/api/report.py"])
    assert "/api" in str(found["/api/report.py"]["zone"])
    assert any(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*Z$", str(value)) for value in found["/x.py"].values())


def test_a_new_file_is_a_route_at_once(server):
    server.write("fresh.py", '"""Fresh."""\ndef main(request):\n    return ""\n')
    assert "/fresh.py" in routes(server)
    (server.folder / "fresh.py").unlink()
    assert "/fresh.py" not in routes(server)


def test_metrics_parse_and_count_requests_by_zone_route_and_status(server):
    def count(route, status):
        return sum(sample.value for family in families(server) for sample in family.samples
                   if sample.name.endswith("requests_total") and sample.labels.get("route") == route
                   and sample.labels.get("status", "").startswith(status))

    before = count("/x.py", "2"), count("/bad.py", "5")
    for _ in range(7):
        server.get("/x.py")
    server.get("/bad.py")
    server.get("/does-not-exist.py")
    assert (count("/x.py", "2"), count("/bad.py", "5")) == (before[0] + 7, before[1] + 1)
    assert count("/does-not-exist.py", "4") == 0, "unknown paths must not become labels"


def test_metrics_have_every_family_the_operator_needs(server):
    server.get("/x.py")
    found = families(server)
    names = " ".join(family.name for family in found)
    for word in ("request", "duration", "in_flight", "queue", "worker", "restart", "kill", "bytes"):
        assert word in names, f"no family about {word}: {names}"
    for family in found:
        assert family.documentation, f"{family.name} has no HELP"
        assert family.type in ("counter", "gauge", "histogram", "summary"), (family.name, family.type)
        assert family.name.startswith(("steward_", "process_"))


def test_histograms_are_cumulative_and_agree_with_their_count(server):
    for _ in range(5):
        server.get("/x.py")
    histograms = [family for family in families(server) if family.type == "histogram"]
    assert histograms
    for family in histograms:
        series = {}
        for sample in family.samples:
            key = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
            series.setdefault(key, {"buckets": []})
            if sample.name.endswith("_bucket"):
                series[key]["buckets"].append((float(sample.labels["le"]), sample.value))
            else:
                series[key][sample.name.rsplit("_", 1)[1]] = sample.value
        for values in series.values():
            bounds, counts = zip(*values["buckets"])
            assert list(bounds) == sorted(bounds) and bounds[-1] == float("inf")
            assert list(counts) == sorted(counts) and counts[-1] == values["count"]


def test_an_unknown_platform_path_is_a_problem_document(server):
    assert server.get("/_platform/none").problem()["status"] == 404
    assert server.call("DELETE", "/_platform/health").status == 405


def test_routes_and_calls_work_from_the_command_line(server):
    listed = server.run("routes").stdout
    assert "/x.py" in listed and "/api/report.py" in listed and "Says x." in listed
    called = server.run("call", "/x.py")
    assert called.stdout.strip() == "x"
    assert server.run("call", "/bad.py", check=False).returncode != 0


def test_the_health_command_tells_whether_the_server_is_ready(serve):
    server = serve(SCRIPTS)
    assert server.run("health").returncode == 0
    server.stop()
    assert server.run("health", check=False).returncode == 3
