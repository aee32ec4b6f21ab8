from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

from support import WorkerPeer, ZygoteProcess  # noqa: E402


class ZoneFolder:
    """A zone folder and a worker for it, forked when first used."""

    def __init__(self, zygote: ZygoteProcess, folder: Path) -> None:
        self._zygote = zygote
        self.folder = folder
        self._worker: WorkerPeer | None = None
        self.options: dict = {}

    @property
    def worker(self) -> WorkerPeer:
        if self._worker is None:
            self._worker = self._zygote.fork(self.folder, **self.options)
        return self._worker

    def write(self, path: str, text: str | bytes, mode: int = 0o644) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        file.chmod(mode)
        if self._worker is not None:
            self._worker.changed()
        return file

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()
        self.worker.changed()

    def call(self, *arguments, **options):
        return self.worker.call(*arguments, **options)

    def run(self, text: str, target: str = "/x.py", *arguments, **options):
        """Writes `x.py` and calls it."""
        self.write("x.py", text)
        return self.worker.call(target, *arguments, **options)


@pytest.fixture(scope="session")
def zygote():
    process = ZygoteProcess()
    yield process
    process.close()


@pytest.fixture
def zone(zygote, tmp_path):
    made = ZoneFolder(zygote, tmp_path / "zone")
    made.folder.mkdir()
    yield made
    if made._worker is not None:
        made._worker.close()
