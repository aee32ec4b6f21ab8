"""Other processes, other identities, namespaces."""
import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct

from hands import Refused, call, first, iovec, mapping, targets, text

VICTIMS = ("server", "supervisor", "zygote", "sibling", "other_worker", "victim")
HARMLESS = signal.SIGURG


# Everybody but this process.
def others(world):
    return targets(world, *VICTIMS)


# Signals


def a_signal(world):
    """Signal the server, the zygote, another worker, a stranger: kill."""
    return first(lambda pid: os.kill(pid, HARMLESS) is None, others(world))


def a_signal_to_a_group(world):
    """Signal their process groups."""
    # -1 is everybody, the own processes as well.
    return first(lambda pid: os.kill(-pid, HARMLESS) is None, [pid for pid in others(world) if pid != 1])


def a_signal_to_a_thread(world):
    """Signal their threads: tgkill, tkill."""
    return first(lambda pid: call("tgkill", pid, pid, HARMLESS) == 0 or call("tkill", pid, HARMLESS) == 0, others(world))


def a_signal_with_a_value(world):
    """Signal them by rt_sigqueueinfo."""
    info = ctypes.create_string_buffer(struct.pack("iii", HARMLESS, 0, -1) + bytes(116))
    return first(lambda pid: call("rt_sigqueueinfo", pid, HARMLESS, info) == 0, others(world))


def a_signal_by_descriptor(world):
    """Signal them by pidfd_send_signal."""
    return first(
        lambda pid: call("pidfd_send_signal", call("pidfd_open", pid, 0), HARMLESS, None, 0) == 0, others(world))


def a_signal_by_owning(world):
    """Let the kernel signal them: F_SETOWN and input on a socket."""
    ours, theirs = socket.socketpair()
    for pid in others(world):
        try:
            fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
            fcntl.fcntl(ours, 10, signal.SIGUSR2)  # F_SETSIG
            fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            theirs.send(b"x")
        except OSError:
            continue
    raise Refused("what the victim saw is known outside")


def a_signal_to_everybody(world):
    """Signal everybody at once: kill(-1)."""
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGUSR2, signal.SIG_IGN)
            os.kill(-1, signal.SIGUSR2)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    raise Refused("what the victim saw is known outside")


# Memory


def tracing(world):
    """Trace them: PTRACE_ATTACH, PTRACE_SEIZE."""
    def trace(pid):
        try:
            return call("ptrace", 16, pid, 0, 0) == 0
        except OSError:
            return call("ptrace", 0x4206, pid, 0, 0) == 0

    return first(trace, others(world))


def reading_memory(world):
    """Read their memory: process_vm_readv."""
    def look(pid):
        buffer = ctypes.create_string_buffer(8)
        local, remote = iovec(buffer, mapping(pid))
        return call("process_vm_readv", pid, local, 1, remote, 1, 0) > 0

    return first(look, others(world))


def writing_memory(world):
    """Write to the memory of the zygote and of another worker: process_vm_writev."""
    def change(pid):
        buffer = ctypes.create_string_buffer(b"escaped!", 8)
        local, remote = iovec(buffer, mapping(pid))
        return call("process_vm_writev", pid, local, 1, remote, 1, 0) > 0

    return first(change, targets(world, "zygote", "sibling", "supervisor"))


def stealing_a_descriptor(world):
    """Take a descriptor out of another process: pidfd_getfd."""
    return first(lambda pid: call("pidfd_getfd", call("pidfd_open", pid, 0), 3, 0) > 0, others(world))


def opening_a_descriptor(world):
    """Open another process's descriptors by /proc/PID/fd."""
    return first(lambda pid: os.open(f"/proc/{pid}/fd/1", os.O_WRONLY | os.O_NONBLOCK) > 0, others(world))


def comparing(world):
    """Learn where the kernel keeps things of others: kcmp."""
    return first(lambda pid: call("kcmp", os.getpid(), pid, 2, 0, 0) >= 0, others(world))


# Limits and priorities of others


def the_servers_limits(world):
    """Change the server's limits: prlimit."""
    return first(
        lambda pid: resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, 8)), [world["server"], world["other_worker"]])


def the_own_limits(world):
    """Raise its own limits."""
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE):
        soft, hard = resource.getrlimit(limit)
        if hard == resource.RLIM_INFINITY:
            continue
        try:
            resource.setrlimit(limit, (hard + 1, hard + 1))
            return limit
        except (OSError, ValueError):
            continue
    raise Refused("none could be raised")


def a_core_dump(world):
    """Have its memory written to a file when it dies."""
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
    return True


def the_servers_priority(world):
    """Slow the server down: setpriority."""
    return first(lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 19) is None, [world["server"], world["other_worker"]])


