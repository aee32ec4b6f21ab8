"""Scripts and requests whose answers must be those of real Flask: (name, script, request...)."""

from __future__ import annotations

from dataclasses import dataclass, field

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
MULTI = {"Content-Type": "multipart/form-data; boundary=xyz"}
MULTI_BODY = (
    b'--xyz\r\nContent-Disposition: form-data; name="note"\r\n\r\nh\xc3\xa9llo\r\n'
    b'--xyz\r\nContent-Disposition: form-data; name="up"; filename="a b.txt"\r\nContent-Type: text/plain\r\n\r\n'
    b"line 1\nline 2\r\n--xyz--\r\n"
)


@dataclass
class Case:
    name: str
    script: str
    target: str = "/x.py"
    method: str = "GET"
    headers: dict = field(default_factory=dict)
    body: bytes = b""


def main(expression: str, imports: str = "") -> str:
    return f"{imports}\ndef main(request):\n    return {expression}\n"


CASES: list = []


def add(name: str, script: str, target: str = "/x.py", method: str = "GET", headers=None, body: bytes = b"") -> None:
    CASES.append(Case(name, script, target, method, dict(headers or {}), body))


# Plain results
add("dict", main("{'b': 1, 'a': [1, 2.5, None, True]}"))
add("dict non-ascii", main("{'name': 'Zoë \\u2028 \\U0001F600'}"))
add("dict int keys", main("{1: 'a', 2: 'b'}"))
add("dict nan", main("{'x': float('nan'), 'y': float('inf')}"))
add("dict html characters", main("{'x': '<script>&\"\\''}"))
add("empty dict", main("{}"))
add("nested", main("{'a': {'z': 1, 'b': {'y': (1, 2)}}}"))
add("list", main("[3, 2, {'b': 1, 'a': 2}]"))
add("empty list", main("[]"))
add("str", main("'Gr\\u00fc\\u00dfe <b>'"))
add("empty str", main("''"))
add("bytes", main("b'\\x00\\xff'"))
add("bytearray", main("bytearray(b'abc')"))
add("dict subclass", main("OrderedDict(b=1, a=2)", "from collections import OrderedDict"))
add("str subclass", main("S('x')", "class S(str): pass"))
add("markup", main("Markup('<b>x</b>')", "from markupsafe import Markup"))
add("datetime", main("{'d': datetime(2026, 1, 2, 3, 4, 5), 'e': date(2026, 1, 2)}", "from datetime import *"))
add("decimal uuid", main("{'d': Decimal('1.10'), 'u': UUID(int=5)}", "from decimal import Decimal\nfrom uuid import UUID"))
add(
    "dataclass",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    y: int\n    x: int\n"
    "def main(request):\n    return {'p': P(1, 2)}\n",
)
add("html method", main("{'m': Markup('<i>')}", "from markupsafe import Markup"))

# Tuples
add("status", main("({'ok': 1}, 201)"))
add("status text", main("('x', '418 TEAPOT')"))
add("status text only code", main("('x', '404')"))
add("status enum", main("('x', HTTPStatus.ACCEPTED)", "from http import HTTPStatus"))
add("headers dict", main("('x', {'X-One': 'a', 'Content-Type': 'text/plain'})"))
add("headers simple", main("({'a': 1}, {'X-One': 'a'})"))
add("headers list", main("('x', [('X-One', 'a'), ('X-One', 'b')])"))
add("headers tuple", main("('x', (('X-One', 'a'),))"))
add("headers object", main("('x', Headers([('X-A', '1')]))", "from werkzeug.datastructures import Headers"))
add("headers with list value", main("('x', {'X-One': ['a', 'b']})"))
add("body status headers", main("([1], 202, {'X-One': 'a'})"))
add("body status pairs", main("('x', 404, [('X-A', 'b')])"))
add("json with other type", main("({'a': 1}, 200, {'Content-Type': 'application/vnd.api+json'})"))
add("content length overridden", main("('abc', 200, {'Content-Length': '3'})"))
add("204", main("('', 204)"))
add("304", main("('', 304)"))
add("205", main("('', 205)"))
add("bytes tuple", main("(b'abc', 200, {'Content-Type': 'image/png'})"))
add("none headers", main("('x', 200, None)"))
add("non-latin header", main("('x', 200, {'X-A': 'caf\\u00e9'})"))
add("set-cookie header", main("('x', 200, [('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')])"))
add("location relative", main("('', 302, {'Location': '/else where?q=\\u00e9'})"))
add("status in response tuple", main("(Response('x'), 201, {'X-A': 'b'})", "from flask import Response"))
add("generator tuple", main("((c for c in 'abc'), 206, {'X-A': 'b'})"))
add("float status string", main("('x', '599 ODD')"))

