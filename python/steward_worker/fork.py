"""From a fresh fork of the zygote to a serving worker."""

from __future__ import annotations

import _signal
import atexit
import gc
import mmap
import os
import random
import socket
import sys
import tempfile
import traceback
from typing import Optional

from . import cgi, logs, sandbox, streams
from .hygiene import Hygiene
from .outbox import Outbox
from .session_key import SessionKey
from .worker import Worker
from .zone import Zone

PROGRESS_SIZE = 4096
_GC_THRESHOLDS = (5000, 20, 20)


class Template:
    """What a worker has that does not depend on its zone. Made in the zygote, so that workers share its memory."""

    def __init__(self) -> None:
        self.outbox = outbox = Outbox()
        sys.argv = ["steward"]
        sys.stdout = streams.LogStream(0, "<stdout>", 1, outbox.log)
        sys.stderr = streams.LogStream(1, "<stderr>", 2, outbox.log)
        sys.stdin = streams.EmptyInput()
        sys.__stdout__, sys.__stderr__, sys.__stdin__ = sys.stdout, sys.stderr, sys.stdin
        logs.FrameHandler.sink = staticmethod(outbox.log)
        logs.install()
        self.hygiene = Hygiene()


def child(
    message: dict, descriptors: list, sessions: SessionKey, template: Template, layer: Optional[sandbox.Layer]
) -> None:
    """The life of a worker, in the forked process. Does not return."""
    status = 70
    try:
        sandbox.adopt_orphans()
        if layer is not None:
            zone = message["zone"]
            layer.confine(zone["folder"], zone.get("excluded") or (), message.get("scratch"), message.get("devices") or ())
        if message.get("nice"):
            os.nice(message["nice"])
        _serve(message["zone"], layer is not None, message.get("scratch"), descriptors, sessions, template)
        status = 0
    except BrokenPipeError:
        status = 0  # The server is gone.
    except BaseException:
        os.write(2, f"steward worker {message.get('worker')}: {traceback.format_exc()}".encode("utf-8", "replace"))
    finally:
        os._exit(status)


def _serve(
    described: dict, confined: bool, scratch: Optional[str], descriptors: list, sessions: SessionKey, template: Template
) -> None:
    data_fd, control_fd, output_fd, progress_fd = descriptors
    _standard_descriptors(output_fd)
    progress = mmap.mmap(progress_fd, PROGRESS_SIZE)
    os.close(progress_fd)
    data = _socket(data_fd)
    control = _socket(control_fd)
    random.seed()
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    environment = dict(described.get("environment") or {})
    if scratch:
        for name in ("TMPDIR", "HOME"):
            environment.setdefault(name, scratch)
        tempfile.tempdir = None
    cgi.zone_environment = dict(environment)
    by_entry = bool(confined and described.get("excluded"))
    zone = Zone(described["name"], described["prefix"], described["folder"], by_entry)
    template.hygiene.adopt(zone.name, zone.folder, environment)
    template.outbox.connect(data)
    worker = Worker(zone, data, template.outbox, template.hygiene, progress, sessions)
    worker.limit(described.get("cpu"))
    os.register_at_fork(after_in_child=worker.leave_sockets)
    gc.enable()
    gc.set_threshold(*_GC_THRESHOLDS)
    worker.serve(control)
    worker.close()
    atexit._run_exitfuncs()
    template.outbox.flush()


def _socket(descriptor: int) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=descriptor)
    made.setblocking(True)
    return made


def _standard_descriptors(output: int) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(null)
    os.close(output)
