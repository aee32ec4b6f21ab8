"""A worker's main loop: reads frames, runs calls one by one, sends replies in batches."""

from __future__ import annotations

import json
import mmap
import os
import resource
import signal
import socket
import sys
from contextvars import copy_context
from io import BytesIO
from time import perf_counter_ns, process_time_ns, thread_time_ns
from typing import Any, NoReturn, Optional

from flask import Request
from werkzeug.exceptions import HTTPException

from . import delays, describe, environ as environs, frames, giveback, guards
from .calls import Calls
from .hygiene import Hygiene
from .inbox import Inbox
from .loader import Loader, Script
from .outbox import HOLD_NS, Outbox
from .result import plain
from .session_key import SessionKey
from .zone import Zone

_UNKNOWN_NS = 1 << 39
_SHORT_NS = 300_000
"""A call that took no longer is not looked at closely: its time counts as the processor's."""
_LARGEST_REPLY = frames.MAX_LENGTH - 1024 * 1024
_U32 = 0xFFFFFFFF
_pack = frames.HEADER.pack


class Worker:
    """Serves the calls of one zone until its data socket ends."""

    def __init__(
        self, zone: Zone, data: socket.socket, outbox: Outbox, hygiene: Hygiene, progress: mmap.mmap, sessions: SessionKey
    ) -> None:
        self.zone = zone
        self.inbox = Inbox(data)
        self.outbox = outbox
        self.hygiene = hygiene
        self.loader = Loader(zone, hygiene, sessions)
        self.calls = Calls(self.loader, hygiene, outbox)
        self._started = memoryview(progress).cast("Q")
        self._seconds: Optional[int] = None
        self._descriptors = [data.fileno()]
        self._base = environs.base(sys.stderr)
        self._forked = False
        self._scripts = self.loader.scripts
        self._finder = self.loader.finder
        self._check = hygiene.check
        self._out: Any = sys.stdout
        self._err: Any = sys.stderr
        self._held_since = self._now = self._cpu = 0
        self._delay = delays.clock()
        self._queued = self._delay()

    def serve(self, control: Optional[socket.socket]) -> None:
        """Runs until the end of the data socket."""
        self._flush_before_exit()
        self.loader.finder.install()
        if control is not None:
            self._descriptors.append(control.fileno())
            giveback.start(control, self.inbox, self.outbox)
        inbox = self.inbox
        while inbox.receive():
            self._batch()
            self.outbox.flush()

    def limit(self, seconds: Optional[int]) -> None:
        """Each call may use so many seconds of processor time; the kernel ends the worker that uses more."""
        self._seconds = seconds

    def _flush_before_exit(self) -> None:
        """A script that calls `os._exit` takes no finished reply of another call with it."""
        leave = os._exit

        def exit_now(status: int) -> NoReturn:
            if not self._forked:
                self.outbox.try_flush()
            leave(status)

        os._exit = exit_now

    def _batch(self) -> None:
        """Runs everything that is pending."""
        inbox, outbox, run = self.inbox, self.outbox, self._call
        take = inbox.pending.popleft
        self._held_since = 0
        self._cpu = thread_time_ns()
        self._now = perf_counter_ns()
        while True:
            try:
                header, data, start = take()
            except IndexError:
                if inbox.finished():
                    outbox.call = 0
                    return
                continue
            if header[1] != frames.CALL:
                self._other(header, data[start : start + header[0]])
                continue
            self._started[0] += 1
            if self._seconds is not None:
                _limit_processor_time(self._seconds)
            run(header, data, start)
            if not self._held_since:
                self._held_since = self._now
            elif self._now - self._held_since > HOLD_NS:
                outbox.flush()
                self._held_since = 0

    def _call(self, header: tuple, data: bytes, start: int) -> None:
        """Runs one call and puts its reply into the outbox."""
        length, _, _, _, call, size, generation, _ = header
        outbox = self.outbox
        outbox.call = call
        outbox.call_started = self._now
        middle = start + size
        parts = data[start:middle].decode("latin-1").split("\0")
        environ = self._base.copy()
        environ.update(zip(parts[::2], parts[1::2]))
        environ["wsgi.input"] = BytesIO(data[middle : start + length])
        script: Optional[Script] = self._scripts.get(environ["steward.script"])
        if script is None:
            self._queued = self._delay()
        if self._held_since and (script is None or script.cost_ns > HOLD_NS):
            outbox.flush()
            self._held_since = 0
        try:
            if (
                script is not None
                and script.quick
                and script.generation == generation
                and script.realm is self._finder.realm
                and not environ["SCRIPT_NAME"]
                and environ["REQUEST_METHOD"] != "HEAD"
                and "steward.spool" not in environ
            ):
                reply = self._quick(script, environ, call)
            else:
                reply = self.calls.general(environ, generation, call)
                script = self._scripts.get(environ["steward.script"])
        except BaseException as error:
            reply = self.calls.failure(error, environ)
        if self._forked:
            os._exit(0)
        self._finish(call, script, reply)
        self._check()

    def _quick(self, script: Script, environ: dict, call: int) -> Any:
        """The short path: a plain `main` without Flask's context. Most calls are this."""
        request = Request(environ)
        context = copy_context()
        error = result = None
        try:
            result = context.run(script.target, request)
        except HTTPException as raised:
            error = raised
        reply = plain(result)
        if reply is None:
            reply = self.calls.unusual(script, environ, call, context, result, error)
        environ["werkzeug.request"] = None
        if "files" in request.__dict__:
            request.close()
        return reply

    def _finish(self, call: int, script: Optional[Script], reply: Any) -> None:
        """Ends the call's last lines, takes its times and packs its last frame."""
        if self._out.partial:
            self._out.end_line()
        if self._err.partial:
            self._err.end_line()
        now = perf_counter_ns()
        wall = now - self._now
        if wall < _SHORT_NS:
            cpu = self._cpu + wall
        else:
            cpu = thread_time_ns()
            wall = self._waited(wall, cpu - self._cpu)
        if script is not None:
            cost = script.cost_ns
            script.cost_ns = wall if cost > _UNKNOWN_NS else (7 * cost + wall) >> 3
        wall = wall // 1000 & _U32
        used = max(0, cpu - self._cpu) // 1000 & _U32
        self._now, self._cpu = now, cpu
        if reply.__class__ is tuple:
            status, flags, block, body = reply
            size = len(block)
            if len(body) > _LARGEST_REPLY:
                self.outbox.head(call, status, frames.OWN_LENGTH, block + b"Content-Length: %d\r\n" % len(body))
                self.outbox.chunk(call, body)
                reply = None
        if reply.__class__ is tuple:
            frame = _pack(size + len(body), frames.REPLY, flags, status, call, size, wall, used) + block + body
        elif reply is None:
            frame = _pack(0, frames.END, 0, 0, call, 0, wall, used)
        else:
            frame = frames.pack(frames.FAIL, reply.payload(), 0, reply.status, call, 0, wall, used)
        self.outbox.append(frame)

    def _waited(self, wall: int, used: int) -> int:
        """`wall` without the time in which the call could have run and had no processor: that says nothing of it."""
        if wall - used < _SHORT_NS:
            return wall
        before, self._queued = self._queued, self._delay()
        return max(used, wall - max(0, self._queued - before))

    def _other(self, header: tuple, payload: bytes) -> None:
        if header[1] != frames.DESCRIBE:
            raise frames.Corrupt(f"frame kind {header[1]} is not known")
        self.zone.reopen()
        found = describe.describe(self.zone, json.loads(payload))
        self.outbox.append(frames.pack(frames.DESCRIBED, json.dumps(found).encode(), call=header[4]))
        self.outbox.flush()

    def leave_sockets(self) -> None:
        """In a process that a script forked: its output goes to the pipe, and it never answers a call."""
        self._forked = True
        with open(os.devnull, "r+b", buffering=0) as null:
            for descriptor in self._descriptors:
                os.dup2(null.fileno(), descriptor, inheritable=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            guards.original["signal"](number, signal.SIG_DFL)
        sys.stdout = open(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)
        sys.stderr = open(2, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)

    def close(self) -> None:
        """Ends what scripts left open: ASGI lifespans and the event loop."""
        from . import aio

        self.loader.close()
        aio.close()


def _limit_processor_time(seconds: int) -> None:
    """The kernel counts whole seconds of the process's life: the call gets the rest of the present one as well."""
    used = process_time_ns() // 1_000_000_000 + 1
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, most))
