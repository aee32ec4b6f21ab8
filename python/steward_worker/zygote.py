"""The zygote: imports what every worker needs, freezes the heap, and then only forks.

It runs no script and reads no zone folder.
"""

from __future__ import annotations

import _signal
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from typing import Any, Optional

from . import PROTOCOL, children, guards

guards.install()
children.install(guards.dirty)

from . import fork, sandbox, warm  # noqa: E402  (after the guards, so that every later import sees them)
from .session_key import SessionKey  # noqa: E402

_PACKET_SIZE = 64 * 1024
_FORK_DESCRIPTORS = 4
_END_SECONDS = 0.04
"""How long the report of a worker's end waits for the ends of what it left behind."""


class Stop(Exception):
    """The zygote cannot go on. The text says why."""


class Zygote:
    """Serves the control socket."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._workers: dict = {}
        self._zombies: set = set()
        self._strangers = False
        self._layer: Optional[sandbox.Layer] = None
        self._sessions: Optional[SessionKey] = None
        self._template: Optional[fork.Template] = None
        self._wakeup_read, self._wakeup_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self) -> None:
        """Runs until the end of the control socket."""
        self._take_signals()
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wakeup_read, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll(5 if self._strangers else None):
                if descriptor == self._wakeup_read:
                    self._drain_wakeups()
                elif not self._receive():
                    return
            self._report_exits()

    def _take_signals(self) -> None:
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _nothing)

    def _drain_wakeups(self) -> None:
        try:
            while os.read(self._wakeup_read, 4096):
                pass
        except BlockingIOError:
            pass

    def _receive(self) -> bool:
        data, descriptors, flags, _ = socket.recv_fds(
            self._control, _PACKET_SIZE, _FORK_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
        if not data:
            return False
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise Stop("a control message was longer than 64 KiB or carried more than 4 descriptors")
        message = json.loads(data)
        operation = message.get("op")
        if operation == "configure":
            self._configure(message)
        elif operation == "fork":
            self._fork(message, descriptors)
        elif operation == "reap":
            self._reap(message["pid"])
        else:
            raise Stop(f"control message {operation!r} is not known")
        return True

    def _configure(self, message: dict) -> None:
        if message.get("protocol") != PROTOCOL:
            raise Stop(f"the server speaks worker protocol {message.get('protocol')}, this package {PROTOCOL}")
        sandbox.adopt_orphans()
        # Folders that no other zone sees, where steward-launch could make them.
        own = os.environ.pop("STEWARD_OWN_FOLDERS", "")
        if message.get("layer"):
            self._layer = sandbox.Layer(message["layer"], own.split(":") if own else ())
        self._sessions = SessionKey(bytes.fromhex(message["session_secret"]), message["session_cookie"])
        self._template = fork.Template()
        warm.up(self._template)
        self._send(
            op="ready",
            pid=os.getpid(),
            python=".".join(map(str, sys.version_info[:3])),
            flask=warm.flask_version(),
            executable=sys.executable,
            orjson=warm.has_orjson(),
        )

    def _fork(self, message: dict, descriptors: list) -> None:
        worker = message["worker"]
        try:
            if self._template is None or len(descriptors) != _FORK_DESCRIPTORS:
                raise Stop("fork needs a configure before it and 4 descriptors")
            pid = children.fork()
        except (OSError, Stop) as error:
            self._send(op="failed", worker=worker, message=str(error))
        else:
            if pid == 0:
                self._become(message, descriptors)
            self._workers[pid] = worker
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _become(self, message: dict, descriptors: list) -> None:
        _signal.set_wakeup_fd(-1)
        os.close(self._wakeup_read)
        os.close(self._wakeup_write)
        os.setsid()
        # From the worker itself: the kernel then tells the server its pid as the server has it.
        self._send(op="forked", worker=message["worker"], pid=os.getpid())
        self._control.close()
        assert self._template is not None and self._sessions is not None
        fork.child(message, descriptors, self._sessions, self._template, self._layer)

    def _report_exits(self) -> None:
        """Tells of each worker that ended, when nothing is left of what it started. It stays a zombie, so its pid is not
        reused, until `reap`."""
        gone: list = []
        for pid, worker in list(self._workers.items()):
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None:
                del self._workers[pid]
                self._zombies.add(pid)
                gone.append((worker, pid, ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status))
        if gone or self._strangers:
            # What a worker leaves behind becomes the zygote's own; whatever else is in the way of its end, others come first.
            self._strangers = not children.end(lambda: self._zombies | self._workers.keys(), _END_SECONDS)
        for worker, pid, status in gone:
            self._send(op="exited", worker=worker, pid=pid, status=status)

    def _reap(self, pid: int) -> None:
        self._zombies.discard(pid)
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass

    def _send(self, **message: Any) -> None:
        self._control.send(json.dumps(message).encode())


def main(descriptor: int) -> int:
    """Serves the control socket `descriptor`. Returns the exit status."""
    gc.disable()
    sys.dont_write_bytecode = True
    try:
        os.set_inheritable(descriptor, False)
        control = socket.socket(fileno=descriptor)
        control.setblocking(True)
        Zygote(control).serve()
    except (Stop, ConnectionError) as error:
        _complain(str(error))
        return 70
    except OSError as error:
        _complain(
            f"descriptor {descriptor} is not the server's control socket ({error.strerror}); "
            "this program is started by `steward serve`"
        )
        return 78
    except Exception:
        _complain(traceback.format_exc())
        return 70
    return 0


def _complain(text: str) -> None:
    """Writes to the real standard error: `sys.stderr` is made for workers."""
    os.write(2, f"steward_worker: {text}\n".encode("utf-8", "replace"))


def _nothing(number: int, frame: Any) -> None:
    pass
