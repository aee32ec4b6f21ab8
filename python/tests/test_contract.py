"""What a script may return, restrict and raise, and what Steward says when it may not."""

from __future__ import annotations

import os

import pytest

HELLO = 'def main(request):\n    return {"message": f"Hello, {request.args.get(\'name\', \'World\')}!"}\n'


@pytest.mark.parametrize(
    "value, named",
    [
        ("None", "None"),
        ("True", "bool"),
        ("5", "int"),
        ("1.5", "float"),
        ("('a',)", "a tuple of 1"),
        ("('a', 200, {}, 1)", "a tuple of 4"),
        ("()", "a tuple of 0"),
        ("(None, 200)", "a tuple whose body is None"),
        ("(5, 200)", "a tuple whose body is of type int"),
        ("{1, 2}", "set"),
        ("object()", "object"),
    ],
)
@pytest.mark.parametrize("imports", ["", "import flask\n"])
def test_a_refused_result_names_script_type_and_what_is_accepted(zone, value, named, imports):
    reply = zone.run(f"{imports}def main(request):\n    return {value}\n")
    assert reply.status == 500
    assert reply.fail["code"] == "bad-result"
    for part in ("x.py", named, "a dict, list, str, bytes", "(body, status, headers)"):
        assert part in reply.fail["message"]
    assert zone.run(HELLO).body == b'{"message":"Hello, World!"}\n'


def test_unserialisable_json_is_a_script_error_and_leaves_the_encoder_usable(zone):
    reply = zone.run("d = {}\nd['self'] = d\ndef main(request):\n    return d if request.args else {'a': [1]}\n", "/x.py?a")
    assert reply.fail["code"] == "script-error"
    assert "Circular reference" in reply.fail["message"]
    assert zone.call("/x.py").body == b'{"a":[1]}\n'
    reply = zone.run("def main(request):\n    return {'a': object()}\n")
    assert "object is not JSON serializable" in reply.fail["message"].lower() or "not JSON" in reply.fail["message"]


@pytest.mark.parametrize("imports", ["", "import flask\n"])
def test_an_uncaught_exception_names_file_line_and_type(zone, imports):
    zone.write("helpers.py", "def inner(n):\n    return 1 // n\n")
    reply = zone.run(f"{imports}import helpers\n\ndef main(request):\n    return helpers.inner(0)\n")
    fail = reply.fail
    assert (reply.status, fail["code"], fail["file"], fail["line"]) == (500, "script-error", "helpers.py", 2)
    assert fail["message"] == "ZeroDivisionError: integer division or modulo by zero"
    assert "return helpers.inner(0)" in fail["detail"] and "return 1 // n" in fail["detail"]
    assert "steward_worker" not in fail["detail"] and "flask/app.py" not in fail["detail"]


def test_the_traceback_shows_the_text_that_was_loaded(zone):
    file = zone.write("x.py", "def main(request):\n    raise ValueError('old')\n")
    zone.call("/x.py")
    file.write_text("\n\n# something else\n" * 5)
    assert "raise ValueError('old')" in zone.call("/x.py").fail["detail"]


def test_chained_exceptions_are_shown_whole(zone):
    reply = zone.run(
        """
        def main(request):
            try:
                {}['k']
            except KeyError as error:
                raise RuntimeError('second') from error
        """
    )
    assert reply.fail["message"] == "RuntimeError: second"
    assert "KeyError: 'k'" in reply.fail["detail"] and "direct cause" in reply.fail["detail"]


@pytest.mark.parametrize("what", ["sys.exit(3)", "exit()", "raise SystemExit", "raise KeyboardInterrupt", "raise GeneratorExit"])
def test_leaving_ends_the_call_and_not_the_worker(zone, what):
    reply = zone.run(f"import sys\ndef main(request):\n    {what}\n")
    assert reply.fail["code"] == "script-error"
    pid = zone.worker.pid
    assert zone.run("import os\ndef main(request):\n    return str(os.getpid())\n").body == str(pid).encode()


