"""Limits of callers, from the outside: how often, how many at a time, wrong keys, connections."""
import json
import re
import socket
import threading
import time

import pytest

from support.steward import eventually
from support.wire import Connection, request

KEYS = {"a": "key-of-a-0123456789abcdef0123456789", "b": "key-of-b-0123456789abcdef0123456789"}
ADMIN = {"X-Admin-Key": "admin-secret-0123456789abcdef012345"}
SETTINGS = """
    trusted_proxies: [127.0.0.9]
    keys:
      - {name: a, environment: KEY_A}
      - {name: b, environment: KEY_B}
    limits:
      rate: {route: 60/h}
      failures: 20/100s
    zones:
      /: {folder: SCRIPTS, rate: {address: 5/h burst 8}, concurrency: {address: 3}}
      /api: {folder: SCRIPTS/api, key: api, rate: {key: 12/h, route: none}}
      /open: {folder: SCRIPTS/open, rate: {route: none}}
      /route: {folder: SCRIPTS/route}
"""
HELLO = "def main(request):\n    return 'hello'\n"
# Answers once there is a file `go` beside it.
SLOW = """
import os
import time

def main(request):
    while not os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), "go")):
        time.sleep(0.02)
    return "gone"
"""
SCRIPTS = {
    "x.py": HELLO, "slow.py": SLOW,
    "api/x.py": HELLO, "open/free.py": HELLO, "route/x.py": HELLO, "route/y.py": HELLO,
    "open/few.py": 'limits = {"rate": {"address": "3/h"}, "concurrency": {"route": 1}}\n\n' + HELLO,
    "open/wrong.py": 'limits = {"rate": {"address": "3 an hour"}}\n\n' + HELLO,
    "open/body.py": 'limits = {"rate": {"address": "1/h"}}\n\ndef main(request):\n    return str(len(request.data))\n',
}


@pytest.fixture
def server(serve):
    server = serve(SCRIPTS, settings=SETTINGS, environment={
        "KEY_A": KEYS["a"], "KEY_B": KEYS["b"], "ADMIN_API_KEY": ADMIN["X-Admin-Key"]})
    eventually(lambda: all(route.get("doc") is None and route["kind"] == "main" for route in json.loads(
        server.run("routes", "--json").stdout)["routes"]), message="descriptions")
    return server


def key(name):
    return {"X-API-Key": KEYS[name]}


def calls(server, path, count, headers=(), source="127.0.0.1"):
    with Connection(server.address, source=(source, 0)) as connection:
        return [connection.call("GET", path, headers) for _ in range(count)]


def statuses(answers):
    return [answer.status for answer in answers]


def test_an_address_has_its_burst_and_is_told_how_much_is_left(server):
    answers = calls(server, "/x.py", 10)
    assert statuses(answers) == [200] * 8 + [429] * 2
    assert answers[0].header("RateLimit-Policy") == '"address";q=8;w=5760, "route";q=60;w=3600'
    assert answers[0].header("RateLimit") == '"address";r=7;t=720, "route";r=59;t=60'
    refused = answers[8]
    problem = refused.problem()
    assert problem["code"] == "rate-limited" and problem["limit"] == "rate.address 5/h burst 8"
    assert "127.0.0.1" in problem["detail"] and "try again in 720 s" in problem["detail"]
    assert refused.header("Retry-After") == "720"
    assert refused.header("RateLimit") == '"address";r=0;t=5760'
    assert statuses(calls(server, "/x.py", 1, source="127.0.0.2")) == [200]
    assert statuses(calls(server, "/nothing.py", 8, source="127.0.0.3")) == [404] * 8
    assert statuses(calls(server, "/x.py", 1, source="127.0.0.3")) == [429]


def test_callers_count_by_their_key_wherever_they_are(server):
    assert statuses(calls(server, "/api/x.py", 13, key("a"))) == [200] * 12 + [429]
    assert statuses(calls(server, "/api/x.py", 1, key("a"), source="127.0.0.2")) == [429]
    answer = calls(server, "/api/x.py", 1, key("b"))[0]
    assert answer.status == 200 and answer.header("RateLimit") == '"key";r=11;t=300'


