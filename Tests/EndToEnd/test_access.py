"""Keys, address lists and trusted proxies: both questions must be answered with yes."""
import re
import threading
import time

import pytest

from support import settings
from support.steward import eventually

WHO = "def main(request):\n    return {'addr': request.remote_addr}\n"
API_KEY = "api-secret-0123456789abcdef0123456789"
ADMIN_KEY = "admin-secret-0123456789abcdef012345"
SCRIPTS = {"x.py": WHO, "api/x.py": WHO, "admin/x.py": WHO}


def secret_of(output):
    """The key that `steward key add` shows."""
    found = re.findall(r"\bstw_[0-9A-Za-z]{30}\b", output)
    assert len(set(found)) == 1, output
    return found[0]


class TestKeysFromTheEnvironment:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, serve_module):
        return serve_module(SCRIPTS, environment={"API_KEY": API_KEY, "ADMIN_API_KEY": ADMIN_KEY})

    @pytest.mark.parametrize("path, headers, status", [
        ("/x.py", {}, 200),
        ("/x.py", {"X-API-Key": "wrong"}, 200),
        ("/api/x.py", {}, 401),
        ("/api/x.py", {"X-API-Key": "wrong"}, 401),
        ("/api/x.py", {"X-API-Key": API_KEY[:-1]}, 401),
        ("/api/x.py", {"X-API-Key": API_KEY}, 200),
        ("/api/x.py", {"x-api-key": f" {API_KEY} "}, 200),
        ("/api/x.py", {"Authorization": f"Bearer {API_KEY}"}, 200),
        ("/api/x.py", {"Authorization": f"bearer {API_KEY}"}, 200),
        ("/api/x.py", {"Authorization": f"Basic {API_KEY}"}, 401),
        ("/api/x.py", {"Cookie": f"X-API-Key={API_KEY}"}, 401),
        (f"/api/x.py?api_key={API_KEY}&X-API-Key={API_KEY}", {}, 401),
        ("/api/x.py", {"X-Admin-Key": ADMIN_KEY}, 200),
        ("/api/x.py", {"X-API-Key": ADMIN_KEY}, 200),
        ("/admin/x.py", {}, 401),
        ("/admin/x.py", {"X-API-Key": API_KEY}, 403),
        ("/admin/x.py", {"X-Admin-Key": API_KEY}, 403),
        ("/admin/x.py", {"X-Admin-Key": ADMIN_KEY}, 200),
        ("/admin/x.py", {"Authorization": f"Bearer {ADMIN_KEY}"}, 200),
    ])
    def test_a_zone_opens_with_its_key(self, server, path, headers, status):
        answer = server.get(path, headers)
        assert answer.status == status, answer
        if status != 200:
            answer.problem()
        if status == 401:
            assert answer.header("WWW-Authenticate").startswith("Bearer")

    def test_no_answer_and_no_log_line_shows_a_key(self, server):
        for key in (API_KEY, ADMIN_KEY):
            server.get(f"/api/x.py?key={key}&token={key}", {"X-API-Key": key, "Authorization": f"Bearer {key}"})
        eventually(lambda: len(server.records_so_far()) > 2)
        time.sleep(0.2)
        text = server.log_path.read_text() + server.error_path.read_text()
        for path in server.state.rglob("*"):
            if path.is_file():
                text += path.read_bytes().decode("latin-1")
        assert API_KEY not in text and ADMIN_KEY not in text

    def test_the_log_names_the_key(self, server):
        trace = server.get("/api/x.py", {"X-API-Key": API_KEY}).header("X-Trace-Id")
        record = server.wait_for_record(lambda r: r.get("trace_id") == trace and r["event"] == "request")
        assert record["caller"] and record["zone"] and record["status"] == 200


def test_a_zone_whose_key_does_not_exist_refuses_every_call_and_says_so(serve):
    server = serve(SCRIPTS)
    for headers in ({}, {"X-API-Key": ""}, {"X-API-Key": "x"}, {"Authorization": "Bearer "}):
        for path in ("/api/x.py", "/admin/x.py"):
            answer = server.get(path, headers)
            assert answer.status in (401, 403, 503), answer
            answer.problem()
    assert server.get("/x.py").status == 200
    text = server.error_path.read_text() + server.log_path.read_text()
    assert "key" in text and "/admin" in text
    check = server.run("check", "--scripts", str(server.folder), check=False)
    assert "key" in check.stdout + check.stderr and "/api" in check.stdout + check.stderr


