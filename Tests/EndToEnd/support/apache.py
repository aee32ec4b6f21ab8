"""Debian's real Apache 2.4, from a scratch ServerRoot on a loopback port, with the repository's own vhost."""
import os
import shutil
import subprocess
import time
from pathlib import Path

from .steward import REPOSITORY
from .wire import Connection, free_port

BINARY = Path(shutil.which("apache2", path="/usr/sbin:/usr/bin:/sbin") or "/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
LOADED = ["mpm_event", "authz_core", "authz_host", "alias", "headers", "proxy", "proxy_http", "proxy_balancer",
          "lbmethod_byrequests", "slotmem_shm", "setenvif", "env", "deflate", "filter", "unixd"]

CONFIGURATION = """\
ServerRoot "{root}"
DefaultRuntimeDir "{root}"
PidFile "{root}/apache.pid"
Mutex file:{root} default
ErrorLog "{root}/error.log"
LogLevel warn proxy:info
{modules}
{user}
Listen 127.0.0.1:{port}
Listen [::1]:{port}
ServerName steward.test
LogFormat "%h %>s %U" short
KeepAlive On
KeepAliveTimeout 5
GracefulShutdownTimeout 2
ThreadsPerChild 64
MaxRequestWorkers 128
ServerLimit 2
StartServers 1
Define STEWARD_LISTEN *:{port}
Define STEWARD_NAME steward.test
Define STEWARD_A {first}
Define STEWARD_B {second}
Include "{vhost}"
"""


def available():
    return BINARY.exists() and all((MODULES / f"mod_{name}.so").exists() for name in LOADED if name != "unixd")


class Apache:
    """One running Apache in front of two addresses."""

    def __init__(self, root, first, second):
        self.root, self.port = Path(root), free_port()
        self.root.mkdir(parents=True, exist_ok=True)
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED
                            if (MODULES / f"mod_{name}.so").exists())
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        configuration = self.root / "apache.conf"
        configuration.write_text(CONFIGURATION.format(
            root=self.root, port=self.port, modules=modules, user=user, vhost=REPOSITORY / "deploy/apache/steward.conf",
            first="{}:{}".format(*first), second="{}:{}".format(*second)))
        self.command = [str(BINARY), "-f", str(configuration)]
        checked = subprocess.run([*self.command, "-t"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        self.process = subprocess.Popen([*self.command, "-DFOREGROUND"], stdin=subprocess.DEVNULL,
                                        stdout=open(self.root / "out.log", "wb"), stderr=subprocess.STDOUT,
                                        start_new_session=True)
        self.wait_until_it_listens()

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def wait_until_it_listens(self):
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log_tail()
            try:
                self.connect().close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"Apache does not listen:\n{self.log_tail()}")

    def connect(self, **options):
        return Connection(self.address, **options)

    def get(self, path, headers=(), **options):
        return self.call("GET", path, headers, **options)

    def call(self, method, path, headers=(), body=None, **options):
        with self.connect(**options) as connection:
            return connection.call(method, path, headers, body)

    def log_tail(self, lines=40):
        texts = [path.read_text("utf-8", "replace") for path in (self.root / "out.log", self.root / "error.log")
                 if path.exists()]
        return "\n".join("\n".join(text.splitlines()[-lines:]) for text in texts)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