def test_os_exit_ends_the_worker_and_the_zygote_tells(zone):
    zone.write("x.py", "import os\ndef main(request):\n    os._exit(7)\n")
    zone.worker.submit("/x.py")
    assert zone.worker.exited() == 7
    assert zone.worker.started == 1


def test_recursion_and_huge_tracebacks_are_survived(zone):
    reply = zone.run("def f(n):\n    return f(n + 1) + 1\ndef main(request):\n    return str(f(0))\n")
    assert reply.fail["message"].startswith("RecursionError")
    assert zone.run(HELLO).status == 200


def test_an_exception_that_cannot_be_printed_is_reported(zone):
    reply = zone.run(
        """
        class Odd(Exception):
            def __str__(self):
                raise ValueError('no text')
        def main(request):
            raise Odd
        """
    )
    assert reply.fail["message"].startswith("Odd")


def test_a_script_without_entry(zone):
    reply = zone.run("x = 1\n")
    assert reply.fail["code"] == "no-entry"
    assert "main(request)" in reply.fail["message"] and "x.py" in reply.fail["message"]


def test_a_path_below_a_main_script_is_no_route(zone):
    zone.write("x.py", HELLO)
    reply = zone.call("/x.py/more", mount="/x.py")
    assert (reply.status, reply.fail["code"]) == (404, "no-route")


def test_scripts_in_folders_and_with_odd_names(zone):
    for path in ("sub/x.py", "my-report.py", "a.b.py", "v1.0/deep/x.py", "Zoë.py", "1.py", "class.py"):
        zone.write(path, "def main(request):\n    return __name__ + ' ' + __file__\n")
        reply = zone.call("/" + path, script=path)
        assert reply.fail is None, reply.fail
        name, _, file = reply.body.decode().partition(" ")
        assert name != "__main__" and file == str(zone.folder / path)


class TestMethods:
    SCRIPT = 'methods = ["GET", "POST"]\n' + HELLO

    def test_listed_methods_reach_the_script(self, zone):
        zone.write("x.py", self.SCRIPT)
        for method in ("GET", "POST"):
            assert zone.call("/x.py", method).json == {"message": "Hello, World!"}
        reply = zone.call("/x.py", "HEAD")
        assert (reply.status, reply.body, reply.header("Content-Length")) == (200, b"", "28")

    def test_others_are_refused_with_the_list(self, zone):
        reply = zone.run(self.SCRIPT, "/x.py", "DELETE")
        assert (reply.status, reply.fail["code"]) == (405, "method-not-allowed")
        assert reply.fail["allow"] == ["GET", "HEAD", "OPTIONS", "POST"]

    def test_options_is_answered(self, zone):
        reply = zone.run(self.SCRIPT, "/x.py", "OPTIONS")
        assert (reply.status, reply.header("Allow"), reply.body) == (200, "GET, HEAD, OPTIONS, POST", b"")

    def test_options_reaches_a_script_that_lists_it(self, zone):
        reply = zone.run("methods = ('get', 'options')\ndef main(request):\n    return 'mine'\n", "/x.py", "OPTIONS")
        assert reply.body == b"mine"

    def test_without_a_list_all_methods_reach_the_script(self, zone):
        zone.write("x.py", "def main(request):\n    return request.method\n")
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
            assert zone.call("/x.py", method).body == method.encode()

    @pytest.mark.parametrize("value", ["'GET'", "['GET', 5]", "['G ET']"])
    def test_a_wrong_list_is_a_load_error(self, zone, value):
        reply = zone.run(f"methods = {value}\n{HELLO}")
        assert reply.fail["code"] == "load-error" and "methods" in reply.fail["message"]


class TestBodies:
    def test_a_spooled_body_is_read_from_its_file(self, zone, tmp_path):
        spool = tmp_path / "spool"
        spool.write_bytes(os.urandom(300_000))
        zone.write("x.py", "import hashlib\ndef main(request):\n    return hashlib.sha256(request.get_data()).hexdigest()\n")
        import hashlib

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
        import hashlib

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


