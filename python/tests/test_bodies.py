"""Request bodies and large results, inline, through the spool and as streams."""

from __future__ import annotations

import hashlib
import os

import pytest


class TestBodies:
    def test_a_spooled_body_is_read_from_its_file(self, zone, tmp_path):
        spool = tmp_path / "spool"
        spool.write_bytes(os.urandom(300_000))
        zone.write("x.py", "import hashlib\ndef main(request):\n    return hashlib.sha256(request.get_data()).hexdigest()\n")
        reply = zone.call("/x.py", "POST", {"Content-Type": "application/octet-stream"}, spool=spool)
        assert reply.body.decode() == hashlib.sha256(spool.read_bytes()).hexdigest()

    def test_a_big_upload_through_the_spool(self, zone, tmp_path):
        content = os.urandom(3_000_000)
        spool = tmp_path / "spool"
        head = b'--B\r\nContent-Disposition: form-data; name="f"; filename="big.bin"\r\n\r\n'
        spool.write_bytes(head + content + b"\r\n--B--\r\n")
        zone.write(
            "x.py",
            "import hashlib\ndef main(request):\n    f = request.files['f']\n"
            "    return {'n': f.filename, 's': hashlib.sha256(f.read()).hexdigest()}\n",
        )
        reply = zone.call("/x.py", "POST", {"Content-Type": "multipart/form-data; boundary=B"}, spool=spool)
        assert reply.json == {"n": "big.bin", "s": hashlib.sha256(content).hexdigest()}

    def test_a_large_inline_body(self, zone):
        body = os.urandom(5_000_000)
        reply = zone.run("def main(request):\n    return request.get_data()\n", "/x.py", "POST", {}, body)
        assert reply.body == body

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_result_larger_than_a_frame_is_streamed(self, zone, method):
        reply = zone.run("def main(request):\n    return b'x' * (70 << 20)\n", "/x.py", method)
        assert reply.header("Content-Length") == str(70 << 20)
        assert len(reply.body) == (70 << 20 if method == "GET" else 0)

    def test_files_are_closed_after_the_call(self, zone, tmp_path):
        zone.write("count.py", "import os\ndef main(request):\n    return str(len(os.listdir('/proc/self/fd')))\n")
        zone.write("x.py", "def main(request):\n    request.files['f']\n    return 'x'\n")
        body = b'--B\r\nContent-Disposition: form-data; name="f"; filename="b"\r\n\r\n' + b"x" * 700_000 + b"\r\n--B--\r\n"
        before = zone.call("/count.py").body
        for _ in range(3):
            assert zone.call("/x.py", "POST", {"Content-Type": "multipart/form-data; boundary=B"}, body).body == b"x"
        assert zone.call("/count.py").body == before
