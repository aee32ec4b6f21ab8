"""Memory of a process tree as PSS: shared pages are divided among the processes that share them."""

from pathlib import Path

from .process import tree


def pss_kib(pid):
    """PSS of one process in KiB, 0 once it is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def tree_pss_mib(root):
    """PSS of a process and all its descendants in MiB."""
    return sum(pss_kib(pid) for pid in tree(root)) / 1024
