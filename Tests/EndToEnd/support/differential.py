"""Whether a proxy and the server behind it ever read another number of requests from the same bytes.

The tap stands between the two: it passes bytes on unchanged and keeps what went either way on each backend
connection. A proxy that believes it sent N requests reads N answers; the server counts the requests that it found in
what the proxy sent. They disagree when a connection carries more answers than the proxy wrote heads, when an answer
comes that the proxy did not ask for, when a whole request gets none though nothing ended the connection, or when
somebody else's request gets what belongs to the attacker's.
"""
import random
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field

from . import framing

MARK = b"/x.py?mark="


@dataclass
class Flow:
    """One backend connection: what the proxy sent, what the server answered."""

    asked: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)
    # "proxy" or "server", whichever ended the connection first; None while it is open.
    ended: str | None = None
    # How many of the answers were in a comparison.
    counted: int = 0


class Tap:
    """A TCP relay that remembers."""

    def __init__(self, backend):
        self.backend, self.flows = backend, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.closing = False
        self.thread = threading.Thread(target=self.relay, daemon=True)
        self.thread.start()

    def relay(self):
        while not self.closing:
            for key, _ in self.selector.select(0.1):
                if key.data is None:
                    self.accept()
                else:
                    self.move(key.fileobj, *key.data)

    def accept(self):
        near, _ = self.listener.accept()
        far, flow = socket.create_connection(self.backend), Flow()
        self.flows.append(flow)
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(near, selectors.EVENT_READ, (far, flow, "proxy"))
        self.selector.register(far, selectors.EVENT_READ, (near, flow, "server"))

    def move(self, source, target, flow, side):
        if source.fileno() < 0:
            return
        try:
            piece = source.recv(1 << 16)
            if piece:
                (flow.asked if side == "proxy" else flow.answered).extend(piece)
                target.sendall(piece)
                return
        except OSError:
            pass
        flow.ended = flow.ended or side
        for one in (source, target):
            try:
                self.selector.unregister(one)
            except (KeyError, ValueError):
                pass  # The other direction ended in the same round.
            one.close()

    def stop(self):
        self.closing = True
        self.thread.join()
        self.listener.close()


def answers_on(flow):
    """Statuses of the final answers on a backend connection, and whether the last one said that it is the last."""
    data, statuses, last = bytes(flow.answered), [], False
    methods, _ = heads_on(flow)
    while data:
        method = methods[len(statuses)] if len(statuses) < len(methods) else "GET"
        found = framing.take_answer(data, method)
        if found is None:
            break
        if found[0] >= 200:
            statuses.append(found[0])
            last = found[1].get(b"connection", b"").lower() == b"close"
        data = found[3]
    return statuses, last


def heads_on(flow):
    """The methods that the proxy itself wrote, as it framed them, and how many of these requests are whole: the proxy's
    own view, read strictly."""
    methods, whole, data = [], 0, bytes(flow.asked)
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        if not separator:
            break
        lines = head.split(b"\r\n")
        methods.append(lines[0].split(b" ")[0].decode("latin-1"))
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            fields.setdefault(name.lower(), []).append(value.strip())
        if b"transfer-encoding" in fields:
            body = chunks(rest)
            if body is None:
                break
        else:
            body = int(fields.get(b"content-length", [b"0"])[0] or 0)
        whole += body <= len(rest)
        data = rest[body:]
    return methods, whole


def chunks(data):
    """The length of a chunked body at the front of `data`."""
    place = 0
    while True:
        end = data.find(b"\r\n", place)
        if end < 0:
            return None
        try:
            size = int(data[place:end].split(b";")[0].strip(), 16)
        except ValueError:
            return None
        place = end + 2
        if size == 0:
            while True:
                end = data.find(b"\r\n", place)
                if end < 0:
                    return None
                if end == place:
                    return end + 2
                place = end + 2
        place += size + 2


