"""What a pass of the model computes, and what is known of a prompt before it."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Reading:
    """Where a prompt goes and what of it is there already, in tokens."""

    sequence: int
    read: int
    reused: int
    copied: int = 0
    """Of the reused ones: from another conversation in the cache."""
    restored: int = 0
    """Of the reused ones: from a snapshot in host memory."""
    forks: tuple[int, ...] = ()
    """Sequences for more answers to the same prompt."""


@dataclass(frozen=True)
class Row:
    """Tokens that one pass appends to a sequence."""

    sequence: int
    tokens: list[int]
    logits: str = "last"
    """After which tokens logits are wanted: `last`, `every` or `none`."""
