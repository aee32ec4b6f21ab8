"""A machine of its own in Linux namespaces: its own /etc, /var, /run, processes and loopback, so that real servers run
from /etc/nginx and on port 25 without this machine noticing. Ends with everything in it. Needs root."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What a server finds under /var/lib and /var/log, beside what tests make.
FOLDERS = ["etc", "run/lock", "run/sshd", "srv", "var/www", "var/log/nginx", "var/log/apache2", "var/log/letsencrypt",
           "var/lib/nginx", "var/lib/apache2", "var/lib/postfix", "var/lib/dovecot", "var/lib/haproxy",
           "var/lib/letsencrypt", "var/lib/docker", "var/spool/postfix", "var/cache/apache2"]
MOUNTED = ["etc", "run", "srv", "var/www", "var/log", "var/lib", "var/spool", "var/cache"]

# Process 1 of the new machine: mounts, loopback, then it buries the dead until it is killed.
INIT = r"""
import ctypes, fcntl, os, signal, socket, struct, sys
root, mounted = sys.argv[1], sys.argv[2:]
libc = ctypes.CDLL(None, use_errno=True)
def mount(source, target, kind, flags):
    if libc.mount(source.encode(), target.encode(), kind, flags, None) != 0:
        sys.exit(f"mount {source} on {target}: {os.strerror(ctypes.get_errno())}")
mount("none", "/", None, 0x44000)
for name in mounted:
    mount(f"{root}/{name}", f"/{name}", None, 0x1000)
mount("proc", "/proc", b"proc", 0xe)
with socket.socket() as s:
    request = struct.pack("16sh", b"lo", 0x41)
    fcntl.ioctl(s, 0x8914, request)
print("ready", flush=True)
def bury(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
signal.signal(signal.SIGCHLD, bury)
# The other end closes with whoever started this machine, however that ends.
sys.stdin.buffer.read()
os._exit(0)
"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def unavailable():
    """Why there can be no such machine here; empty if there can."""
    if os.getuid() != 0:
        return "not run: needs root for a machine in namespaces"
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "true"]
    if not shutil.which("nsenter") or subprocess.run(command, capture_output=True).returncode != 0:
        return "not run: this machine (a container without CAP_SYS_ADMIN?) lets no namespaces be made"
    return ""


class Host:
    """The machine; `root` holds its folders: root/etc is its /etc."""

    def __init__(self, root):
        self.root = Path(root)
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        # Debian's defaults of the servers would be read as well; each test writes its own.
        skipped = shutil.ignore_patterns("nginx", "apache2", "postfix", "dovecot", "haproxy", "letsencrypt", "exim4", "caddy")
        shutil.copytree("/etc", self.root / "etc", symlinks=True, ignore=skipped, dirs_exist_ok=True)
        self.write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.write("/etc/hostname", "forest.test\n")
        self.processes = []
        self.outer = subprocess.Popen(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private",
             sys.executable, "-c", INIT, str(self.root), *MOUNTED],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        ready = self.outer.stdout.readline()
        assert ready == "ready\n", self.outer.stderr.read()
        children = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
        self.init = int(children[0])

    def path(self, path):
        return self.root / str(path).lstrip("/")

    def write(self, path, text, mode=0o644):
        place = self.path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink():
            place.unlink()
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        place.chmod(mode)
        return place

    def inside(self, command):
        return ["nsenter", "-t", str(self.init), "--mount", "--net", "--pid", "--", *map(str, command)]

    def environment(self, more=None):
        kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        return {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", **kept, **(more or {})}

    def run(self, *command, check=True, timeout=120, environment=None, **options):
        """Runs a command to its end."""
        result = subprocess.run(self.inside(command), capture_output=True, text=True, errors="replace",
                                stdin=subprocess.DEVNULL, timeout=timeout, env=self.environment(environment), **options)
        if check:
            assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def start(self, *command, name, environment=None):
        """Starts a command that stays; its output goes to /var/log/NAME.out."""
        log = open(self.path(f"/var/log/{name}.out"), "wb")
        process = subprocess.Popen(self.inside(command), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                   env=self.environment(environment), start_new_session=True)
        self.processes.append(process)
        return process

    def output_of(self, name):
        return self.path(f"/var/log/{name}.out").read_text("utf-8", "replace")

    def wait_for_ports(self, *ports, timeout=30):
        """Waits until something listens on each port of the machine's loopback."""
        script = ("import socket,sys,time\nend=time.monotonic()+float(sys.argv[1])\n"
                  "for p in map(int,sys.argv[2:]):\n"
                  "  while True:\n"
                  "    try: socket.create_connection(('127.0.0.1',p),1).close(); break\n"
                  "    except OSError:\n"
                  "      if time.monotonic()>end: sys.exit(f'nothing listens on {p}')\n"
                  "      time.sleep(0.05)\n")
        self.run(sys.executable, "-c", script, timeout, *ports, timeout=timeout + 10)

    def pids(self, words):
        """The process ids, as the machine itself counts them, of processes whose command line holds `words`."""
        space, found = os.readlink(f"/proc/{self.init}/ns/pid"), []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "ns/pid") == space:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    numbers = next(line for line in (entry / "status").read_text().splitlines() if line.startswith("NSpid"))
                    found += [int(numbers.split()[-1])] if words in command else []
            except OSError:
                continue
        return sorted(found)

    def stop(self):
        os.kill(self.init, 9)
        for process in [*self.processes, self.outer]:
            process.wait(20)
