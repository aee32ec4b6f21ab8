"""`logging` of scripts: every record becomes LOG frames with its level.

The root logger starts each call at INFO with one handler of ours. What a script configures while it is
imported is kept for that script; what it configures during a call ends with the call.
"""

from __future__ import annotations

import logging
from typing import Callable

Sink = Callable[[int, str], None]

ROOT_LEVEL = logging.INFO

_original_basic_config = logging.basicConfig


class FrameHandler(logging.Handler):
    """Sends each line of a record as a LOG frame, flagged with the nearest standard level below the record's."""

    sink: Sink = staticmethod(lambda flag, line: None)  # type: ignore[assignment]

    def emit(self, record: logging.LogRecord) -> None:
        try:
            flag = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
            for line in self.format(record).rstrip("\n").split("\n"):
                self.sink(flag, line)
        except Exception:
            self.handleError(record)


DEFAULT_HANDLER = FrameHandler()
DEFAULT_STATE = (ROOT_LEVEL, (DEFAULT_HANDLER,))


def install() -> None:
    """Sets up the root logger, warnings and `logging.basicConfig`."""
    restore(DEFAULT_STATE)
    logging.basicConfig = basic_config
    logging.captureWarnings(True)


def state() -> tuple:
    """The root logger's (level, handlers)."""
    root = logging.root
    return (root.level, tuple(root.handlers))


def restore(saved: tuple) -> None:
    """Puts the root logger back to what `state` returned."""
    level, handlers = saved
    root = logging.root
    root.handlers[:] = handlers
    if root.level != level:
        root.setLevel(level)


def basic_config(**options: object) -> None:
    """`logging.basicConfig` as in a fresh interpreter: our own handler does not count as a configuration.

    A handler that would write to standard error or output is replaced by ours, with the script's format, so
    that the level of a line is not lost.
    """
    root = logging.root
    ours = [handler for handler in root.handlers if isinstance(handler, FrameHandler)]
    for handler in ours:
        root.removeHandler(handler)
    try:
        _original_basic_config(**options)
    finally:
        kept = False
        for index, handler in enumerate(root.handlers):
            stream = getattr(handler, "stream", None)
            if type(handler) is logging.StreamHandler and getattr(stream, "fileno", lambda: -1)() in (1, 2):
                replacement = FrameHandler(handler.level)
                replacement.formatter = handler.formatter
                replacement.filters = list(handler.filters)
                root.handlers[index] = replacement
                kept = True
        if not kept:
            root.handlers.extend(ours or [DEFAULT_HANDLER])
