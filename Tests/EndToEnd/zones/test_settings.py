"""The keys of a zone's isolation: secrets, environment, mistakes, `isolation`, and what `steward check` says."""
import json
import subprocess

import pytest

from support import settings
from support.steward import BINARY, ENVIRONMENT

SECRET = "pa55\"word &/+ more"


def check(folder, text, **environment):
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app/x.py").write_text("def main(request):\n    return 'x'\n")
    (folder / "steward.yaml").write_text(text)
    result = subprocess.run([str(BINARY), "check", "--json", "--settings", str(folder / "steward.yaml"),
                             "--state", str(folder / "state")], capture_output=True, text=True, env={**ENVIRONMENT, **environment}, timeout=60)
    return json.loads(result.stdout)["findings"]


def test_a_script_gets_its_zones_secrets_and_nothing_of_the_servers_environment(serve, tmp_path):
    (tmp_path / "password").write_text(SECRET + "\n")
    scripts = {"one/env.py": "import os\ndef main(request):\n    return dict(os.environ)\n"}
    scripts["two/env.py"] = scripts["one/env.py"]
    server = serve(scripts, settings=settings.text(
        zones=[settings.zone("/one", "SCRIPTS/one", secrets=["PASSWORD", "TOKEN"], environment={"COLOUR": "red"}),
               settings.zone("/two", "SCRIPTS/two", secrets="TOKEN")],
        secrets={"PASSWORD": {"file": str(tmp_path / "password")}, "TOKEN": {"environment": "THE_TOKEN"}}),
        environment={"THE_TOKEN": "token-of-the-server", "API_KEY": "k" * 32, "ADMIN_API_KEY": "a" * 32, "OTHER": "o"})
    one, two = server.get("/one/env.py").json(), server.get("/two/env.py").json()
    own = {"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    assert set(one) - own == {"PASSWORD", "TOKEN", "COLOUR"} and set(two) - own == {"TOKEN"}
    assert (one["PASSWORD"], one["TOKEN"], one["COLOUR"]) == (SECRET, "token-of-the-server", "red")


def test_secrets_are_masked_wherever_the_log_might_show_them(serve, tmp_path):
    (tmp_path / "password").write_text(SECRET)
    server = serve({"print.py": """
        import json, logging, os, sys
        from urllib.parse import quote
        def main(request):
            secret = os.environ["PASSWORD"]
            print("printed", secret)
            print(json.dumps({"json": secret}), repr(secret), quote(secret, safe=""))
            logging.error("logged %s", secret)
            os.write(2, b"written " + secret.encode() + b"\\n")
            raise ValueError(f"raised {secret}")
    """}, settings=settings.text(zones=[settings.zone("/", secrets=["PASSWORD"])],
                                 secrets={"PASSWORD": {"file": str(tmp_path / "password")}}))
    from urllib.parse import quote
    assert server.get(f"/print.py?q={quote(SECRET, safe='')}", headers=[("User-Agent", f"agent {SECRET}")]).status == 500
    server.wait_for_record(lambda record: record.get("event") == "request")
    server.wait_for_record(lambda record: "written ***" in record.get("message", ""))
    text = server.log_path.read_text()
    assert "pa55" not in text
    assert "printed ***" in text and "logged ***" in text and "ValueError: raised ***" in text and "q=***" in text


@pytest.mark.parametrize("zone, more, expected", [
    ({"secrets": ["PASWORD"]}, {}, "did you mean PASSWORD"),
    ({"secrets": ["SHORT"]}, {"SHORT": {"environment": "TOO_SHORT"}}, "fewer than 6"),
    ({"network": ["db.example.org"]}, {}, "no destination"),
    ({"network": ["db.example.org:0"]}, {}, "no port"),
    ({"network": "outbund"}, {}, "HOST:PORT"),
    ({"memory": "12"}, {}, "no unit"),
    ({"memori": "1GiB"}, {}, "memory"),
    ({"user": "no-such-user-here"}, {}, "useradd"),
    ({"user": "root"}, {}, "don't run as root"),
])
def test_mistakes_are_told_with_their_place_and_the_way_out(tmp_path, zone, more, expected):
    text = settings.text(zones=[settings.zone("/", "app", **zone)],
                         secrets={"PASSWORD": {"environment": "PATH"}, **more})
    found = [finding for finding in check(tmp_path, text, TOO_SHORT="abc") if finding["severity"] == "error"]
    assert any(expected in finding["message"] and "steward.yaml" in finding["where"] for finding in found), found


def test_check_says_for_each_zone_what_holds_and_strict_refuses_what_is_missing(tmp_path):
    text = settings.text(zones=[settings.zone("/", "app", network="none", memory="1GiB", processes=64)])
    found = [finding for finding in check(tmp_path, text) if finding["area"] == "isolation"]
    messages = [finding["message"] for finding in found]
    assert any("memory 1GiB" in text and "network none" in text and "64 processes" in text for text in messages), found
    assert any(text.startswith("In force: ") and "files" in text for text in messages)
    missing = [finding for finding in found if finding["severity"] == "note"]
    assert all(finding["where"].startswith("/ ") and finding["remedy"] for finding in missing)
    if not missing:
        pytest.skip("this machine lacks nothing")
    (tmp_path / "steward.yaml").write_text(json.dumps({**json.loads(text), "isolation": "strict"}))
    result = subprocess.run([str(BINARY), "serve", "--settings", str(tmp_path / "steward.yaml"), "--listen", "127.0.0.1:0",
                             "--state", str(tmp_path / "state")], capture_output=True, text=True, env=ENVIRONMENT, timeout=30)
    assert result.returncode != 0
    for finding in missing:
        assert finding["where"].split()[1] in result.stderr and "isolation: auto" in result.stderr


def test_isolation_off_is_told_and_confines_nothing(serve, tmp_path):
    (tmp_path / "outside").write_text("seen")
    text = settings.text(zones=[settings.zone("/")], isolation="off")
    server = serve({"read.py": f"def main(request):\n    return open({str(tmp_path / 'outside')!r}).read()\n"}, settings=text)
    assert server.get("/read.py").text == "seen"
    assert server.wait_for_record(lambda record: record.get("event") == "isolation-off")["level"] == "warning"
    found = check(tmp_path, settings.text(zones=[settings.zone("/", "app")], isolation="off"))
    assert any(finding["area"] == "isolation" and finding["severity"] == "warning" for finding in found)