# Request: arguments, forms, JSON
add("args", main("dict(request.args)"), "/x.py?a=1&b=2&a=3&c=")
add("args lists", main("{k: request.args.getlist(k) for k in request.args}"), "/x.py?a=1&b=2&a=3&c=")
add("args utf-8", main("request.args['n']"), "/x.py?n=Zo%C3%AB+%2B%26%FF")
add("args type", main("str(request.args.get('n', 5, type=int))"), "/x.py?n=x")
add("args missing key", main("request.args['nope']"), "/x.py?a=1")
add("form missing key", main("request.form['nope']"), "/x.py", "POST", FORM, b"a=1")
add("form", main("dict(request.form)"), "/x.py", "POST", FORM, b"a=1&b=%C3%A9+x")
add("form on GET in values", main("{'v': dict(request.values), 'f': dict(request.form)}"), "/x.py?a=1", "GET", FORM, b"b=2")
add("values on POST", main("{'v': dict(request.values), 'b': request.values['b']}"), "/x.py?a=1", "POST", FORM, b"b=2")
add("data empty after form", main("{'f': dict(request.form), 'd': request.data.decode()}"), "/x.py", "POST", FORM, b"a=1")
add("data before form", main("{'d': request.data.decode(), 'f': dict(request.form)}"), "/x.py", "POST", FORM, b"a=1")
add("get_data then form", main("{'d': request.get_data(as_text=True), 'f': dict(request.form)}"), "/x.py", "POST", FORM, b"a=1")
add("upload", main(
    "{'n': request.files['up'].filename, 't': request.files['up'].mimetype,"
    " 'd': request.files['up'].read().decode(), 'note': request.form['note']}"), "/x.py", "POST", MULTI, MULTI_BODY)
add("upload missing", main("request.files['nope'].filename"), "/x.py", "POST", MULTI, MULTI_BODY)
add("broken multipart", main("{'f': dict(request.form)}"), "/x.py", "POST", {"Content-Type": "multipart/form-data"}, MULTI_BODY)
add("json", main("{'got': request.get_json()}"), "/x.py", "POST", JSON, b'{"a": [1, "\\u00e9"]}')
add("json property", main("{'got': request.json}"), "/x.py", "POST", {"Content-Type": "application/ld+json"}, b'[1]')
add("json wrong type", main("{'got': request.get_json()}"), "/x.py", "POST", {"Content-Type": "text/plain"}, b'{"a": 1}')
add("json no type", main("{'got': request.json}"), "/x.py", "POST", {}, b'{"a": 1}')
add("json malformed", main("{'got': request.get_json()}"), "/x.py", "POST", JSON, b'{"a": ')
add("json empty", main("{'got': request.get_json()}"), "/x.py", "POST", JSON, b"")
add("json silent", main("{'got': request.get_json(silent=True)}"), "/x.py", "POST", JSON, b"{")
add("json forced", main("{'got': request.get_json(force=True)}"), "/x.py", "POST", {"Content-Type": "text/plain"}, b"{}")
add("json bad utf-8", main("{'got': request.get_json()}"), "/x.py", "POST", JSON, b'"\xff"')
add("is_json", main("{'j': request.is_json, 'm': request.mimetype, 'p': request.mimetype_params}"), "/x.py", "POST",
    {"Content-Type": "application/json; charset=utf-8"}, b"1")
add("raw body", main("request.get_data()"), "/x.py", "POST", {"Content-Type": "application/octet-stream"}, bytes(range(256)))
add("stream", main("request.stream.read(3) + b'|' + request.stream.read()"), "/x.py", "PUT", {}, b"abcdefgh")
add("no body", main("{'d': request.data.decode(), 'l': request.content_length}"), "/x.py", "POST")

# Request: everything else
add("urls", main("[request.url, request.base_url, request.host_url, request.path, request.full_path, request.root_path,"
                 " request.script_root, request.host, request.scheme, request.query_string.decode()]"), "/x.py?a=%20b")
add("headers", main("sorted((k, v) for k, v in request.headers.items())"), "/x.py", "GET", {"X-Thing": "a, b", "Accept": "*/*"})
add("cookies", main("dict(request.cookies)"), "/x.py", "GET", {"Cookie": 'a=1; b="q;x"; c=%20'})
add("auth", main("[request.authorization.username, request.authorization.password]"), "/x.py", "GET",
    {"Authorization": "Basic dTpwOng="})
add("accept", main("request.accept_mimetypes.best_match(['text/html', 'application/json'])"), "/x.py", "GET",
    {"Accept": "application/json, text/html;q=0.5"})
