"""Nothing of one call may be seen by the next."""

from __future__ import annotations

import pytest

LOOK = """
import gc, locale, logging, os, signal, socket, sys, time
def main(request):
    mask = os.umask(0); os.umask(mask)
    return {
        'environ': dict(os.environ), 'real': open('/proc/self/environ').read().count('LEAK'),
        'cwd': os.getcwd(), 'umask': mask,
        'signals': [str(signal.getsignal(s)) if callable(signal.getsignal(s)) is False else
                    getattr(signal.getsignal(s), '__qualname__', '?') for s in (1, 2, 10, 14, 15)],
        'timer': signal.getitimer(signal.ITIMER_REAL)[0], 'mask': len(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        'locale': locale.setlocale(locale.LC_ALL), 'timeout': socket.getdefaulttimeout(),
        'stdout': type(sys.stdout).__name__, 'stderr': type(sys.stderr).__name__, 'stdin': type(sys.stdin).__name__,
        'argv': sys.argv, 'path': sys.path, 'limit': sys.getrecursionlimit(), 'gc': gc.isenabled(),
        'logs': [logging.root.level, len(logging.root.handlers)], 'tz': time.tzname, 'var': os.getenv('ZONE_VAR'),
    }
"""

DIRT = [
    "os.environ['LEAK'] = '1'",
    "os.environ.update(LEAK='1'); os.environ.pop('PATH')",
    "os.environ = {}",
    "os.environ.clear()",
    "os.environ['ZONE_VAR'] = 'other'",
    "os.putenv('LEAK', '1')",
    "os.chdir('/')",
    "fd = os.open('/', os.O_RDONLY); os.fchdir(fd); os.close(fd)",
    "os.umask(0o077)",
    "signal.signal(signal.SIGUSR1, lambda *a: None); signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "signal.signal(signal.SIGALRM, lambda *a: None); signal.alarm(1)",
    "signal.signal(signal.SIGALRM, lambda *a: None); signal.setitimer(signal.ITIMER_REAL, 0.5)",
    "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})",
    "locale.setlocale(locale.LC_ALL, 'C.UTF-8'); locale.setlocale(locale.LC_ALL, 'C')",
    "socket.setdefaulttimeout(1)",
    "sys.stdout = io.StringIO()",
    "sys.stderr = None; sys.stdin = None",
    "sys.stdout.close(); sys.stderr.close()",
    "sys.argv.append('x')",
    "sys.argv = ['y']",
    "sys.path.insert(0, '/nowhere')",
    "sys.path = []",
    "sys.setrecursionlimit(5000)",
    "gc.disable()",
    "logging.getLogger().setLevel(logging.ERROR)",
    "logging.root.handlers.clear()",
    "logging.basicConfig(level=10, force=True)",
    "os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()",
]


@pytest.mark.parametrize("ending", ["return 'x'", "raise ValueError"])
@pytest.mark.parametrize("dirt", DIRT)
def test_what_a_call_changes_is_restored(zone, dirt, ending):
    zone.options = {"environment": {"ZONE_VAR": "zone"}}
    zone.write("look.py", LOOK)
    zone.write("x.py", f"import gc, io, locale, logging, os, signal, socket, sys, time\ndef main(request):\n    {dirt}\n    {ending}\n")
    before = zone.call("/look.py").json
    assert before["var"] == "zone"
    assert zone.call("/x.py").status in (200, 500)
    assert zone.call("/look.py").json == before


def test_the_working_folder_is_the_zone(zone):
    zone.write("a/x.py", "import os\ndef main(request):\n    return os.getcwd()\n")
    assert zone.call("/a/x.py").body.decode() == str(zone.folder)


def test_contextvars_start_fresh(zone):
    zone.write("x.py", "from contextvars import ContextVar\nv = ContextVar('v', default=0)\ndef main(request):\n    v.set(v.get() + 1)\n    return str(v.get())\n")
    zone.write("y.py", "import decimal\ndef main(request):\n    p = decimal.getcontext().prec\n    decimal.getcontext().prec = 3\n    return str(p)\n")
    assert [zone.call("/x.py").body for _ in range(2)] == [b"1"] * 2
    assert [zone.call("/y.py").body for _ in range(2)] == [b"28"] * 2


