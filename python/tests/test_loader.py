"""Loading, realms, relative imports and reloading."""

from __future__ import annotations

import os

import pytest


def text(expression: str, imports: str = "") -> str:
    return f"{imports}\ndef main(request):\n    return str({expression})\n"


class TestImports:
    def test_two_folders_have_their_own_helpers(self, zone):
        for folder in ("a", "b"):
            zone.write(f"{folder}/helpers.py", f"name = '{folder}'\n")
            zone.write(f"{folder}/x.py", text("helpers.name", "import helpers"))
        for _ in range(2):
            assert zone.call("/a/x.py").body == b"a"
            assert zone.call("/b/x.py").body == b"b"

    @pytest.mark.parametrize(
        "line, expression",
        [
            ("from . import helpers", "helpers.f()"),
            ("from .helpers import f", "f()"),
            ("import helpers", "helpers.f()"),
            ("from helpers import f as g", "g()"),
            ("import importlib; helpers = importlib.import_module('helpers')", "helpers.f()"),
            ("import importlib; helpers = importlib.import_module('.helpers', __package__)", "helpers.f()"),
            ("from a import helpers", "helpers.f()"),
            ("import a.helpers", "a.helpers.f()"),
            ("from ..a.helpers import f", "f()"),
            ("from pkg.inner import f", "f()"),
            ("import pkg.inner", "pkg.inner.f()"),
            ("import pkg.inner as p", "p.f()"),
            ("from .pkg import inner", "inner.f()"),
            ("from pkg import *", "f()"),
            ("from bare.inner import f", "f()"),
            ("from common import f", "f()"),
            ("from ..common import f", "f()"),
            ("from .. import common", "common.f()"),
        ],
    )
    def test_every_way_to_import(self, zone, line, expression):
        found = "def f():\n    return 'found'\n"
        zone.write("a/helpers.py", found)
        zone.write("a/pkg/__init__.py", "from .inner import f\n")
        zone.write("a/pkg/inner.py", found)
        zone.write("a/bare/inner.py", found)
        zone.write("common.py", found)
        zone.write("a/x.py", text(expression, line))
        reply = zone.call("/a/x.py")
        assert reply.fail is None, reply.fail
        assert reply.body == b"found"
        zone.write("a/y.py", text(f"__import__('x') and {expression}", line))
        assert zone.call("/a/y.py").body == b"found"

    def test_a_file_is_one_module_however_it_is_imported(self, zone):
        zone.write("a/helpers.py", "items = []\n")
        zone.write(
            "a/x.py",
            text("one is two is three is four", "import helpers as one\nfrom . import helpers as two\n"
                 "from a import helpers as three\nimport a.helpers\nfour = a.helpers"),
        )
        assert zone.call("/a/x.py").body == b"True"

    def test_a_script_imported_by_another_is_the_same_module(self, zone):
        zone.write("x.py", "n = []\ndef main(request):\n    n.append(1)\n    return str(len(n))\n")
        zone.write("y.py", text("len(x.n)", "import x"))
        assert [zone.call(p).body for p in ("/y.py", "/x.py", "/x.py", "/y.py")] == [b"0", b"1", b"2", b"2"]

    def test_imports_inside_main(self, zone):
        zone.write("helpers.py", "f = 1\n")
        zone.write("x.py", "def main(request):\n    from helpers import f\n    from . import helpers\n    return str(f)\n")
        assert zone.call("/x.py").body == b"1"

    def test_circular_imports(self, zone):
        zone.write("one.py", "import two\ndef f():\n    return two.g()\n")
        zone.write("two.py", "import one\ndef g():\n    return one.__name__\n")
        zone.write("x.py", text("one.f()", "import one"))
        assert zone.call("/x.py").body == b"_zone.one"

    def test_a_package_with_init_is_run_for_relative_imports(self, zone):
        zone.write("a/__init__.py", "VALUE = 'v'\n")
        zone.write("a/x.py", text("VALUE", "from . import VALUE"))
        assert zone.call("/a/x.py").body == b"v"

    def test_a_folder_does_not_hide_a_real_package(self, zone):
        zone.write("email/notes.txt", "no python here")
        zone.write("sqlite3/notes.txt", "no python here")
        zone.write("x.py", text("sqlite3.sqlite_version > '3'", "import sqlite3"))
        assert zone.call("/x.py").body == b"True"

    def test_relative_imports_end_at_the_zone(self, zone):
        zone.write("x.py", text("1", "from ..other import y"))
        assert zone.call("/x.py").fail["code"] == "load-error"

    def test_search_path(self, zone):
        zone.write("a/x.py", text("sys.path[:2]", "import sys"))
        assert zone.call("/a/x.py").body.decode() == str([str(zone.folder / "a"), str(zone.folder)])

    def test_a_path_added_while_importing_is_kept_and_its_modules_are_local(self, zone):
        zone.write("a/x.py", text("tool.n", "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))\nimport tool"))
        zone.write("b/x.py", text("any('lib' in p.split('/')[-1:] for p in sys.path)", "import sys"))
        zone.write("lib/tool.py", "n = 1\n")
        assert zone.call("/a/x.py").body == b"1"
        assert zone.call("/b/x.py").body == b"False"
        zone.write("lib/tool.py", "n = 2\n")
        assert zone.call("/a/x.py").body == b"2"

    def test_no_bytecode_is_written(self, zone):
        zone.write("helpers.py", "n = 1\n")
        zone.write("x.py", text("helpers.n", "import helpers"))
        zone.call("/x.py")
        assert not list(zone.folder.rglob("__pycache__"))

    def test_context_is_there_when_only_a_helper_names_flask(self, zone):
        zone.write("helpers.py", "def f():\n    import deeper\n    return deeper.g()\n")
        zone.write("deeper.py", "from flask import request\ndef g():\n    return request.args['n']\n")
        zone.write("x.py", text("helpers.f()", "import helpers"))
        assert zone.call("/x.py?n=7").body == b"7"

    def test_the_context_is_there_for_dynamic_imports(self, zone):
        zone.write("deeper.py", "from flask import request\ndef g():\n    return request.args['n']\n")
        zone.write("x.py", text("importlib.import_module('dee' + 'per').g()", "import importlib"))
        assert zone.call("/x.py?n=7").body == b"7"


