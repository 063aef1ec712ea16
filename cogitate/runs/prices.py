"""What models cost: prices that a person gave, never invented ones.

What it does not know: which models there are, and what their makers ask for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cogitate.errors import SetupError
from cogitate.values import Usage

PER = 1_000_000
"""Tokens to which a price belongs."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a million tokens of a model cost."""

    read: float
    """Prompt tokens."""
    written: float
    reused: float | None = None
    """Prompt tokens that came from the cache; None: as much as those read."""
    currency: str = "USD"

    def __post_init__(self) -> None:
        amounts = (self.read, self.written, self.reused or 0.0)
        if any(not 0 <= amount < float("inf") for amount in amounts):
            raise SetupError(f"a price must be 0 or more for a million tokens, not {amounts}")

    def of(self, usage: Usage) -> float:
        """Return what `usage` costs."""
        reused = self.read if self.reused is None else self.reused
        total = usage.read * self.read + usage.reused * reused + usage.written * self.written
        return total / PER


def cost_of(prices: Mapping[str, Price], model: str, usage: Usage) -> float:
    """Return what a call of `model` cost; 0 for one without a price."""
    price = prices.get(model)
    return 0.0 if price is None else price.of(usage)


def currency_of(prices: Mapping[str, Price]) -> str:
    """Return the one currency of all prices; empty without prices.

    Raises:
        SetupError: there are several, which no limit can hold together.
    """
    found = sorted({price.currency for price in prices.values()})
    if len(found) > 1:
        raise SetupError(f"prices in {' and '.join(found)} cannot be added; give all in one")
    return found[0] if found else ""


__all__ = ["Price", "cost_of", "currency_of"]
