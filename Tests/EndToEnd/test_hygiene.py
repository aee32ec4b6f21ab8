"""Nothing of a call leaks into the next one."""
import pytest

LOOK = """
    import os, signal, sys, threading, locale
    def main(request):
        return {
            "cwd": os.getcwd(), "env": sorted(os.environ), "umask": umask(),
            "argv": sys.argv, "stdout": type(sys.stdout).__name__, "path": sys.path,
            "term": str(signal.getsignal(signal.SIGTERM)), "usr1": str(signal.getsignal(signal.SIGUSR1)),
            "alarm": signal.getitimer(signal.ITIMER_REAL)[0], "recursion": sys.getrecursionlimit(),
            "blocked": [int(s) for s in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
            "trace": str(sys.gettrace()), "locale": locale.setlocale(locale.LC_ALL),
        }

    def umask():
        now = os.umask(0)
        os.umask(now)
        return now
    """

MESS = {
    "cwd": "os.chdir('/')",
    "env": "os.environ['LEAKED'] = '1'; os.environ.pop('PATH', None)",
    "putenv": "os.putenv('LEAKED', '1')",
    "umask": "os.umask(0o777)",
    "stdout": "sys.stdout = open(os.devnull, 'w'); sys.stderr = None",
    "closed-stdout": "sys.stdout.close()",
    "argv": "sys.argv[:] = ['leaked']",
    "signals": "signal.signal(signal.SIGTERM, lambda *_: None); signal.signal(signal.SIGUSR1, lambda *_: None)",
    "mask": "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])",
    "alarm": "signal.signal(signal.SIGALRM, lambda *_: os._exit(9)); signal.setitimer(signal.ITIMER_REAL, 0.3)",
    "recursion": "sys.setrecursionlimit(5000)",
    "trace": "sys.settrace(lambda *_: None)",
    "locale": "import locale; locale.setlocale(locale.LC_ALL, 'C')",
}


@pytest.fixture(scope="module")
def server(serve_module):
    scripts = {"look.py": LOOK}
    for name, body in MESS.items():
        scripts[f"mess-{name}.py"] = f"import os, signal, sys\ndef main(request):\n    {body}\n    return 'messed'\n"
    return serve_module(scripts)


@pytest.mark.parametrize("name", MESS)
def test_what_a_script_changes_in_its_process_is_gone_at_the_next_call(server, name):
    before = server.get("/look.py").json()
    for _ in range(8):
        assert server.get(f"/mess-{name}.py").text == "messed"
        assert server.get("/look.py").json() == before


def test_context_variables_and_g_start_empty(serve):
    server = serve({"ctx.py": """
        import contextvars
        from flask import g
        mark = contextvars.ContextVar("mark", default=None)
        def main(request):
            before = [mark.get(), g.get("mark")]
            mark.set("set")
            g.mark = "set"
            return before
        """})
    assert [server.get("/ctx.py").json() for _ in range(10)] == [[None, None]] * 10


def test_module_state_is_kept_by_a_worker(serve):
    server = serve({"count.py": "n = 0\ndef main(request):\n    global n\n    n += 1\n    return [n]\n"})
    counts = [server.get("/count.py").json()[0] for _ in range(20)]
    assert max(counts) > 1, "a worker keeps its modules between calls"


def test_scripts_of_one_name_in_two_folders_do_not_share_modules(serve):
    server = serve({
        "a/x.py": "import _same\ndef main(request):\n    return _same.WORD\n", "a/_same.py": "WORD = 'a'\n",
        "b/x.py": "import _same\ndef main(request):\n    return _same.WORD\n", "b/_same.py": "WORD = 'b'\n"})
    for _ in range(5):
        assert (server.get("/a/x.py").text, server.get("/b/x.py").text) == ("a", "b")


def test_helpers_are_imported_from_beside_the_script_and_by_relative_import(serve):
    server = serve({
        "top.py": "import util_a\nfrom pkg.deep import word\ndef main(request):\n    return util_a.A + word\n",
        "util_a.py": "A = 'a'\n", "pkg/__init__.py": "", "pkg/deep.py": "from .sibling import word\n",
        "pkg/sibling.py": "word = 'deep'\n",
        "pkg/rel.py": "from .sibling import word\nfrom . import deep\ndef main(request):\n    return word\n"})
    assert server.get("/top.py").text == "adeep"
    assert server.get("/pkg/rel.py").text == "deep"


def test_a_script_cannot_read_the_keys_from_its_environment(serve):
    key = "api-secret-0123456789abcdef0123456789"
    server = serve({"env.py": "import os\ndef main(request):\n    return dict(os.environ)\n",
                    "proc.py": "def main(request):\n    return open('/proc/self/environ').read()\n"},
                   environment={"API_KEY": key, "ADMIN_API_KEY": "admin" + key})
    assert key not in server.get("/env.py").text
    assert key not in server.get("/proc.py").text


def test_descriptors_of_the_server_are_not_in_the_worker(serve):
    server = serve({"fds.py": """
        import os
        def main(request):
            found = {}
            for fd in os.listdir("/proc/self/fd"):
                try:
                    found[fd] = os.readlink(f"/proc/self/fd/{fd}")
                except OSError:
                    pass
            return found
        """})
    found = server.get("/fds.py").json()
    assert found["0"] == "/dev/null"
    assert not [path for path in found.values() if str(server.state) in path], found
    assert len(found) < 16, found


def test_a_hundred_calls_leave_no_process_and_no_descriptor_behind(serve):
    import os
    server = serve({
        "leak.py": "import subprocess, tempfile\ndef main(request):\n    subprocess.run(['true'])\n    return 'ok'\n"})
    for _ in range(20):
        server.get("/leak.py")
    count = lambda: (len(os.listdir(f"/proc/{server.process.pid}/fd")), len(server.descendants()))
    before = count()
    for _ in range(100):
        assert server.get("/leak.py").text == "ok"
    after = count()
    assert after[0] <= before[0] + 2 and after[1] <= before[1] + 1, (before, after)
