"""Debian's real servers with TLS on free loopback ports, each in a scratch folder: what `steward certs probe` is shown.

Every function takes a scratch folder and a Pair and gives a Server; `missing(name)` says what a machine lacks.
"""
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from .wire import free_port

PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin"


def program(name):
    found = shutil.which(name, path=PATH)
    if found:
        return found
    return next((str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), None)


def missing(*names):
    """Which of the programs are not there; tests skip with it."""
    return ", ".join(name for name in names if not program(name))


@dataclass
class Pair:
    """A certificate and its key as PEM files."""
    certificate: Path
    key: Path

    @staticmethod
    def make(folder, name="mail.example", kind="ec", days=90):
        folder.mkdir(parents=True, exist_ok=True)
        pair = Pair(folder / f"{name}-{kind}.pem", folder / f"{name}-{kind}.key")
        key = ["-newkey", "rsa:2048"] if kind == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        subprocess.run(
            ["openssl", "req", "-x509", *key, "-nodes", "-keyout", pair.key, "-out", pair.certificate, "-days",
             str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
            check=True, capture_output=True)
        pair.key.chmod(0o644)
        reach(folder)
        return pair

    def der(self):
        return subprocess.run(["openssl", "x509", "-in", self.certificate, "-outform", "DER"], check=True,
                              capture_output=True).stdout


@dataclass
class Server:
    """A running server; `stop` ends it."""
    port: int
    process: subprocess.Popen = None
    more: dict = field(default_factory=dict)
    ending: list = None

    def stop(self):
        if self.ending:
            subprocess.run(self.ending, capture_output=True, timeout=30)
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def spawn(command, folder, user=None, **options):
    log = open(folder / "server.log", "ab")
    reach(folder)
    if user and os.getuid() == 0:
        entry = pwd.getpwnam(user)
        options.update(user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])
        own(folder, user)
        # /tmp need not be open to others.
        options.setdefault("env", os.environ | {"TMPDIR": str(folder)})
    return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, **options)


def own(folder, user):
    """Gives the folder to `user`."""
    shutil.chown(folder, user)
    for path in folder.rglob("*"):
        shutil.chown(path, user)


def reach(folder):
    """Lets other users through to the folder, as far as the folders on the way are the tests' own."""
    shared = {Path("/"), Path(tempfile.gettempdir()), Path("/var/tmp")}
    for parent in (folder, *folder.parents):
        if parent in shared:
            break
        if parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o011)


def wait(server, folder, seconds=30, port=None):
    """Until the port takes connections."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port or server.port), 1).close()
            return server
        except OSError:
            if server.process and server.process.poll() not in (None, 0):
                break
            time.sleep(0.1)
    text = "\n".join(path.read_text(errors="replace")[-3000:] for path in folder.glob("*.log"))
    server.stop()
    raise RuntimeError(f"no server on port {server.port}:\n{text}")


def postfix(folder, pair, extra=""):
    port, queue, data = free_port(), folder / "queue", folder / "data"
    for part in (queue, data):
        part.mkdir(parents=True)
    shutil.chown(data, "postfix")
    (folder / "main.cf").write_text(f"""\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
myhostname = mail.example
mynetworks = 127.0.0.0/8
smtpd_tls_chain_files = {pair.key}, {pair.certificate}
smtpd_tls_security_level = may
{extra}
""")
    lines = Path("/usr/share/postfix/master.cf.dist").read_text().splitlines()
    kept = [line for line in lines if line and line[0] not in "# " and line.split()[1] == "unix"]
    chrootless = [" ".join([*line.split()[:4], "n", *line.split()[5:]]) for line in kept]
    (folder / "master.cf").write_text("\n".join(
        [f"127.0.0.1:{port} inet n - n - - smtpd", *chrootless, "postlog unix-dgram n - n - 1 postlogd", ""]))
    reach(folder)
    subprocess.run([program("postfix"), "-c", folder, "start"], check=True, capture_output=True)
    return wait(Server(port, ending=[program("postfix"), "-c", folder, "stop"]), folder)


def dovecot(folder, pair):
    ports = {name: free_port() for name in ("imap", "imaps", "pop3", "sieve")}
    protocols = "imap pop3" + (" sieve" if Path("/usr/share/dovecot/protocols.d/managesieved.protocol").exists() else "")
    (folder / "dovecot.conf").write_text(f"""\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = {protocols}
