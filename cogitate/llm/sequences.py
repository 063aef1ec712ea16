"""Which KV sequence serves a prompt: the book that one llama.cpp context is kept by.

Each conversation keeps the sequence that holds its prompt; a prompt that shares only its head
with another conversation gets a copy of that head. Pure bookkeeping: no llama.cpp in here.
"""

from dataclasses import dataclass, field

TAIL = 48
"""Tokens of a sequence that may be overwritten in place: less than a copy is worth."""


def common_prefix(left: list[int], right: list[int]) -> int:
    """Return how many tokens at the head of both lists are the same."""
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return index
    return min(len(left), len(right))


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a prompt goes: `target` keeps `kept` tokens, copied from `source` or its own."""

    target: int
    kept: int
    source: int | None = None
    """The sequence whose head is copied; None when `target` already holds it."""
    evicted: tuple[int, ...] = ()
    """Sequences that must be emptied to make room; `source` among them after the copy only."""


@dataclass
class Sequences:
    """The tokens that each of `count` sequences holds in a cache of `cells` cells."""

    count: int
    cells: int
    tokens: dict[int, list[int]] = field(default_factory=dict)
    _clock: int = 0
    _used: dict[int, int] = field(default_factory=dict)

    def place(self, prompt: list[int], room: int) -> Placement:
        """Return where `prompt` and `room` more tokens go, reusing the longest common prefix.

        At least the prompt's last token is left to be read, because its logits are needed.
        """
        shared = {s: common_prefix(held, prompt) for s, held in self.tokens.items() if held}
        best = max(shared, key=lambda s: (shared[s], self._used.get(s, 0)), default=None)
        kept = min(shared[best], max(len(prompt) - 1, 0)) if best is not None else 0
        # A short conversation that shares little more than the template's head is no mere tail.
        if best is not None and kept and len(self.tokens[best]) - kept <= min(TAIL, kept):
            target, source = best, None
        else:
            target, source = self._vacant(best if kept else None), best if kept else None
            if source == target:
                source = None
        own = kept if source is None else 0
        evicted = self._make_room(len(prompt) + room - kept + own, target, source)
        return Placement(target=target, kept=kept, source=source, evicted=evicted)

    def clear(self, cells: int) -> Placement:
        """Return an empty place for `cells` cells that nothing shares, such as a snapshot's."""
        target = self._vacant(None)
        return Placement(target=target, kept=0, evicted=self._make_room(cells, target, None))

    def fork(self, source: int, count: int, room: int) -> tuple[list[int], tuple[int, ...]]:
        """Return up to `count` sequences to copy `source` into, and those to be emptied first.

        `source` and each copy get `room` more tokens; the cells they share are counted once.
        """
        shared = len(self.tokens.get(source, []))
        count = min(count, self.count - 1, (self.cells - shared) // max(room, 1) - 1)
        others = [s for s in range(self.count) if s != source]
        others.sort(key=lambda s: (bool(self.tokens.get(s)), self._used.get(s, 0)))
        forks, rest = others[: max(count, 0)], others[max(count, 0) :]
        total = shared + (len(forks) + 1) * room + sum(len(self.tokens.get(s, [])) for s in rest)
        evicted = [s for s in forks if self.tokens.get(s)]
        for sequence in rest:
            if total <= self.cells:
                break
            total -= len(self.tokens.get(sequence, []))
            evicted.append(sequence)
        return forks, tuple(evicted)

    def hold(self, sequence: int, tokens: list[int]) -> None:
        """Note that `sequence` now holds exactly `tokens`."""
        self._clock += 1
        self._used[sequence] = self._clock
        self.tokens[sequence] = tokens

    def drop(self, sequence: int) -> None:
        """Note that `sequence` is empty."""
        self.tokens.pop(sequence, None)
        self._used.pop(sequence, None)

    def _vacant(self, keep: int | None) -> int:
        """Return an empty sequence, or the least recently used one other than `keep`."""
        for sequence in range(self.count):
            if not self.tokens.get(sequence):
                return sequence
        others = [s for s in range(self.count) if s != keep] or [0]
        return min(others, key=lambda s: self._used.get(s, 0))

    def _make_room(self, wanted: int, target: int, source: int | None) -> tuple[int, ...]:
        """Return the least recently used sequences that must go for `wanted` cells of `target`.

        The source of a copy goes last: its head lives on in the target. Cells shared by other
        sequences are counted once for each: the estimate errs on the safe side.
        """
        held = {s: len(tokens) for s, tokens in self.tokens.items() if s != target}
        total = sum(held.values()) + wanted
        evicted: list[int] = []
        for sequence in sorted(held, key=lambda s: (s == source, self._used.get(s, 0))):
            if total <= self.cells:
                break
            total -= held[sequence]
            evicted.append(sequence)
        return tuple(evicted)
