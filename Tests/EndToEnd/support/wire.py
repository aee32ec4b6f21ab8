"""A small HTTP/1.1 client over raw sockets: tests say which bytes go out and see which come back."""
import http.client
import json
import socket
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    reason: str
    headers: list
    body: bytes

    def header(self, name, default=None):
        """The value of a header; several are joined as RFC 9110 section 5.3 says."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else default

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    def problem(self):
        """The RFC 9457 document in the body; fails where it is none or carries another status."""
        assert self.header("Content-Type", "").split(";")[0] == "application/problem+json", self
        document = self.json()
        assert document["status"] == self.status, document
        return document


class SharedReader:
    """What http.client takes for a socket: every response reads on from the same buffer."""

    def __init__(self, reader):
        self.reader = reader

    def makefile(self, *_):
        return self

    def close(self):
        pass

    def flush(self):
        pass

    def __getattr__(self, name):
        return getattr(self.reader, name)


class Connection:
    """One connection, kept open between calls."""

    def __init__(self, address, timeout=30, source=None):
        self.socket = socket.create_connection(address, timeout=timeout, source_address=source)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.reader.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def begin(self, method="GET"):
        """Reads the head of an answer and returns the response object, to read the body piece by piece."""
        response = http.client.HTTPResponse(SharedReader(self.reader), method=method)
        response.begin()
        return response

    def receive(self, method="GET"):
        response = self.begin(method)
        return Answer(response.status, response.reason, response.getheaders(), response.read())

    def exchange(self, raw):
        """Sends the bytes of one request, returns the answer."""
        self.send(raw)
        return self.receive(raw.split(b" ", 1)[0].decode("latin-1"))

    def call(self, method, path, headers=(), body=None):
        return self.exchange(request(method, path, headers, body))

    def rest(self, timeout=5):
        """Everything until the server closes its side; None if it does not within `timeout` seconds."""
        self.socket.settimeout(timeout)
        data = b""
        try:
            while piece := self.reader.read1(65536):
                data += piece
        except ConnectionResetError:
            pass
        except TimeoutError:
            return None
        return data

    def is_closed(self, timeout=5):
        """Whether the server closes its side within `timeout` seconds (unread bytes are skipped)."""
        return self.rest(timeout) is not None


def request(method, path, headers=(), body=None, host="steward.test"):
    """The bytes of a request; Content-Length is added for a body, Host unless it is among the headers."""
    fields = list(headers.items() if isinstance(headers, dict) else headers)
    names = {name.lower() for name, _ in fields}
    if "host" not in names:
        fields.insert(0, ("Host", host))
    if isinstance(body, str):
        body = body.encode()
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        fields.append(("Content-Length", str(len(body))))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode("latin-1") + b"\r\n" + (body or b"")


def chunked(*pieces):
    """The chunked coding (RFC 9112 section 7.1) of the pieces."""
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece)
    return coded + b"0\r\n\r\n"


def multipart(*parts, boundary="b0undary"):
    """(content type, body) of a form; a part is (name, value) or (name, file name, content type, bytes)."""
    body = b""
    for part in parts:
        name, value = part[0], part[-1]
        value = value.encode() if isinstance(value, str) else value
        disposition = f'form-data; name="{name}"'
        extra = ""
        if len(part) == 4:
            disposition += f'; filename="{part[1]}"'
            extra = f"Content-Type: {part[2]}\r\n"
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{extra}\r\n".encode() + value + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