listen = 127.0.0.1
ssl = yes
ssl_cert = <{pair.certificate}
ssl_key = <{pair.key}
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=1000 gid=1000 home=/nonexistent
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {ports['imap']}
  }}
  inet_listener imaps {{
    port = {ports['imaps']}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {ports['pop3']}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service managesieve-login {{
  chroot =
  inet_listener sieve {{
    port = {ports['sieve']}
  }}
}}
""")
    process = spawn([program("dovecot"), "-F", "-c", folder / "dovecot.conf"], folder)
    return wait(Server(ports["imap"], process, more=ports), folder)


def slapd(folder, pair):
    port = free_port()
    (folder / "db").mkdir()
    (folder / "slapd.conf").write_text(f"""\
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {pair.certificate}
TLSCertificateKeyFile {pair.key}
database mdb
suffix "dc=example"
directory {folder}/db
""")
    process = spawn([program("slapd"), "-d", "0", "-h", f"ldap://127.0.0.1:{port}", "-f", folder / "slapd.conf"], folder)
    return wait(Server(port, process), folder)


def postgresql(folder, pair):
    port, data = free_port(), folder / "data"
    user = "postgres" if os.getuid() == 0 else None
    for name in (pair.certificate, pair.key):
        shutil.copy(name, folder / f"server{name.suffix}")
    (folder / "server.key").chmod(0o600)
    made = spawn([program("initdb"), "-D", data, "-A", "trust", "--no-sync"], folder, user)
    if made.wait(120):
        raise RuntimeError((folder / "server.log").read_text())
    process = spawn(
        [program("postgres"), "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c",
         "ssl=on", "-c", f"ssl_cert_file={folder}/server.pem", "-c", f"ssl_key_file={folder}/server.key"],
        folder, user)
    return wait(Server(port, process), folder)


def mariadb(folder, pair):
    port, data = free_port(), folder / "data"
    user = "mysql" if os.getuid() == 0 else None
    for name in (pair.certificate, pair.key):
        shutil.copy(name, folder / f"server{name.suffix}")
    made = spawn(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
                  f"--tmpdir={folder}", "--auth-root-authentication-method=normal"], folder, user)
    if made.wait(180):
        raise RuntimeError((folder / "server.log").read_text())
    process = spawn(
        [program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
         f"--socket={folder}/s", f"--tmpdir={folder}", f"--pid-file={folder}/pid", f"--ssl-cert={folder}/server.pem",
         f"--ssl-key={folder}/server.key", "--max-connect-errors=3", "--innodb-buffer-pool-size=16M"], folder, user)
    return wait(Server(port, process), folder, 60)


def vsftpd(folder, pair):
    port = free_port()
    (folder / "empty").mkdir()
    (folder / "vsftpd.conf").write_text(f"""\
listen=YES
listen_address=127.0.0.1
listen_port={port}
anonymous_enable=YES
ssl_enable=YES
allow_anon_ssl=YES
rsa_cert_file={pair.certificate}
rsa_private_key_file={pair.key}
secure_chroot_dir={folder}/empty
background=NO
seccomp_sandbox=NO
""")
    return wait(Server(port, spawn([program("vsftpd"), folder / "vsftpd.conf"], folder)), folder)


def prosody(folder, pair):
    port, inner = free_port(), free_port()
    (folder / "prosody.cfg.lua").write_text(f"""\
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
modules_enabled = {{ "tls", "saslauth", "disco" }}
modules_disabled = {{ "s2s" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ {inner} }}
s2s_direct_tls_ports = {{ }}
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
log = {{ info = "{folder}/prosody.log" }}
ssl = {{ certificate = "{pair.certificate}"; key = "{pair.key}" }}
VirtualHost "mail.example"
""")
    user = "prosody" if os.getuid() == 0 else None
    process = spawn([program("prosody"), "-F", "--config", folder / "prosody.cfg.lua"], folder, user)
    return wait(Server(port, process), folder)


def s_server(folder, pair, *options):
    """OpenSSL's own test server."""
    port = free_port()
    process = spawn(["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-cert", pair.certificate, "-key",
                     pair.key, *options], folder)
    return wait(Server(port, process), folder)
