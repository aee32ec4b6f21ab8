"""A worker's main loop: reads frames, runs calls one by one, sends replies in batches."""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import sys
from contextvars import copy_context
from io import BytesIO
from time import perf_counter_ns, thread_time_ns
from typing import Any, Optional

from flask import Request
from werkzeug.exceptions import HTTPException

from . import describe, environ as environs, frames, giveback, guards
from .calls import Calls
from .failure import Failure
from .hygiene import Hygiene
from .inbox import Inbox
from .loader import Loader, Script
from .outbox import HOLD_NS, Outbox
from .result import plain
from .zone import Zone

_UNKNOWN_NS = 1 << 39


class Worker:
    """Serves the calls of one zone until its data socket ends."""

    def __init__(self, zone: Zone, data: socket.socket, outbox: Outbox, progress: mmap.mmap, secret: bytes) -> None:
        self.zone = zone
        self.inbox = Inbox(data)
        self.outbox = outbox
        self.hygiene = Hygiene(zone.folder)
        self.loader = Loader(zone, self.hygiene, secret)
        self.calls = Calls(self.loader, self.hygiene, outbox)
        self._started = memoryview(progress).cast("Q")
        self._descriptors = [data.fileno()]
        self._base = environs.base(sys.stderr)
        self._forked = False
        os.register_at_fork(after_in_child=self._leave_sockets)

    def serve(self, control: Optional[socket.socket]) -> None:
        """Runs until the end of the data socket."""
        self.loader.finder.install()
        if control is not None:
            self._descriptors.append(control.fileno())
            giveback.start(control, self.inbox, self.outbox)
        inbox = self.inbox
        while inbox.receive():
            self._batch()
            self.outbox.flush()

    def _batch(self) -> None:
        """Runs everything that is pending.

        The short path of a plain `main` is written out here: it is what most calls are.
        """
        inbox, outbox, calls, counter = self.inbox, self.outbox, self.calls, self._started
        take, append, pack = inbox.pending.popleft, outbox.append, frames.HEADER.pack
        scripts, finder, check = self.loader.scripts, self.loader.finder, self.hygiene.check
        base, out, err = self._base, sys.stdout, sys.stderr
        held_since = 0
        cpu = thread_time_ns()
        now = perf_counter_ns()
        while True:
            try:
                (length, kind, _, _, call, size, generation, _), data, start = take()
            except IndexError:
                if inbox.finished():
                    outbox.call = 0
                    return
                continue
            if kind != 1:
                self._other(kind, call, generation, data[start : start + length])
                continue
            counter[0] += 1
            outbox.call = call
            outbox.call_started = now
            middle = start + size
            parts = data[start:middle].decode("latin-1").split("\0")
            environ = base.copy()
            environ.update(zip(parts[::2], parts[1::2]))
            environ["wsgi.input"] = BytesIO(data[middle : start + length])
            script: Optional[Script] = scripts.get(environ["steward.script"])
            if held_since and (script is None or script.cost_ns > HOLD_NS):
                outbox.flush()
                held_since = 0
            try:
                if (
                    script is not None
                    and script.quick
                    and script.generation == generation
                    and script.realm is finder.realm
                    and not environ["SCRIPT_NAME"]
                    and environ["REQUEST_METHOD"] != "HEAD"
                    and "steward.spool" not in environ
                ):
                    request = Request(environ)
                    context = copy_context()
                    error = result = None
                    try:
                        result = context.run(script.target, request)
                    except HTTPException as raised:
                        error = raised
                    made = plain(result)
                    if made is not None:
                        status, block, body = made
                        flags = 0
                        reply: Any = True
                    else:
                        reply = calls.unusual(script, environ, call, context, result, error)
                    environ["werkzeug.request"] = None
                    if "files" in request.__dict__:
                        request.close()
                else:
                    reply = calls.general(environ, generation, call)
                    script = scripts.get(environ["steward.script"])
                if reply is not None and reply is not True:
                    status, flags, block, body = reply
            except BaseException as raised:
                reply = calls.failure(raised, environ)
            if self._forked:
                os._exit(0)
            if out.partial:
                out.end_line()
            if err.partial:
                err.end_line()
            before, now = now, perf_counter_ns()
            cpu_before, cpu = cpu, thread_time_ns()
            wall = now - before
            if script is not None:
                cost = script.cost_ns
                script.cost_ns = wall if cost > _UNKNOWN_NS else (7 * cost + wall) >> 3
            wall = min(wall // 1000, 0xFFFFFFFF)
            used = min((cpu - cpu_before) // 1000, 0xFFFFFFFF)
            if reply is None:
                append(pack(0, 4, 0, 0, call, 0, wall, used))
            elif isinstance(reply, Failure):
                append(frames.pack(frames.FAIL, reply.payload(), 0, reply.status, call, 0, wall, used))
            else:
                size = len(block)
                append(pack(size + len(body), 1, flags, status, call, size, wall, used) + block + body)
            check()
            if not held_since:
                held_since = now
            elif now - held_since > HOLD_NS:
                outbox.flush()
                held_since = 0

    def _other(self, kind: int, call: int, generation: int, payload: bytes) -> None:
        if kind != frames.DESCRIBE:
            raise frames.Corrupt(f"frame kind {kind} is not known")
        self.zone.reopen()
        found = describe.describe(self.zone, json.loads(payload))
        self.outbox.append(frames.pack(frames.DESCRIBED, json.dumps(found).encode(), call=call))
        self.outbox.flush()

    def _leave_sockets(self) -> None:
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
