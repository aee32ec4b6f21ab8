"""The parts of the benchmark, in order."""
from . import agreeing, checking, crashing, rolling, watching

PARTS = {"rollovers": rolling.rollovers, "faults": rolling.faulty, "crash": crashing.sweep, "naive": rolling.by_hand,
         "check": checking.speed, "watch": watching.many, "agreement": agreeing.cases}
