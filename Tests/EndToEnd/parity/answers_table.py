"""What a script answers."""
from .case import Case, form, get, post

PLAIN = [
    Case("dict", "return {'b': 1, 'a': [1.5, None, True, 'x'], 'nested': {'z': {}, 'y': []}}", [get()]),
    Case("dict-unicode", "return {'k': 'ü€😀\\u2028</script>', 'ключ': '\\x00\\x7f'}", [get()]),
    Case("dict-numbers", "return {'i': 2**70, 'f': 1e100, 'm': -0.0, 's': 1/3, 'nan': float('nan'), "
                         "'inf': float('inf'), 'true': True}", [get()]),
    Case("dict-keys", "return {1: 'int', 2: 'x'}", [get()]),
    Case("dict-mixed-keys", "return {1: 'int', 'a': 'x'}", [get()], only="status"),
    Case("dict-types", "return {'d': datetime.date(2026, 11, 2), 't': datetime.datetime(2026, 11, 2, 3, 4, 5), "
                       "'n': decimal.Decimal('1.10'), 'u': uuid.UUID(int=5), 's': (1, 2)}", [get()]),
    Case("dict-unserialisable", "return {'o': object()}", [get()], only="status"),
    Case("list", "return [1, 'two', {'three': 3}]", [get()]),
    Case("empty", "return {'dict': {}, 'list': [], 'str': ''}[request.args['k']]",
         [get("?k=dict"), get("?k=list"), get("?k=str")]),
    Case("str", "return 'grün <b>'", [get(), get("", (), "HEAD"), post("x")]),
    Case("bytes", "return b'\\x00\\xff'", [get()]),
    Case("huge", "return 'x' * 3_000_000", [get()]),
    Case("subclass", "class D(dict): pass\nreturn D(a=1)", [get()]),
]

TUPLES = [
    Case("tuple-status", "return 'made', 201", [get()]),
    Case("tuple-status-text", "return 'made', '201 MADE UP'", [get()]),
    Case("tuple-status-enum", "return {'a': 1}, HTTPStatus.ACCEPTED", [get()]),
    Case("tuple-headers", "return 'x', {'X-A': 'b', 'Content-Type': 'text/csv'}", [get()]),
    Case("tuple-headers-list", "return 'x', [('X-A', '1'), ('X-A', '2'), ('x-b', 'ü')]", [get()]),
    Case("tuple-three", "return {'a': 1}, 202, {'X-A': 'b'}", [get()]),
    Case("tuple-list", "return [1], 418", [get()]),
    Case("tuple-response", "return Response('x', 200, {'X-A': '1'}), 203, {'X-B': '2'}", [get()]),
    Case("tuple-bytes", "return b'x', 200, {'Content-Type': 'image/png'}", [get()]),
    Case("no-content", "return '', 204", [get(), get("", (), "DELETE")]),
    Case("not-modified", "return '', 304, {'ETag': '\"x\"'}", [get()]),
    Case("bad-results", """
        return {'none': None, 'true': True, 'int': 7, 'one': ('x',), 'four': ('x', 1, {}, 2), 'set': {1},
                'object': object(), 'status': ('x', 'abc', {}), 'float': 1.5}[request.args['k']]
        """, [get(f"?k={kind}") for kind in ("none", "true", "int", "one", "four", "set", "object", "float")],
         only="status"),
    Case("raises", "raise ValueError('secret')", [get()], only="status"),
]

RESPONSES = [
    Case("response", "return Response('x', status=201, mimetype='text/csv', headers={'X-A': 'é'})", [get()]),
    Case("make-response", "r = make_response({'a': 1}, 201); r.headers['X-A'] = '1'; r.headers.add('X-A', '2'); "
                          "return r", [get()]),
    Case("jsonify", "return jsonify(a=1, b=[2])", [get()]),
    Case("jsonify-list", "return jsonify(1, 2, {'x': None}), 201", [get()]),
    Case("content-type", "r = make_response('{}'); r.content_type = 'application/json'; return r", [get()]),
    Case("charset", "return Response('ü'.encode('latin-1'), content_type='text/plain; charset=latin-1')", [get()]),
    Case("redirect", "return redirect(request.args['to'], int(request.args.get('code', 302)))",
         [get("?to=/else"), get("?to=http://a.test/%C3%BC&code=307"), get("?to=rel%20ative&code=301"),
          get("?to=?q=%22%3Cx%3E")]),
    Case("location", "return '', 201, {'Location': '/made/1'}", [get()]),
    Case("set-cookie", """
        r = make_response('x')
        r.set_cookie('a', '1')
        r.set_cookie('b', 'two words; ü', path='/p', domain='steward.test', secure=True, httponly=True,
                     samesite='Lax', expires=datetime.datetime(2030, 1, 2, tzinfo=datetime.timezone.utc))
        r.set_cookie('c', '', max_age=60)
        r.delete_cookie('d')
        return r
        """, [get()]),
    Case("etag", "r = make_response('abc'); r.add_etag(); r.cache_control.max_age = 5; "
                 "return r.make_conditional(request)",
         [get(), get("", {"If-None-Match": '"a9993e364706816aba3e25717850c26c9cd0d89d"'}),
          get("", {"If-None-Match": "*"}), get("", {"If-Match": '"no"'})]),
    Case("vary", "r = make_response('x'); r.vary.add('Cookie'); r.content_language.add('de'); r.age = 5; return r",
         [get()]),
    Case("www-authenticate", "return Response('who?', 401, {'WWW-Authenticate': 'Basic realm=\"x\"'})", [get()]),
    Case("wsgi-response", "return werkzeug.wrappers.Response('w', 202)", [get()]),
    Case("wsgi-callable", "return lambda e, s: (s('200 OK', [('X-W', '1')]), [b'w'])[1]", [get()]),
    Case("head-dict", "return {'a': 1}", [get("", (), "HEAD")]),
    Case("head-length", "return Response('', 200, {'Content-Length': '1234'})", [get("", (), "HEAD")]),
    Case("options", "return '', 204, {'Allow': 'GET'}", [get("", (), "OPTIONS")]),
    Case("autocorrect", "r = redirect('x'); r.autocorrect_location_header = True; return r", [get("?a=1")]),
]