def test_the_address_behind_a_trusted_proxy_counts(server):
    behind = [calls(server, "/x.py", 9, {"X-Forwarded-For": f"2001:db8::{n}"}, source="127.0.0.9") for n in (1, 2)]
    assert statuses(behind[0] + behind[1]) == [200] * 8 + [429] * 10
    assert statuses(calls(server, "/x.py", 1, {"X-Forwarded-For": "2001:db8:0:1::1"}, source="127.0.0.9")) == [200]


def test_a_route_counts_for_all_callers_and_its_limit_comes_from_above(server):
    found = [calls(server, "/route/x.py", 25, source=f"127.0.1.{n}") for n in range(3)]
    assert statuses(sum(found, [])) == [200] * 60 + [429] * 15
    assert found[2][-1].problem()["limit"] == "rate.route 60/h"
    assert statuses(calls(server, "/route/y.py", 1)) == [200]


def test_asking_on_at_full_speed_is_answered_late(server):
    with server.connect(source=("127.0.0.11", 0)) as connection:
        assert [connection.call("GET", "/x.py").status for _ in range(58)] == [200] * 8 + [429] * 50
        start = time.monotonic()
        assert connection.call("GET", "/x.py").status == 429
        assert time.monotonic() - start > 0.2
        connection.send(request("GET", "/x.py"))
    assert statuses(calls(server, "/x.py", 1, source="127.0.0.12")) == [200]


def test_a_script_can_be_stricter_than_its_zone(server):
    answers = calls(server, "/open/few.py", 5)
    assert statuses(answers) == [200] * 3 + [429] * 2
    assert answers[0].header("RateLimit-Policy") == '"script-address";q=3;w=3600'
    assert calls(server, "/open/free.py", 1)[0].header("RateLimit") is None
    wrong = calls(server, "/open/wrong.py", 1)[0]
    assert wrong.status == 500
    assert "`limits` in line 1" in wrong.problem()["detail"] and "3 an hour" in wrong.problem()["detail"]
    server.replace("open/few.py", HELLO)
    eventually(lambda: calls(server, "/open/few.py", 1)[0].status == 200, message="the edited script's limits")


def test_calls_at_a_time_are_limited_and_given_back(server):
    results = []
    threads = [threading.Thread(target=lambda: results.append(calls(server, "/slow.py", 1, source="127.0.0.4")[0]))
               for _ in range(6)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(results) >= 3, 20, "three refusals")
    server.write("go", "")
    for thread in threads:
        thread.join()
    assert sorted(statuses(results)) == [200] * 3 + [429] * 3
    refused = next(answer for answer in results if answer.status == 429)
    assert refused.problem()["code"] == "too-many-calls" and refused.header("Retry-After") == "1"
    assert calls(server, "/slow.py", 1, source="127.0.0.4")[0].status == 200


def test_a_client_that_leaves_gives_its_place_back(server):
    for _ in range(5):
        connection = Connection(server.address, source=("127.0.0.5", 0))
        connection.send(request("GET", "/slow.py"))
        time.sleep(0.05)
        connection.close()
        time.sleep(0.05)
    server.write("go", "")
    eventually(lambda: calls(server, "/slow.py", 1, source="127.0.0.5")[0].status == 200)


