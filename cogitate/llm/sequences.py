"""Which KV sequence serves a prompt: the book that one llama.cpp context is kept by.

Each conversation keeps the sequence that holds its prompt; a prompt that shares only its head
with another conversation gets a copy of that head. Sequences at work are never taken away.
Pure bookkeeping: no llama.cpp in here.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

TAIL = 48
"""Tokens of a sequence that may be overwritten in place: less than a copy is worth."""


def common_prefix(left: Sequence[int] | str, right: Sequence[int] | str) -> int:
    """Return how many tokens, or characters, at the head of both are the same."""
    least = min(len(left), len(right))
    if left[:least] == right[:least]:  # the usual case, without a step in Python for each token
        return least
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return index
    return least


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a prompt goes: `target` keeps `kept` tokens, copied from `source` or its own."""

    target: int
    kept: int
    source: int | None = None
    """The sequence whose head is copied; None when `target` already holds it."""
    forks: tuple[int, ...] = ()
    """Sequences set aside for more answers to the same prompt."""
    evicted: tuple[int, ...] = ()
    """Sequences that must be emptied first: they hold what another conversation left."""


@dataclass
class Sequences:
    """The tokens that each of `count` sequences holds in a cache of `cells` cells."""

    count: int
    cells: int
    cuttable: bool = True
    """Whether a part of a sequence can be taken away or copied; else only the whole."""
    tokens: dict[int, list[int]] = field(default_factory=dict)
    live: dict[int, int] = field(default_factory=dict)
    """Sequences at work, with the cells that each may still need."""
    _ids: dict[int, list[int]] = field(default_factory=dict)
    """A number for each cell that a sequence uses: shared cells have the same number."""
    _fresh: "itertools.count[int]" = field(default_factory=itertools.count)
    _clock: int = 0
    _used: dict[int, int] = field(default_factory=dict)

    # ---------------------------------------------------------------- what is where

    def place(self, prompt: list[int], room: int, width: int = 1) -> Placement | None:
        """Return where `prompt` goes, reusing the longest common prefix; None: not yet.

        At least the prompt's last token is left to be read, because its logits are needed.

        Args:
            prompt: the tokens to be held.
            room: tokens that each answer may add.
            width: how many answers share the prompt.
        """
        free = [s for s in range(self.count) if s not in self.live]
        if len(free) < width:
            return None
        shared = {s: self._shared(held, prompt) for s, held in self.tokens.items() if held}
        best = max(shared, key=lambda s: (shared[s], self._used.get(s, 0)), default=None)
        kept = shared[best] if best is not None else 0
        in_place = best is not None and best in free and self._may_overwrite(best, kept)
        target = best if in_place and best is not None else self._vacant(free, best, kept)
        source = None if in_place or not kept or target == best else best
        wanted = len(prompt) - kept + room * width
        if self._taken(best if kept else None, kept) + wanted > self.cells:
            return None
        rest = [s for s in free if s != target]
        rest.sort(key=lambda s: (s == source, bool(self.tokens.get(s)), self._used.get(s, 0)))
        forks = tuple(rest[: width - 1])
        evicted = [s for s in forks if self.tokens.get(s)]
        if self.tokens.get(target) and not (kept and target == best):
            evicted.append(target)
        return Placement(
            target=target, kept=kept, source=source, forks=forks, evicted=tuple(evicted)
        )

    def width(self, prompt: int, room: int, wanted: int) -> int:
        """Return how many of `wanted` answers to a prompt fit a cache that is all theirs."""
        return max(1, min(wanted, self.count, (self.cells - prompt) // max(room, 1)))

    def excess(self, wanted: int) -> Iterable[int]:
        """Yield sequences not at work, the oldest first, until there are `wanted` free cells.

        The caller empties each before it asks for the next.
        """
        # Shared cells counted once for each sequence: an estimate that costs nothing.
        while sum(map(len, self._ids.values())) + wanted > self.cells:
            if len(self._union()) + wanted <= self.cells:
                return
            idle = [s for s in self.tokens if s not in self.live and self.tokens[s]]
            if not idle:
                return
            yield min(idle, key=lambda s: self._used.get(s, 0))

    def vacate(self) -> int | None:
        """Return the sequence to be taken next, an empty one if there is one."""
        free = [s for s in range(self.count) if s not in self.live]
        return self._vacant(free, None, 0) if free else None

    # ---------------------------------------------------------------- what has happened

    def begin(self, sequence: int, room: int) -> None:
        """Note that `sequence` is at work and may grow by `room` tokens."""
        self.live[sequence] = room

    def end(self, sequence: int) -> None:
        """Note that `sequence` is at work no more; it keeps what it holds."""
        self.live.pop(sequence, None)

    def append(self, sequence: int, tokens: list[int]) -> None:
        """Note that `tokens` were added to `sequence`."""
        self.tokens.setdefault(sequence, []).extend(tokens)
        self._ids.setdefault(sequence, []).extend(itertools.islice(self._fresh, len(tokens)))
        if sequence in self.live:
            self.live[sequence] = max(self.live[sequence] - len(tokens), 0)
        self._touch(sequence)

    def copy(self, source: int, target: int, count: int) -> None:
        """Note that `target` now shares the first `count` cells of `source`."""
        self.tokens[target] = self.tokens.get(source, [])[:count]
        self._ids[target] = self._ids.get(source, [])[:count]
        self._touch(target)

    def cut(self, sequence: int, count: int) -> None:
        """Note that `sequence` holds only its first `count` tokens."""
        self.copy(sequence, sequence, count)

    def drop(self, sequence: int) -> None:
        """Note that `sequence` is empty."""
        self.tokens.pop(sequence, None)
        self._ids.pop(sequence, None)
        self._used.pop(sequence, None)

    # ---------------------------------------------------------------- inside

    def _touch(self, sequence: int) -> None:
        self._clock += 1
        self._used[sequence] = self._clock

    def _shared(self, held: list[int], prompt: list[int]) -> int:
        """Return how many tokens of `held` can serve `prompt`."""
        shared = common_prefix(held, prompt)
        if not self.cuttable:
            return shared if shared == len(held) < len(prompt) else 0
        return min(shared, max(len(prompt) - 1, 0))

    def _may_overwrite(self, sequence: int, kept: int) -> bool:
        """Return whether what is behind `kept` is worth less than a sequence of its own.

        A short conversation that shares little more than the template's head is no mere tail.
        """
        return kept > 0 and len(self.tokens[sequence]) - kept <= min(TAIL, kept)

    def _vacant(self, free: list[int], best: int | None, kept: int) -> int:
        """Return an empty sequence, or the least recently used one other than the source."""
        empty = [s for s in free if not self.tokens.get(s)]
        others = empty or [s for s in free if s != best or not kept] or free
        return min(others, key=lambda s: (self._used.get(s, 0), s))

    def _taken(self, best: int | None, kept: int) -> int:
        """Return the cells that stay taken if all that is not at work goes, but for a head."""
        held: set[int] = set()
        for sequence in self.live:
            held.update(self._ids.get(sequence, []))
        if best is not None:
            held.update(self._ids[best][:kept])
        return len(held) + sum(self.live.values())

    def _union(self) -> set[int]:
        return set().union(*self._ids.values())
