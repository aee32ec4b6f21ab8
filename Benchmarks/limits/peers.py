"""The same three scripts as a WSGI application, and the servers without fairness that run it."""
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "Benchmarks/http/.work/venv"


def burn():
    end = time.process_time() + 0.005
    while time.process_time() < end:
        pass


WORK = {"/quick.py": lambda: None, "/sleep.py": lambda: time.sleep(0.01), "/burn.py": burn}


def application(environ, start_response):
    work = WORK[environ["PATH_INFO"]]
    work()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def commands(port):
    """{name: command}"""
    return {
        "gunicorn gthread, 2 x 64 threads": [
            VENV / "bin/gunicorn", "-k", "gthread", "-w", "2", "--threads", "64", "--keep-alive", "60", "-b",
            f"127.0.0.1:{port}", "--log-level", "error", "peers:application"],
        "granian WSGI, 2 x 32 threads": [
            VENV / "bin/granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "32", "--host",
            "127.0.0.1", "--port", str(port), "--no-log", "peers:application"],
    }


class Peer:
    """A running peer; what `row` needs of a server."""

    def __init__(self, command, port):
        self.address, self.url = ("127.0.0.1", port), f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([str(word) for word in command], cwd=Path(__file__).parent)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def install(say):
    """Brings the peers' packages, the ones of Benchmarks/http."""
    sys.path.insert(0, str(ROOT / "Benchmarks/http"))
    from harness.install import install as bring
    bring(say)
