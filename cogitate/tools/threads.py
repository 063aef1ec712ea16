"""Running a plain function beside the event loop.

What it does not know: how to kill a thread. Nobody can, so an abandoned one is a daemon: it
neither holds up the end of the loop nor of the program, as the loop's own executor would.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(function: Callable[[], T]) -> T:
    """Return what `function` returns, from a daemon thread that sees the caller's context.

    Whatever it raises is raised here. When the caller is cancelled or times out, the thread
    is left behind and its result dropped.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[tuple[T | None, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(value: T | None, error: BaseException | None) -> None:
        if not outcome.done():
            outcome.set_result((value, error))

    def work() -> None:
        value: T | None = None
        error: BaseException | None = None
        try:
            value = context.run(function)
        except BaseException as raised:  # noqa: BLE001 - it is raised again in the caller
            error = raised
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(deliver, value, error)
            except RuntimeError:
                return  # The loop was closed in between: nobody waits any more.

    threading.Thread(target=work, name="cogitate-tool", daemon=True).start()
    value, error = await outcome
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # `function` returned it
