"""Scripts that export a WSGI or ASGI `app`."""

from __future__ import annotations

import pytest


class TestWSGI:
    FLASK = """
    from flask import Flask, request, session, url_for, stream_with_context
    app = Flask(__name__)
    app.secret_key = 'own'

    @app.route('/')
    def index():
        return {'root': request.script_root, 'path': request.path, 'url': url_for('item', n=5)}

    @app.route('/item/<int:n>', methods=['GET', 'POST'])
    def item(n):
        session['n'] = n
        return {'n': n, 'form': dict(request.form)}

    @app.route('/stream')
    def stream():
        def parts():
            for n in range(3):
                yield f'{n};'
        return stream_with_context(parts())
    """

    def test_a_flask_application_is_mounted_at_its_script(self, zone):
        zone.write("a/x.py", self.FLASK)
        reply = zone.call("/a/x.py")
        assert reply.json == {"root": "/a/x.py", "path": "/", "url": "/a/x.py/item/5"}
        reply = zone.call("/a/x.py/item/7", "POST", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=1", mount="/a/x.py")
        assert reply.json == {"n": 7, "form": {"a": "1"}}
        assert reply.header("Set-Cookie").startswith("session=")
        assert zone.call("/a/x.py/nope", mount="/a/x.py").status == 404
        assert zone.call("/a/x.py/stream", mount="/a/x.py").chunks == [b"0;", b"1;", b"2;"]
        head = zone.call("/a/x.py", "HEAD")
        assert (head.status, head.body) == (200, b"") and int(head.header("Content-Length")) > 10

    def test_an_error_inside_it_is_its_own_500_and_is_logged(self, zone):
        reply = zone.run("from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef i():\n    1/0\n")
        assert (reply.status, reply.fail) == (500, None)
        assert any("ZeroDivisionError" in line for line in reply.lines)

    def test_a_bare_application(self, zone):
        reply = zone.run(
            """
            def app(environ, start_response):
                assert environ['wsgi.multithread'] is False and environ['wsgi.multiprocess'] is True
                assert environ['wsgi.version'] == (1, 0)
                body = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
                environ['wsgi.errors'].write('note\\n')
                start_response('201 Made', [('X-A', '1'), ('X-A', '2'), ('Content-Type', 'text/plain')])
                return [body, b'|', environ['SCRIPT_NAME'].encode(), b'|', environ['PATH_INFO'].encode()]
            """,
            "/x.py/more", "POST", {}, b"in", mount="/x.py",
        )
        assert (reply.status, reply.body) == (201, b"in|/x.py|/more")
        assert [v for n, v in reply.headers if n == "X-A"] == ["1", "2"]
        assert reply.logs == [(1, "note")]

    def test_write_streams_and_close_is_called(self, zone):
        reply = zone.run(
            """
            class Body:
                def __iter__(self):
                    yield b'c'
                def close(self):
                    print('closed')
            def app(environ, start_response):
                write = start_response('200 OK', [])
                write(b'a')
                write(b'b')
                return Body()
            """
        )
        assert (reply.chunks, reply.lines) == ([b"a", b"b", b"c"], ["closed"])

    def test_start_response_may_come_late_and_be_replaced(self, zone):
        reply = zone.run(
            """
            import sys
            def app(environ, start_response):
                start_response('200 OK', [('X-A', 'first')])
                try:
                    1 / 0
                except ZeroDivisionError:
                    start_response('500 Broken', [('X-A', 'second')], sys.exc_info())
                yield b''
                yield b'late'
            """
        )
        assert (reply.status, reply.header("X-A"), reply.body) == (500, "second", b"late")

    def test_after_the_start_exc_info_is_raised(self, zone):
        reply = zone.run(
            """
            import sys
            def app(environ, start_response):
                write = start_response('200 OK', [])
                write(b'a')
                try:
                    raise ValueError('late')
                except ValueError:
                    start_response('500 Broken', [], sys.exc_info())
                return []
            """
        )
        assert reply.streamed and reply.fail["message"] == "ValueError: late"

    @pytest.mark.parametrize(
        "body, message",
        [
            ("return [b'x']", "start_response"),
            ("start_response('200 OK', []); start_response('200 OK', []); return []", "already called"),
            ("start_response('OK', []); return []", "status line"),
            ("start_response('200 OK', [('A', 'b\\r\\nC: d')]); return []", "line break"),
            ("start_response('200 OK', [('A', 5)]); return []", "must be str"),
            ("start_response('200 OK', []); return ['text']", "bytes"),
            ("start_response('200 OK', [('Content-Length', '-1')]); return [b'x']", "Content-Length"),
        ],
    )
    def test_violations_are_script_errors(self, zone, body, message):
        reply = zone.run(f"def app(environ, start_response):\n    {body}\n")
        assert reply.fail["code"] == "script-error" and message in reply.fail["message"]
        assert zone.run("def main(request):\n    return 'x'\n").body == b"x"

    def test_main_wins_over_app(self, zone):
        reply = zone.run("def app(e, s):\n    1/0\ndef main(request):\n    return 'main'\n")
        assert reply.body == b"main"

    def test_hop_by_hop_headers_are_dropped(self, zone):
        reply = zone.run(
            "def app(e, s):\n    s('200 OK', [('Connection', 'close'), ('Date', 'x'), ('Server', 'x'), ('Transfer-Encoding', 'chunked'), ('X-A', 'b')])\n    return [b'x']\n"
        )
        assert reply.headers == [("X-A", "b")]

    def test_a_wrapped_wsgi_app_is_used(self, zone):
        reply = zone.run(
            """
            from flask import current_app
            class Middleware:
                def __init__(self, inner): self.inner = inner
                def __call__(self, environ, start_response):
                    return self.inner(environ, lambda s, h, e=None: start_response(s, [*h, ('X-M', '1')], e))
            current_app.wsgi_app = Middleware(current_app.wsgi_app)
            def main(request):
                return 'x'
            """
        )
        assert (reply.body, reply.header("X-M")) == (b"x", "1")


class TestASGI:
    BARE = """
    async def app(scope, receive, send):
        if scope['type'] == 'lifespan':
            while True:
                message = await receive()
                print(message['type'])
                if message['type'] == 'lifespan.startup':
                    scope['state']['db'] = 'open'
                await send({'type': message['type'] + '.complete'})
                if message['type'] == 'lifespan.shutdown':
                    return
        body = b''
        while True:
            message = await receive()
            body += message['body']
            if not message['more_body']:
                break
        import json
        seen = {k: (v.decode('latin-1') if isinstance(v, bytes) else v) for k, v in scope.items() if k not in ('headers', 'asgi')}
        seen['headers'] = [[a.decode(), b.decode()] for a, b in scope['headers']]
        seen['body'] = len(body)
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-a', b'1'), (b'x-a', b'2')]})
        await send({'type': 'http.response.body', 'body': json.dumps(seen).encode()})
    """

    def test_a_bare_application(self, zone):
        zone.write("x.py", self.BARE)
        reply = zone.call("/x.py/caf%C3%A9?q=1", "POST", {"X-Thing": "t", "Content-Type": "a/b"}, b"z" * 200_000, mount="/x.py")
        assert reply.fail is None, reply.fail
        seen = reply.json
        assert reply.lines == ["lifespan.startup"]
        assert seen["type"] == "http" and seen["http_version"] == "1.1" and seen["method"] == "POST"
        assert (seen["path"], seen["root_path"], seen["raw_path"]) == ("/x.py/café", "/x.py", "/x.py/caf%C3%A9")
        assert (seen["query_string"], seen["scheme"], seen["body"]) == ("q=1", "http", 200_000)
        assert (seen["client"], seen["server"]) == (["127.0.0.1", 40000], ["localhost", 8080])
        assert ["x-thing", "t"] in seen["headers"] and ["content-type", "a/b"] in seen["headers"]
        assert ["content-length", "200000"] in seen["headers"]
        assert seen["state"] == {"db": "open"}
        assert [v for n, v in reply.headers if n == "x-a"] == ["1", "2"]
        assert zone.call("/x.py").lines == []

    def test_lifespan_ends_with_the_worker_and_at_a_reload(self, zone):
        file = zone.write("x.py", self.BARE)
        zone.call("/x.py")
        zone.write("x.py", file.read_text() + "\n# changed\n")
        assert zone.call("/x.py").lines == ["lifespan.shutdown", "lifespan.startup"]
        import socket

        zone.worker.data.shutdown(socket.SHUT_WR)
        assert zone.worker.exited() == 0
        while zone.worker.has_data(0.5):
            try:
                zone.worker.receive()
            except AssertionError:
                break
        assert [text for _, text in zone.worker.background] == ["lifespan.shutdown"]

    def test_a_failed_startup_is_a_load_error(self, zone):
        reply = zone.run(
            """
            async def app(scope, receive, send):
                await receive()
                await send({'type': 'lifespan.startup.failed', 'message': 'no database'})
            """
        )
        assert reply.fail["code"] == "load-error" and "no database" in reply.fail["message"]

    def test_an_application_without_lifespan(self, zone):
        zone.write(
            "x.py",
            """
            class App:
                async def __call__(self, scope, receive, send):
                    assert scope['type'] == 'http'
                    await send({'type': 'http.response.start', 'status': 202})
                    await send({'type': 'http.response.body', 'body': b'ab', 'more_body': True})
                    await send({'type': 'http.response.body', 'body': b'c'})
                    print((await receive())['type'], (await receive())['type'])
            app = App()
            """,
        )
        reply = zone.call("/x.py")
        assert (reply.status, reply.chunks, reply.lines) == (202, [b"ab", b"c"], ["http.request http.disconnect"])
        assert zone.call("/x.py", "HEAD").body == b""

    @pytest.mark.parametrize(
        "body, message",
        [
            ("pass", "without sending a response"),
            ("await send({'type': 'http.response.start', 'status': 200})", "before its response was complete"),
            ("await send({'type': 'http.response.body'})", "before the start"),
            ("await send({'type': 'websocket.accept'})", "not supported"),
            ("raise ValueError('x')", "ValueError: x"),
        ],
    )
    def test_violations_are_script_errors(self, zone, body, message):
        reply = zone.run(f"async def app(scope, receive, send):\n    if scope['type'] != 'http': raise ValueError\n    {body}\n")
        assert reply.fail["code"] == "script-error" and message in reply.fail["message"]

    def test_starlette(self, zone):
        pytest.importorskip("starlette")
        zone.write(
            "x.py",
            """
            from starlette.applications import Starlette
            from starlette.responses import JSONResponse, StreamingResponse
            from starlette.routing import Route
            import asyncio

            async def index(request):
                return JSONResponse({'path': request.url.path, 'q': dict(request.query_params), 'u': str(request.url_for('item', n=3))})

            async def item(request):
                return JSONResponse({'n': request.path_params['n'], 'body': (await request.body()).decode()})

            def sync(request):
                return JSONResponse({'sync': True})

            async def stream(request):
                async def parts():
                    for n in range(3):
                        await asyncio.sleep(0.001)
                        yield f'{n};'
                return StreamingResponse(parts())

            app = Starlette(routes=[
                Route('/', index), Route('/item/{n:int}', item, methods=['POST'], name='item'),
                Route('/sync', sync), Route('/stream', stream),
            ])
            """,
        )
        assert zone.call("/x.py?a=1").json == {"path": "/x.py/", "q": {"a": "1"}, "u": "http://localhost:8080/x.py/item/3"}
        assert zone.call("/x.py/item/4", "POST", {}, b"in", mount="/x.py").json == {"n": 4, "body": "in"}
        assert zone.call("/x.py/sync", mount="/x.py").json == {"sync": True}
        assert zone.call("/x.py/stream", mount="/x.py").body == b"0;1;2;"
        assert zone.call("/x.py/none", mount="/x.py").status == 404
