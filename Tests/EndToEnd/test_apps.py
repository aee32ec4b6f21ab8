"""Scripts that are whole applications: WSGI, ASGI, and executables of other languages by CGI/1.1."""
import pytest

from support.wire import multipart

SCRIPTS = {
    "wsgi.py": """
        def app(environ, start_response):
            body = environ["wsgi.input"].read()
            start_response("201 Made", [("Content-Type", "text/plain"), ("X-Script", environ["SCRIPT_NAME"]),
                                        ("X-Path", environ["PATH_INFO"])])
            return [environ["REQUEST_METHOD"].encode(), b" ", body, b" ", environ["QUERY_STRING"].encode()]
        """,
    "flaskapp.py": """
        from flask import Flask, request, url_for, session, redirect
        app = Flask(__name__)
        app.secret_key = "x"
        @app.get("/")
        def index():
            return {"here": url_for("item", n=3)}
        @app.route("/items/<int:n>", methods=["GET", "POST"])
        def item(n):
            return {"n": n, "form": request.form.to_dict(), "file": len(request.files)}
        @app.get("/stream")
        def stream():
            return (str(n) for n in range(3))
        @app.get("/go")
        def go():
            return redirect(url_for("index"))
        """,
    "asgi.py": """
        async def app(scope, receive, send):
            assert scope["type"] == "http", scope["type"]
            body = b""
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            await send({"type": "http.response.start", "status": 202,
                        "headers": [(b"content-type", b"text/plain"), (b"x-root", scope["root_path"].encode()),
                                    (b"x-path", scope["path"].encode())]})
            await send({"type": "http.response.body", "body": scope["method"].encode() + b" ", "more_body": True})
            await send({"type": "http.response.body", "body": body + b" " + scope["query_string"]})
        """,
    "star.py": """
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, StreamingResponse
        from starlette.routing import Route
        async def show(request):
            return JSONResponse({"n": request.path_params["n"], "q": request.query_params.get("q"),
                                 "body": (await request.body()).decode()})
        async def stream(request):
            async def lines():
                for n in range(3):
                    yield f"{n}\\n"
            return StreamingResponse(lines())
        app = Starlette(routes=[Route("/show/{n:int}", show, methods=["GET", "POST"]), Route("/stream", stream)])
        """,
    "env.sh!": """
        #!/bin/sh
        printf 'Content-Type: text/plain\\r\\nX-Cgi: yes\\r\\n\\r\\n'
        printf '%s|%s|%s|%s|%s|%s|' "$GATEWAY_INTERFACE" "$REQUEST_METHOD" "$SCRIPT_NAME" "$PATH_INFO" "$QUERY_STRING" "$HTTP_X_A"
        cat
        """,
    "status.sh!": "#!/bin/sh\nprintf 'Status: 418 Teapot\\nContent-Type: text/plain\\n\\nshort'\n",
    "move.sh!": "#!/bin/sh\nprintf 'Location: http://a.test/x\\n\\n'\n",
    "bad.sh!": "#!/bin/sh\necho 'no header at all' >&2\nexit 3\n",
    "perlish.cgi!": "#!/usr/bin/env python3\nimport os\nprint('Content-Type: text/plain\\n')\nprint(os.getcwd())\n",
    "not-executable.sh": "#!/bin/sh\necho no\n",
    "none.py": "x = 1\n",
}


@pytest.fixture(scope="module")
def server(serve_module):
    server = serve_module({name: source for name, source in SCRIPTS.items() if not name.endswith("!")})
    import textwrap
    for name, source in SCRIPTS.items():
        if name.endswith("!"):
            path = server.folder / name[:-1]
            path.write_text(textwrap.dedent(source).lstrip("\n"))
            path.chmod(0o755)
    return server


def test_a_wsgi_app_is_mounted_at_its_route(server):
    answer = server.call("PUT", "/wsgi.py/deep/er%20path?a=1", body="body")
    assert (answer.status, answer.text) == (201, "PUT body a=1")
    assert (answer.header("X-Script"), answer.header("X-Path")) == ("/wsgi.py", "/deep/er path")
    assert server.get("/wsgi.py").header("X-Path") in (None, "", "/")


def test_a_flask_app_works_below_its_route(server):
    assert server.get("/flaskapp.py/").json() == {"here": "/flaskapp.py/items/3"}
    kind, body = multipart(("a", "1"), ("f", "n.txt", "text/plain", b"x"))
    answer = server.call("POST", "/flaskapp.py/items/7", {"Content-Type": kind}, body)
    assert answer.json() == {"n": 7, "form": {"a": "1"}, "file": 1}
    assert server.get("/flaskapp.py/stream").text == "012"
    assert server.get("/flaskapp.py/go").header("Location") == "/flaskapp.py/"
    assert server.get("/flaskapp.py/none").status == 404
    assert server.call("DELETE", "/flaskapp.py/items/7").status == 405


def test_an_asgi_app_is_mounted_at_its_route(server):
    answer = server.call("POST", "/asgi.py/deep?a=1", body="body")
    assert (answer.status, answer.text) == (202, "POST body a=1")
    assert answer.header("X-Root") == "/asgi.py" and answer.header("X-Path").endswith("/deep")


def test_a_starlette_app_works_below_its_route(server):
    answer = server.call("POST", "/star.py/show/5?q=x", body="b")
    assert answer.json() == {"n": 5, "q": "x", "body": "b"}
    assert server.get("/star.py/stream").text == "0\n1\n2\n"
    assert server.get("/star.py/none").status == 404


def test_an_executable_file_answers_by_cgi(server):
    answer = server.call("POST", "/env.sh/more/path?q=1", {"X-A": "b", "Content-Type": "text/plain"}, "body")
    assert answer.status == 200 and answer.header("X-Cgi") == "yes"
    assert answer.text == "CGI/1.1|POST|/env.sh|/more/path|q=1|b|body"


def test_cgi_status_location_and_failure(server):
    answer = server.get("/status.sh")
    assert (answer.status, answer.text) == (418, "short")
    assert (server.get("/move.sh").status, server.get("/move.sh").header("Location")) == (302, "http://a.test/x")
    failed = server.get("/bad.sh")
    assert failed.status == 502 and failed.problem()["trace_id"]
    server.wait_for_record(lambda r: r["event"] == "script" and "no header at all" in r["message"])


def test_a_cgi_program_runs_in_its_own_folder(server):
    assert server.get("/perlish.cgi").text.strip() == str(server.folder.resolve())


def test_cgi_ignores_the_proxy_header(server):
    server.write("proxy.sh!", "x")
    (server.folder / "proxy.sh").write_text(
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s' \"${HTTP_PROXY:-unset}\"\n")
    assert server.get("/proxy.sh", {"Proxy": "http://evil.test"}).text == "unset"


def test_a_file_without_the_execute_bit_is_no_route(server):
    assert server.get("/not-executable.sh").status == 404


def test_a_script_without_an_entry_says_what_is_missing(server):
    answer = server.get("/none.py")
    assert answer.status == 500 and "main" in answer.problem()["detail"]
