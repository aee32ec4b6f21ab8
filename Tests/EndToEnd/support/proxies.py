"""Debian's Apache httpd, nginx and haproxy in front of one address, with backend connections that stay open."""
import os
import shutil
import subprocess
import time
from pathlib import Path

from . import apache
from .wire import Connection, free_port

NGINX = """\
daemon off;
error_log {root}/error.log;
pid {root}/nginx.pid;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
    upstream steward {{ server {backend}; keepalive 1; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://steward;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_next_upstream off;
            proxy_read_timeout 3s;
        }}
    }}
}}
"""

HAPROXY = """\
defaults
    mode http
    timeout client 4s
    timeout server 4s
    timeout connect 2s
    option http-keep-alive
    http-reuse always
frontend front
    bind 127.0.0.1:{port}
    default_backend steward
backend steward
    server steward {backend}
"""

APACHE = """\
ServerRoot "{root}"
DefaultRuntimeDir "{root}"
PidFile "{root}/apache.pid"
Mutex file:{root} default
ErrorLog "{root}/error.log"
{modules}
{user}
Listen 127.0.0.1:{port}
ServerName steward.test
KeepAlive On
StartServers 1
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
ProxyTimeout 4
ProxyPass "/" "http://{backend}/" enablereuse=on max=1
"""


def _apache_values():
    names = ["mpm_event", "authz_core", "proxy", "proxy_http", "unixd"]
    modules = "\n".join(f"LoadModule {name}_module {apache.MODULES}/mod_{name}.so" for name in names
                        if (apache.MODULES / f"mod_{name}.so").exists())
    return {"modules": modules, "user": "User www-data\nGroup www-data" if os.getuid() == 0 else ""}


KINDS = {
    "apache": (APACHE, "/usr/sbin/apache2", lambda file: ["-f", file, "-DFOREGROUND"]),
    "nginx": (NGINX, "/usr/sbin/nginx", lambda file: ["-c", file]),
    "haproxy": (HAPROXY, "/usr/sbin/haproxy", lambda file: ["-db", "-f", file]),
}


def available(kind):
    return Path(KINDS[kind][1]).exists()


def version(kind):
    done = subprocess.run([KINDS[kind][1], "-v"], capture_output=True, text=True)
    return (done.stdout + done.stderr).splitlines()[0].strip()


class Proxy:
    """One running proxy."""

    def __init__(self, kind, root, backend):
        template, program, arguments = KINDS[kind]
        self.kind, self.port, self.root = kind, free_port(), Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        values = _apache_values() if kind == "apache" else {}
        file = self.root / "proxy.conf"
        file.write_text(template.format(root=self.root, port=self.port, backend="{}:{}".format(*backend), **values))
        log = (self.root / "out.log").open("wb")
        self.process = subprocess.Popen([shutil.which(program) or program, *arguments(str(file))],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 10
        while True:
            try:
                return Connection(self.address).close()
            except OSError:
                text = (self.root / "out.log").read_text()
                assert self.process.poll() is None and time.monotonic() < deadline, f"{kind} does not listen: {text}"
                time.sleep(0.02)

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
