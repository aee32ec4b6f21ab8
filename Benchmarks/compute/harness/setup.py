"""What a run needs: the driver, built in release; OpenBLAS; a Python with the peers."""
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
WORK = HERE / ".work"
REQUIREMENTS = ("numpy", "torch")


def say(text):
    print(f"run: {text}", file=sys.stderr, flush=True)


def driver():
    """The path of the driver, built."""
    command = ["swift", "build", "-c", "release", "--package-path", str(HERE / "driver")]
    subprocess.run(command, check=True, stdout=sys.stderr)
    folder = subprocess.check_output([*command, "--show-bin-path"], text=True).strip()
    openblas()
    return Path(folder) / "compute-driver"


def openblas():
    """Installs Debian's OpenBLAS where none is found and that is allowed; the rows are left out otherwise."""
    if any(Path("/usr/lib").glob("*/libopenblas.so.0")):
        return
    package = ["apt-get", "install", "-y", "-q", "libopenblas0-pthread"]
    try:
        done = subprocess.run(package, capture_output=True, text=True)
        if done.returncode == 0:
            return
    except FileNotFoundError:
        pass
    say(f"no OpenBLAS, so no comparison with it; as root: {' '.join(package)}")


def python():
    """A Python with NumPy and PyTorch: STEWARD_BENCH_PYTHON, or an environment in .work (PyTorch's wheel for the CPU)."""
    if wanted := os.environ.get("STEWARD_BENCH_PYTHON"):
        return wanted
    folder = WORK / "venv"
    binary, stamp = folder / "bin/python", folder / "installed"
    if not stamp.exists():
        say("installing NumPy and PyTorch into Benchmarks/compute/.work/venv")
        WORK.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        done = subprocess.run([str(binary), "-m", "pip", "install", "-q", "--disable-pip-version-check", *REQUIREMENTS])
        if done.returncode != 0:
            raise SystemExit("run: pip could not install the peers: see above, or set STEWARD_BENCH_PYTHON")
        stamp.touch()
    return str(binary)
