"""Small file systems that can be filled, in a mount namespace of this process's own."""
import ctypes
import os
import subprocess

CLONE_NEWNS = 0x00020000
_MOUNTED = []


def unavailable():
    """Why there can be none here, or None."""
    return None if os.geteuid() == 0 else "needs root for a file system to fill"


def own_namespace():
    """What is mounted from now on, this process and its children alone see."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def small(folder, size):
    """A file system of `size` (4m) at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "faults", str(folder)], check=True)
    _MOUNTED.append(folder)


def release():
    """Takes down what was mounted."""
    while _MOUNTED:
        subprocess.run(["umount", "-l", str(_MOUNTED.pop())], stderr=subprocess.DEVNULL)


def fill(folder):
    """Takes all room; returns the file that holds it."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        for piece in (1 << 16, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * piece)
            except OSError:
                continue
    return path