add("languages", main("str(request.accept_languages.best)"), "/x.py", "GET", {"Accept-Language": "de;q=0.7, fr"})
add("remote", main("[request.remote_addr, request.access_route, request.is_secure]"), "/x.py", "GET",
    {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"})
add("user agent", main("request.user_agent.string"), "/x.py", "GET", {"User-Agent": "curl/8"})
add("endpoint", main("[request.endpoint, request.url_rule.rule, request.view_args, request.blueprint]", "import flask"))
add("method", main("request.method"), "/x.py", "PATCH")
add("delete", main("request.method"), "/x.py", "DELETE")
add("options", main("request.method"), "/x.py", "OPTIONS")
add("if-match", main("[request.if_none_match.to_header(), str(request.if_modified_since)]"), "/x.py", "GET",
    {"If-None-Match": '"a", W/"b"', "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})

# HEAD
add("head json", main("{'a': 1}"), "/x.py", "HEAD")
add("head str", main("('x' * 500, 201, {'X-A': 'b'})"), "/x.py", "HEAD")
add("head stream", main("(c for c in 'abc')"), "/x.py", "HEAD")
add("head response", main("Response(b'abc', mimetype='image/png')", "from werkzeug.wrappers import Response"), "/x.py", "HEAD")

# Streams
add("generator", "def main(request):\n    yield 'a\\u00e9'\n    yield b'b'\n    yield ''\n    yield 'c'\n")
add("iterator", main("iter(['a', 'b'])"))
add("map", main("map(str, [1, 2, 3])"))
add("streamed response", main("Response(iter(['a', 'b']), mimetype='text/csv')", "from flask import Response"))
add("stream with context", "import flask\nfrom flask import stream_with_context, request\ndef main(r):\n"
    "    def go():\n        yield request.args['n']\n        yield 'x'\n    return stream_with_context(go())\n", "/x.py?n=5")
add("response with length", main("Response(iter([b'ab', b'c']), headers={'Content-Length': '3'})", "from flask import Response"))

# Errors made by Werkzeug and Flask
add("abort 404", main("abort(404)", "from flask import abort"))
add("abort text", main("abort(403, 'no <b>')", "from flask import abort"))
add("abort response", main("abort(Response('mine', 499))", "from flask import abort, Response"))
add("werkzeug abort", main("abort(409)", "from werkzeug.exceptions import abort"))
add("raise http", "from werkzeug.exceptions import Gone\ndef main(request):\n    raise Gone('left')\n")
add("return http", main("NotFound()", "from werkzeug.exceptions import NotFound"))
add("method not allowed", "from werkzeug.exceptions import MethodNotAllowed\ndef main(request):\n    raise MethodNotAllowed(['GET', 'PUT'])\n")
add("unauthorized", "from werkzeug.exceptions import Unauthorized\nfrom werkzeug.datastructures import WWWAuthenticate\n"
    "def main(request):\n    raise Unauthorized(www_authenticate=WWWAuthenticate('basic', {'realm': 'r'}))\n")
add("redirect exception", "from werkzeug.routing import RequestRedirect\ndef main(request):\n    raise RequestRedirect('/n')\n")
add("error handler", "from flask import current_app, abort\n@current_app.errorhandler(404)\ndef lost(e):\n    return {'e': e.code}, 404\n"
    "def main(request):\n    abort(404)\n")
add("handler of exception", "from flask import current_app\n@current_app.errorhandler(ValueError)\ndef lost(e):\n    return str(e), 422\n"
    "def main(request):\n    raise ValueError('bad')\n")
add("handler of 500", "from flask import current_app\n@current_app.errorhandler(500)\ndef lost(e):\n"
    "    return type(e.original_exception).__name__, 500\ndef main(request):\n    1/0\n")

# Flask's context
add("flask.request", main("{'a': flask.request.args['a'], 'same': flask.request == request}", "import flask"), "/x.py?a=1")
add("g", "from flask import g\ndef main(request):\n    g.x = 1\n    return {'x': g.x, 'y': g.get('y')}\n")
add("session write", "from flask import session\ndef main(request):\n    session['n'] = session.get('n', 0) + 1\n    return 'x'\n")
add("session read", "from flask import session\ndef main(request):\n    return str(session.get('n'))\n")
add("session permanent", "from flask import session\ndef main(request):\n    session['a'] = 1\n    session.permanent = True\n    return 'x'\n")
add("jsonify", main("flask.jsonify(b=1, a=[1])", "import flask"))
add("jsonify args", main("flask.jsonify(1, 2)", "import flask"))
add("make_response", "from flask import make_response\ndef main(request):\n    r = make_response({'a': 1}, 202)\n"
    "    r.set_cookie('k', 'v w', max_age=60, httponly=True, samesite='Lax')\n    r.headers['X-A'] = 'b'\n    return r\n")
add("two cookies", "from flask import make_response\ndef main(request):\n    r = make_response('x')\n    r.set_cookie('a', '1')\n"
    "    r.set_cookie('b', '2')\n    r.delete_cookie('c')\n    return r\n")
add("redirect", main("redirect('/other?x=1', 303)", "from flask import redirect"))
add("url_for", main("url_for('main', page=2, _external=True)", "from flask import url_for"))
add("url_for static", main("url_for('static', filename='a b.css')", "from flask import url_for"))
add("after this request", "from flask import after_this_request\ndef main(request):\n    @after_this_request\n    def more(response):\n"
    "        response.headers['X-After'] = '1'\n        return response\n    return {'a': 1}\n")
add("before request", "from flask import current_app, g\n@current_app.before_request\ndef first():\n    g.who = 'me'\n"
    "def main(request):\n    return g.who\n")
add("before request answers", "from flask import current_app\n@current_app.before_request\ndef first():\n    return 'early', 401\n"
    "def main(request):\n    return 'late'\n")
add("after request", "from flask import current_app\n@current_app.after_request\ndef last(response):\n    response.status_code = 207\n"
    "    return response\ndef main(request):\n    return 'x'\n")
add("flash", "from flask import flash, get_flashed_messages\ndef main(request):\n    flash('hey', 'info')\n"
    "    return {'m': get_flashed_messages(with_categories=True)}\n")
add("template string", main("render_template_string('{{ n }} {{ request.path }} {{ \"<\" }}', n='<x>')", "from flask import render_template_string"))
add("template", main("render_template('page.html', n='<x>')", "from flask import render_template"))
add("stream template", main("stream_template('page.html', n='<x>')", "from flask import stream_template"))
add("send_file", main("send_file(__file__.replace('x.py', 'data.txt'))", "from flask import send_file"))
add("send_file etag", main("send_file(__file__.replace('x.py', 'data.txt'))", "from flask import send_file"), "/x.py", "HEAD")
add("send_file download", main("send_file(io.BytesIO(b'abc'), download_name='h\\u00e9.csv', as_attachment=True)", "import io\nfrom flask import send_file"))
add("send_file range", main("send_file(__file__.replace('x.py', 'data.txt'))", "from flask import send_file"), "/x.py", "GET", {"Range": "bytes=2-5"})
add("send_file suffix range", main("send_file(__file__.replace('x.py', 'data.txt'))", "from flask import send_file"), "/x.py", "GET", {"Range": "bytes=-3"})
add("send_file bad range", main("send_file(__file__.replace('x.py', 'data.txt'))", "from flask import send_file"), "/x.py", "GET", {"Range": "bytes=900-"})
add("send_file not modified", main("send_file(__file__.replace('x.py', 'data.txt'))", "from flask import send_file"), "/x.py", "GET",
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"})
add("send_from_directory", main("send_from_directory('.', 'data.txt')", "from flask import send_from_directory"))
add("send_from_directory escape", main("send_from_directory('.', '../zone/data.txt')", "from flask import send_from_directory"))
add("send_file big", main("send_file(__file__.replace('x.py', 'big.bin'))", "from flask import send_file"))
add("conditional", main("Response('x').make_conditional(request)", "from werkzeug.wrappers import Response"))
add("etag", "from flask import make_response, request\ndef main(r):\n    x = make_response('body')\n    x.add_etag()\n"
    "    return x.make_conditional(request)\n", "/x.py", "GET", {"If-None-Match": '"841a2d689ad86bd1611447453c22c6fc"'})
add("response class", main("Response('x', status='207 MULTI', mimetype='text/xml')", "from werkzeug.wrappers import Response"))
add("wsgi callable", main("lambda e, s: (s('203 X', [('X-A', 'b')]), [b'ab', b'c'])[1]"))
add("response json subclass", "from flask import Response\nclass R(Response):\n    default_mimetype = 'text/x'\n"
    "def main(request):\n    return R('x')\n")
add("context processor", "from flask import current_app, render_template_string\n@current_app.context_processor\ndef more():\n"
    "    return {'who': 'w'}\ndef main(request):\n    return render_template_string('{{ who }}')\n")
add("current_app", main("[current_app.debug, current_app.testing, current_app.config['SESSION_COOKIE_NAME']]", "from flask import current_app"))
add("max content length", "from flask import request\ndef main(r):\n    r.max_content_length = 2\n    return r.get_data()\n", "/x.py", "POST", {}, b"abc")
add("json provider", "from flask import current_app\ncurrent_app.json.sort_keys = False\ndef main(request):\n    return {'b': 1, 'a': 2}\n")

# Coroutines
add("async", "async def main(request):\n    import asyncio\n    await asyncio.sleep(0)\n    return {'a': request.args['a']}\n", "/x.py?a=1")
add("async flask", "import flask\nasync def main(r):\n    flask.g.a = 1\n    return {'a': flask.request.args['a'], 'g': flask.g.a}, 201\n", "/x.py?a=1")
add("async abort", "from werkzeug.exceptions import abort\nasync def main(request):\n    abort(418)\n")
