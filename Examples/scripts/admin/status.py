"""Load, memory and disk of this machine; answers the admin key only."""
import os
import platform
import shutil

methods = ["GET"]


def memory():
    """Total and available memory in bytes, from /proc/meminfo."""
    with open("/proc/meminfo") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {name: int(fields[key].split()[0]) * 1024
            for name, key in (("total", "MemTotal"), ("available", "MemAvailable"))}


def main(request):
    disk = shutil.disk_usage("/")
    return {
        "host": platform.node(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
        "memory": memory(),
        "disk": {"total": disk.total, "free": disk.free},
    }
