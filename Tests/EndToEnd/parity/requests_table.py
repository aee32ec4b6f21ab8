"""What a script reads from the request."""
from support.wire import chunked, multipart

from .case import Case, form, get, json_body, post

FORM_KIND, FORM_BODY = multipart(
    ("title", "Größe"), ("empty", ""), ("tag", "a"), ("tag", "b"),
    ("file", "naïve name.txt", "text/plain; charset=utf-8", b"line\r\nline\r\n--b0undar\r\n\x00\xff"))
TWO_KIND, TWO_FILES = multipart(
    ("files", "a.bin", "application/octet-stream", bytes(range(256)) * 40),
    ("files", "b.txt", "text/plain", b""), ("note", "x" * 3000))

QUERY = [
    Case("args-get", "return {'v': request.args.get('a'), 'd': request.args.get('none', 'standard')}",
         [get(), get("?a=1"), get("?a="), get("?a"), get("?a=1&a=2"), get("?A=1"), get("?a=x%20y+z"), get("?a=%zz%")]),
    Case("args-missing", "return request.args['a']", [get("?a=yes"), get("?b=1")]),
    Case("args-type", "return {'n': request.args.get('n', -1, type=int)}", [get("?n=7"), get("?n=seven"), get()]),
    Case("args-list", "return request.args.getlist('a')", [get("?a=1&b=2&a=3"), get("?a=1;a=2"), get()]),
    Case("args-dict", "return {'flat': request.args.to_dict(), 'all': request.args.to_dict(flat=False)}",
         [get("?x=1&y=2&x=3"), get("?=novalue&&x")]),
    Case("args-unicode", "return request.args.get('q', '')",
         [get("?q=%C3%A9t%C3%A9"), get("?q=%F0%9F%90%8D"), get("?q=%ff%fe"), get("?q=%00")]),
    Case("query-string", "return request.query_string", [get("?a=%20&b=+&c"), get()]),
]

FORMS = [
    Case("form-get", "return {'a': request.form.get('a'), 'list': request.form.getlist('a')}",
         [form("a=1&a=2"), form(""), form("a=x+y%26z&b"), post("a=1", "text/plain"), get("?a=1")]),
    Case("form-missing", "return request.form['a']", [form("a=1"), form("b=1"), get()]),
    Case("form-unicode", "return request.form.to_dict()", [form("n=%C3%BC"), form("n=ü".encode()), form("n=%ff")]),
    Case("form-charset", "return request.form.to_dict()",
         [post("n=%E4", "application/x-www-form-urlencoded; charset=iso-8859-1")]),
    Case("data-after-form", "a = request.form.get('a'); return {'a': a, 'data': request.data.decode()}",
         [form("a=1"), post("a=1", "text/plain")]),
    Case("values", "return {'values': request.values.to_dict(flat=False)}",
         [form("a=1&b=2", "?a=0"), get("?a=0")]),
    Case("multipart-fields", "return {'form': request.form.to_dict(flat=False), 'files': list(request.files)}",
         [post(FORM_BODY, FORM_KIND), post(TWO_FILES, TWO_KIND), post(FORM_BODY, "multipart/form-data"),
          post(b"--b0undary\r\nrubbish", "multipart/form-data; boundary=b0undary")]),
    Case("multipart-file",
         "f = request.files['file']; d = f.read(); return {'name': f.filename, 'type': f.content_type, "
         "'mime': f.mimetype, 'hex': d.hex(), 'headers': dict(f.headers)}",
         [post(FORM_BODY, FORM_KIND), post(TWO_FILES, TWO_KIND), form("file=x")]),
    Case("multipart-files",
         "return [[f.filename, len(f.read()), f.content_length] for f in request.files.getlist('files')]",
         [post(TWO_FILES, TWO_KIND)]),
    Case("file-save", """
        target = io.BytesIO()
        request.files['files'].save(target)
        return {'size': len(target.getvalue())}
        """, [post(TWO_FILES, TWO_KIND)]),
    Case("secure-filename", "return werkzeug.utils.secure_filename(request.files['file'].filename)",
         [post(FORM_BODY, FORM_KIND)]),
    Case("chunked-form", "return request.form.to_dict()",
         [get("", {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}, "POST")
          + chunked(b"a=1&b", b"=2")]),
]

