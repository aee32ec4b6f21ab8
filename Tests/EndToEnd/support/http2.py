"""HTTP/2 frame by frame, for tests that say what no client library would (RFC 9113, section 4)."""
import socket
import ssl
import struct
import time
from dataclasses import dataclass

from hpack import Decoder

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
NAMES = ("DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
         "CONTINUATION")
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)
END_STREAM, END_HEADERS, PADDED, HAS_PRIORITY, ACK = 1, 4, 8, 32, 1
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_HEADER_LIST = range(1, 7)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclass
class Frame:
    """One frame that came."""
    type: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self):
        """The error code of RST_STREAM and GOAWAY."""
        return struct.unpack(">I", self.payload[:4] if self.type == RST_STREAM else self.payload[4:8])[0]

    def __str__(self):
        name = NAMES[self.type] if self.type < len(NAMES) else str(self.type)
        more = f" code {self.code}" if self.type in (RST_STREAM, GOAWAY) else ""
        return f"{name}(stream {self.stream}, flags {self.flags:#x}, {len(self.payload)} bytes{more})"


CLOSED = "the connection's end"
NOTHING = "nothing"


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    return struct.pack(">I", len(payload) if length is None else length)[1:] + struct.pack(
        ">BBI", kind, flags, stream) + payload


def integer(value, bits, first=0):
    """RFC 7541, section 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    result, value = [first | most], value - most
    while value >= 128:
        result.append(value % 128 | 128)
        value //= 128
    return bytes([*result, value])


def literal(name, value, first=0, bits=4):
    """A field without the dynamic table (RFC 7541, section 6.2.2); name and value are text or bytes."""
    def string(text):
        data = text if isinstance(text, bytes) else text.encode()
        return integer(len(data), 7) + data
    return integer(0, bits, first) + string(name) + string(value)


def block(*fields, path="/hello.py", method="GET", drop=(), host="one.test"):
    """A header block: the usual pseudo-headers without those in `drop`, then `fields`."""
    pseudo = {":method": method, ":scheme": "https", ":path": path, ":authority": host}
    return b"".join(literal(*pair) for pair in [*((k, v) for k, v in pseudo.items() if k not in drop), *fields])


def headers(stream=1, fields=(), flags=END_STREAM | END_HEADERS, payload=None, **options):
    return frame(HEADERS, flags, stream, block(*fields, **options) if payload is None else payload)


def data(stream=1, payload=b"test", flags=END_STREAM):
    return frame(DATA, flags, stream, payload)


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window(stream, increment):
    return frame(WINDOW_UPDATE, stream=stream, payload=struct.pack(">I", increment))


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, stream=stream, payload=struct.pack(">I", code))


def priority(stream, on=0, weight=255, exclusive=False):
    return frame(PRIORITY, stream=stream, payload=struct.pack(">IB", on | exclusive << 31, weight))


def ping(payload=b"\0" * 8, flags=0):
    return frame(PING, flags, 0, payload)


def goaway(code=NO_ERROR):
    return frame(GOAWAY, payload=struct.pack(">II", 0, code))


class Peer:
    """A connection to `address` that speaks HTTP/2."""

    def __init__(self, address, context=None, shake=True, timeout=5, initial=()):
        plain = socket.create_connection(address, timeout)
        if context is None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(plain, server_hostname="one.test")
        assert self.socket.selected_alpn_protocol() == "h2"
        self.buffer, self.closed, self.settings, self.decoder = b"", False, {}, Decoder()
        self.decoder.max_allowed_table_size = 65536
        if shake:
            self.shake(initial)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def shake(self, initial=()):
        """Prefaces and settings of both sides."""
        self.send(PREFACE + settings(*initial))
        first = self.next()
        assert isinstance(first, Frame) and first.type == SETTINGS and not first.flags & ACK, first
        self.settings = dict(struct.iter_unpack(">HI", first.payload))
        self.send(frame(SETTINGS, ACK))
        self.until(lambda got: got.type == SETTINGS and got.flags & ACK)

    def send(self, *parts):
        """Sends; a connection that the server has closed is seen by what comes next."""
        try:
            self.socket.sendall(b"".join(parts))
        except OSError:
            return False
        return True

    def next(self, timeout=5):
        """The next frame, CLOSED or NOTHING."""
        deadline = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= 9:
                length = int.from_bytes(self.buffer[:3], "big")
                if len(self.buffer) >= 9 + length:
                    kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
                    payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
                    return Frame(kind, flags, stream & 0x7fffffff, payload)
            if self.closed:
                return CLOSED
            left = deadline - time.monotonic()
            if left <= 0:
                return NOTHING
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                return NOTHING
            except OSError:
                more = b""
            self.closed = not more
            self.buffer += more

    def until(self, wanted, timeout=5):
        """The first frame that is wanted; raises with what came in its place."""
        seen, deadline = [], time.monotonic() + timeout
        while True:
            got = self.next(max(0, deadline - time.monotonic()))
            if isinstance(got, Frame) and wanted(got):
                return got
            seen.append(str(got))
            if not isinstance(got, Frame):
                raise AssertionError("came: " + ", ".join(seen[-12:]))

    def error(self, *codes, timeout=5):
        """Waits for RST_STREAM or GOAWAY with one of the codes, or the connection's end."""
        return self._error((RST_STREAM, GOAWAY), codes, timeout)

    def connection_error(self, *codes, timeout=5):
        """Waits for GOAWAY with one of the codes, or the connection's end."""
        return self._error((GOAWAY,), codes, timeout)

    def _error(self, kinds, codes, timeout):
        seen, deadline = [], time.monotonic() + timeout
        while True:
            got = self.next(max(0, deadline - time.monotonic()))
            if got == CLOSED or isinstance(got, Frame) and got.type in kinds and got.code in codes:
                return got
            seen.append(str(got))
            if got == NOTHING:
                raise AssertionError(f"no error {codes}; came: " + ", ".join(seen[-12:]))

    def is_closed(self, timeout=5):
        """Reads until the end; False if it doesn't come."""
        deadline = time.monotonic() + timeout
        while (got := self.next(max(0, deadline - time.monotonic()))) not in (CLOSED, NOTHING):
            pass
        return got == CLOSED

    def alive(self, timeout=5):
        """Whether the connection answers a PING."""
        self.send(ping(b"alive!!!"))
        try:
            self.until(lambda got: got.type == PING and got.flags & ACK and got.payload == b"alive!!!", timeout)
        except AssertionError:
            return False
        return True

    def answer(self, stream=1, timeout=10):
        """The whole answer on a stream: status, fields, body; raises on RST_STREAM."""
        fields, body = None, b""
        while True:
            got = self.until(lambda got: got.stream == stream and got.type in (DATA, HEADERS, RST_STREAM), timeout)
            if got.type == RST_STREAM:
                raise AssertionError(f"{got} after {len(body)} bytes")
            if got.type == HEADERS:
                fields = fields or dict(self.decoder.decode(got.payload))
            else:
                body += got.payload
            if got.flags & END_STREAM:
                return int(fields[":status"]), fields, body