def a_higher_priority(world):
    """Get more of the processors than others: a negative nice value, a real-time schedule."""
    def ways(way):
        if way == "nice":
            return os.setpriority(os.PRIO_PROCESS, 0, -5) is None
        return os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)) is None

    return first(ways, ["nice", "fifo"])


def the_servers_schedule(world):
    """Bind the server to one processor, or let it run only when nobody else does."""
    def ways(way):
        if way == "idle":
            return os.sched_setscheduler(world["server"], os.SCHED_IDLE, os.sched_param(0)) is None
        return os.sched_setaffinity(world["server"], {0}) is None

    return first(ways, ["idle", "affinity"])


def the_servers_disk_priority(world):
    """Let the server's disk accesses wait: ioprio_set."""
    return call("ioprio_set", 1, world["server"], 3 << 13) == 0


# Identities


def becoming_root(world):
    """Become root: setuid, setresuid, setgid, setgroups."""
    if os.getuid() == 0:
        return "is root"
    ways = [lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0])]
    return first(lambda way: way() is None, ways)


def becoming_the_other_zone(world):
    """Become another zone's user."""
    if os.getuid() == world["other_uid"]:
        raise Refused("has the same already, as has everybody here")
    return os.setresuid(world["other_uid"], world["other_uid"], world["other_uid"]) is None


def capabilities(world):
    """Get capabilities: capset, and what it has."""
    with open("/proc/self/status") as lines:
        held = [line for line in lines if line.startswith(("CapPrm", "CapEff", "CapBnd", "CapAmb"))]
    if any(int(line.split()[1], 16) for line in held if not line.startswith("CapBnd")):
        return held
    header = struct.pack("Ii", 0x20080522, 0)
    return call("capset", ctypes.c_char_p(header), ctypes.c_char_p(struct.pack("III", 1 << 21, 1 << 21, 0) * 2)) == 0


def a_setuid_program(world):
    """Gain rights by executing a set-uid program."""
    with open("/proc/self/status") as lines:
        flag = [line.split()[1] for line in lines if line.startswith("NoNewPrivs")]
    if flag == ["1"]:
        raise Refused("no_new_privs is set")
    return flag


# Namespaces and trees


def a_user_namespace(world):
    """Be root in a user namespace of its own: unshare."""
    child = os.fork()
    if child == 0:
        try:
            call("unshare", 0x10000000)
            os._exit(0)
        except BaseException:
            os._exit(1)
    return succeeded(child)


def succeeded(child):
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise Refused("the child was refused")
    return True


def other_namespaces(world):
    """Make other namespaces: mount, network, pid, ipc, cgroup, time."""
    def make(flag):
        child = os.fork()
        if child == 0:
            try:
                call("unshare", flag)
                os._exit(0)
            except BaseException:
                os._exit(1)
        return succeeded(child)

    return first_refused(make, [0x20000, 0x40000000, 0x20000000, 0x8000000, 0x2000000, 0x80])


def first_refused(work, values):
    """Like `first` for work that raises Refused."""
    for value in values:
        try:
            return work(value)
        except Refused:
            continue
    raise Refused("all of them")


def a_namespace_by_clone(world):
    """Be root in a user namespace of its own: clone."""
    child = call("clone", 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def a_namespace_by_clone3(world):
    """Be root in a user namespace of its own: clone3."""
    arguments = struct.pack("8Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    child = call(435, ctypes.c_char_p(arguments), len(arguments))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def the_servers_namespaces(world):
    """Go into the server's namespaces: setns."""
    def enter(name):
        with open(f"/proc/{world['server']}/ns/{name}") as file:
            return call("setns", file.fileno(), 0) == 0

    def by_descriptor(_):
        return call("setns", call("pidfd_open", world["server"], 0), 0x20000) == 0

    return first(lambda name: enter(name) if name else by_descriptor(name), ["mnt", "net", "pid", "user", ""])


def mounting(world):
    """Mount a file system."""
    return call("mount", text("none"), text(os.environ.get("TMPDIR", "/tmp")), text("tmpfs"), 0, None) == 0


def mounting_anew(world):
    """Mount a file system by the newer calls: fsopen, open_tree."""
    return first(lambda way: way() >= 0, [
        lambda: call("fsopen", text("tmpfs"), 0), lambda: call("open_tree", -100, text("/"), 1)])


def another_root(world):
    """Change the root: chroot, pivot_root."""
    folder = os.environ.get("TMPDIR", "/tmp")
    return first(lambda way: way() == 0, [
        lambda: call("chroot", text(folder)), lambda: call("pivot_root", text(folder), text(folder))])
