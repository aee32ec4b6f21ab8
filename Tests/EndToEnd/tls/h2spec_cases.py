"""The cases of h2spec's sections `generic` and `http2`, by its numbers, in frames of our own: what is sent, and what a
server must say to it (RFC 7540 and 9113). A case is a list of steps: bytes are sent, functions look at what comes."""
import struct

from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

from support.http2 import (
    ACK, CANCEL, COMPRESSION_ERROR, CONTINUATION, DATA, ENABLE_PUSH, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR, GOAWAY, HAS_PRIORITY, HEADER_TABLE_SIZE, HEADERS, INITIAL_WINDOW, MAX_FRAME, MAX_HEADER_LIST,
    MAX_STREAMS, PADDED, PING, PREFACE, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS,
    STREAM_CLOSED, WINDOW_UPDATE, block, data, frame, goaway, headers, integer, literal, ping, priority, reset, settings,
    window)

CASES = {}
OPEN = END_HEADERS
FILLER = literal("x-filler", "x" * 100)


def case(number, title, *steps, shake=True):
    assert number not in CASES, number
    CASES[number] = (title, steps, shake)


# What must come.

def connection_error(*codes):
    return lambda peer: peer.connection_error(*codes)


def stream_error(*codes):
    return lambda peer: peer.error(*codes)


def answered(peer, stream=1):
    peer.until(lambda got: got.type == HEADERS and got.stream == stream)


def a_data_frame(peer):
    peer.until(lambda got: got.type == DATA)


def one_byte_of_data(peer):
    got = peer.until(lambda got: got.type == DATA)
    assert len(got.payload) == 1, got


def stream_ended(peer):
    peer.until(lambda got: got.stream == 1 and (got.type == RST_STREAM or got.flags & END_STREAM))


def a_pong(peer):
    peer.until(lambda got: got.type == PING and got.flags & ACK and got.payload == b"\0" * 8)


def a_pong_or_the_end(peer):
    if not peer.alive():
        assert peer.is_closed()


def an_acknowledgement(peer):
    peer.until(lambda got: got.type == SETTINGS and got.flags & ACK)


def the_servers_settings(peer):
    got = peer.next()
    assert got.type == SETTINGS and not got.flags & ACK, got


def the_end(peer):
    assert peer.is_closed()


def goaway_with(code):
    return lambda peer: peer.until(lambda got: got.type == GOAWAY and got.code == code)


def reset_with(code):
    return lambda peer: peer.until(lambda got: got.type == RST_STREAM and got.stream == 1 and got.code == code)


UNKNOWN = frame(0x16, payload=b"\0" * 8)
HALF = block()[:5], block()[5:]
START = headers(flags=0, payload=HALF[0])


def unfinished(flags=0, stream=1, method="GET"):
    """HEADERS whose block goes on."""
    return headers(stream, flags=flags, method=method)


def more(stream=1, flags=END_HEADERS, payload=FILLER):
    return frame(CONTINUATION, flags, stream, payload)


POST = headers(flags=OPEN, method="POST")

# generic 1 to 4: what a server must take.

case("generic/1/1", "the client's preface", PREFACE + settings((INITIAL_WINDOW, 65535)), the_servers_settings, shake=False)
case("generic/2/1", "PRIORITY on an idle stream", priority(1), ping(), a_pong)
case("generic/2/2", "WINDOW_UPDATE on a half-closed stream",
     settings((INITIAL_WINDOW, 0)), headers(), window(1, 1), a_data_frame)
case("generic/2/3", "PRIORITY on a half-closed stream",
     settings((INITIAL_WINDOW, 0)), headers(), priority(1), window(1, 1), a_data_frame)
