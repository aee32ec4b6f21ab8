"""The WSGI peers: all serve apps/flask_platform.py, each with two workers where it has workers."""

from ..paths import PYTHON, VENV
from .server import Server, package_version

APP = "flask_platform:app"
BIN = VENV / "bin"
# uWSGI's http-socket ends each connection without saying so, which clients must count as an error.
CLOSE = "Connection: close"


def _flask(site):
    return [PYTHON, "-m", "flask_platform"]


def _gunicorn(*options):
    def command(site):
        return [BIN / "gunicorn", "--workers", site.workers, "--bind", f"127.0.0.1:{site.port}", "--no-control-socket",
                "--log-level", "warning", *options, APP]

    return command


def _uwsgi(socket):
    def command(site):
        return [BIN / "uwsgi", *socket(site), "--master", "--die-on-term", "--need-app", "--single-interpreter",
                "--processes", site.workers, "--listen", "1024", "--disable-logging", "--module", APP]

    return command


def _granian(site):
    return [BIN / "granian", "--interface", "wsgi", "--workers", site.workers, "--blocking-threads", "32",
            "--host", "127.0.0.1", "--port", site.port, "--no-ws", "--log-level", "warning", APP]


FLASK = Server("flask", "Flask's server (threaded)", _flask, version=package_version("flask", "werkzeug"))
GUNICORN_SYNC = Server(
    "gunicorn-sync", "gunicorn sync, 2 workers", _gunicorn("--worker-class", "sync"),
    version=package_version("gunicorn"))
GUNICORN_GTHREAD = Server(
    "gunicorn-gthread", "gunicorn gthread, 2 x 64 threads", _gunicorn("--worker-class", "gthread", "--threads", "64"))
UWSGI = Server(
    "uwsgi", "uWSGI http-socket, 2 processes",
    _uwsgi(lambda site: ["--http-socket", f"127.0.0.1:{site.port}", "--add-header", CLOSE]), version=package_version("uWSGI"))
UWSGI_ROUTER = Server(
    "uwsgi-router", "uWSGI keep-alive router, 2 processes",
    _uwsgi(lambda site: ["--http", f"127.0.0.1:{site.port}", "--http-keepalive", "--http-auto-chunked"]))
GRANIAN = Server("granian", "granian WSGI, 2 x 32 threads", _granian, version=package_version("granian"))