def test_the_refusal_comes_before_the_body(server):
    assert calls(server, "/open/body.py", 1)[0].status == 200
    with server.connect(timeout=5) as connection:
        connection.send(b"POST /open/body.py HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
        assert connection.receive("POST").status == 429
        assert connection.is_closed()


def test_local_callers_have_no_limits(server):
    for _ in range(12):
        assert server.run("call", "/x.py").stdout.strip() == "hello"


def test_guessing_keys_slows_one_address_down_and_no_other(server):
    guesses = calls(server, "/api/x.py", 40, {"X-API-Key": "guessed"}, source="127.0.0.6")
    assert statuses(guesses[:20]) == [401] * 20 and guesses[-1].status == 429
    problem = guesses[-1].problem()
    assert problem["code"] == "too-many-failures" and 1 <= int(guesses[-1].header("Retry-After")) <= 5
    assert calls(server, "/api/x.py", 1, key("a"), source="127.0.0.6")[0].status == 429
    assert calls(server, "/_platform/metrics", 1, {"X-API-Key": "guessed"}, source="127.0.0.6")[0].status == 429
    assert calls(server, "/api/x.py", 1, key("a"))[0].status == 200
    assert calls(server, "/open/free.py", 1, {"X-API-Key": "guessed"}, source="127.0.0.6")[0].status == 200
    eventually(lambda: calls(server, "/api/x.py", 1, key("a"), source="127.0.0.6")[0].status == 200, 15)


def test_an_open_zone_stops_telling_which_keys_exist(server):
    server.write("open/who.py", "def main(request):\n    return request.environ['steward.caller'] or 'nobody'\n")
    source = "127.0.0.8"
    eventually(lambda: calls(server, "/open/who.py", 1)[0].status == 200)
    assert calls(server, "/open/who.py", 1, key("a"), source)[0].text == "a"
    answers = calls(server, "/open/who.py", 40, {"Authorization": "Bearer of.another.kind"}, source)
    assert {answer.text for answer in answers} == {"nobody"} and set(statuses(answers)) == {200}
    assert calls(server, "/open/who.py", 1, key("a"), source)[0].text == "nobody"
    assert calls(server, "/api/x.py", 1, key("a"), source)[0].status == 200


def limited_lines(server):
    return [record for record in server.records_so_far() if record["event"] == "limited"]


def test_metrics_log_view_and_command_say_who_is_limited(server):
    calls(server, "/x.py", 30)
    calls(server, "/api/x.py", 25, {"X-API-Key": "guessed"}, source="127.0.0.6")
    metrics = server.get("/_platform/metrics").text
    found = dict(re.findall(r'steward_limited_total\{(.*?)\} (\d+)', metrics))
    assert found['zone="/",kind="rate-address"'] == "22" and int(found['zone="/api",kind="failures"']) >= 4
    lines = eventually(lambda: len(limited_lines(server)) >= 2 and limited_lines(server), message="both lines")
    assert [(line["limit"], line["caller"]) for line in lines] == [
        ("rate-address", "127.0.0.1"), ("failures", "127.0.0.6")]
    assert "`rate.address 5/h burst 8` of /" in lines[0]["message"]
    assert server.get("/_platform/limits").status == 401
    listed = server.get("/_platform/limits", ADMIN).json()["limited"]
    assert [(entry["who"], entry["limit"]) for entry in listed] == [
        ("127.0.0.1", "rate-address"), ("127.0.0.6", "failures")]
    table = server.run("limits").stdout
    assert "WHO" in table and "127.0.0.6" in table and "failures" in table
    assert json.loads(server.run("limits", "--json").stdout)["limited"][0]["refused"] == 22


def test_settings_that_make_no_sense_are_named_with_their_line(tmp_path, serve):
    server = serve(SCRIPTS)
    server.settings_path = tmp_path / "wrong.yaml"
    server.settings_path.write_text(
        "limits:\n  rate: 5/s\n  failures: 20\nzones:\n  /:\n    folder: x\n    rate: {key: 100/sec, adress: 5/s}\n"
        "    concurrency: {route: 0}\n")
    result = server.run("check", check=False)
    assert result.returncode != 0
    for words in ("wrong.yaml:2", "wrong.yaml:3", 'wrong.yaml:7', "did you mean 100/s?", "did you mean 'address'?",
                  "wrong.yaml:8", "0 is out of range"):
        assert words in result.stdout + result.stderr, (words, result.stderr)