def test_stored_keys_open_zones_until_they_are_revoked(serve):
    server = serve(SCRIPTS)
    output = server.run("key", "add", "reporting").stdout
    key = secret_of(output)
    eventually(lambda: server.get("/api/x.py", {"X-API-Key": key}).status == 200, message="the new key")
    # No admin key exists yet: the zone is not set up, and says so. With one, the API key is just not enough.
    assert server.get("/admin/x.py", {"X-API-Key": key}).problem()["code"] == "no-keys-configured"
    server.run("key", "add", "operator", "--role", "admin")
    eventually(lambda: server.get("/admin/x.py", {"X-API-Key": key}).status == 403, message="the admin key")
    listed = server.run("key", "list").stdout
    assert "reporting" in listed and key not in listed
    for path in server.state.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), f"{path} holds the key itself"
    server.run("key", "revoke", "reporting")
    eventually(lambda: server.get("/api/x.py", {"X-API-Key": key}).status in (401, 503), message="the revocation")
    trace_names = [r["caller"] for r in server.records_so_far() if r["event"] == "request" and r["status"] == 200]
    assert "reporting" in trace_names


def test_a_key_survives_a_restart_and_shows_its_last_use(serve):
    server = serve(SCRIPTS)
    key = secret_of(server.run("key", "add", "laptop", "--role", "admin").stdout)
    eventually(lambda: server.get("/admin/x.py", {"X-Admin-Key": key}).status == 200)
    server.restart()
    assert server.get("/admin/x.py", {"Authorization": f"Bearer {key}"}).status == 200
    today = time.strftime("%Y-%m-%d", time.gmtime())
    eventually(lambda: server.run("key", "list").stdout.count(today) >= 1, timeout=15, message="the last use")


def test_a_second_key_of_the_same_name_is_refused(serve):
    server = serve(SCRIPTS)
    server.run("key", "add", "one")
    again = server.run("key", "add", "one", check=False)
    assert again.returncode != 0 and "one" in again.stderr and "stw_" not in again.stdout


def test_keys_of_a_zone_and_with_an_expiry(serve):
    server = serve({"a/x.py": WHO, "b/x.py": WHO}, settings=settings.text(zones=[
        settings.zone("/a", folder="SCRIPTS/a", key="api"), settings.zone("/b", folder="SCRIPTS/b", key="api")]))
    key = secret_of(server.run("key", "add", "only-a", "--zone", "/a").stdout)
    eventually(lambda: server.get("/a/x.py", {"X-API-Key": key}).status == 200)
    assert server.get("/b/x.py", {"X-API-Key": key}).status in (401, 403, 503)
    short = secret_of(server.run("key", "add", "short", "--expires", "3s").stdout)
    eventually(lambda: server.get("/b/x.py", {"X-API-Key": short}).status == 200)
    eventually(lambda: server.get("/b/x.py", {"X-API-Key": short}).status == 401, message="the expiry", timeout=8)


ADDRESSES = [
    (["127.0.0.0/8"], "127.0.0.1", 200), (["127.0.0.1"], "127.0.0.1", 200), (["127.0.0.2/32"], "127.0.0.1", 403),
    (["127.0.0.2/32"], "127.0.0.2", 200), (["10.0.0.0/8", "127.0.0.0/31"], "127.0.0.1", 200),
    (["::1/128"], "127.0.0.1", 403), (["10.0.0.0/8"], "127.0.0.1", 403),
]


@pytest.mark.parametrize("allowed, source, status", ADDRESSES)
def test_an_address_list_admits_the_listed(serve, allowed, source, status):
    server = serve(SCRIPTS, settings=settings.text(zones=[settings.zone("/", addresses=allowed)]))
    with server.connect(source=(source, 0)) as connection:
        answer = connection.call("GET", "/x.py")
    assert answer.status == status
    if status == 403:
        answer.problem()


def test_an_ipv6_listener_knows_ipv6_lists(serve):
    server = serve(SCRIPTS, host="::1", settings=settings.text(zones=[
        settings.zone("/", addresses=["::1/128"]), settings.zone("/api", folder="SCRIPTS/api", addresses=["fd00::/8"])]))
    assert server.get("/x.py").json() == {"addr": "::1"}
    assert server.get("/api/x.py").status == 403


