"""What a call costs in a worker: `python tests/bench_hot_path.py [calls] [batch]`.

Sends batches of one prepared frame to a real worker and divides the worker's CPU time, as the kernel counts
it, by the calls. The time includes the receiving and sending of each batch.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

from support import ZygoteProcess, environ_for  # noqa: E402

SCRIPTS = {
    "hello": "def main(request):\n    return {'message': f\"Hello, {request.args.get('name','World')}!\"}\n",
    "plain": "def main(request):\n    return 'hello'\n",
    "tuple": "def main(request):\n    return {'a': 1}, 201, {'X-A': 'b'}\n",
    "json_body": "def main(request):\n    return {'sum': sum(request.get_json()['n'])}\n",
    "response": "from werkzeug.wrappers import Response\ndef main(request):\n    return Response('x')\n",
    "context": "import flask\ndef main(request):\n    return {'message': flask.request.args.get('name', '')}\n",
    "stream": "def main(request):\n    yield 'a'\n    yield 'b'\n",
    "coroutine": "async def main(request):\n    return {'message': request.args.get('name', '')}\n",
}
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "X-Forwarded-For": "192.0.2.7",
}


def busy_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def measure(worker, name: str, calls: int, batch: int) -> float:
    body = b'{"n": [1, 2, 3, 4, 5]}' if name == "json_body" else b""
    headers = {**HEADERS, "Content-Type": "application/json"} if body else HEADERS
    environ = environ_for(f"/{name}.py?name=Rico", "POST" if body else "GET", headers, body)
    _, frame = worker.frame(environ, body, call=1)
    end = (4,) if name == "stream" else (1,)
    worker.data.sendall(frame)
    _receive(worker, end, 1)
    for rounds in (calls // 10 // batch + 1, calls // batch + 1):
        before = busy_ns(worker.pid)
        for _ in range(rounds):
            worker.data.sendall(frame * batch)
            _receive(worker, end, batch)
        spent = busy_ns(worker.pid) - before
    return spent / (rounds * batch) / 1000


def _receive(worker, end: tuple, count: int) -> None:
    buffer = b""
    while count:
        buffer += worker.data.recv(1 << 20)
        position = 0
        while len(buffer) - position >= 24:
            length = int.from_bytes(buffer[position : position + 4], "little")
            if len(buffer) - position < 24 + length:
                break
            kind = buffer[position + 4]
            assert kind != 6, buffer[position + 24 : position + 24 + length]
            count -= kind in end
            position += 24 + length
        buffer = buffer[position:]


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    batch = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    zygote = ZygoteProcess()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in SCRIPTS.items():
            Path(folder, f"{name}.py").write_text(text)
        worker = zygote.fork(folder)
        for name in SCRIPTS:
            few = calls if name in ("hello", "plain", "tuple", "json_body") else calls // 5
            print(f"{name:10} {measure(worker, name, few, batch):7.2f} µs of the worker's CPU per call")
    zygote.close()


if __name__ == "__main__":
    main()
