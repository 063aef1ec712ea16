"""A person in a seat: what is asked, and what the reply means."""

import time

from cogitate.agents.stops import Halted
from cogitate.errors import SetupError
from cogitate.runs.context import current
from cogitate.runs.events import Asked

END = ("q", "quit", "exit", "退出")
"""Replies by which a person leaves, and ends the session in order."""


async def ask_person(question: str) -> str:
    """Return what the person replies.

    Raises:
        Halted: the person leaves.
        SetupError: nobody can be asked.
    """
    context = current()
    if context.ask is None:
        raise SetupError(
            "a seat is a person's and nobody can be asked in this run; run it at a terminal, or "
            "give `ask` to `stream`"
        )
    begun = time.monotonic()
    reply = (await context.ask(question)).strip()
    context.deadline += time.monotonic() - begun  # a person's time is not the run's
    context.emit(Asked(question=question, reply=reply))
    if reply.lower() in END:
        raise Halted("interrupted", "the person left")
    return reply
