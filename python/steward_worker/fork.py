"""From a fresh fork of the zygote to a serving worker."""

from __future__ import annotations

import atexit
import gc
import mmap
import os
import random
import signal
import socket
import sys
import traceback
from typing import Any

from . import cgi, guards, logs, streams
from .outbox import Outbox
from .worker import Worker
from .zone import Zone

PROGRESS_SIZE = 4096
_GC_THRESHOLDS = (5000, 20, 20)


def child(message: dict, descriptors: list, secret: bytes) -> None:
    """The life of a worker, in the forked process. Does not return."""
    status = 70
    try:
        os.setsid()
        if message.get("nice"):
            os.nice(message["nice"])
        _serve(message, descriptors, secret)
        status = 0
    except BrokenPipeError:
        status = 0  # The server is gone.
    except BaseException:
        os.write(2, f"steward worker {message.get('worker')}: {traceback.format_exc()}".encode("utf-8", "replace"))
    finally:
        os._exit(status)


def _serve(message: dict, descriptors: list, secret: bytes) -> None:
    data_fd, control_fd, output_fd, progress_fd = descriptors
    _standard_descriptors(output_fd)
    progress = mmap.mmap(progress_fd, PROGRESS_SIZE)
    os.close(progress_fd)
    data = socket.socket(fileno=data_fd)
    control = socket.socket(fileno=control_fd)
    data.setblocking(True)
    control.setblocking(True)
    outbox = Outbox(data)
    described = message["zone"]
    _settle(described, outbox)
    zone = Zone(described["name"], described["prefix"], described["folder"])
    if os.path.isdir(zone.folder):
        os.chdir(zone.folder)
    worker = Worker(zone, data, outbox, progress, secret)
    gc.enable()
    gc.set_threshold(*_GC_THRESHOLDS)
    worker.serve(control)
    worker.close()
    atexit._run_exitfuncs()
    outbox.flush()


def _standard_descriptors(output: int) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(null)
    os.close(output)


def _settle(zone: dict, outbox: Outbox) -> None:
    """Everything scripts see of the process, before the clean state is taken down."""
    random.seed()
    _ignore_endings()
    os.environ.update(zone.get("environment") or {})
    cgi.zone_environment = dict(zone.get("environment") or {})
    sys.argv = [zone["name"]]
    sys.stdout = streams.LogStream(0, "<stdout>", 1, outbox.log)
    sys.stderr = streams.LogStream(1, "<stderr>", 2, outbox.log)
    sys.stdin = streams.EmptyInput()
    sys.__stdout__, sys.__stderr__, sys.__stdin__ = sys.stdout, sys.stderr, sys.stdin
    logs.FrameHandler.sink = staticmethod(outbox.log)
    logs.install()


def _ignore_endings() -> None:
    """SIGTERM and SIGINT do nothing here, yet programs that scripts start get the default: handlers end at exec."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _nothing)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    guards.dirty.clear()


def _nothing(number: int, frame: Any) -> None:
    pass


