"""Several answers to one prompt, written side by side.

The prompt is read once and its cells are shared; each pass of the model writes the next token
of every answer that is not finished.
"""

import threading
from collections.abc import Callable, Sequence

from cogitate.llm.constrain import Constraint
from cogitate.llm.draw import Drawing, Sampling
from cogitate.llm.engine import Engine, Reading

MOST_FORCED = 32
"""Most tokens of one answer in one pass: a form may force more, which then follow."""


class Branch:
    """One of several answers: its sequence, and how its next tokens are found."""

    def __init__(self, sequence: int, sampling: Sampling, constraint: Constraint | None) -> None:
        self.sequence = sequence
        self.constraint = constraint
        self._draw = Drawing(sampling)
        self._left = sampling.max_tokens

    def next(self, engine: Engine, logits: object) -> list[int]:
        """Return the next tokens, or none when the answer is finished."""
        constraint = self.constraint
        if self._left <= 0 or (constraint is not None and constraint.finished()):
            return []
        tokens = constraint.forced()[:MOST_FORCED] if constraint else []
        if not tokens:
            token = self._draw.next(logits, constraint)
            tokens = [] if engine.is_end(token) else [token]
        tokens = tokens[: self._left]
        if constraint is not None and tokens:
            constraint.take(tokens)
        self._left -= len(tokens)
        return tokens


def write_each(
    engine: Engine,
    reading: Reading,
    samplings: Sequence[Sampling],
    constraints: Sequence[Constraint | None],
    take: Callable[[int, list[int]], bool],
    cancel: threading.Event,
) -> None:
    """Write several answers after one prompt until all are finished.

    Fewer than asked for are written when the cache has no room for all; the first always is.

    Args:
        engine: the engine that has read the prompt.
        reading: where the prompt lies.
        samplings: how each answer is drawn.
        constraints: the form of each answer.
        take: is told which answer went on and by which tokens; says whether it has ended.
        cancel: stops the writing at the next pass.
    """
    first = engine.logits()
    room = max(sampling.max_tokens for sampling in samplings)
    forks = engine.fork(reading.sequence, len(samplings) - 1, room)
    branches = [
        Branch(sequence, sampling, constraint)
        for sequence, sampling, constraint in zip(
            [reading.sequence, *forks], samplings, constraints, strict=False
        )
    ]
    try:
        logits = {branch.sequence: first.copy() for branch in branches}
        while logits and not cancel.is_set():
            parts: dict[int, list[int]] = {}
            for which, branch in enumerate(branches):
                if branch.sequence in logits:
                    tokens = branch.next(engine, logits[branch.sequence])
                    if tokens and not take(which, tokens):
                        parts[branch.sequence] = tokens
            logits = engine.extend_each(parts) if parts else {}
    finally:
        for fork in forks:
            engine.drop(fork)
