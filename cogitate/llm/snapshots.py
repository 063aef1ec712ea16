"""Conversations that had to leave the KV cache, in host memory, up to a number of bytes."""

from collections import OrderedDict
from typing import Any

from cogitate.llm.sequences import common_prefix

LIMIT_MB = 256
"""Host memory for snapshots: 21,000 tokens of a 0.5B model, 9,000 of a 1.5B one."""


class Snapshots:
    """The states of sequences by the tokens they hold; the oldest go when there are too many."""

    def __init__(self, limit_mb: float = LIMIT_MB) -> None:
        self.limit = int(limit_mb * 1e6)
        self.held: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes in use."""
        return sum(len(state) for state in self.held.values())

    def fits(self, size: int) -> bool:
        """Return whether a state of `size` bytes can be kept at all."""
        return 0 < size <= self.limit

    def put(self, tokens: list[int], state: Any) -> None:
        """Keep a state; the oldest ones make room for it, and shorter ones of its head go."""
        key = tuple(tokens)
        for other in [k for k in self.held if key[: len(k)] == k]:
            del self.held[other]
        self.held[key] = state
        while self.size > self.limit:
            self.held.popitem(last=False)

    def take(self, prompt: list[int], least: int, whole: bool) -> tuple[list[int], Any] | None:
        """Take out the state that shares most with `prompt`, if that is more than `least`.

        Args:
            prompt: the tokens that are wanted.
            least: tokens that are there without it.
            whole: only a state of which the prompt is a continuation is of use.
        """
        found: tuple[int, tuple[int, ...]] | None = None
        for key in self.held:
            shared = common_prefix(list(key), prompt)
            if whole and not shared == len(key) < len(prompt):
                continue
            if shared > max(least, found[0] if found else 0):
                found = (shared, key)
        return (list(found[1]), self.held.pop(found[1])) if found else None

    def clear(self) -> None:
        """Forget all."""
        self.held.clear()
