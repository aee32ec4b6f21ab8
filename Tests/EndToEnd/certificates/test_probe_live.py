"""What the running machine shows about a tree: forgotten reloads, copies, open files, through `steward certs`."""
import json
import os
import shutil
import subprocess
import time

import pytest

from support import tls_servers as servers
from support.steward import BINARY


class Tree:
    """A certbot tree whose certificates OpenSSL made."""

    def __init__(self, folder):
        self.path = folder
        for part in ("renewal", "live", "archive"):
            (folder / part).mkdir(parents=True)

    def renew(self, name, version, days):
        archive, live = self.path / "archive" / name, self.path / "live" / name
        archive.mkdir(exist_ok=True)
        live.mkdir(exist_ok=True)
        pair = servers.Pair.make(self.path.parent / f"made{version}", name=name, days=days)
        for kind in ("cert", "chain", "fullchain"):
            shutil.copy(pair.certificate, archive / f"{kind}{version}.pem")
        shutil.copy(pair.key, archive / f"privkey{version}.pem")
        for kind in ("cert", "chain", "fullchain", "privkey"):
            link = live / f"{kind}.pem"
            link.unlink(missing_ok=True)
            link.symlink_to(f"../../archive/{name}/{kind}{version}.pem")
        lines = [f"{kind} = {live}/{kind}.pem" for kind in ("cert", "privkey", "chain", "fullchain")]
        (self.path / "renewal" / f"{name}.conf").write_text("\n".join(
            ["version = 2.1.0", f"archive_dir = {archive}", *lines, "[renewalparams]", "authenticator = webroot", ""]))
        return pair


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "letsencrypt")


def look(tree, folder, targets=(), copies=()):
    """What `steward certs --json` says of the tree."""
    settings = folder / "steward.yaml"
    settings.write_text(json.dumps({"certificates": {
        "docker": {"enabled": False}, "probe": {"targets": list(targets)}, "evidence": {"copies": list(copies)}}}))
    done = subprocess.run([BINARY, "certs", "--tree", tree.path, "--settings", settings, "--json"], capture_output=True,
                          timeout=120)
    assert done.stdout, done.stderr.decode()
    return json.loads(done.stdout)


def findings(report):
    own = [finding for lineage in report["lineages"] for finding in lineage["findings"]]
    return {finding["code"]: finding["text"] for finding in own + report.get("findings", [])}


def nginx(folder, live):
    port = servers.free_port()
    (folder / "nginx.conf").write_text(f"""\
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {live}/fullchain.pem;
    ssl_certificate_key {live}/privkey.pem;
  }}
}}
""")
    process = servers.spawn([servers.program("nginx"), "-c", folder / "nginx.conf", "-g", "daemon off;"], folder)
    return servers.wait(servers.Server(port, process), folder)


def test_a_forgotten_reload_is_told_with_the_process_until_it_is_done(tree, tmp_path):
    if absent := servers.missing("nginx"):
        pytest.skip(f"not run: needs {absent}")
    tree.renew("web.example", 1, days=20)
    server = nginx(tmp_path, tree.path / "live/web.example")
    target = f"127.0.0.1:{server.port} tls"
    try:
        fresh = look(tree, tmp_path, [target])
        [lineage] = fresh["lineages"]
        assert lineage["state"] == "used"
        assert {"served"} <= {use["kind"] for use in lineage["used_by"]}
        assert "stale-served" not in findings(fresh)

        tree.renew("web.example", 2, days=90)
        text = findings(look(tree, tmp_path, [target]))["stale-served"]
        assert "version 1 of web.example" in text and f"nginx (pid {server.process.pid}" in text

        os.kill(server.process.pid, 1)
        time.sleep(1)
        assert "stale-served" not in findings(look(tree, tmp_path, [target]))
    finally:
        server.stop()


def test_copies_and_lone_keys_are_uses_and_old_ones_are_stale(tree, tmp_path):
    old = tree.renew("mail.example", 1, days=20)
    new = tree.renew("mail.example", 2, days=90)
    folder = tmp_path / "copies"
    folder.mkdir()
    shutil.copy(new.key, folder / "current.key")
    report = look(tree, tmp_path, copies=[str(folder)])
    assert report["lineages"][0]["state"] == "used"
    assert [use["where"] for use in report["lineages"][0]["used_by"]] == [str(folder / "current.key")]
    shutil.copy(old.certificate, folder / "old.pem")
    report = look(tree, tmp_path, copies=[str(folder)])
    assert str(folder / "old.pem") in {use["where"] for use in report["lineages"][0]["used_by"]}
    assert "stale-copy" in findings(report)


def test_a_process_that_has_the_key_open_uses_the_lineage(tree, tmp_path):
    tree.renew("open.example", 1, days=90)
    with open(tree.path / "live/open.example/privkey.pem", "rb") as key:
        process = subprocess.Popen(["sleep", "60"], stdin=key)
    try:
        uses = look(tree, tmp_path)["lineages"][0]["used_by"]
        assert any(use["kind"] == "process" and f"pid {process.pid}" in use["where"] for use in uses)
    finally:
        process.kill()
        process.wait()