class TestState:
    def test_module_state_lasts(self, zone):
        zone.write("x.py", "n = 0\ndef main(request):\n    global n\n    n += 1\n    return str(n)\n")
        assert [zone.call("/x.py").body for _ in range(3)] == [b"1", b"2", b"3"]

    def test_a_new_generation_without_a_change_keeps_it(self, zone):
        zone.write("x.py", "n = 0\ndef main(request):\n    global n\n    n += 1\n    return str(n)\n")
        zone.call("/x.py")
        zone.write("other.py", "")
        os.utime(zone.folder / "x.py")
        assert zone.call("/x.py").body == b"2"

    def test_editing_one_script_keeps_the_state_of_its_neighbour(self, zone):
        zone.write("x.py", "n = 0\ndef main(request):\n    global n\n    n += 1\n    return str(n)\n")
        zone.write("y.py", text("1"))
        zone.call("/x.py"), zone.call("/y.py")
        zone.write("y.py", text("2"))
        assert (zone.call("/y.py").body, zone.call("/x.py").body) == (b"2", b"2")


class TestReload:
    def test_a_changed_script_counts_at_the_next_call(self, zone):
        for n in range(5):
            zone.write("x.py", text(n))
            assert zone.call("/x.py").body == str(n).encode()

    def test_same_size_and_time_is_still_seen(self, zone):
        file = zone.write("x.py", text(1))
        zone.call("/x.py")
        before = file.stat()
        zone.write("x.py", text(2))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert zone.call("/x.py").body == b"2"

    @pytest.mark.parametrize(
        "line", ["import helpers", "from . import helpers", "import importlib; helpers = importlib.import_module('hel' + 'pers')"]
    )
    def test_a_changed_helper_reloads_what_imports_it(self, zone, line):
        zone.write("deep.py", "n = 1\n")
        zone.write("helpers.py", "from deep import n\n")
        zone.write("x.py", text("helpers.n", line))
        zone.write("y.py", "n = 0\ndef main(request):\n    global n\n    n += 1\n    return str(n)\n")
        assert (zone.call("/x.py").body, zone.call("/y.py").body) == (b"1", b"1")
        zone.write("deep.py", "n = 2\n")
        assert (zone.call("/x.py").body, zone.call("/y.py").body) == (b"2", b"2")

    def test_a_changed_package_init(self, zone):
        zone.write("pkg/__init__.py", "n = 1\n")
        zone.write("pkg/inner.py", "from . import n\n")
        zone.write("x.py", text("inner.n", "from pkg import inner"))
        assert zone.call("/x.py").body == b"1"
        zone.write("pkg/__init__.py", "n = 2\n")
        assert zone.call("/x.py").body == b"2"

    def test_a_nearer_helper_takes_over(self, zone):
        zone.write("common.py", "n = 'far'\n")
        zone.write("a/x.py", text("common.n", "import common"))
        assert zone.call("/a/x.py").body == b"far"
        zone.write("a/common.py", "n = 'near'\n")
        assert zone.call("/a/x.py").body == b"near"

    def test_a_broken_script_fails_every_time_and_recovers(self, zone):
        zone.write("x.py", text(1))
        assert zone.call("/x.py").body == b"1"
        zone.write("x.py", "def main(request):\n    return (\n")
        for _ in range(3):
            reply = zone.call("/x.py")
            assert (reply.status, reply.fail["code"], reply.fail["file"], reply.fail["line"]) == (500, "load-error", "x.py", 2)
            assert reply.fail["message"].startswith("SyntaxError")
        zone.write("x.py", text(2))
        assert zone.call("/x.py").body == b"2"

    def test_a_broken_helper_is_named(self, zone):
        zone.write("helpers.py", "n = 1\n")
        zone.write("x.py", text("helpers.n", "import helpers"))
        zone.call("/x.py")
        zone.write("helpers.py", "n = 1\n\n1/0\n")
        for _ in range(2):
            fail = zone.call("/x.py").fail
            assert (fail["code"], fail["file"], fail["line"]) == ("load-error", "helpers.py", 3)
        zone.write("helpers.py", "n = 3\n")
        assert zone.call("/x.py").body == b"3"

    def test_a_failed_import_leaves_nothing_behind(self, zone):
        zone.write("good.py", "print('good loaded')\n")
        zone.write("bad.py", "import good\nraise ValueError('no')\n")
        zone.write("x.py", text("1", "import bad"))
        zone.write("y.py", text("sorted(n for n in sys.modules if n.split('.')[-1] in ('good', 'bad', 'x'))", "import sys"))
        assert zone.call("/x.py").fail["message"] == "ValueError: no"
        assert zone.call("/y.py").body == b"[]"

    def test_a_missing_helper_and_its_arrival(self, zone):
        zone.write("x.py", text("helpers.n", "import helpers"))
        assert "helpers" in zone.call("/x.py").fail["message"]
        zone.write("helpers.py", "n = 1\n")
        assert zone.call("/x.py").body == b"1"
        zone.remove("helpers.py")
        assert zone.call("/x.py").fail["code"] == "load-error"

    def test_a_deleted_script_is_gone(self, zone):
        zone.write("x.py", text(1))
        zone.call("/x.py")
        zone.remove("x.py")
        for _ in range(2):
            reply = zone.call("/x.py")
            assert (reply.status, reply.fail["code"]) == (404, "gone")

    def test_a_folder_swapped_by_symlink(self, zygote, tmp_path):
        for n in (1, 2):
            (tmp_path / f"r{n}").mkdir()
            (tmp_path / f"r{n}/x.py").write_text(text(f"h.n + {n}", "import h"))
            (tmp_path / f"r{n}/h.py").write_text("n = 10\n")
        link = tmp_path / "current"
        link.symlink_to("r1")
        worker = zygote.fork(link)
        assert worker.call("/x.py").body == b"11"
        link.unlink()
        link.symlink_to("r2")
        worker.changed()
        assert worker.call("/x.py").body == b"12"

    def test_templates_are_read_anew(self, zone):
        zone.write("templates/p.html", "one")
        zone.write("x.py", "from flask import render_template\ndef main(request):\n    return render_template('p.html')\n")
        assert zone.call("/x.py").body == b"one"
        zone.write("templates/p.html", "two!")
        assert zone.call("/x.py").body == b"two!"