BODIES = [
    Case("json", "return {'got': request.json}",
         [json_body('{"a": [1, 2.5, null, true, "ü\\u20ac"]}'), json_body("[]"), json_body("null"), json_body('"x"'),
          json_body(""), json_body("{bad"), json_body('{"a": NaN}'), post("{}", "text/plain"), post("{}"), get()]),
    Case("json-kinds", "return {'json': request.get_json(), 'is': request.is_json}",
         [json_body("{}", "application/json; charset=utf-8"), json_body("{}", "application/vnd.api+json"),
          json_body("{}", "APPLICATION/JSON"), json_body("{}", "text/json")]),
    Case("json-silent", "return {'json': request.get_json(silent=True)}",
         [json_body("{bad"), post("{}", "text/plain"), json_body("[1]"), get()]),
    Case("json-force", "return {'json': request.get_json(force=True)}", [post("[1]", "text/plain"), post("x", "a/b")]),
    Case("json-utf8", "return request.json", [json_body('{"k": "日本"}'.encode()), json_body(b'{"k": "\xff"}'),
                                             json_body('{"k": 1}'.encode("utf-16"))]),
    Case("data", "return {'hex': request.data.hex(), 'again': request.get_data().hex()}",
         [post(b"\x00\x01\xff", "application/octet-stream"), post(b""), get(), post(b"x" * 70000)]),
    Case("data-text", "return request.get_data(as_text=True)", [post("grün".encode(), "text/plain; charset=utf-8")]),
    Case("stream", "return {'first': request.stream.read(3).decode(), 'rest': request.stream.read().decode()}",
         [post("abcdef", "text/plain"), post("ab"), get()]),
    Case("stream-lines", "return [line.decode() for line in request.stream]", [post("a\nb\n\nc", "text/plain")]),
    Case("large-body", "import hashlib; return hashlib.sha256(request.get_data()).hexdigest()",
         [post(bytes(range(256)) * 16384, "application/octet-stream")]),
    Case("chunked-data", "return request.get_data()",
         [get("", {"Transfer-Encoding": "chunked", "Content-Type": "text/plain"}, "POST")
          + chunked(b"abc", b"d" * 300, b"e"),
          get("", {"Transfer-Encoding": "chunked"}, "PUT") + chunked()]),
    Case("chunked-json", "return request.json",
         [get("", {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}, "POST")
          + chunked(b'{"a"', b": 1}")]),
    Case("content", "return {'length': request.content_length, 'type': request.content_type, "
                    "'mime': request.mimetype, 'params': request.mimetype_params}",
         [post("abc", "Text/Plain; Charset=UTF-8; x=\"a b\""), post("abc"), get()]),
    Case("max-content", "request.max_content_length = 3; return request.get_data()", [post("abc"), post("abcd")]),
]

HEADERS = [
    Case("header-get", "return {'x': request.headers.get('x-thing'), 'has': 'X-Thing' in request.headers}",
         [get("", {"X-Thing": "a  b"}), get("", [("X-Thing", "a"), ("x-thing", "b")]), get("", {"X-Thing": ""}), get(),
          get("", {"X-Thing": "\xe9\xff"}), get("", {"X_Thing": "underscore"})]),
    Case("header-missing", "return request.headers['X-None']", [get()], only="status"),
    Case("header-all", "return sorted([k, v] for k, v in request.headers if k != 'Connection')",
         [get("", {"Accept": "*/*", "X-A-B": "1", "Content-Type": "text/plain"}), post("x", "a/b")]),
    Case("cookies", "return request.cookies.to_dict(flat=False)",
         [get("", {"Cookie": 'a=1; b="two \\" words"; c=%20; a=2; bad; =x'}), get("", {"Cookie": "k=\xc3\xbc"}),
          get()]),
    Case("accept", "return {'best': request.accept_mimetypes.best_match(['text/html', 'application/json']), "
                   "'lang': request.accept_languages.best_match(['de', 'en']), "
                   "'json': request.accept_mimetypes.accept_json}",
         [get("", {"Accept": "text/html;q=0.5, application/json", "Accept-Language": "de-DE,en;q=0.8"}), get()]),
    Case("authorization", "a = request.authorization; return {'type': a and a.type, 'user': a and a.username, "
                          "'token': a and a.token}",
         [get("", {"Authorization": "Basic dXNlcjpwYXNz"}), get("", {"Authorization": "Basic !!"}), get()]),
    Case("agent", "return {'ua': request.user_agent.string, 'ref': request.referrer, 'origin': request.origin}",
         [get("", {"User-Agent": "t/1 (x)", "Referer": "http://a/b", "Origin": "http://a"}), get()]),
    Case("range-header", "r = request.range; return {'r': r and r.ranges, 'u': r and r.units}",
         [get("", {"Range": "bytes=0-4,-3"}), get("", {"Range": "rubbish"}), get()]),
    Case("conditions", "return {'none': request.if_none_match.to_header(), 'since': str(request.if_modified_since), "
                       "'cc': request.cache_control.max_age, 'pragma': request.pragma.to_header()}",
         [get("", {"If-None-Match": '"a", W/"b"', "If-Modified-Since": "Tue, 01 Sep 2026 10:00:00 GMT",
                   "Cache-Control": "max-age=60", "Pragma": "no-cache"}), get()]),
]

WHERE = [
    Case("urls", "return {n: getattr(request, n) for n in ('url', 'base_url', 'host', 'host_url', 'root_url', "
                 "'url_root', 'path', 'full_path', 'script_root', 'root_path', 'scheme', 'is_secure')}",
         [get("?a=1&b=%20"), get(), get("", {"Host": "other.test:8081"}), get("", {"Host": "other.test:80"})]),
    Case("method", "return {'method': request.method}",
         [get("", (), method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")]),
    Case("remote", "return {'addr': request.remote_addr, 'route': list(request.access_route), "
                   "'user': request.remote_user, 'threads': request.is_multiprocess in (True, False)}", [get()]),
    Case("proxy-headers-untrusted", "return {'addr': request.remote_addr, 'scheme': request.scheme, "
                                    "'host': request.host}",
         [get("", {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test"})]),
    Case("same-request", "return {'same': flask.request.args is request.args, 'path': flask.request.path}", [get()]),
    Case("environ", "e = request.environ; return {k: e.get(k) for k in ('REQUEST_METHOD', 'SCRIPT_NAME', 'PATH_INFO', "
                    "'QUERY_STRING', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'SERVER_PROTOCOL', 'HTTP_HOST', "
                    "'wsgi.url_scheme', 'HTTP_X_Y')}",
         [get("?a=%20b", {"X-Y": "1"}), post("abc", "text/plain")]),
    Case("raw-uri", "return {'uri': request.environ['REQUEST_URI'], 'raw': request.environ['RAW_URI']}",
         [get("?a=%41%2f&b='")]),
]

CASES = QUERY + FORMS + BODIES + HEADERS + WHERE
