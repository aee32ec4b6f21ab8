"""Starts `steward helper` in a scratch folder with a small certbot tree, and speaks its protocol byte by byte."""
import datetime
import json
import os
import signal
import socket
import struct
import subprocess
import sys

from .steward import BINARY, ENVIRONMENT, REPOSITORY, eventually

sys.path.insert(0, str(REPOSITORY / "Tests/Support"))
from forest.authority import Authority  # noqa: E402
from forest.tree import Lineage, Tree  # noqa: E402

REQUEST, RESULT, PROBLEM = 1, 2, 3


def small_tree(folder, name="root"):
    """Four lineages below `folder`/root, two of which nginx's configuration names."""
    root = folder / name
    tree = Tree(root / "etc/letsencrypt", "/etc/letsencrypt", Authority(datetime.datetime.now(datetime.timezone.utc)))
    tree.add(Lineage("used.example.test", versions=2))
    tree.add(Lineage("soon.example.test", age=(-80, 5)))
    tree.add(Lineage("old.example.test", age=(-500, -410)))
    tree.add(Lineage("idle.example.test", key="rsa", issuer="R1"))
    for name in ("var/log/letsencrypt", "var/lib/letsencrypt", "etc/nginx"):
        (root / name).mkdir(parents=True, exist_ok=True)
    live = "/etc/letsencrypt/live"
    servers = [f"server {{ listen 443 ssl; server_name {name};\n ssl_certificate {live}/{name}/fullchain.pem;\n"
               f" ssl_certificate_key {live}/{name}/privkey.pem; }}" for name in ("used.example.test", "soon.example.test")]
    (root / "etc/nginx/nginx.conf").write_text("events {}\nhttp {\n" + "\n".join(servers) + "\n}\n")
    return tree


def settings(folder, allow=(), **more):
    """The section `certificates` for that tree, and nothing of this machine."""
    return {"config_root": str(folder / "root"), "helper": {"socket": str(folder / "h.sock"), "allow": list(allow)}, **more}


class Helper:
    """One running helper."""

    def __init__(self, folder, arguments=(), listener=None, **more):
        self.folder, self.socket = folder, folder / "h.sock"
        self.settings = folder / "helper.yaml"
        self.settings.write_text(json.dumps({"certificates": settings(folder, **more)}))
        self.log = folder / "helper.log"
        command = [str(BINARY), "helper", "--settings", str(self.settings), "--state", str(folder / "helper-state"), *arguments]
        if listener:
            # As systemd does it: the socket is descriptor 3, LISTEN_PID the process that takes it.
            script = 'exec 3<&"$0"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
            command = ["bash", "-c", script, str(listener.fileno()), *command]
        self.log.touch()
        self.already = self.log.stat().st_size
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT, cwd=folder, start_new_session=True,
                pass_fds=[listener.fileno()] if listener else [])
        eventually(self.is_ready, timeout=30, message="the helper's readiness")

    def is_ready(self):
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        return "steward helper: ready on" in self.log.read_text()[self.already:]

    def stop(self, timeout=30):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout)
        return self.process.returncode

    def connect(self, timeout=60):
        return Wire(self.socket, timeout)

    def ask(self, verb, **parameters):
        with self.connect(timeout=120) as wire:
            return wire.ask({"verb": verb, "actor": "test", **parameters})

    def records(self):
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def audit(self):
        listed = subprocess.run([str(BINARY), "audit", "list", "--json", "--state", str(self.folder / "helper-state")],
                                capture_output=True, text=True, env=ENVIRONMENT, timeout=30)
        return json.loads(listed.stdout)["entries"]


class Wire:
    """One connection."""

    def __init__(self, path, timeout):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError(data)
            data += piece
        return data

    def receive(self):
        """(kind, JSON) of the next message."""
        magic, version, kind, length = struct.unpack(">2sBBI", self.read(8))
        assert (magic, version) == (b"SH", 1)
        return kind, json.loads(self.read(length))

    def ask(self, document):
        self.send(frame(json.dumps(document).encode()))
        return self.receive()


def frame(payload, kind=REQUEST, version=1, magic=b"SH", length=None):
    return struct.pack(">2sBBI", magic, version, kind, len(payload) if length is None else length) + payload


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def as_user(user, folder, function):
    """The result of `function` in a child process of another user, in `folder`, whose parents it need not be able to pass."""
    folder.chmod(0o755)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            os.write(writer, json.dumps(function()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text)