class TestOutput:
    def test_print_logging_and_warnings_become_lines_of_the_call(self, zone):
        reply = zone.run(
            """
            import logging, sys, warnings
            log = logging.getLogger('app')
            def main(request):
                print('one\\ntwo', end='')
                print(' more')
                print('err', file=sys.stderr)
                sys.stdout.buffer.write(b'raw \\xc3\\xa9\\n')
                log.debug('hidden')
                log.info('info %d', 1)
                log.warning('warn')
                log.error('error\\nsecond')
                log.critical('crit')
                warnings.warn('old')
                print('last', end='')
                return 'x'
            """
        )
        texts = [(flag, text) for flag, text in reply.logs if "UserWarning" not in text and "warnings.warn" not in text]
        assert texts == [
            (0, "one"), (0, "two more"), (1, "err"), (0, "raw é"), (20, "info 1"), (30, "warn"),
            (40, "error"), (40, "second"), (50, "crit"), (0, "last"),
        ]
        assert any(flag == 30 and "UserWarning: old" in text for flag, text in reply.logs)

    def test_levels_are_respected_and_end_with_the_call(self, zone):
        zone.write(
            "x.py",
            "import logging\ndef main(request):\n    logging.getLogger().setLevel(logging.DEBUG)\n    logging.debug('d')\n    return 'x'\n",
        )
        zone.write("y.py", "import logging\ndef main(request):\n    logging.debug('d')\n    logging.info('i')\n    return 'x'\n")
        assert zone.call("/x.py").logs == [(10, "d")]
        assert zone.call("/y.py").logs == [(20, "i")]

    def test_basic_config_while_importing_holds_for_that_script(self, zone):
        zone.write(
            "x.py",
            "import logging\nlogging.basicConfig(level=logging.DEBUG, format='%(levelname)s|%(message)s')\n"
            "def main(request):\n    logging.debug('d')\n    return 'x'\n",
        )
        zone.write("y.py", "import logging\ndef main(request):\n    logging.debug('d')\n    logging.info('i')\n    return 'x'\n")
        for _ in range(2):
            assert zone.call("/x.py").logs == [(10, "DEBUG|d")]
            assert zone.call("/y.py").logs == [(20, "i")]

    def test_long_lines_come_in_pieces(self, zone):
        reply = zone.run("def main(request):\n    print('x' * 40000)\n    return 'x'\n")
        assert [len(text) for text in reply.lines] == [16384, 16384, 7232]

    def test_tracebacks_of_logging_exception_and_current_app_logger(self, zone):
        reply = zone.run(
            """
            from flask import current_app
            def main(request):
                current_app.logger.info('from flask')
                try:
                    1 / 0
                except ZeroDivisionError:
                    current_app.logger.exception('caught')
                return 'x'
            """
        )
        assert reply.logs[0] == (20, "from flask")
        assert (40, "caught") in reply.logs and (40, "ZeroDivisionError: division by zero") in reply.logs

    def test_child_processes_and_c_code_write_to_the_output_pipe(self, zone):
        reply = zone.run(
            "import os, subprocess\ndef main(request):\n    subprocess.run(['echo', 'child'])\n    os.write(2, b'direct\\n')\n    return 'x'\n"
        )
        assert reply.logs == []
        assert zone.worker.read_output() == b"child\ndirect\n"

    def test_wsgi_errors_is_standard_error(self, zone):
        reply = zone.run("def main(request):\n    print('e', file=request.environ['wsgi.errors'])\n    return 'x'\n")
        assert reply.logs == [(1, "e")]

    def test_a_slow_call_shows_its_lines_at_once(self, zone):
        zone.write("x.py", "import time\ndef main(request):\n    time.sleep(0.05)\n    print('now')\n    time.sleep(1)\n    return 'x'\n")
        call = zone.worker.submit("/x.py")
        zone.worker.receive()
        assert zone.worker.replies[call].lines == ["now"] and call not in zone.worker.order
        zone.worker.wait(call)

    def test_reading_standard_input_ends_at_once(self, zone):
        reply = zone.run("import sys\ndef main(request):\n    return {'in': sys.stdin.read()}\n")
        assert reply.json == {"in": ""}
