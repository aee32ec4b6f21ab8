"""What a script may return, restrict and raise, and what Steward says when it may not."""

from __future__ import annotations

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
