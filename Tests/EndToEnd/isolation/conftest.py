"""One server for each way of running it, and the table of what came of the attempts."""
import os

import pytest

from .catalogue import attempts
from .world import ORDINARY_USER, World

# Workers under another uid, or under the server's; with namespaces where the machine has them, or with the base alone.
MODES = {
    "root": {"user": None}, "user": {"user": ORDINARY_USER},
    "root, base alone": {"user": None, "namespaces": "off"}, "user, base alone": {"user": ORDINARY_USER, "namespaces": "off"},
}
RESULTS = {}


def modes():
    """As somebody else than root there is only one user to be."""
    if os.getuid() == 0:
        return MODES
    return {name: options | {"user": None} for name, options in MODES.items() if name.startswith("user")}


@pytest.fixture(scope="module", params=modes())
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def world(mode):
    world = World(**modes()[mode])
    yield world
    world.close()


def pytest_terminal_summary(terminalreporter, config):
    if not RESULTS:
        return
    columns = [mode for mode in MODES if any(mode == told for _, told in RESULTS)]
    refused = sum(result.startswith("refused") for result in RESULTS.values())
    terminalreporter.section(f"{len({title for title, _ in RESULTS})} attempts, {len(columns)} ways: {refused} of {len(RESULTS)} refused")
    if config.option.capture != "no":
        terminalreporter.line("pytest -s shows each.")
        return
    width = max(len(title) for title, _ in RESULTS)
    terminalreporter.line(f"{'':{width}}  " + "  ".join(columns))
    for title in [attempt.title for attempt in attempts()]:
        cells = [RESULTS.get((title, mode), "-") for mode in columns]
        line = "  ".join(f"{cell.split(':')[0]:{len(mode)}}" for cell, mode in zip(cells, columns))
        why = next((cell.partition(": ")[2] for cell in cells if ":" in cell), "")
        terminalreporter.line(f"{title:{width}}  {line}  {why[:90]}")
