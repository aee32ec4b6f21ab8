"""`steward helper` carries the rollovers out; `steward serve`, another user, shows them and holds no key."""
import json
import os
import urllib.request

import pytest
from lab import places, steward
from prometheus_client.parser import text_string_to_metric_families

PORT, SOCKET, NOBODY = 8080, "/srv/helper/h.sock", 65534
ADMIN = "admin-secret-0123456789abcdef0123456789"


@pytest.fixture(scope="module")
def pair(lab, host):
    """A helper with one deployment, and a server; the host and what asks the server."""
    one = host()
    settings = {"listen": f"127.0.0.1:{PORT}", "zones": {"/": {"folder": "/srv/scripts"}}, "share": str(steward.REPOSITORY),
                "dane": {"settle": "0s", "margin": "2s", "interval": "1s", "resolver": steward.RESOLVER, "zones": steward.zones(),
                         "deployments": [steward.deployment(one)]},
                "certificates": {"helper": {"socket": SOCKET, "allow": [str(NOBODY)]}}}
    for folder in ("scripts", "helper", "serve-state"):
        lab.machine.path(f"/srv/{folder}").mkdir(exist_ok=True)
    os.chown(lab.machine.path("/srv/serve-state"), NOBODY, NOBODY)
    lab.machine.write("/srv/both.yaml", json.dumps(settings))
    lab.machine.start(steward.BINARY, "helper", "--settings", "/srv/both.yaml", "--state", "/srv/helper-state", name="helper")
    lab.wait(lambda: "ready on" in lab.machine.output_of("helper"), 30, "the helper")
    lab.machine.start("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", steward.BINARY, "serve", "--settings",
                      "/srv/both.yaml", "--state", "/srv/serve-state", name="serve", environment={
                          "ADMIN_API_KEY": ADMIN, "STEWARD_PYTHON": os.environ.get("STEWARD_PYTHON") or str(steward.REPOSITORY / ".venv/bin/python3")})
    lab.wait(lambda: "ready on" in lab.machine.output_of("serve"), 30, "the server")

    def get(path):
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers={"X-API-Key": ADMIN})
        with lab.machine.network(), urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    yield one, get
    print(lab.machine.output_of("helper")[-3000:], lab.machine.output_of("serve")[-3000:])


def service(get):
    (only,) = json.loads(get("/_platform/dane?max_age=0"))["services"]
    return only


def test_the_helper_rolls_over_and_the_server_tells(lab, pair):
    one, get = pair
    lab.certbot.renew(one)
    new = lab.lineage_record(one)
    lab.wait(lambda: service(get)["state"] != "steady", 30, "a rollover")
    steward.wait_rolled(lab, one, new)
    lab.wait(lambda: service(get)["state"] == "steady", 30, "the end of it")
    document = json.loads(get("/_platform/dane"))
    told = service(get)
    assert document["loop"]["by"] == "helper" and told["dnssec"] == "secure", document
    assert told["owner"] == one.owner() and [record["data"] for record in told["tlsa"]] == [new]


def test_metrics_tell_of_each_service(pair):
    one, get = pair
    samples = [sample for family in text_string_to_metric_families(get("/_platform/metrics"))
               if family.name.startswith("steward_dane_") for sample in family.samples]
    assert [sample for sample in samples if one.name in str(sample.labels)], samples


def test_the_server_is_another_user_and_opens_no_key(lab, pair):
    one, get = pair
    assert service(get)["deployment"] == one.name
    (pid,) = [pid for pid in lab.machine.outer_pids("serve --settings /srv/both.yaml")
              if os.readlink(f"/proc/{pid}/exe") == str(steward.BINARY)]
    assert os.stat(f"/proc/{pid}").st_uid == NOBODY
    held = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
    assert not [path for path in held if path.endswith((".key", ".pem")) or places.TLS in path], held


def test_the_command_line_asks_the_helper(lab, pair):
    one, _ = pair
    done = lab.machine.run(steward.BINARY, "dane", "--settings", "/srv/both.yaml", "--state", "/srv/helper-state")
    assert one.name in done.stdout and "K1 (3 1 1)" in done.stdout, done
