"""Ctrl-C while something runs: when it is heard. What it then does is the command's."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def on_interrupt(handler: Callable[[], None]) -> Iterator[None]:
    """Call `handler` at each Ctrl-C of the body, inside the event loop that is running."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, handler)
    except (NotImplementedError, RuntimeError, ValueError):
        yield  # Windows, or not the main thread: Ctrl-C raises KeyboardInterrupt as ever
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
