"""Where things are: sources beside the harness, everything made in `.work` (ignored by git)."""

from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
REPOSITORY = HERE.parent.parent
APPS = HERE / "apps"
SCRIPTS = HERE / "scripts"
WORK = HERE / ".work"
VENV = WORK / "venv"
PYTHON = VENV / "bin" / "python3"
RESULTS = HERE / "RESULTS.md"
