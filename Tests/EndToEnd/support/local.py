"""HTTP over the server's Unix socket, as the local caller."""
import http.client
import json
import socket


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, method, target, body=None, timeout=30):
    """(status, decoded JSON) of a request to the socket at `path`."""
    connection = LocalConnection(path, timeout)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, target, data, {"Content-Type": "application/json"} if data else {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()
