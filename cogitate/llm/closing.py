"""How an output that has a form can be ended at once: the fewest tokens that make it whole.

A walk through the grammar that closes whatever is open: it leaves out what is optional and
writes the least of what is not. Not always the very shortest way, but one that is known.
"""

from collections.abc import Callable
from typing import Any

from cogitate.llm.vocabulary import Vocabulary

CLOSERS = ("}", "]", '"', "null", "0", "1", "false", "[", "{", ",", ":", " ")
"""What is tried where nothing is forced, in this order; then whatever the form allows first."""
MOST = 1_000
"""Most tokens of a way to the end that are looked at."""


class Closing:
    """Finds tokens that end an output, for one vocabulary."""

    def __init__(self, vocabulary: Vocabulary, allowed: Callable[[Any], Any]) -> None:
        """Prepare for a vocabulary; `allowed` gives a 1 for each token that a matcher allows."""
        self._allowed = allowed
        self._closers = [t[0] for c in CLOSERS if len(t := vocabulary.tokenize(c)) == 1]
        self._quote, self._dot, brace, bracket = (vocabulary.tokenize(c)[0] for c in '".}]')
        self._text = (brace, bracket)

    def path(self, matcher: Any, tokens: list[int], most: int) -> list[int] | None:
        """Return at most `most` tokens that make the output whole after `tokens`, if there are.

        Args:
            matcher: llguidance's matcher at the state before `tokens`; it is not changed.
            tokens: what comes first.
            most: how many there may be; None comes back when that is too few.
        """
        probe = matcher.deep_copy()
        if tokens and not probe.consume_tokens(tokens):
            return None
        found: list[int] = []
        quoted = False
        while not (probe.is_accepting() or probe.is_stopped()):
            forced = list(probe.compute_ff_tokens())
            if forced:
                quoted = False
            else:
                within = all(self._allows(probe, token) for token in self._text)
                quote = within and self._allows(probe, self._quote)
                if quote and quoted:
                    return None  # a text that a quotation mark does not end: it has no bound
                quoted = quote
                forced = (
                    [self._quote if quote else self._dot] if within else self._next(probe, found)
                )
            found += forced
            if not forced or len(found) > min(most, MOST) or not probe.consume_tokens(forced):
                return None
        return found

    def ends(self, matcher: Any, tokens: list[int]) -> bool:
        """Return whether the output is whole after `tokens`."""
        probe = matcher.deep_copy()
        if probe.validate_tokens(tokens) != len(tokens):
            return False
        probe.consume_tokens(tokens)
        return bool(probe.is_accepting() or probe.is_stopped())

    @staticmethod
    def _allows(probe: Any, token: int) -> bool:
        return bool(probe.validate_tokens([token]) == 1)

    def _next(self, probe: Any, found: list[int]) -> list[int]:
        """Return the token that closes most, of those that are allowed.

        Where one token comes again and again (digits before a unit), others have their turn.
        """
        tried = set(found[-16:]) if len(found) > 4 and len(set(found[-4:])) == 1 else set()
        for token in self._closers:
            if token not in tried and self._allows(probe, token):
                return [token]
        allowed = self._allowed(probe)
        allowed[list(tried)] = 0
        first = int(allowed.argmax())
        return [first] if allowed[first] else []
