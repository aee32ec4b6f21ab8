"""What is wrong with `tls:` is said before anything listens, and by `steward check`."""
import json
import subprocess

from support.steward import BINARY, ENVIRONMENT

from .authority import Authority


def check(tmp_path, tls, more=""):
    (tmp_path / "app").mkdir(exist_ok=True)
    (tmp_path / "steward.yaml").write_text(
        f"listen: 127.0.0.1:0\nstate: {tmp_path}/state\nzones: {{/: {{folder: app}}}}\n{more}\n{tls}\n")
    result = subprocess.run(
        [BINARY, "check", "--json", "--settings", tmp_path / "steward.yaml"], capture_output=True, text=True,
        env=ENVIRONMENT, timeout=60)
    return json.loads(result.stdout)["findings"] if result.stdout else result.stderr


def findings(found, severity):
    return [finding for finding in found if finding["severity"] == severity and finding["area"] == "tls"]


def test_check_names_every_file_that_cannot_be_served_with_its_line(tmp_path):
    one, two = (Authority(tmp_path / "ca", "ca").issue(name, name) for name in ("one.test", "two.test"))
    found = check(tmp_path, f"""\
tls:
  listen: 127.0.0.1:0
  certificates:
    - {{certificate: {one.certificate}, key: {two.key}}}
    - {{certificate: nowhere.pem, key: {one.key}}}
    - {{certificate: {one.key}, key: {one.key}}}
""")
    errors = findings(found, "error")
    assert len(errors) == 3, found
    assert [error["where"].split(":")[1] for error in errors] == ["8", "9", "10"]
    assert "is not the key of the certificate" in errors[0]["message"]
    assert f"{tmp_path}/nowhere.pem can't be read: No such file" in errors[1]["message"]
    assert "holds no certificate" in errors[2]["message"]


def test_check_warns_of_expired_certificates_and_keys_that_everybody_can_read(tmp_path):
    authority = Authority(tmp_path / "ca", "ca")
    good, old = authority.issue("one.test", "one.test"), authority.issue("old.test", "old.test", days=-3)
    old.key.chmod(0o644)
    found = check(tmp_path, f"""\
tls:
  listen: 127.0.0.1:0
  certificates:
    - {{certificate: {good.certificate}, key: {good.key}}}
    - {{certificate: {old.certificate}, key: {old.key}}}
""")
    assert not findings(found, "error")
    warnings = {finding["where"]: finding["message"] for finding in findings(found, "warning")}
    assert "It expired on" in warnings.pop(str(old.certificate))
    assert "mode 644" in warnings.pop(str(old.key)) and not warnings
    assert any("one.test, until" in finding["message"] for finding in findings(found, "ok"))


def test_check_finds_a_certificate_key_that_nobody_can_present(tmp_path):
    found = check(tmp_path, "", more="keys: [{name: robot, client_certificate: 'cn:robot'}]")
    assert ["robot" in error["message"] for error in findings(found, "error")] == [True]


def test_a_server_with_an_unreadable_key_does_not_start_and_says_why(tmp_path):
    pair = Authority(tmp_path / "ca", "ca").issue("one.test", "one.test")
    pair.key.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
    (tmp_path / "app").mkdir()
    settings = tmp_path / "steward.yaml"
    settings.write_text(
        f"listen: 127.0.0.1:0\nzones: {{/: {{folder: app}}}}\ntls:\n  listen: 127.0.0.1:0\n"
        f"  certificates: [{{certificate: {pair.certificate}, key: {pair.key}}}]\n")
    result = subprocess.run(
        [BINARY, "serve", "--settings", settings, "--state", tmp_path / "state"], capture_output=True, text=True,
        env=ENVIRONMENT, timeout=60)
    assert result.returncode != 0
    assert f"{settings}:5" in result.stderr and "behind a passphrase" in result.stderr
