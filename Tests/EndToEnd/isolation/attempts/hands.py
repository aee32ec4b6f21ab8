"""What attempts reach with: system calls that Python has no function for, and the processes that can be seen."""
import ctypes
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NUMBERS = {
    "x86_64": dict(
        ptrace=101, mount=165, chroot=161, pivot_root=155, unshare=272, setns=308, bpf=321, perf_event_open=298,
        keyctl=250, add_key=248, io_uring_setup=425, userfaultfd=323, init_module=175, finit_module=313, kexec_load=246,
        process_vm_readv=310, process_vm_writev=311, pidfd_open=434, pidfd_send_signal=424, pidfd_getfd=438, tgkill=234,
        tkill=200, rt_sigqueueinfo=129, capset=126, prlimit64=302, name_to_handle_at=303, open_by_handle_at=304,
        sethostname=170, settimeofday=164, syslog=103, swapon=167, acct=163, iopl=172, modify_ldt=154, ioprio_set=251,
        shmget=29, shmat=30, inotify_add_watch=254, fanotify_init=300, clone=56, open_tree=428, fsopen=430,
        move_pages=279, kcmp=312, reboot=169, sched_setscheduler=144, mq_open=240, setxattr=188, process_madvise=440,
        quotactl=179, delete_module=176, clock_settime=227),
    "aarch64": dict(
        ptrace=117, mount=40, chroot=51, pivot_root=41, unshare=97, setns=268, bpf=280, perf_event_open=241, keyctl=219,
        add_key=217, io_uring_setup=425, userfaultfd=282, init_module=105, finit_module=273, kexec_load=104,
        process_vm_readv=270, process_vm_writev=271, pidfd_open=434, pidfd_send_signal=424, pidfd_getfd=438, tgkill=131,
        tkill=130, rt_sigqueueinfo=138, capset=91, prlimit64=261, name_to_handle_at=264, open_by_handle_at=265,
        sethostname=161, settimeofday=170, syslog=116, swapon=224, acct=89, ioprio_set=30, shmget=194, shmat=196,
        inotify_add_watch=27, fanotify_init=262, clone=220, open_tree=428, fsopen=430, move_pages=239, kcmp=272,
        reboot=142, sched_setscheduler=119, mq_open=180, setxattr=5, process_madvise=440, quotactl=60, delete_module=106,
        clock_settime=112),
}[os.uname().machine]


class Refused(Exception):
    pass


def call(name, *arguments):
    """The system call's result; OSError with its errno."""
    if isinstance(name, str):
        if name not in NUMBERS:
            raise Refused(f"this machine has no {name}")
        name = NUMBERS[name]
    made = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = libc.syscall(ctypes.c_long(name), *made)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def text(value):
    return ctypes.c_char_p(os.fsencode(value))


def targets(world, *names):
    """The named processes by the numbers that the machine knows, then whoever can be seen or guessed."""
    mine = {os.getpid(), *map(int, os.listdir("/proc/self/task")), *children()}
    given = [world[name] for name in names]
    try:
        seen = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        seen = [*range(1, 65), *range(max(1, os.getpid() - 64), os.getpid() + 64)]
    return [pid for pid in dict.fromkeys([*given, os.getppid(), *seen]) if pid > 0 and pid not in mine]


def children():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return {int(pid) for pid in file.read().split()}


def first(work, targets):
    """The first target that `work` reaches: (target, what it gave). The last error if there is none."""
    error = Refused("nobody to try")
    for target in targets:
        try:
            return target, work(target)
        except (OSError, ValueError) as raised:
            error = raised
    raise error


def read(path):
    with open(path, "rb") as file:
        return file.read(200)


def iovec(buffer, address):
    """(local, remote) for process_vm_readv and its sister."""
    local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), len(buffer))
    remote = (ctypes.c_size_t * 2)(address, len(buffer))
    return local, remote


def mapping(pid):
    """An address that is mapped in the process; in ours where its own aren't told: forks have the same."""
    for process in (pid, "self"):
        try:
            with open(f"/proc/{process}/maps") as lines:
                for line in lines:
                    if " rw-p " in line:
                        return int(line.split("-")[0], 16)
        except OSError:
            continue
    raise Refused("nothing is known of its memory")


def handle_of(path):
    """A file handle as name_to_handle_at fills it."""
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int()
    call("name_to_handle_at", -100, text(path), handle, ctypes.byref(mount), 0)
    return handle
