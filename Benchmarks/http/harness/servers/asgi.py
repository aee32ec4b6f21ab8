"""FastAPI on uvicorn with uvloop and httptools."""

from ..paths import VENV
from .server import Server, package_version


def _uvicorn(site):
    return [VENV / "bin" / "uvicorn", "--workers", site.workers, "--host", "127.0.0.1", "--port", site.port,
            "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
            "fastapi_platform:app"]


FASTAPI = Server("fastapi", "FastAPI, uvicorn, 2 workers", _uvicorn, version=package_version("fastapi", "uvicorn"))
