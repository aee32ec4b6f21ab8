"""`steward helper` carries the rollovers out; `steward serve`, an ordinary user, shows them and holds no key."""
import json
import urllib.request

import pytest
from lab import places, steward
from prometheus_client.parser import text_string_to_metric_families

PORT = 8080
SOCKET = "/srv/helper.sock"


@pytest.fixture(scope="module")
def pair(lab, host):
    """A helper with one deployment, and a server; the host and what asks the server."""
    one = host()
    settings = {"dane": {"settle": "0s", "margin": "1s", "interval": "1s", "resolver": steward.RESOLVER, "zones": steward.zones(),
                         "deployments": [steward.deployment(one)]},
                "certificates": {"helper": {"socket": SOCKET}}}
    lab.machine.path("/srv/scripts").mkdir(exist_ok=True)
    lab.machine.write("/srv/helper.yaml", json.dumps(settings))
    settings["server"] = {"listen": f"127.0.0.1:{PORT}"}
    lab.machine.write("/srv/serve.yaml", json.dumps({**settings, "zones": [{"path": "/", "folder": "/srv/scripts"}]}))
    lab.machine.start(steward.BINARY, "helper", "--settings", "/srv/helper.yaml", "--state", "/srv/helper-state", name="helper")
    lab.wait(lambda: "ready on" in lab.machine.output_of("helper"), 30, "the helper")
    lab.machine.start(steward.BINARY, "serve", "--settings", "/srv/serve.yaml", "--state", "/srv/serve-state", name="serve")
    lab.wait(lambda: "ready on" in lab.machine.output_of("serve"), 30, "the server")

    def get(path):
        with lab.machine.network(), urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=30) as answer:
            return answer.read().decode()
    return one, get


def test_the_helper_rolls_over_and_the_server_tells(lab, pair):
    one, get = pair
    lab.certbot.renew(one)
    new = lab.lineage_record(one)
    lab.wait(lambda: json.loads(get("/_platform/dane"))["services"][0]["state"] != "steady", 30, "a rollover")
    steward.wait_rolled(lab, one, new)
    lab.wait(lambda: json.loads(get("/_platform/dane"))["services"][0]["state"] == "steady", 30, "the end of it")
    document = json.loads(get("/_platform/dane"))
    (service,) = document["services"]
    assert document["loop"]["by"] == "helper" and service["dnssec"] == "secure", document
    assert service["owner"] == one.owner() and [record["data"] for record in service["tlsa"]] == [new]


def test_metrics_tell_of_each_service(lab, pair):
    _, get = pair
    names = {family.name for family in text_string_to_metric_families(get("/_platform/metrics"))}
    assert {name for name in names if name.startswith("steward_dane_")}, names


def test_the_server_opens_no_key(lab, pair):
    """Neither TSIG keys nor private keys: the settings name them, only the helper reads them."""
    (pid,) = [pid for pid in lab.machine.outer_pids("serve --settings /srv/serve.yaml")][:1]
    one, get = pair
    get("/_platform/dane")
    import os
    held = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
    assert not [path for path in held if path.endswith((".key", "privkey.pem", ".pem")) or places.TLS in path], held


def test_the_command_line_asks_the_helper(lab, pair):
    one, _ = pair
    done = lab.machine.run(steward.BINARY, "dane", "--settings", "/srv/helper.yaml", "--state", "/srv/helper-state")
    assert one.name in done.stdout and "K1 (3 1 1)" in done.stdout, done
