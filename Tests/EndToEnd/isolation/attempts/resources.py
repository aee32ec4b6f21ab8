"""Taking so much that nothing is left for others."""
import os
import signal
import sys
import time

from hands import Refused


def memory(world):
    """Take 2 GiB of memory."""
    block = bytearray(2 << 30)
    for place in range(0, len(block), 4096):
        block[place] = 1
    return len(block)


def memory_in_pieces(world):
    """Take 2 GiB of memory in pieces of 1 MiB."""
    kept = []
    try:
        while len(kept) < 2048:
            kept.append(b"x" * (1 << 20))
    except MemoryError:
        kept.clear()
        raise
    return len(kept)


def memory_shared(world):
    """Take 2 GiB of shared memory."""
    import mmap

    block = mmap.mmap(-1, 2 << 30)
    for place in range(0, len(block), 1 << 20):
        block[place : place + (1 << 20)] = b"x" * (1 << 20)
    return len(block)


def a_fork_bomb(world):
    """Fork without end; children do the same."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)
    os._exit(0)


def a_bomb_of_threads(world):
    """Start threads without end."""
    import threading

    count = 0
    stop = threading.Event()
    threading.stack_size(64 << 10)
    try:
        while count < 3000:
            threading.Thread(target=stop.wait, daemon=True).start()
            count += 1
    except (RuntimeError, MemoryError):
        pass
    finally:
        stop.set()
    if count < 1000:
        raise Refused(f"after {count}")
    return count


def descriptors(world):
    """Open descriptors without end."""
    kept = []
    try:
        while len(kept) < 20_000:
            kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        count = len(kept)
        for descriptor in kept:
            os.close(descriptor)
        if count > 2000:
            return count
        raise Refused(f"after {count}: {error}") from None
    return len(kept)


def a_huge_file(world):
    """Make a file of 1 TiB."""
    descriptor = os.open(os.path.join(os.environ["TMPDIR"], "huge"), os.O_CREAT | os.O_RDWR)
    try:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        os.ftruncate(descriptor, 1 << 40)
    finally:
        os.close(descriptor)
    return True


def filling_the_disk(world):
    """Write to the scratch folder without end."""
    number = 0
    written = 0
    end = time.monotonic() + 3
    while time.monotonic() < end and written < (400 << 20):
        number += 1
        with open(os.path.join(os.environ["TMPDIR"], f"fill-{number}"), "wb") as file:
            for _ in range(8):
                file.write(b"x" * (512 << 10))
                written += 512 << 10
        time.sleep(0.01)
    return written


def filling_the_log(world):
    """Print without end."""
    for _ in range(60_000):
        sys.stdout.write("x" * 199 + "\n")
    return True


def a_process_that_stays(world):
    """Leave a process behind when the worker ends: two forks, a session of its own."""
    return leave(world, setsid=True)


def a_process_that_stays_without_its_group(world):
    """Leave a process behind when the worker ends: another process group, its output closed."""
    return leave(world, setsid=False)


def leave(world, setsid):
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        if setsid:
            os.setsid()
        else:
            os.setpgid(0, 0)
        if os.fork() == 0:
            os.closerange(0, 3)
            os.write(into, b"%d" % os.getpid())
            os.close(into)
            os.execvp("sleep", ["sleep", world["mark"]])
        os._exit(0)
    os.close(into)
    os.waitpid(child, 0)
    os.read(out, 20)
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)


def a_call_without_end(world):
    """Never answer, and have children in sessions of their own that never end either."""
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", world["mark"]])
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
