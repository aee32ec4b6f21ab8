"""The kernel, and its doors beside the usual ones."""
import ctypes
import fcntl
import os
import socket
import struct
import termios

from hands import Refused, call, first, text


def kernel_programs(world):
    """Load a program into the kernel: bpf."""
    return call("bpf", 0, ctypes.create_string_buffer(struct.pack("IIIII", 2, 4, 4, 1, 0) + bytes(100)), 72) > 0


def counters(world):
    """Watch the processors: perf_event_open."""
    attributes = ctypes.create_string_buffer(struct.pack("IIQ", 1, 112, 0) + bytes(24) + struct.pack("Q", 1 << 5) + bytes(64))
    return call("perf_event_open", attributes, 0, -1, -1, 0) > 0


def keys_of_the_kernel(world):
    """Use the kernel's keyrings: keyctl, add_key."""
    return first(lambda way: way() > 0, [
        lambda: call("add_key", text("user"), text("x"), text("y"), 1, -3), lambda: call("keyctl", 0, -3, 1)])


def ring_of_the_kernel(world):
    """Make system calls past the filter: io_uring_setup."""
    return call("io_uring_setup", 4, ctypes.create_string_buffer(120)) > 0


def faults_in_user_space(world):
    """Hold the kernel up in a page fault: userfaultfd."""
    return call("userfaultfd", 0) > 0


def a_module(world):
    """Load a kernel module, or remove one."""
    image = ctypes.create_string_buffer(64)
    return first(lambda way: way() == 0, [
        lambda: call("init_module", image, 64, text("")), lambda: call("delete_module", text("nothing"), 0o4000)])


def another_kernel(world):
    """Start another kernel: kexec_load with nothing in it."""
    return call("kexec_load", 0, 0, None, 0) == 0


def the_host_name(world):
    """Change the machine's name."""
    name = os.uname().nodename
    return call("sethostname", text(name), len(name)) == 0


def the_clock(world):
    """Set the clock."""
    import time

    return call("clock_settime", 0, ctypes.create_string_buffer(struct.pack("qq", int(time.time()), 0))) == 0


def the_kernels_log(world):
    """Read the kernel's log: syslog(2)."""
    return call("syslog", 3, ctypes.create_string_buffer(100), 100) > 0


def accounting(world):
    """Switch process accounting, swap and quotas."""
    return first(lambda way: way() == 0, [
        lambda: call("acct", None), lambda: call("swapon", text("/nowhere"), 0),
        lambda: call("quotactl", 0x800001 << 8, text("/dev/sda"), 0, None)])


def ports_of_the_machine(world):
    """Use the processor's input and output ports: iopl."""
    return call("iopl", 3) == 0


def an_older_table(world):
    """Change the table of segments: modify_ldt."""
    return call("modify_ldt", 0x11, ctypes.create_string_buffer(struct.pack("IIII", 0, 0, 0xFFFFF, 0x51)), 16) == 0


def a_terminal(world):
    """Type into the administrator's terminal: TIOCSTI."""
    def type_into(place):
        descriptor = place if isinstance(place, int) else os.open(place, os.O_RDWR)
        return fcntl.ioctl(descriptor, termios.TIOCSTI, b"x") == 0

    return first(type_into, [0, 1, 2, "/dev/tty", "/dev/console", "/dev/tty1"])


# System calls by other doors


def calls_of_x32(world):
    """Make a socket by the numbers of x32."""
    if os.uname().machine != "x86_64":
        raise Refused("no x86")
    return call(0x40000000 | 41, socket.AF_INET, socket.SOCK_RAW, 255) > 0 or call(0x40000000 | 521, 16, world["server"], 0, 0) == 0


def calls_of_i386(world):
    """Make system calls of 32-bit programs: int 0x80."""
    if os.uname().machine != "x86_64":
        raise Refused("no x86")
    import mmap

    child = os.fork()
    if child == 0:
        try:
            # mov eax, 26 (ptrace); mov ebx, 0; int 0x80; ret: PTRACE_TRACEME is 0 for the i386 call too.
            code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            code.write(b"\x53\xb8\x1a\0\0\0\x31\xdb\x31\xc9\x31\xd2\x31\xf6\xcd\x80\x5b\xc3")
            address = ctypes.addressof(ctypes.c_char.from_buffer(code))
            result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
            os._exit(0 if result >= 0 else 1)
        except BaseException:
            os._exit(2)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise Refused("the child was refused")
    return True


def shared_queues(world):
    """Attach to the shared memory of another process: shmget."""
    segment = call("shmget", world["shm_key"], 0, 0)
    return call("shmat", segment, 0, 0o10000) > 0


def message_queues(world):
    """Open a message queue of another process: mq_open."""
    return call("mq_open", text(world["mq_name"]), os.O_RDONLY, 0, None) >= 0