@pytest.mark.parametrize("where", ["x.py", "helpers.py"])
def test_what_importing_sets_is_kept_for_that_script_alone(zone, where):
    lines = "import os, socket\nos.environ['MINE'] = '1'\nos.environ.pop('ZONE_VAR')\nsocket.setdefaulttimeout(7)\nos.chdir('/')\n"
    see = "import os, socket\ndef main(request):\n    return {k: v for k, v in [('m', os.getenv('MINE')), ('z', os.getenv('ZONE_VAR')), ('t', socket.getdefaulttimeout()), ('c', os.getcwd())]}\n"
    zone.options = {"environment": {"ZONE_VAR": "zone"}}
    if where == "x.py":
        zone.write("x.py", lines + see)
    else:
        zone.write("helpers.py", lines)
        zone.write("x.py", "import helpers\n" + see)
    zone.write("y.py", see)
    for _ in range(2):
        assert zone.call("/x.py").json == {"m": "1", "z": None, "t": 7.0, "c": "/"}
        assert zone.call("/y.py").json == {"m": None, "z": "zone", "t": None, "c": str(zone.folder)}


def test_a_second_script_sees_what_its_loaded_helper_set(zone):
    zone.write("helpers.py", "import os\nos.environ['MINE'] = '1'\n")
    for name in ("x.py", "y.py"):
        zone.write(name, "import helpers, os\ndef main(request):\n    return str(os.getenv('MINE'))\n")
    assert [zone.call(p).body for p in ("/x.py", "/y.py", "/x.py")] == [b"1"] * 3


def test_child_processes_get_default_signals_and_the_environment(zone):
    reply = zone.run(
        """
        import os, signal, subprocess, time
        def main(request):
            os.environ['CHILD'] = 'yes'
            p = subprocess.Popen(['sh', '-c', 'echo $CHILD; exec sleep 30'], stdout=subprocess.PIPE)
            line = p.stdout.readline().decode().strip()
            p.terminate()
            return {'line': line, 'code': p.wait(5)}
        """
    )
    assert reply.json == {"line": "yes", "code": -15}


def test_a_forked_child_never_answers(zone):
    zone.write(
        "x.py",
        "import os\ndef main(request):\n    pid = os.fork()\n    if pid:\n        os.waitpid(pid, 0)\n    else:\n        print('child')\n    return 'x'\n",
    )
    for _ in range(3):
        reply = zone.call("/x.py")
        assert (reply.body, reply.lines) == (b"x", [])
    assert zone.worker.read_output() == b"child\n" * 3


def test_multiprocessing_works(zone):
    reply = zone.run(
        """
        import multiprocessing
        def square(n):
            return n * n
        def main(request):
            with multiprocessing.get_context('fork').Pool(2) as pool:
                return pool.map(square, [1, 2, 3])
        """
    )
    assert reply.fail is None, reply.fail
    assert reply.json == [1, 4, 9]


def test_threads_and_executors_work(zone):
    reply = zone.run(
        "from concurrent.futures import ThreadPoolExecutor\ndef main(request):\n    with ThreadPoolExecutor(4) as pool:\n"
        "        return list(pool.map(lambda n: n * n, [1, 2, 3]))\n"
    )
    assert reply.json == [1, 4, 9]


def test_workers_have_different_random_numbers(zygote, tmp_path):
    (tmp_path / "x.py").write_text("import random, uuid\ndef main(request):\n    return [random.random(), uuid.uuid4().hex]\n")
    found = [zygote.fork(tmp_path).call("/x.py").json for _ in range(3)]
    assert len({number for number, _ in found}) == len({name for _, name in found}) == 3


def test_the_servers_variables_and_descriptors_are_not_inherited(zone):
    reply = zone.run(
        "import os\ndef main(request):\n    return {n: os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')}\n"
    )
    kinds = sorted(target.split(":")[0] for target in reply.json.values())
    assert kinds.count("socket") == 2, reply.json
    assert reply.json["0"] == "/dev/null" and reply.json["1"] == reply.json["2"]
