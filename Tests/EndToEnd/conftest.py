"""Fixtures of the end-to-end tests: real servers in scratch folders, their logs shown when a test fails."""
import signal

import pytest

from support.steward import BINARY, Steward, open_parents

RUNNING = []


def pytest_sessionstart(session):
    # A shell that starts the tests in the background has SIGINT ignored, and what they start inherits that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not BINARY.exists():
        raise pytest.UsageError(
            f"{BINARY} does not exist: swift build --product steward, or set STEWARD_BINARY")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for server in RUNNING:
            report.sections.append((f"log of {server.scratch}", server.log_tail()))
    return report


@pytest.fixture(autouse=True)
def passable(request):
    """Scripts run as users of their own where the tests run as root, and pytest's folders are closed to others."""
    if "tmp_path" in request.fixturenames:
        open_parents(request.getfixturevalue("tmp_path"))


def start(scratch, **options):
    server = Steward(scratch, **options)
    RUNNING.append(server)
    return server


def stop_all(servers):
    for server in reversed(servers):
        RUNNING.remove(server)
        server.stop()


@pytest.fixture
def serve(tmp_path):
    """Starts a server: serve(scripts={...}, settings="...", environment={...})."""
    started = []

    def make(scripts=None, **options):
        server = start(options.pop("scratch", tmp_path), scripts=scripts, **options)
        started.append(server)
        return server

    yield make
    stop_all(started)


@pytest.fixture(scope="module")
def serve_module(tmp_path_factory):
    """The same for a server that all tests of a module share."""
    started = []

    def make(scripts=None, **options):
        server = start(options.pop("scratch", None) or tmp_path_factory.mktemp("shared"), scripts=scripts, **options)
        started.append(server)
        return server

    yield make
    stop_all(started)