def mutations(cases, count, seed):
    """`count` byte streams made of the cases: changed, cut, doubled, joined. The same for the same seed."""
    choose = random.Random(seed)
    pieces = [b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"0", b"\x0b", b"Content-Length: 3\r\n",
              b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"\r\n0\r\n\r\n"]
    raws = [case.raw for case in cases if 0 < len(case.raw) < 2000]
    for _ in range(count):
        raw = bytearray(choose.choice(raws))
        if choose.random() < 0.3:
            raw += choose.choice(raws)
        for _ in range(choose.randint(1, 3)):
            place = choose.randrange(len(raw) + 1)
            way = choose.randrange(5)
            if way == 0 and place < len(raw):
                raw[place] = choose.randrange(256)
            elif way == 1:
                del raw[place:place + choose.randint(1, 5)]
            elif way == 2:
                raw[place:place] = raw[place:place + choose.randint(1, 30)]
            else:
                raw[place:place] = choose.choice(pieces)
        yield bytes(raw)


@dataclass
class Tally:
    streams: int = 0
    requests: int = 0
    canaries: int = 0
    disagreements: list = field(default_factory=list)


class Lane:
    """One proxy with its tap: byte streams go through it one after the other, a canary after each."""

    def __init__(self, proxy, tap):
        self.proxy, self.tap, self.tally = proxy, tap, Tally()

    def send(self, raw, patience=0.25):
        """Sends `raw` from one client, then a canary from another client over the same backend connection."""
        before = len(self.tap.flows)
        marks = [len(flow.asked) for flow in self.tap.flows]
        self.tally.streams += 1
        self.attack(raw, patience)
        self.canary(raw)
        changed = [flow for number, flow in enumerate(self.tap.flows)
                   if number >= before or len(flow.asked) != marks[number]]
        for flow in changed:
            self.compare(raw, flow)

    def attack(self, raw, patience):
        peer = framing.Peer(self.proxy.address, timeout=2)
        peer.send(raw)
        while peer.fill(patience):
            pass
        peer.socket.close()

    def canary(self, raw):
        number = b"%d" % self.tally.streams
        peer = framing.Peer(self.proxy.address, timeout=6)
        peer.send(b"GET " + MARK + number + b" HTTP/1.1\r\nHost: canary\r\nConnection: close\r\n\r\n")
        try:
            answer = peer.answer()
        except framing.Malformed as error:
            answer = (0, {}, str(error).encode(), b"")
        peer.socket.close()
        # A proxy may say 502 or 503 when the server has just closed the connection; it may never pass on another's answer.
        if answer is None or answer[0] in (502, 503, 504):
            return
        self.tally.canaries += 1
        if answer[0] != 200 or not answer[2].endswith(b"mark=" + number):
            self.tally.disagreements.append((raw, f"the next client got {answer[0]} {answer[2][:80]!r}"))

    def settled(self, flow, seconds=2):
        """The answers on a connection once each whole request has one, nothing more can come, or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            statuses, last = answers_on(flow)
            if len(statuses) >= heads_on(flow)[1] or last or flow.ended or time.monotonic() > deadline:
                return answers_on(flow)
            time.sleep(0.005)

    def compare(self, raw, flow):
        try:
            statuses, last = self.settled(flow)
        except framing.Malformed as error:
            return self.tally.disagreements.append((raw, f"not an answer: {error}"))
        methods, whole = heads_on(flow)
        asked = len(methods)
        if len(statuses) < whole and not last and flow.ended != "proxy":
            self.tally.disagreements.append((raw, f"{whole} whole requests, {len(statuses)} answers: {statuses[-4:]}"))
        # A refused request ends the connection: what the proxy wrote behind it gets no answer.
        extra = len(statuses) - asked
        incomplete = 1 if statuses and statuses[-1] >= 400 else 0
        if extra > incomplete:
            self.tally.disagreements.append((raw, f"{asked} requests, {len(statuses)} answers: {statuses[-4:]}"))
        self.tally.requests += len(statuses) - flow.counted
        flow.counted = len(statuses)
