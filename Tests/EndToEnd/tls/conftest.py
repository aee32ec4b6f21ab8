"""A server with an HTTPS listener, and clients that know its authority."""
import json
import socket
import ssl
import subprocess
import textwrap

import pytest

from support.steward import Steward
from support.wire import free_port

from .authority import Authority

SCRIPTS = {
    "hello.py": "def main(request):\n    return 'hello'\n",
    "tell.py": """
        from flask import url_for
        NAMES = ("SERVER_PROTOCOL", "SERVER_PORT", "REMOTE_ADDR", "REMOTE_PORT", "wsgi.url_scheme", "HTTPS",
                 "SSL_PROTOCOL", "SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN", "SSL_CLIENT_SHA256", "steward.caller",
                 "HTTP_HOST", "HTTP_COOKIE", "CONTENT_LENGTH")
        def main(request):
            known = {name: request.environ[name] for name in NAMES if name in request.environ}
            return known | {"url": request.url, "method": request.method, "length": len(request.get_data())}
        """,
    "stream.py": """
        import time
        def main(request):
            size, pause = int(request.args.get("size", 10)), float(request.args.get("pause", 0))
            def pieces():
                for _ in range(int(request.args.get("count", 5))):
                    yield b"x" * size
                    time.sleep(pause)
            return pieces()
        """,
    "wait.py": """
        import time
        def main(request):
            time.sleep(float(request.args.get("seconds", 1)))
            return "waited"
        """,
    "big.py": "def main(request):\n    return b'x' * int(request.args['size'])\n",
    "api/tell.py": """
        def main(request):
            return {"caller": request.environ["steward.caller"], "dn": request.environ.get("SSL_CLIENT_S_DN")}
        """,
    "admin/tell.py": "def main(request):\n    return {'caller': request.environ['steward.caller']}\n",
}


class Secure(Steward):
    """A server that listens for HTTPS too."""

    def __init__(self, scratch, authority, tls="", more="", certificates=None, name="steward", scripts=None):
        self.authority, self.tls_port = authority, free_port()
        lines = certificates or ["{certificate: %s, key: %s}" % (pair.certificate, pair.key)
                                 for pair in [authority.issue("one.test", "one.test", "localhost")]]
        listed = "".join(f"\n    - {line}" for line in lines)
        super().__init__(scratch, scripts=scripts or SCRIPTS, name=name, settings="""\
tls:
  listen: 127.0.0.1:%d
  certificates:%s
%s
zones:
  /: {folder: SCRIPTS, timeout: 20s}
  /api: {folder: SCRIPTS/api, key: api}
  /admin: {folder: SCRIPTS/admin, key: admin}
%s
""" % (self.tls_port, listed, textwrap.indent(textwrap.dedent(tls), "  "), textwrap.dedent(more)))

    def context(self, alpn=("http/1.1",), pair=None, authority=None):
        context = ssl.create_default_context(cafile=(authority or self.authority).path)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if pair:
            context.load_cert_chain(pair.certificate, pair.key)
        return context

    def dial(self, name="one.test", timeout=10, session=None, context=None, **options):
        plain = socket.create_connection(("127.0.0.1", self.tls_port), timeout)
        context = context or self.context(**options)
        return context.wrap_socket(plain, server_hostname=name, session=session)

    def curl(self, path, *options, name="one.test", check=True, binary=False):
        result = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "--cacert", str(self.authority.path),
             "--resolve", f"{name}:{self.tls_port}:127.0.0.1", *options, f"https://{name}:{self.tls_port}{path}"],
            capture_output=True, text=not binary)
        if check:
            assert result.returncode == 0, result.stderr
        return result

    def curl_json(self, path, *options, **more):
        return json.loads(self.curl(path, *options, **more).stdout)

    def s_client(self, *options, name="one.test"):
        """What `openssl s_client` says of a handshake."""
        result = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.tls_port}", "-CAfile", str(self.authority.path),
             *(["-servername", name] if name else ["-noservername"]), *options],
            input="", capture_output=True, text=True, timeout=20)
        return result.stdout + result.stderr


@pytest.fixture
def secure(tmp_path):
    """Starts a server: secure(tls="...", more="...")."""
    from conftest import RUNNING, stop_all
    started = []

    def make(authority=None, **options):
        server = Secure(tmp_path, authority or Authority(tmp_path / "ca", "server-ca"), **options)
        RUNNING.append(server)
        started.append(server)
        return server

    yield make
    stop_all(started)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all tests of a module that change nothing."""
    from conftest import RUNNING, stop_all
    folder = tmp_path_factory.mktemp("tls")
    server = Secure(folder, Authority(folder / "ca", "server-ca"))
    RUNNING.append(server)
    yield server
    stop_all([server])