case("generic/2/4", "RST_STREAM on a half-closed stream", headers(), reset(1), ping(), a_pong_or_the_end)
case("generic/2/5", "PRIORITY on a closed stream", headers(), stream_ended, priority(1), ping(), a_pong)
case("generic/3.1/1", "a DATA frame", POST, data(), answered)
case("generic/3.1/2", "several DATA frames", POST, data(flags=0), data(), answered)
case("generic/3.1/3", "a padded DATA frame", POST, data(payload=b"\x05test" + b"\0" * 5, flags=END_STREAM | PADDED),
     answered)
case("generic/3.2/1", "a HEADERS frame", headers(), answered)
case("generic/3.2/2", "a padded HEADERS frame",
     headers(flags=END_STREAM | END_HEADERS | PADDED, payload=b"\x08" + block() + b"\0" * 8), answered)
case("generic/3.2/3", "a HEADERS frame with a priority",
     headers(flags=END_STREAM | END_HEADERS | HAS_PRIORITY, payload=b"\0\0\0\0\xff" + block()), answered)
case("generic/3.3/1", "PRIORITY with weight 1", priority(1, weight=0), headers(), answered)
case("generic/3.3/2", "PRIORITY with weight 256", priority(1, weight=255), headers(), answered)
case("generic/3.3/3", "PRIORITY with a dependency", priority(3, on=1, weight=0), headers(), answered)
case("generic/3.3/4", "PRIORITY that is exclusive", priority(1, weight=0, exclusive=True), headers(), answered)
case("generic/3.3/5", "PRIORITY for an idle stream, then a lower one", priority(3), headers(1), answered)
case("generic/3.4/1", "a RST_STREAM frame", headers(flags=OPEN), reset(1), ping(), a_pong_or_the_end)
case("generic/3.5/1", "a SETTINGS frame", settings(
    (HEADER_TABLE_SIZE, 4096), (ENABLE_PUSH, 1), (MAX_STREAMS, 100), (INITIAL_WINDOW, 65535), (MAX_FRAME, 16384),
    (MAX_HEADER_LIST, 100)), an_acknowledgement)
case("generic/3.7/1", "a PING frame", ping(), a_pong)
case("generic/3.8/1", "a GOAWAY frame", goaway(), ping(), a_pong_or_the_end)
case("generic/3.9/1", "WINDOW_UPDATE of the connection", window(0, 1), headers(), answered)
case("generic/3.9/2", "WINDOW_UPDATE of a stream", headers(), window(1, 1), answered)
case("generic/3.10/1", "a CONTINUATION frame",
     headers(flags=END_STREAM, payload=HALF[0]), more(payload=HALF[1]), answered)
case("generic/3.10/2", "several CONTINUATION frames", headers(flags=END_STREAM, payload=HALF[0]),
     more(flags=0, payload=HALF[1][:5]), more(payload=HALF[1][5:]), answered)
case("generic/4/1", "a GET request", headers(), answered)
case("generic/4/2", "a HEAD request", headers(method="HEAD"), answered)
case("generic/4/3", "a POST request", POST, data(), answered)
case("generic/4/4", "a POST request with trailers", POST, data(flags=0), headers(payload=literal("x-trailer", "ok")),
     answered)


# generic 5: every representation of HPACK (RFC 7541, section 6).

def huffman(text):
    coded = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode(text.encode())
    return integer(len(coded), 7, 0x80) + coded


def plain(text):
    return integer(len(text), 7) + text.encode()


# :method GET, :scheme https, :path / of the static table
USER_AGENT = 58


def represented(number, title, *fields):
    case(f"generic/5/{number}", title, headers(payload=b"".join(fields[:0]) + block() + b"".join(fields)), answered)


case("generic/5/1", "an indexed field",
     headers(payload=b"\x82\x87" + literal(":path", "/hello.py") + literal(":authority", "one.test")), answered)
