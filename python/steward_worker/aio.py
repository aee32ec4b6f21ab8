"""The worker's one event loop, for `async def main`, async generators and ASGI."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Awaitable, Iterator, Optional

_loop: Optional[asyncio.AbstractEventLoop] = None
_lasting: set = set()


def loop() -> asyncio.AbstractEventLoop:
    """The loop, made when first needed."""
    global _loop
    if _loop is None or _loop.is_closed():
        _loop = asyncio.new_event_loop()
        _lasting.clear()
    return _loop


def run(awaitable: Awaitable) -> Any:
    """Runs an awaitable to its end in a copy of the current context."""
    return loop().run_until_complete(_task(awaitable))


def keep(task: asyncio.Task) -> None:
    """Lets a task outlive the call (an ASGI lifespan)."""
    _lasting.add(task)
    task.add_done_callback(_lasting.discard)


def settle(result: Any) -> Any:
    """The result of a coroutine, or `result` itself."""
    return run(result) if inspect.isawaitable(result) else result


def stepwise(result: Any) -> Any:
    """An async iterator as a plain one, also as the body of a tuple; anything else itself."""
    if isinstance(result, tuple) and result and hasattr(result[0], "__anext__"):
        return (_Steps(result[0]), *result[1:])
    return _Steps(result) if hasattr(result, "__anext__") else result


def cancel_leftovers() -> None:
    """Cancels every task that the call left behind and finishes its async generators."""
    if _loop is None or _loop.is_closed():
        return
    left = asyncio.all_tasks(_loop) - _lasting
    if left:
        for task in left:
            task.cancel()
        _loop.run_until_complete(asyncio.wait(left, timeout=5))


def close() -> None:
    """Ends the loop with the worker."""
    if _loop is not None and not _loop.is_closed():
        for task in asyncio.all_tasks(_loop):
            task.cancel()
        _loop.run_until_complete(_loop.shutdown_asyncgens())
        _loop.close()


async def _task(awaitable: Awaitable) -> Any:
    return await awaitable


class _Steps(Iterator):
    """Advances an async iterator by running the loop for each step."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def __next__(self) -> Any:
        try:
            return run(self._source.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        close = getattr(self._source, "aclose", None)
        if close is not None:
            run(close())
