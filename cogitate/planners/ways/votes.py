"""Several tries of one tool call, and what most of them gave.

A small model's likeliest program or query is right three times in four; where most of five that
were drawn side by side give the same result, nearly always.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from langchain_core.messages import AIMessage, ToolMessage

from cogitate.planners.base import Turn
from cogitate.planners.grounding import numbers_in
from cogitate.planners.ways.saying import call

HEATS = (0.0, 0.3, 0.3, 0.3, 0.3)
"""Temperatures of the tries that are written side by side: the first is the likeliest."""


@dataclass(frozen=True)
class Try:
    """One call that was made, how many of its round wrote it, and what came of it."""

    written: str
    votes: int
    message: ToolMessage


def ballot(name: str, argument: str, texts: Sequence[str], tries: Sequence[Try]) -> AIMessage:
    """Return the calls of the tool `name`, each text once, with its votes; none without a text.

    Args:
        name: the tool.
        argument: the parameter that takes the text.
        texts: what the model wrote, with repetitions.
        tries: earlier tries; one that is written again counts again by a blank at its end.
    """
    votes = Counter(text.strip() for text in texts if text.strip())
    rounds = Counter(t.written.strip() for t in tries)
    calls = [call(name, **{argument: text + "\n" * rounds[text]}).tool_calls[0] for text in votes]
    cast = {made["id"]: count for made, count in zip(calls, votes.values(), strict=True)}
    # The same output again is what is hoped for, not a loop.
    return AIMessage("", tool_calls=calls, additional_kwargs={"votes": cast, "confirms": True})


def tries_of(turn: Turn, argument: str) -> list[Try]:
    """Return the calls of this step with what came of them, in order."""
    written: dict[str | None, str] = {}
    votes: dict[str, int] = {}
    for message in turn.messages:
        if isinstance(message, AIMessage):
            written.update({c["id"]: str(c["args"].get(argument, "")) for c in message.tool_calls})
            votes.update(message.additional_kwargs.get("votes", {}))
    return [
        Try(written.get(m.tool_call_id, ""), votes.get(m.tool_call_id, 1), m) for m in turn.results
    ]


def rounds_of(turn: Turn) -> int:
    """Return how many times tries were written in this step."""
    return sum(isinstance(message, AIMessage) for message in turn.messages)


def ranked(tries: Sequence[Try], text: Callable[[Try], str]) -> list[tuple[Try, int]]:
    """Return one try for each result, with the votes of all that agree, the most votes first."""
    found: list[tuple[Try, int]] = []
    left = list(tries)
    while left:
        votes = [sum(o.votes for o in left if agree(text(t), text(o))) for t in left]
        best = left[votes.index(max(votes))]
        found.append((best, max(votes)))
        left = [t for t in left if t is not best and not agree(text(best), text(t))]
    return sorted(found, key=lambda item: -item[1])


def agree(one: str, other: str) -> bool:
    """Return whether two outputs say the same: the same numbers, or the same words."""
    first, second = numbers_in(one), numbers_in(other)
    if first and second:
        short, long = sorted((first, second), key=len)
        return all(any(_near(n.value, m.value) for m in long) for n in short)
    return " ".join(one.lower().split()) == " ".join(other.lower().split())


def _near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= abs(one) * Decimal("0.00001")
