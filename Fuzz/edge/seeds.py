"""Writes the seeds: every case of Tests/EndToEnd/edge/cases.txt below 2 KiB, behind a byte that says how it is cut.

    python3 Fuzz/edge/seeds.py
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Tests/EndToEnd"))

from support import framing  # noqa: E402

for case in framing.load():
    if len(case.raw) < 2000:
        name = re.sub(r"[^a-z0-9]+", "-", case.name.lower()).strip("-")
        (HERE / "seeds" / name).write_bytes(b"\0" + case.raw)
