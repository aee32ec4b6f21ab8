"""The faults by name, in the order of the table."""
import importlib
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Fault:
    name: str
    cause: str
    run: Callable
    needs: Callable


ALL = {}
MODULES = ("scripts", "outputs", "storage", "server", "machine")


def fault(name, cause, needs=lambda: None):
    """Declares a fault: `run(world)` causes it, asserts what must hold and returns an `Outcome`. `needs()` returns why it
    can't be caused on this machine, or None."""
    def declare(run):
        assert name not in ALL, name
        ALL[name] = Fault(name, cause, run, needs)
        return run
    return declare


def load():
    """Every fault; importing a module declares its faults."""
    for module in MODULES:
        importlib.import_module(f"{__package__}.{module}")
    return list(ALL.values())
