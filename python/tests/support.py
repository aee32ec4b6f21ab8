"""The server's end of the worker protocol, for tests: real zygotes and workers over real sockets."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from steward_worker import frames

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent
SECRET = "00112233445566778899aabbccddeeff"
TIMEOUT = 20


@dataclass
class Reply:
    status: int = 0
    headers: list = field(default_factory=list)
    body: bytes = b""
    flags: int = 0
    logs: list = field(default_factory=list)
    fail: dict | None = None
    chunks: list = field(default_factory=list)
    streamed: bool = False
    wall_us: int = 0
    cpu_us: int = 0

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self) -> list:
        return [text for _, text in self.logs]


def environ_for(
    target: str,
    method: str = "GET",
    headers: dict | list | None = None,
    body: bytes = b"",
    script: str | None = None,
    prefix: str = "",
    mount: str = "",
) -> dict:
    """The WSGI variables of a request, as the server makes them. Values are Latin-1 texts."""
    raw_path, _, query = target.partition("?")
    path = unquote_to_bytes(raw_path).decode("latin-1")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": mount,
        "PATH_INFO": path[len(mount) :],
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "40000",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "localhost:8080",
    }
    for name, value in dict(headers or {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = value
    if body and "CONTENT_LENGTH" not in environ:
        environ["CONTENT_LENGTH"] = str(len(body))
    relative = script if script is not None else unquote_to_bytes((mount or raw_path)[len(prefix) :].lstrip("/")).decode()
    environ["steward.script"] = relative.encode().decode("latin-1")
    environ["steward.trace_id"] = "0" * 32
    environ["steward.caller"] = ""
    return environ


def block(environ: dict) -> bytes:
    return "\0".join(part for pair in environ.items() for part in pair).encode("latin-1")


class ZygoteProcess:
    """`python -m steward_worker` with this end of its control socket."""

    def __init__(self, configure: bool = True) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        source = fcntl.fcntl(theirs.fileno(), fcntl.F_DUPFD_CLOEXEC, 10)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "steward_worker"],
            preexec_fn=lambda: os.dup2(source, 3),
            pass_fds=[3],
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER)},
            stderr=subprocess.PIPE,
        )
        theirs.close()
        os.close(source)
        self.control.settimeout(TIMEOUT)
        self.workers: list = []
        self.ready: dict = {}
        self._waiting: list = []
        self._next = 1
        if configure:
            self.send(op="configure", protocol=1, session_secret=SECRET, session_cookie="session", version="test")
            self.ready = self.expect("ready")

    def send(self, descriptors: tuple = (), **message) -> None:
        socket.send_fds(self.control, [json.dumps(message).encode()], list(descriptors))

    def expect(self, operation: str, **fields) -> dict:
        """The next message of that kind; others are kept."""
        for message in self._waiting:
            if message["op"] == operation and all(message.get(k) == v for k, v in fields.items()):
                self._waiting.remove(message)
                return message
        while True:
            try:
                data = self.control.recv(65536)
            except ConnectionResetError:
                data = b""
            assert data, f"the zygote ended: {self.process.stderr.read().decode()}"
            message = json.loads(data)
            if message["op"] == operation and all(message.get(k) == v for k, v in fields.items()):
                return message
            self._waiting.append(message)

    def fork(
        self,
        folder,
        name: str = "main",
        prefix: str = "",
        environment: dict | None = None,
        scratch: str | None = None,
        **zone,
    ) -> WorkerPeer:
        worker = self._next
        self._next += 1
        data, their_data = socket.socketpair()
        control, their_control = socket.socketpair()
        output, their_output = os.pipe()
        progress = os.memfd_create("progress")
        os.ftruncate(progress, 4096)
        self.send(
            (their_data.fileno(), their_control.fileno(), their_output, progress),
            op="fork",
            worker=worker,
            nice=0,
            scratch=scratch,
            zone={"name": name, "prefix": prefix, "folder": str(folder), "environment": environment or {}, **zone},
        )
        their_data.close()
        their_control.close()
        os.close(their_output)
        forked = self.expect("forked", worker=worker)
        peer = WorkerPeer(self, worker, forked["pid"], data, control, output, mmap.mmap(progress, 4096), prefix)
        os.close(progress)
        self.workers.append(peer)
        return peer

    def close(self) -> None:
        for worker in self.workers:
            worker.close()
        self.control.close()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()
            self.process.stderr.close()


class WorkerPeer:
    """The server's end of one worker."""

    def __init__(self, zygote, worker, pid, data, control, output, progress, prefix) -> None:
        self.zygote, self.worker, self.pid, self.prefix = zygote, worker, pid, prefix
        self.data, self.control, self.output, self.progress = data, control, output, progress
        self.data.settimeout(TIMEOUT)
        self.control.settimeout(TIMEOUT)
        self.generation = 1
        self.replies: dict = {}
        self.order: list = []
        self.background: list = []
        self._buffer = b""
        self._next = 1
        self.described: dict = {}

    @property
    def started(self) -> int:
        return struct.unpack_from("<Q", self.progress)[0]

    def frame(self, environ: dict, body: bytes = b"", call: int | None = None) -> tuple:
        if call is None:
            call, self._next = self._next, self._next + 1
        made = block(environ)
        return call, frames.pack(frames.CALL, made + body, call=call, a=len(made), b=self.generation)

    def submit(self, target: str, method: str = "GET", headers=None, body: bytes = b"", spool=None, **options) -> int:
        """Sends a call without waiting for its answer. Returns its id."""
        kind = options.pop("kind", None)
        environ = environ_for(target, method, headers, body, prefix=self.prefix, **options)
        if kind:
            environ["steward.kind"] = kind
        if spool is not None:
            environ["steward.spool"] = str(spool)
            environ["CONTENT_LENGTH"] = str(os.path.getsize(spool))
        call, data = self.frame(environ, body)
        self.data.sendall(data)
        return call

    def call(self, target: str, *arguments, **options) -> Reply:
        return self.wait(self.submit(target, *arguments, **options))

    def wait(self, call: int) -> Reply:
        """Reads frames until `call` is answered."""
        while call not in self.order:
            self.receive()
        return self.replies[call]

    def receive(self) -> None:
        data = self.data.recv(1 << 20)
        assert data, f"worker {self.pid} closed its data socket; output: {self.read_output()!r}"
        self._buffer += data
        complete, consumed, _ = frames.split(self._buffer)
        for header, whole, start in complete:
            self._take(header, whole[start : start + header[0]])
        self._buffer = self._buffer[consumed:]

    def _take(self, header: tuple, payload: bytes) -> None:
        _, kind, flags, status, call, a, b, c = header
        if kind == frames.LOG and call == 0:
            self.background.append((flags, payload.decode()))
            return
        reply = self.replies.setdefault(call, Reply())
        if kind == frames.LOG:
            assert call not in self.order, "a LOG frame came after its call's reply"
            reply.logs.append((flags, payload.decode()))
        elif kind == frames.REPLY:
            reply.status, reply.flags, reply.body = status, flags, payload[a:]
            reply.headers = _headers(payload[:a])
        elif kind == frames.HEAD:
            reply.status, reply.flags, reply.streamed = status, flags, True
            reply.headers = _headers(payload[:a])
        elif kind == frames.CHUNK:
            assert reply.streamed
            reply.chunks.append(payload)
            reply.body += payload
        elif kind == frames.FAIL:
            reply.fail = json.loads(payload)
            if not reply.streamed:
                reply.status = status
        elif kind == frames.DESCRIBED:
            reply.described = json.loads(payload)
        else:
            assert kind == frames.END, f"unknown frame kind {kind}"
        if kind in (frames.REPLY, frames.END, frames.FAIL, frames.DESCRIBED):
            assert call not in self.order, f"call {call} was answered twice"
            reply.wall_us, reply.cpu_us = b, c
            self.order.append(call)

    def describe(self, *paths: str) -> dict:
        call, self._next = self._next, self._next + 1
        self.data.sendall(frames.pack(frames.DESCRIBE, json.dumps(paths).encode(), call=call, b=self.generation))
        return self.wait(call).described

    def changed(self) -> None:
        """What the server does when something beneath the zone folder changed."""
        self.generation += 1

    def give_back(self) -> list:
        self.control.sendall(frames.pack(frames.GIVE_BACK))
        buffer = b""
        while True:
            buffer += self.control.recv(1 << 16)
            complete, _, _ = frames.split(buffer)
            if complete:
                header, data, start = complete[0]
                assert header[1] == frames.GIVEN_BACK
                return list(struct.unpack_from(f"<{header[0] // 4}I", data, start))

    def has_data(self, seconds: float = 0) -> bool:
        return bool(select.select([self.data], [], [], seconds)[0])

    def read_output(self) -> bytes:
        """What came through the output pipe so far."""
        found = b""
        while select.select([self.output], [], [], 0.05)[0]:
            data = os.read(self.output, 65536)
            if not data:
                break
            found += data
        return found

    def exited(self) -> int:
        """Waits for the worker's end and reaps it. Returns its status."""
        status = self.zygote.expect("exited", worker=self.worker)["status"]
        self.zygote.send(op="reap", pid=self.pid)
        return status

    def kill(self) -> None:
        os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        self.data.close()
        self.control.close()
        if self.output >= 0:
            os.close(self.output)
            self.output = -1


def _headers(made: bytes) -> list:
    assert made == b"" or made.endswith(b"\r\n")
    return [tuple(line.split(": ", 1)) for line in made.decode("latin-1").split("\r\n")[:-1]]


def eventually(condition, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())
