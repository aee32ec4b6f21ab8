"""What is wrong with `tls:` is said before anything listens, and by `steward check`."""
import json
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

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


def client_lists(tmp_path, crl):
    """The findings about a revocation list beside an authority of clients."""
    pair = Authority(tmp_path / "ca", "ca").issue("one.test", "one.test")
    return check(tmp_path, f"""\
tls:
  listen: 127.0.0.1:0
  certificates: [{{certificate: {pair.certificate}, key: {pair.key}}}]
  client_ca: {tmp_path}/clients/client-ca.pem
  client_certificates: optional
  client_crl: {crl}
""")


@pytest.mark.parametrize("make, said", [
    (lambda clients, folder, crl: Authority(folder / "others", "other-ca").revoke(crl, 7),
     "is a list of 'CN=other-ca', which is none of the authorities in 'client_ca'"),
    (lambda clients, folder, crl: clients.revoke(crl, 7, key=ec.generate_private_key(ec.SECP256R1())),
     "is not signed by 'CN=client-ca' as 'client_ca' has it"),
    (lambda clients, folder, crl: clients.revoke(crl, 7, key=rsa.generate_private_key(65537, 2048)),
     "is not signed by 'CN=client-ca' as 'client_ca' has it"),
    (lambda clients, folder, crl: clients.revoke(crl, 7, hash=hashes.SHA224), "not known or too weak (1.2.840.10045.4.3.1)"),
    (lambda clients, folder, crl: crl.write_text("nothing"), "holds no certificate revocation list"),
])
def test_a_revocation_list_that_no_authority_signed_is_an_error(tmp_path, make, said):
    clients, crl = Authority(tmp_path / "clients", "client-ca"), tmp_path / "clients.crl"
    make(clients, tmp_path, crl)
    errors = findings(client_lists(tmp_path, crl), "error")
    assert len(errors) == 1 and said in errors[0]["message"] and str(crl) in errors[0]["message"], errors


def test_a_revocation_list_that_is_overdue_counts_and_is_told(tmp_path):
    clients, crl = Authority(tmp_path / "clients", "client-ca"), tmp_path / "clients.crl"
    clients.revoke(crl, 7, days=-2)
    found = client_lists(tmp_path, crl)
    assert not findings(found, "error")
    assert [finding["where"] for finding in findings(found, "warning") if "revoked certificates was due on" in finding["message"]] == [str(crl)]
