"""Answers that come piece by piece, and coroutines."""

from __future__ import annotations

import pytest

HELLO = 'def main(request):\n    return {"message": f"Hello, {request.args.get(\'name\', \'World\')}!"}\n'


class TestStreams:
    def test_chunks_arrive_one_by_one(self, zone):
        zone.write(
            "x.py",
            "import time\ndef main(request):\n    yield 'a'\n    time.sleep(0.3)\n    yield 'b'\n",
        )
        call = zone.worker.submit("/x.py")
        while not zone.worker.replies.get(call) or not zone.worker.replies[call].chunks:
            zone.worker.receive()
        assert zone.worker.replies[call].chunks == [b"a"]
        reply = zone.worker.wait(call)
        assert (reply.chunks, reply.fail) == ([b"a", b"b"], None)

    @pytest.mark.parametrize("imports", ["", "import flask\n"])
    def test_an_error_cuts_the_stream_and_closes_the_iterator(self, zone, imports):
        reply = zone.run(
            imports
            + "class It:\n    n = 0\n    def __iter__(self): return self\n    def __next__(self):\n"
            "        self.n += 1\n        if self.n > 2: raise ValueError('cut')\n        return 'x'\n"
            "    def close(self): print('closed')\n\ndef main(request):\n    return It()\n"
        )
        assert reply.streamed and reply.body == b"xx"
        assert (reply.fail["code"], reply.fail["message"]) == ("script-error", "ValueError: cut")
        assert reply.lines == ["closed"]
        assert zone.run(HELLO).status == 200

    def test_close_is_called_once_at_the_end(self, zone):
        reply = zone.run(
            """
            def main(request):
                try:
                    yield 'a'
                    yield 'b'
                finally:
                    print('over')
            """
        )
        assert (reply.body, reply.lines) == (b"ab", ["over"])

    def test_async_generators_are_streamed(self, zone):
        reply = zone.run(
            """
            import asyncio
            async def main(request):
                try:
                    for n in range(3):
                        await asyncio.sleep(0.001)
                        yield f'{n},'
                finally:
                    print('over')
            """
        )
        assert (reply.body, reply.streamed, reply.lines) == (b"0,1,2,", True, ["over"])

    def test_a_generator_can_read_the_request(self, zone):
        reply = zone.run(
            "def main(request):\n    while part := request.stream.read(4):\n        yield part.upper()\n",
            "/x.py", "POST", {}, b"abcdefghij",
        )
        assert reply.body == b"ABCDEFGHIJ"

    def test_a_wrong_declared_length_cuts_the_stream(self, zone):
        reply = zone.run(
            "from werkzeug.wrappers import Response\ndef main(request):\n"
            "    return Response(iter([b'x' * 300000]), headers={'Content-Length': '400000'})\n"
        )
        assert reply.streamed and reply.fail["code"] == "script-error" and "Content-Length" in reply.fail["message"]

    def test_a_header_cannot_be_split(self, zone):
        zone.write("x.py", "def main(request):\n    return 'x', 200, {request.args['n']: request.args['v']}\n")
        for query in ("n=X-A&v=a%0d%0aX-B:b", "n=X-A%0d%0aX-B&v=a", "n=X%20A&v=a", "n=X-A&v=a%0ab"):
            reply = zone.call("/x.py?" + query)
            assert reply.fail and reply.fail["code"] == "script-error", (query, reply)


class TestCoroutines:
    def test_one_loop_lasts_and_leftover_tasks_end(self, zone):
        zone.write(
            "x.py",
            """
            import asyncio
            loops = set()
            async def forever():
                try:
                    await asyncio.sleep(1000)
                finally:
                    print('cancelled')
            async def main(request):
                loops.add(id(asyncio.get_running_loop()))
                asyncio.ensure_future(forever())
                await asyncio.sleep(0)
                return {'loops': len(loops), 'tasks': len(asyncio.all_tasks())}
            """,
        )
        for _ in range(3):
            reply = zone.call("/x.py")
            assert reply.json == {"loops": 1, "tasks": 2}
            assert reply.lines == ["cancelled"]

    def test_contextvars_do_not_leak(self, zone):
        zone.write(
            "x.py",
            """
            from contextvars import ContextVar
            v = ContextVar('v', default=0)
            async def main(request):
                v.set(v.get() + 1)
                return str(v.get())
            """,
        )
        assert [zone.call("/x.py").body for _ in range(3)] == [b"1"] * 3

    def test_an_exception_has_the_scripts_place(self, zone):
        reply = zone.run("async def main(request):\n    raise ValueError('a')\n")
        assert (reply.fail["message"], reply.fail["line"]) == ("ValueError: a", 2)
        assert "asyncio" not in reply.fail["detail"]
