"""The codec, against random cuts and random contents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward_worker import environ, frames

U32 = st.integers(0, 0xFFFFFFFF)
FRAME = st.tuples(
    st.integers(0, 255), st.binary(max_size=200), st.integers(0, 255), st.integers(0, 65535), U32, U32, U32, U32
)


@given(st.lists(FRAME, max_size=20), st.lists(st.integers(1, 60), min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_frames_survive_any_cutting(made, cuts):
    stream = b"".join(frames.pack(*fields) for fields in made)
    found, buffer, position, turn = [], b"", 0, 0
    while position < len(stream):
        size = cuts[turn % len(cuts)]
        turn += 1
        buffer += stream[position : position + size]
        position += size
        complete, consumed, needed = frames.split(buffer)
        found += [(h[1], d[s : s + h[0]], h[2], h[3], h[4], h[5], h[6], h[7]) for h, d, s in complete]
        buffer = buffer[consumed:]
        assert len(buffer) < needed
    assert buffer == b""
    assert found == made


@given(st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_split_or_refused(data):
    try:
        complete, consumed, needed = frames.split(data)
    except frames.Corrupt:
        return
    assert consumed == sum(frames.HEADER_SIZE + header[0] for header, _, _ in complete) <= len(data)
    assert needed >= frames.HEADER_SIZE


def test_a_frame_over_the_limit_is_refused():
    head = frames.HEADER.pack(frames.MAX_LENGTH + 1, 1, 0, 0, 0, 0, 0, 0)
    with pytest.raises(frames.Corrupt):
        frames.split(head)
    assert frames.split(frames.HEADER.pack(frames.MAX_LENGTH, 1, 0, 0, 0, 0, 0, 0))[2] == 24 + frames.MAX_LENGTH


def test_times_that_do_not_fit_are_capped():
    assert frames.HEADER.unpack(frames.pack(4, b=1 << 40, c=1 << 33))[6:] == (0xFFFFFFFF, 0xFFFFFFFF)


TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=30)


@given(st.dictionaries(TEXT.filter(bool), TEXT, max_size=20))
def test_environ_blocks_are_read_back(made):
    block = "\0".join(part for pair in made.items() for part in pair).encode("latin-1")
    assert environ.parse(block) == (made or {})
