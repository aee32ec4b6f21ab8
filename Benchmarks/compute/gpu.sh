#!/bin/bash
# Checks and measures Steward on a machine with an NVIDIA GPU; neither Swift nor a CUDA toolkit is needed there.
#
#   make build && Benchmarks/compute/gpu-pack     on a machine with Swift: makes steward-gpu.tar.gz
#   tar -xzf steward-gpu.tar.gz                   on the machine with the GPU, and there:
#
#   gpu.sh [--steward FILE] [--python FILE] [--results FOLDER] [--quick]
#
# FILE of --python is a Python 3 that has torch and cupy, for the comparisons (default: python3); what it lacks is
# listed as not run. NVRTC and cuBLAS are taken from the machine, or from that Python's wheels.
# --quick takes small sizes: to try the script, not for figures.
# Writes FOLDER/DATE-HOST.json (default: gpu-results beside this script). Where there is no GPU the file says "not run"
# and why. Exits 1 when a result is wrong, 0 otherwise: a bar that is missed is in the file.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
steward=$here/steward python=python3 results=$here/gpu-results quick=
while [ $# -gt 0 ]; do
    case "$1" in
        --steward) steward=$2; shift 2 ;;
        --python) python=$2; shift 2 ;;
        --results) results=$2; shift 2 ;;
        --quick) quick=--quick; shift ;;
        -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "gpu.sh: unknown argument '$1'; it takes --steward, --python, --results and --quick" >&2; exit 2 ;;
    esac
done
[ -e "$steward" ] || steward=$here/../../.build/release/steward
[ -x "$steward" ] || { echo "gpu.sh: there is no program at $steward: build it, or name it with --steward" >&2; exit 2; }
command -v "$python" >/dev/null || { echo "gpu.sh: there is no Python at $python: name one with --python" >&2; exit 2; }
steward=$(readlink -f "$steward")
export STEWARD_CUDA_PYTHON=${STEWARD_CUDA_PYTHON:-$(command -v "$python")}
exec "$python" "$here/gpu.py" "$steward" "$results" $quick