represented(2, "incremental indexing, indexed name", integer(USER_AGENT, 6, 0x40), plain("test"))
represented(3, "incremental indexing, indexed name, Huffman", integer(USER_AGENT, 6, 0x40), huffman("test"))
represented(4, "incremental indexing, new name", b"\x40", plain("x-test"), plain("ok"))
represented(5, "incremental indexing, new name, Huffman", b"\x40", huffman("x-test"), huffman("ok"))
represented(6, "without indexing, indexed name", integer(USER_AGENT, 4), plain("test"))
represented(7, "without indexing, indexed name, Huffman", integer(USER_AGENT, 4), huffman("test"))
represented(8, "without indexing, new name", b"\x00", plain("x-test"), plain("ok"))
represented(9, "without indexing, new name, Huffman", b"\x00", huffman("x-test"), huffman("ok"))
represented(10, "never indexed, indexed name", integer(USER_AGENT, 4, 0x10), plain("test"))
represented(11, "never indexed, indexed name, Huffman", integer(USER_AGENT, 4, 0x10), huffman("test"))
represented(12, "never indexed, new name", b"\x10", plain("x-test"), plain("ok"))
represented(13, "never indexed, new name, Huffman", b"\x10", huffman("x-test"), huffman("ok"))
case("generic/5/14", "a dynamic table size update", headers(payload=integer(128, 5, 0x20) + block()), answered)
case("generic/5/15", "several dynamic table size updates",
     headers(payload=integer(128, 5, 0x20) + integer(4096, 5, 0x20) + block()), answered)

# http2 3 to 8: what a server must refuse, and how.

case("http2/3.5/1", "the client's preface", PREFACE + settings((INITIAL_WINDOW, 65535)), the_servers_settings, shake=False)
case("http2/3.5/2", "a wrong preface", b"INVALID CONNECTION PREFACE\r\n\r\n", connection_error(PROTOCOL_ERROR), shake=False)
case("http2/4.1/1", "a frame of unknown type", UNKNOWN, ping(), a_pong)
case("http2/4.1/2", "an undefined flag", ping(flags=0x16), a_pong)
case("http2/4.1/3", "the reserved bit", frame(PING, 0x16, 0x80000000, b"\0" * 8), a_pong)
case("http2/4.2/1", "DATA of 2^14 octets", POST, data(payload=b"x" * 16384), answered)
case("http2/4.2/2", "DATA above SETTINGS_MAX_FRAME_SIZE", POST, data(payload=b"x" * 16385), stream_error(FRAME_SIZE_ERROR))
case("http2/4.2/3", "HEADERS above SETTINGS_MAX_FRAME_SIZE",
     headers(fields=[(f"x-{n}", "x" * 4000) for n in range(5)]), connection_error(FRAME_SIZE_ERROR))
case("http2/4.3/1", "a broken header block", headers(payload=b"\x40"), connection_error(COMPRESSION_ERROR))
case("http2/4.3/2", "PRIORITY within a header block", unfinished(), priority(1), more(), connection_error(PROTOCOL_ERROR))
case("http2/4.3/3", "HEADERS of another stream within a header block",
     unfinished(), headers(3), more(), connection_error(PROTOCOL_ERROR))
case("http2/5.1/1", "idle: DATA", data(), stream_error(PROTOCOL_ERROR, STREAM_CLOSED))
case("http2/5.1/2", "idle: RST_STREAM", reset(1), connection_error(PROTOCOL_ERROR))
case("http2/5.1/3", "idle: WINDOW_UPDATE", window(1, 100), connection_error(PROTOCOL_ERROR))
case("http2/5.1/4", "idle: CONTINUATION", more(payload=block()), connection_error(PROTOCOL_ERROR))
case("http2/5.1/5", "half closed: DATA", headers(), data(), stream_error(STREAM_CLOSED))
case("http2/5.1/6", "half closed: HEADERS", headers(), headers(), stream_error(STREAM_CLOSED))
case("http2/5.1/7", "half closed: CONTINUATION", headers(), more(), stream_error(STREAM_CLOSED, PROTOCOL_ERROR))
case("http2/5.1/8", "reset: DATA", headers(flags=OPEN), reset(1), data(), stream_error(STREAM_CLOSED))
case("http2/5.1/9", "reset: HEADERS", headers(flags=OPEN), reset(1), headers(), stream_error(STREAM_CLOSED))
case("http2/5.1/10", "reset: CONTINUATION",
     headers(flags=OPEN), reset(1), more(), stream_error(STREAM_CLOSED, PROTOCOL_ERROR))