def test_address_and_key_must_both_pass(serve):
    server = serve(SCRIPTS, environment={"API_KEY": API_KEY}, settings=settings.text(zones=[
        settings.zone("/api", folder="SCRIPTS/api", key="api", addresses=["127.0.0.2/32"])]))
    for source, headers, good in [("127.0.0.1", {"X-API-Key": API_KEY}, False), ("127.0.0.2", {}, False),
                                  ("127.0.0.2", {"X-API-Key": API_KEY}, True)]:
        with server.connect(source=(source, 0)) as connection:
            assert (connection.call("GET", "/api/x.py", headers).status == 200) == good


FORWARDED = [
    # peer, headers, the address that counts
    ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, "203.0.113.9"),
    ("127.0.0.1", {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}, "203.0.113.9"),
    ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9, 10.1.1.1"}, "203.0.113.9"),
    ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9, rubbish, 10.1.1.1"}, "10.1.1.1"),
    ("127.0.0.1", {"X-Forwarded-For": "rubbish"}, "127.0.0.1"),
    ("127.0.0.1", {"X-Forwarded-For": "[2001:db8::7]:443"}, "2001:db8::7"),
    ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9:1234"}, "203.0.113.9"),
    ("127.0.0.1", {"Forwarded": "for=6.6.6.6, for=203.0.113.9;proto=https"}, "203.0.113.9"),
    ("127.0.0.1", {"Forwarded": 'for="[2001:db8::7]:443";by=10.1.1.1'}, "2001:db8::7"),
    ("127.0.0.1", {"Forwarded": "for=unknown"}, "127.0.0.1"),
    ("127.0.0.1", {}, "127.0.0.1"),
    ("127.0.0.9", {"X-Forwarded-For": "203.0.113.9"}, "127.0.0.9"),
    ("127.0.0.9", {"Forwarded": "for=203.0.113.9"}, "127.0.0.9"),
]


class TestTrustedProxies:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, serve_module):
        return serve_module(SCRIPTS, settings=settings.text(
            zones=[settings.zone("/"), settings.zone("/api", folder="SCRIPTS/api", addresses=["203.0.113.0/24"])],
            **settings.trusted("127.0.0.1/32", "10.0.0.0/8")))

    @pytest.mark.parametrize("peer, headers, expected", FORWARDED)
    def test_the_first_address_that_no_trusted_proxy_owns_counts(self, server, peer, headers, expected):
        with server.connect(source=(peer, 0)) as connection:
            answer = connection.call("GET", "/x.py", headers)
        assert answer.json() == {"addr": expected}
        trace = answer.header("X-Trace-Id")
        record = server.wait_for_record(lambda r: r.get("trace_id") == trace and r["event"] == "request")
        assert record["client"] == expected

    def test_address_lists_see_the_forwarded_address(self, server):
        assert server.get("/api/x.py", {"X-Forwarded-For": "203.0.113.9"}).status == 200
        assert server.get("/api/x.py", {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}).status == 403
        assert server.get("/api/x.py").status == 403
        with server.connect(source=("127.0.0.9", 0)) as connection:
            assert connection.call("GET", "/api/x.py", {"X-Forwarded-For": "203.0.113.9"}).status == 403


def test_the_old_trusted_address_variable_still_works(serve):
    server = serve(SCRIPTS, environment={"API_TRUSTED_IPS": "127.0.0.2,10.0.0.0/8", "API_KEY": API_KEY,
                                         "ADMIN_API_KEY": ADMIN_KEY})
    for source, good in [("127.0.0.1", False), ("127.0.0.2", True)]:
        with server.connect(source=(source, 0)) as connection:
            assert (connection.call("GET", "/api/x.py", {"X-API-Key": API_KEY}).status == 200) == good, source


def test_keys_hold_under_concurrent_calls(serve):
    server = serve(SCRIPTS, environment={"API_KEY": API_KEY})
    wrong = []

    def call(good):
        with server.connect(source=("127.0.0.1" if good else "127.0.0.7", 0)) as connection:
            for _ in range(100):
                status = connection.call("GET", "/api/x.py", {"X-API-Key": API_KEY if good else "x" * 37}).status
                if status not in ((200,) if good else (401, 429)):
                    wrong.append((good, status))

    threads = [threading.Thread(target=call, args=(number % 2 == 0,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
