"""steward-launch, started as the server starts it: the policy on descriptor 4, the lifeline on 5."""
import fcntl
import os
import select
import signal
import socket
import time

from support.steward import BINARY

LAUNCHER = BINARY.parent / "steward-launch"
PYTHON = os.path.realpath("/usr/bin/python3")

# What the system's Python needs; tests name their own paths besides.
SYSTEM = [f"read {path}" for path in ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys")] + [
    "device /dev/null", "device /dev/urandom"]
ALL_NAMESPACES = "namespaces user,mount,pid,net,ipc"
NOBODY = 65534
ZONE = 64999


class Launched:
    """One zone's processes."""

    def __init__(self, policy, arguments, user=None, around=()):
        self.lifeline, control, output = [*os.pipe()], socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET), os.pipe()
        policy_file = os.memfd_create("policy")
        os.write(policy_file, b"".join(record.encode() + b"\0" for record in policy))
        os.lseek(policy_file, 0, os.SEEK_SET)
        null = os.open("/dev/null", os.O_RDONLY)
        far = [null, output[1], output[1], control[1].fileno(), policy_file, self.lifeline[0]]
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 100) for descriptor in far]
        self.pid = os.fork()
        if self.pid == 0:
            self._become(high, [*around, str(LAUNCHER), "--", *arguments], user)
        for descriptor in high + [null, output[1], policy_file, self.lifeline[0]]:
            os.close(descriptor)
        control[1].close()
        self.control = control[0]
        self.output = output[0]
        self.text = ""
        self.code = None

    @staticmethod
    def _become(high, arguments, user):
        try:
            if user is not None and os.getuid() == 0:
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
            for number, descriptor in enumerate(high):
                os.dup2(descriptor, number)
            os.closerange(len(high), 400)
            os.execve(arguments[0], arguments, {"PATH": "/usr/bin:/bin"})
        finally:
            os._exit(126)

    def read_until(self, wanted, seconds=10):
        """Reads output until `wanted` has come."""
        end = time.monotonic() + seconds
        while wanted not in self.text:
            ready, _, _ = select.select([self.output], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.output, 65536) if ready else b""
            assert chunk, f"no {wanted!r} in {self.text!r}"
            self.text += chunk.decode()

    def wait(self, seconds=30):
        """All output, once nothing of it is left."""
        end = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([self.output], [], [], max(0, end - time.monotonic()))
            assert ready, f"still running after {seconds} s: {self.text!r}"
            chunk = os.read(self.output, 65536)
            if not chunk:
                break
            self.text += chunk.decode()
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.text

    def cut(self):
        """The server is gone."""
        if self.lifeline[1] >= 0:
            os.close(self.lifeline[1])
            self.lifeline[1] = -1

    def close(self):
        self.cut()
        if self.code is None:
            try:
                self.wait()
            except AssertionError:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise
        os.close(self.output)
        self.control.close()


def identity(user):
    """Records that make a server run by root start the zone as another user; nobody can't."""
    return [f"uid {ZONE}", f"gid {ZONE}"] if user is None and os.getuid() == 0 else []


def run(policy, script, *arguments, user=None, reads=(), around=()):
    """Runs a Python script to its end, the launcher by way of the command `around`; its exit code and output."""
    records = SYSTEM + identity(user) + list(policy) + [f"read {path}" for path in reads]
    launched = Launched(records, [PYTHON, "-I", "-c", script, *map(str, arguments)], user, around)
    try:
        launched.wait()
        return launched.code, launched.text
    finally:
        launched.close()


def without_namespaces(*kinds):
    """A command that runs another one where no namespaces of these kinds can be made; without kinds: none at all."""
    forbid = "".join(f"echo 0 > /proc/sys/user/max_{kind}_namespaces; " for kind in kinds or ("user",))
    drop = "" if kinds else "setpriv --bounding-set=-all --inh-caps=-all "
    return ["/usr/bin/unshare", "--user", "--map-root-user", "/bin/sh", "-c", f'{forbid}exec {drop}"$@"', "sh"]


def who():
    """The users that tests start the launcher as: root where they run as root, and an ordinary one."""
    return [None, NOBODY] if os.getuid() == 0 else [None]


def name_of(user):
    return "ordinary" if user is not None or os.getuid() != 0 else "root"