case("http2/5.1/11", "closed: DATA", headers(), stream_ended, data(), stream_error(STREAM_CLOSED))
case("http2/5.1/12", "closed: HEADERS", headers(), stream_ended, headers(), connection_error(STREAM_CLOSED))
case("http2/5.1/13", "closed: CONTINUATION",
     headers(), stream_ended, more(), connection_error(STREAM_CLOSED, PROTOCOL_ERROR))
case("http2/5.1.1/1", "an even stream", headers(2), connection_error(PROTOCOL_ERROR))
case("http2/5.1.1/2", "a stream lower than one before", headers(5), headers(3), connection_error(PROTOCOL_ERROR))
case("http2/5.1.2/1", "more streams than allowed", settings((INITIAL_WINDOW, 0)),
     lambda peer: peer.send(*(headers(2 * n + 1) for n in range(peer.settings[MAX_STREAMS] + 1))),
     stream_error(PROTOCOL_ERROR, REFUSED_STREAM))
case("http2/5.3.1/1", "HEADERS that depend on themselves", headers(
    flags=END_STREAM | END_HEADERS | HAS_PRIORITY, payload=struct.pack(">IB", 1, 255) + block()),
    stream_error(PROTOCOL_ERROR))
case("http2/5.3.1/2", "PRIORITY that depends on itself", priority(1, on=1), stream_error(PROTOCOL_ERROR))
case("http2/5.4.1/1", "the connection ends after an error", frame(PING, 0, 3, b"\0" * 8), the_end)
case("http2/5.4.1/2", "GOAWAY comes before that end", frame(PING, 0, 3, b"\0" * 8), goaway_with(PROTOCOL_ERROR))
case("http2/5.5/1", "an unknown frame", UNKNOWN, ping(), a_pong)
case("http2/5.5/2", "an unknown frame within a header block", unfinished(END_STREAM), UNKNOWN, more(),
     connection_error(PROTOCOL_ERROR))
case("http2/6.1/1", "DATA on stream 0", data(0), connection_error(PROTOCOL_ERROR))
case("http2/6.1/2", "DATA on a stream that is not open", headers(method="POST"), data(), stream_error(STREAM_CLOSED))
case("http2/6.1/3", "DATA with more padding than content",
     headers(flags=OPEN, method="POST", fields=[("content-length", "4")]), data(payload=b"\x06Test", flags=PADDED | END_STREAM),
     connection_error(PROTOCOL_ERROR))
case("http2/6.2/1", "HEADERS without END_HEADERS, then PRIORITY",
     unfinished(), priority(1), more(), connection_error(PROTOCOL_ERROR))
case("http2/6.2/2", "HEADERS of another stream meanwhile", unfinished(), headers(3), more(),
     connection_error(PROTOCOL_ERROR))
case("http2/6.2/3", "HEADERS on stream 0", headers(0), connection_error(PROTOCOL_ERROR))
case("http2/6.2/4", "HEADERS with more padding than content", headers(
    flags=END_STREAM | END_HEADERS | PADDED, payload=bytes([len(block()) + 2]) + block()), stream_error(PROTOCOL_ERROR))
