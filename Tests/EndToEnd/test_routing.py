"""A file is a route; what is not a route, methods, and paths that must never reach a file."""
import os

import pytest

from support.wire import request

ECHO = "def main(request):\n    return {'path': request.path, 'method': request.method}\n"
API = {"X-API-Key": "api-secret-0123456789abcdef0123456789"}
ADMIN = {"X-Admin-Key": "admin-secret-0123456789abcdef012345"}
KEYS = {"API_KEY": API["X-API-Key"], "ADMIN_API_KEY": ADMIN["X-Admin-Key"]}


@pytest.fixture(scope="module")
def server(serve_module, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.py").write_text(ECHO)
    server = serve_module({
        "x.py": ECHO, "sub/x.py": ECHO, "sub/deep/y.py": ECHO, "api/x.py": ECHO, "admin/x.py": ECHO,
        "sub/a b.py": ECHO, "grün.py": ECHO, "_hidden.py": ECHO, ".dot.py": ECHO, "pkg/__init__.py": ECHO,
        "_private/x.py": ECHO, ".dots/x.py": ECHO, "plain.txt": "text", "x.pyc": "bytes", "Upper.py": ECHO,
        "get_only.py": 'methods = ["GET"]\n' + ECHO, "post_put.py": 'methods = ["POST", "PUT"]\n' + ECHO,
        "long.py": "def main(request):\n    return 'x' * 100\n",
    }, environment=KEYS)
    os.symlink(outside / "secret.py", server.folder / "link_out.py")
    os.symlink(outside, server.folder / "dir_out")
    os.symlink("x.py", server.folder / "link_in.py")
    return server


@pytest.mark.parametrize("path, headers", [
    ("/x.py", {}), ("/sub/x.py", {}), ("/sub/deep/y.py", {}), ("/api/x.py", API), ("/admin/x.py", ADMIN),
    ("/sub/a%20b.py", {}), ("/gr%C3%BCn.py", {}), ("/Upper.py", {}), ("/link_in.py", {}), ("/%78.py", {}),
])
def test_a_file_is_a_route(server, path, headers):
    answer = server.get(path, headers)
    assert answer.status == 200, answer
    assert answer.json()["method"] == "GET"


@pytest.mark.parametrize("path", [
    "/none.py", "/x", "/x.PY", "/upper.py", "/_hidden.py", "/.dot.py", "/pkg/__init__.py", "/pkg/", "/pkg", "/sub",
    "/sub/", "/_private/x.py", "/.dots/x.py", "/plain.txt", "/x.pyc", "/", "/link_out.py", "/dir_out/secret.py",
    "/x.py/", "/x.py/more", "/x.py%20",
])
def test_everything_else_is_not(server, path):
    answer = server.get(path)
    assert answer.status == 404, answer
    problem = answer.problem()
    assert problem["title"] and problem["trace_id"] == answer.header("X-Trace-Id")


def test_404_names_the_zone_that_was_searched(server):
    assert "'/'" in server.get("/none.py").problem()["detail"] or \
        "zone /" in server.get("/none.py").problem()["detail"]
    assert "/api" in server.get("/api/none.py", API).problem()["detail"]


def test_404_tells_an_unauthorised_caller_nothing_about_what_exists(server):
    there, missing = server.get("/api/x.py"), server.get("/api/none.py")
    assert there.status == missing.status and there.status in (401, 403)
    first, second = there.problem(), missing.problem()
    for document in (first, second):
        for field in ("trace_id", "instance"):
            document.pop(field, None)
    assert first == second


@pytest.mark.parametrize("path", [
    "/../x.py", "/sub/../x.py", "/sub//x.py", "//x.py", "/./x.py", "/%2e%2e/x.py", "/sub/%2e%2e/x.py", "/sub%2fx.py", "/sub%2Fx.py",
    "/sub%5cx.py", "/sub\\x.py", "/x.py%00", "/%ff.py", "/%c0%ae%c0%ae/x.py", "/%", "/%zz.py", "/x.py%0d%0aA:b",
])
def test_a_path_that_could_mean_two_things_is_refused(server, path):
    answer = server.get(path)
    assert answer.status in (400, 404), answer
    answer.problem()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_all_methods_reach_a_script(server, method):
    assert server.call(method, "/x.py").json()["method"] == method


def test_head_gives_the_headers_of_get_and_no_body(server):
    get = server.get("/long.py")
    with server.connect() as connection:
        head = connection.call("HEAD", "/long.py")
        assert head.status == 200 and head.body == b""
        assert head.header("Content-Length") == get.header("Content-Length") == "100"
        assert head.header("Content-Type") == get.header("Content-Type")
        assert connection.call("GET", "/long.py").body == b"x" * 100, "the connection stays in step"


@pytest.mark.parametrize("path, method, allowed", [
    ("/get_only.py", "POST", {"GET", "HEAD"}), ("/get_only.py", "DELETE", {"GET", "HEAD"}),
    ("/post_put.py", "GET", {"POST", "PUT"}), ("/post_put.py", "HEAD", {"POST", "PUT"}),
])
def test_a_script_may_restrict_its_methods(server, path, method, allowed):
    answer = server.call(method, path)
    assert answer.status == 405
    got = {name.strip() for name in answer.header("Allow").split(",")}
    assert got - {"OPTIONS"} == allowed
    if method != "HEAD":
        answer.problem()


def test_methods_that_a_script_lists_are_answered(server):
    assert server.get("/get_only.py").status == 200
    assert server.call("HEAD", "/get_only.py").status == 200
    assert server.call("PUT", "/post_put.py", body="").status == 200


def test_options_of_a_restricted_script_tells_its_methods(server):
    answer = server.call("OPTIONS", "/post_put.py")
    assert answer.status in (200, 204)
    assert {"POST", "PUT"} <= {name.strip() for name in answer.header("Allow").split(",")}


def test_one_connection_serves_many_calls_and_pipelined_ones_in_order(server):
    with server.connect() as connection:
        for _ in range(50):
            assert connection.call("GET", "/x.py").status == 200
        paths = ["/x.py", "/sub/x.py", "/none.py", "/long.py", "/sub/deep/y.py"] * 4
        connection.send(b"".join(request("GET", path) for path in paths))
        answers = [connection.receive() for _ in paths]
        assert [answer.status for answer in answers] == [404 if path == "/none.py" else 200 for path in paths]
        assert [answer.json()["path"] for path, answer in zip(paths, answers) if path.endswith(("x.py", "y.py"))] == [
            path for path in paths if path.endswith(("x.py", "y.py"))]


def test_zones_are_settings(serve, tmp_path):
    from support import settings
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "y.py").write_text(ECHO)
    server = serve({"x.py": ECHO, "inner/z.py": ECHO}, settings=settings.text(
        zones=[settings.zone("/"), settings.zone("/tools/v1", folder=str(other))]))
    assert server.get("/x.py").status == 200
    assert server.get("/tools/v1/y.py").status == 200
    assert server.get("/y.py").status == 404
    assert server.get("/tools/v1/x.py").status == 404
    assert server.get("/tools/y.py").status == 404
