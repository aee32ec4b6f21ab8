"""The second thread of a worker: sleeps on the control socket and gives unstarted calls back.

It is a bare thread, invisible to `threading.enumerate`, so that scripts see only their own.
"""

from __future__ import annotations

import _thread
import os
import socket
import struct
import threading

from . import frames
from .inbox import Inbox
from .outbox import Outbox

_STACK_SIZE = 256 * 1024


def start(control: socket.socket, inbox: Inbox, outbox: Outbox) -> None:
    """Starts the thread. It ends with the control socket."""
    before = threading.stack_size(_STACK_SIZE)
    try:
        _thread.start_new_thread(_serve, (control, inbox, outbox))
    finally:
        threading.stack_size(before)


def _serve(control: socket.socket, inbox: Inbox, outbox: Outbox) -> None:
    received = b""
    try:
        while True:
            data = control.recv(4096)
            if not data:
                return
            received += data
            complete, consumed, _ = frames.split(received)
            received = received[consumed:]
            for header, _, _ in complete:
                if header[1] == frames.GIVE_BACK:
                    _give_back(control, inbox, outbox)
    except frames.Corrupt as error:
        os.write(2, f"steward worker: {error}\n".encode())
        os._exit(70)
    except OSError:
        return


def _give_back(control: socket.socket, inbox: Inbox, outbox: Outbox) -> None:
    outbox.flush()
    calls = inbox.take_unstarted()
    control.sendall(frames.pack(frames.GIVEN_BACK, struct.pack(f"<{len(calls)}I", *calls)))