case("http2/6.3/1", "PRIORITY on stream 0", priority(0), connection_error(PROTOCOL_ERROR))
case("http2/6.3/2", "PRIORITY of 4 octets", headers(), frame(PRIORITY, 0, 1, b"\x80\0\0\1"), stream_error(FRAME_SIZE_ERROR))
case("http2/6.4/1", "RST_STREAM on stream 0", reset(0), connection_error(PROTOCOL_ERROR))
case("http2/6.4/2", "RST_STREAM on an idle stream", reset(1), connection_error(PROTOCOL_ERROR))
case("http2/6.4/3", "RST_STREAM of 3 octets", headers(), frame(RST_STREAM, 0, 1, b"\0\0\0"), stream_error(FRAME_SIZE_ERROR))
case("http2/6.5/1", "SETTINGS with ACK and a payload", frame(SETTINGS, ACK, 0, b"\0"), connection_error(FRAME_SIZE_ERROR))
case("http2/6.5/2", "SETTINGS on a stream", frame(SETTINGS, 0, 1, struct.pack(">HI", 3, 100)),
     connection_error(PROTOCOL_ERROR))
case("http2/6.5/3", "SETTINGS of 3 octets", frame(SETTINGS, payload=b"\0\3\0"), stream_error(FRAME_SIZE_ERROR))
case("http2/6.5.2/1", "ENABLE_PUSH of 2", settings((ENABLE_PUSH, 2)), connection_error(PROTOCOL_ERROR))
case("http2/6.5.2/2", "INITIAL_WINDOW_SIZE of 2^31", settings((INITIAL_WINDOW, 1 << 31)),
     connection_error(FLOW_CONTROL_ERROR))
case("http2/6.5.2/3", "MAX_FRAME_SIZE below 2^14", settings((MAX_FRAME, 16383)), connection_error(PROTOCOL_ERROR))
case("http2/6.5.2/4", "MAX_FRAME_SIZE of 2^24", settings((MAX_FRAME, 1 << 24)), connection_error(PROTOCOL_ERROR))
case("http2/6.5.2/5", "an unknown setting", settings((0xff, 1)), ping(), a_pong)
case("http2/6.5.3/1", "of one setting twice the last counts",
     settings((INITIAL_WINDOW, 100), (INITIAL_WINDOW, 1)), an_acknowledgement, headers(), one_byte_of_data)
case("http2/6.5.3/2", "settings are acknowledged", settings((ENABLE_PUSH, 0)), an_acknowledgement)
case("http2/6.7/1", "PING", ping(), a_pong)
case("http2/6.7/2", "PING with ACK is not answered", ping(b"unwanted", ACK), ping(),
     lambda peer: peer.until(lambda got: got.type == PING and got.payload == b"\0" * 8))
case("http2/6.7/3", "PING on a stream", frame(PING, 0, 1, b"\0" * 8), connection_error(PROTOCOL_ERROR))
case("http2/6.7/4", "PING of 6 octets", ping(b"\0" * 6), connection_error(FRAME_SIZE_ERROR))
case("http2/6.8/1", "GOAWAY on a stream", frame(GOAWAY, 0, 1, b"\0" * 8), connection_error(PROTOCOL_ERROR))
case("http2/6.9/1", "WINDOW_UPDATE of 0", window(0, 0), connection_error(PROTOCOL_ERROR))
case("http2/6.9/2", "WINDOW_UPDATE of 0 on a stream", headers(flags=OPEN), window(1, 0), stream_error(PROTOCOL_ERROR))
case("http2/6.9/3", "WINDOW_UPDATE of 3 octets", frame(WINDOW_UPDATE, payload=b"\0\0\1"), connection_error(FRAME_SIZE_ERROR))
case("http2/6.9.1/1", "a window of 1 is kept to", settings((INITIAL_WINDOW, 1)), an_acknowledgement, headers(),
     one_byte_of_data)
case("http2/6.9.1/2", "a connection's window above 2^31-1", window(0, 2**31 - 1), window(0, 2**31 - 1),
     goaway_with(FLOW_CONTROL_ERROR))
case("http2/6.9.1/3", "a stream's window above 2^31-1", headers(flags=OPEN), window(1, 2**31 - 1), window(1, 2**31 - 1),
     reset_with(FLOW_CONTROL_ERROR))