ABORTS = [
    Case("abort", "abort(int(request.args['c']))",
         [get(f"?c={code}") for code in (400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 429, 500, 503)]),
    Case("abort-text", "abort(403, description='not <you>')", [get()]),
    Case("abort-response", "abort(make_response({'error': 'mine'}, 422))", [get()]),
    Case("abort-headers", """
        abort(405, valid_methods=['GET', 'PUT']) if request.args else abort(
            429, response=Response('slow', 429, {'Retry-After': '7'}))
        """, [get(), get("?a=1")]),
    Case("http-exception", "raise werkzeug.exceptions.NotFound('gone & away')", [get()]),
    Case("retry-after", "raise werkzeug.exceptions.TooManyRequests(retry_after=9)", [get()]),
    Case("unknown-code", "abort(799)", [get()], only="status"),
]

STREAMS = [
    Case("generator", "return (f'{n}\\n' for n in range(5))", [get(), get("", (), "HEAD")]),
    Case("generator-bytes", "def g():\n    yield b'a'\n    yield b''\n    yield b'c' * 100000\nreturn g()", [get()]),
    Case("generator-empty", "return iter(())", [get()]),
    Case("generator-tuple", "return (c for c in 'abc'), 201, {'X-A': '1', 'Content-Type': 'text/csv'}", [get()]),
    Case("iterator", "return iter(['a', 'b'])", [get()]),
    Case("response-generator", "return Response((c for c in 'abc'), mimetype='text/event-stream')", [get()]),
    Case("response-list", "return Response(['a', 'b', b'c'])", [get()]),
    Case("stream-context", """
        @stream_with_context
        def lines():
            yield flask.request.args.get('a', 'none')
            yield flask.request.method
        return Response(lines())
        """, [get("?a=1"), get()]),
    Case("stream-length", "return Response((c for c in 'abcd'), headers={'Content-Length': '4'})", [get()]),
    Case("stream-callback", "r = Response(iter(['x'])); r.call_on_close(lambda: None); return r", [get()]),
]

FILES = [
    Case("send-file", "return send_file(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data.txt'))",
         [get(), get("", {"Range": "bytes=0-4"}), get("", {"Range": "bytes=-5"}), get("", {"Range": "bytes=5-"}),
          get("", {"Range": "bytes=99999-"}), get("", {"Range": "bytes=0-1,4-5"}), get("", (), "HEAD"),
          get("", {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"}), get("", {"If-None-Match": "*"}),
          get("", {"Range": "bytes=0-4", "If-Range": '"other"'})], ignore=("ETag",)),
    Case("send-attachment", "return send_file(io.BytesIO(b'a,b\\n'), mimetype='text/csv', as_attachment=True, "
                            "download_name='Größe \"x\".csv')", [get()]),
    Case("send-bytes", "return send_file(io.BytesIO(bytes(range(256)) * 500), mimetype='application/x-y', "
                       "conditional=True, etag=False, max_age=60)", [get(), get("", {"Range": "bytes=1000-1999"})]),
    Case("send-missing", "return send_from_directory(os.path.dirname(os.path.abspath(__file__)), request.args['f'])",
         [get("?f=none.txt"), get("?f=../data.txt"), get("?f=data.txt")], ignore=("ETag",)),
]

CONTEXT = [
    Case("after-this-request", """
        @after_this_request
        def add(response):
            response.headers['X-After'] = 'yes'
            return response
        return {'a': 1}
        """, [get()]),
    Case("g", "before = 'x' in g; g.x = 1; return {'before': before, 'x': g.get('x')}", [get(), get()]),
    Case("contexts", "return {'app': flask.has_app_context(), 'request': flask.has_request_context()}", [get()]),
    Case("current-app", "return current_app.json.dumps({'b': 1, 'a': 2})", [get()]),
    Case("flash", "flash('one'); flash('two', 'error'); return flask.get_flashed_messages(with_categories=True)",
         [get()], ignore=("Set-Cookie",)),
    Case("session-read", "return {'n': session.get('n'), 'new': session.new, 'mod': session.modified}",
         [get(), get("", {"Cookie": "session=rubbish.x.y"})]),
    Case("template-string", "return flask.render_template_string('<b>{{ a }}</b>{{ request.path }}', a='<&>')", [get()]),
    Case("escape", "return flask.json.dumps({'k': '<é>'})", [get()]),
    Case("async-main", "async def main(request):\n    import asyncio\n    await asyncio.sleep(0)\n"
                       "    return {'a': flask.request.args.get('a')}", [get("?a=1")], whole=True),
    Case("module-state", "calls = []\n\n\ndef main(request):\n    calls.append(1)\n    return {'n': len(calls) > 0}",
         [get()], whole=True),
    Case("module-names", "def main(request):\n    return {'file': os.path.basename(__file__), "
                         "'doc': __doc__, 'fn': main.__name__}", [get()], whole=True),
    Case("form-then-json", "return {'f': request.form.get('a'), 'j': request.get_json(silent=True)}", [form("a=1")]),
    Case("teardown", "r = Response('x'); r.status_code = 299; return r", [get()]),
]

CASES = PLAIN + TUPLES + RESPONSES + ABORTS + STREAMS + FILES + CONTEXT
