"""Where things are; puts the tests' support package on the path."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [path for path in [str(ROOT / "Tests/EndToEnd")] if path not in sys.path]
TABLE = ROOT / "docs/design/faults.md"