class TestConfinement:
    @pytest.mark.parametrize("path", ["../outside.py", "/etc/passwd", "a/../../outside.py", "link.py", "dir/outside.py", "folder", ""])
    def test_nothing_outside_the_zone_is_run(self, zone, path):
        (zone.folder.parent / "outside.py").write_text(text("'outside'"))
        (zone.folder / "link.py").symlink_to("../outside.py")
        (zone.folder / "dir").symlink_to("..")
        (zone.folder / "folder").mkdir()
        reply = zone.call("/x.py", script=path)
        assert (reply.status, reply.fail["code"]) == (404, "gone")

    def test_a_link_that_is_swapped_in_later_is_refused(self, zone):
        (zone.folder.parent / "outside.py").write_text(text("1"))
        zone.write("x.py", text("1"))
        assert zone.call("/x.py").body == b"1"
        zone.remove("x.py")
        (zone.folder / "x.py").symlink_to("../outside.py")
        zone.worker.changed()
        assert zone.call("/x.py").fail["code"] == "gone"

    def test_a_link_inside_the_zone_works(self, zone):
        zone.write("real.py", text("1"))
        (zone.folder / "x.py").symlink_to("real.py")
        assert zone.call("/x.py").body == b"1"

    def test_a_fifo_does_not_block(self, zone):
        os.mkfifo(zone.folder / "x.py")
        assert zone.call("/x.py").fail["code"] == "gone"