case("http2/6.9.2/1", "a new initial window counts for open streams", settings((INITIAL_WINDOW, 0)), an_acknowledgement,
     headers(), settings((INITIAL_WINDOW, 1)), one_byte_of_data)
case("http2/6.9.2/2", "a window may become negative", settings((INITIAL_WINDOW, 3)), an_acknowledgement, headers(),
     a_data_frame, settings((INITIAL_WINDOW, 2)), an_acknowledgement, window(1, 2), one_byte_of_data)
case("http2/6.9.2/3", "an initial window above 2^31-1", settings((INITIAL_WINDOW, 1 << 31)),
     connection_error(FLOW_CONTROL_ERROR))
case("http2/6.10/1", "several CONTINUATION frames", unfinished(END_STREAM), more(flags=0), more(), answered)
case("http2/6.10/2", "CONTINUATION, then DATA", unfinished(method="POST"), more(flags=0), data(),
     connection_error(PROTOCOL_ERROR))
case("http2/6.10/3", "CONTINUATION on stream 0", unfinished(END_STREAM), more(0), connection_error(PROTOCOL_ERROR))
case("http2/6.10/4", "CONTINUATION after END_HEADERS", headers(), more(), connection_error(PROTOCOL_ERROR))
case("http2/6.10/5", "CONTINUATION after CONTINUATION with END_HEADERS", unfinished(END_STREAM), more(), more(),
     connection_error(PROTOCOL_ERROR))
case("http2/6.10/6", "CONTINUATION after DATA", unfinished(method="POST"), data(), more(flags=0), more(0),
     connection_error(PROTOCOL_ERROR))
case("http2/7/1", "GOAWAY with an unknown code", goaway(0xff), ping(), a_pong_or_the_end)
case("http2/7/2", "RST_STREAM with an unknown code", POST, reset(1, 0xff), ping(), a_pong_or_the_end)
case("http2/8.1/1", "trailers without END_STREAM", POST, data(flags=0), headers(flags=OPEN, payload=literal("x-test", "ok")),
     stream_error(PROTOCOL_ERROR))
case("http2/8.1.2/1", "an upper-case name", headers(fields=[("X-TEST", "ok")]), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.1/1", "an unknown pseudo-header", headers(fields=[(":test", "ok")]), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.1/2", "a response's pseudo-header", headers(fields=[(":status", "200")]), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.1/3", "a pseudo-header as a trailer", POST, data(flags=0),
     headers(payload=literal(":method", "POST")), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.1/4", "a pseudo-header after a field",
     headers(payload=block(("x-test", "ok"), drop=[":path"]) + literal(":path", "/hello.py")), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.2/1", "a connection's field", headers(fields=[("connection", "keep-alive")]), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.2/2", "te other than trailers", headers(fields=[("trailers", "test"), ("te", "trailers, deflate")]),
     stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.3/1", "an empty :path", headers(path=""), stream_error(PROTOCOL_ERROR))
for position, name in enumerate([":method", ":scheme", ":path"]):
    case(f"http2/8.1.2.3/{position + 2}", f"no {name}", headers(drop=[name]), stream_error(PROTOCOL_ERROR))
for position, (name, value) in enumerate([(":method", "GET"), (":scheme", "https"), (":path", "/hello.py")]):
    case(f"http2/8.1.2.3/{position + 5}", f"{name} twice", headers(fields=[(name, value)]), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.6/1", "a content-length that DATA does not keep to",
     headers(flags=OPEN, method="POST", fields=[("content-length", "1")]), data(), stream_error(PROTOCOL_ERROR))
case("http2/8.1.2.6/2", "a content-length that several DATA frames do not keep to",
     headers(flags=OPEN, method="POST", fields=[("content-length", "1")]), data(flags=0), data(), stream_error(PROTOCOL_ERROR))
case("http2/8.2/1", "PUSH_PROMISE from a client", frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 3) + block()),
     connection_error(PROTOCOL_ERROR))
