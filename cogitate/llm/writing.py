"""How an answer is written: from the logits after its prompt to its tokens, step by step.

Each request is a generator of steps: it yields what its sequences need computed, and is sent
the logits after it. Who computes the steps, and what else is computed beside them, it does not
know; several answers to one prompt are several sequences of one request.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cogitate.llm.constrain import Constraint
from cogitate.llm.draw import Drawing, Sampling

MOST_FORCED = 32
"""Most tokens of one answer in one pass: a form may force more, which then follow."""


@dataclass(kw_only=True)
class Span:
    """Tokens that a sequence needs computed, and what is known after that."""

    tokens: list[int]
    scored: bool = False
    """Whether each token's log-probability after those before it in the span is wanted."""
    scores: list[float] = field(default_factory=list)
    logits: Any = None
    """Those after the last token."""
    done: int = 0
    """How many of the tokens have been computed."""

    @property
    def left(self) -> int:
        """How many tokens are still to be computed."""
        return len(self.tokens) - self.done


Spans = dict[int, Span]
"""What is to be computed, by sequence."""
Steps = Generator[Spans, None, None]
"""The steps of a request; each `yield` returns when its spans have their logits."""


class Writer:
    """One answer: its sequence, and how its next tokens are found."""

    def __init__(
        self,
        sequence: int,
        sampling: Sampling,
        constraint: Constraint | None,
        is_end: Callable[[int], bool],
    ) -> None:
        self.sequence = sequence
        self.constraint = constraint
        self._draw = Drawing(sampling)
        self._left = sampling.max_tokens
        self._is_end = is_end

    def next(self, logits: Any) -> list[int]:
        """Return the next tokens, or none when the answer is finished."""
        constraint = self.constraint
        if self._left <= 0 or (constraint is not None and constraint.finished()):
            return []
        tokens = constraint.forced()[:MOST_FORCED] if constraint else []
        if not tokens:
            token = self._draw.next(logits, constraint)
            tokens = [] if self._is_end(token) else [token]
        if constraint is not None and tokens:
            tokens = constraint.within(tokens, self._left)
        tokens = tokens[: self._left]
        if constraint is not None and tokens:
            constraint.take(tokens)
        self._left -= len(tokens)
        return tokens


def write(first: Any, writers: Sequence[Writer], take: Callable[[int, list[int]], bool]) -> Steps:
    """Write answers after one prompt until all are finished, the next tokens of all at once.

    Args:
        first: the logits after the prompt.
        writers: one for each answer; their sequences hold the prompt.
        take: is told which answer went on and by which tokens; says whether it has ended.
    """
    logits = {which: first if len(writers) == 1 else first.copy() for which in range(len(writers))}
    while logits:
        spans: dict[int, Span] = {}
        for which in logits:
            tokens = writers[which].next(logits[which])
            if tokens and not take(which, tokens):
                spans[which] = Span(tokens=tokens)
        if spans:
            yield {writers[which].sequence: span for which, span in spans.items()}
        logits = {which: span.logits for which, span in spans.items()}
