"""Output that must have a form: a JSON schema or a grammar, token by token, by llguidance.

Grammars are compiled once and kept. What it does not know: what the form means.
"""

import json
import re
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cogitate.errors import SetupError, UnavailableError
from cogitate.llm.closing import Closing

if TYPE_CHECKING:
    from cogitate.llm.engine import Engine

KEPT = 64
_OPENING = re.compile(r'\W+"')


def schema_grammar(schema: dict[str, Any]) -> str:
    """Return the llguidance grammar of compact JSON that fits `schema`."""
    llguidance = _library()
    grammar: str = llguidance.LLMatcher.grammar_from_json_schema(
        json.dumps(schema, ensure_ascii=False),
        {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "},
    )
    return grammar


def lark_grammar(text: str) -> str:
    """Return the llguidance grammar of a Lark grammar."""
    grammar: str = _library().LLMatcher.grammar_from_lark(text)
    return grammar


class Constraint:
    """One output on its way: which tokens may come next, and how it can be ended in time."""

    def __init__(
        self,
        matcher: Any,
        words: int,
        tokenize: Callable[[str], list[int]],
        closing: "Closing | None" = None,
    ) -> None:
        from llguidance.numpy import allocate_token_bitmask

        self.shortened = False
        """Whether the output was brought to its end because the tokens ran out."""
        self._matcher = matcher
        self._tokenize = tokenize
        self._bits = allocate_token_bitmask(1, words)
        self._closing = closing
        self._ending: list[int] | None = None
        """Tokens that would end the output now, where they are known."""
        self._window: int | None = None
        """Tokens left at which it is first asked how the output can be ended."""

    def forced(self) -> list[int]:
        """Return the tokens that must come now, because nothing else is allowed.

        The quote that opens a text is one of them. llguidance leaves it to the model, which may
        have a longer token for it; but a model that would rather write a number takes the lone
        space before the quote, and then `"time` or `"bytes`, as no text goes on with a bare quote.
        """
        tokens = list(self._matcher.compute_ff_tokens())
        if tokens:
            return tokens
        opening = self._matcher.compute_ff_bytes().decode("utf-8", "replace")
        return self._tokenize(opening) if _OPENING.fullmatch(opening) else []

    def allows(self, token: int) -> bool:
        """Return whether `token` may come next."""
        return bool(self._matcher.validate_tokens([token]) == 1)

    def mask(self, logits: Any) -> None:
        """Set the logits of all tokens that may not come next to minus infinity, in place."""
        import numpy
        from llguidance.numpy import fill_next_token_bitmask

        fill_next_token_bitmask(self._matcher, self._bits)
        allowed = numpy.unpackbits(self._bits[0].view(numpy.uint8), bitorder="little")
        logits[allowed[: len(logits)] == 0] = -numpy.inf

    def within(self, tokens: list[int], left: int) -> list[int]:
        """Return `tokens` if the output can still be ended in the `left` tokens that there are.

        If not, return the tokens that end it now. Where no end is known (a text without a
        bound, or fewer tokens than the least output has), `tokens` come back as they are.
        """
        closing = self._closing
        if closing is None:
            return tokens
        if self._window is None:
            least = closing.path(self._matcher, [], left)
            self._window = 128 + 4 * len(least or [])
        if left > self._window:
            return tokens
        if self._ending is None:
            self._ending = closing.path(self._matcher, [], left)
        known, room = self._ending, left - len(tokens)
        # Within a string, what ended the output before ends it now.
        if known and len(known) <= room and closing.ends(self._matcher, [*tokens, *known]):
            return tokens
        self._ending = closing.path(self._matcher, tokens, room)
        if self._ending is not None or not known:
            return tokens
        self.shortened = True
        return known

    def least(self, most: int) -> int:
        """Return how many tokens would make the output whole from here, -1 if over `most`."""
        path = self._closing.path(self._matcher, [], most) if self._closing else None
        return -1 if path is None else len(path)

    def take(self, tokens: list[int]) -> None:
        """Move on over `tokens`, which were written."""
        if not self._matcher.consume_tokens(tokens):
            raise SetupError(f"the grammar refused its own tokens: {self._matcher.get_error()}")

    def finished(self) -> bool:
        """Return whether nothing more can come."""
        return self.shortened or bool(self._matcher.is_stopped())

    def complete(self) -> bool:
        """Return whether what was written is a whole output."""
        return bool(self._matcher.is_accepting() or self._matcher.is_stopped())


class Constrainer:
    """Makes constraints for one vocabulary and keeps the compiled grammars."""

    def __init__(self, engine: "Engine") -> None:
        _library()
        from llguidance.llamacpp import lltokenizer_from_vocab

        self._engine = engine
        self._words = engine.n_vocab
        with warnings.catch_warnings():
            # llguidance asks llama-cpp-python by a name that it calls deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._tokenizer = lltokenizer_from_vocab(engine.vocab)
        self._closing = Closing(engine, self._allowed)
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def start(self, grammar: str, *, closing: bool = False) -> Constraint:
        """Return a fresh constraint for `grammar` (of `schema_grammar` or `lark_grammar`).

        Args:
            grammar: what may be written.
            closing: whether an output is brought to its end when the tokens run out.

        Raises:
            SetupError: the grammar or schema has something that cannot be constrained.
        """
        matcher = self._kept.pop(grammar, None)
        if matcher is None:
            matcher = _library().LLMatcher(self._tokenizer, grammar, log_level=0)
            if matcher.is_error():
                raise SetupError(f"this form cannot be constrained: {matcher.get_error()[:300]}")
        self._kept[grammar] = matcher
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return Constraint(
            matcher.deep_copy(),
            self._words,
            self._engine.tokenize,
            self._closing if closing else None,
        )

    def _allowed(self, matcher: Any) -> Any:
        """Return a 1 for each token that `matcher` allows next, else a 0."""
        import numpy
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        bits = allocate_token_bitmask(1, self._words)
        fill_next_token_bitmask(matcher, bits)
        return numpy.unpackbits(bits[0].view(numpy.uint8), bitorder="little")


def _library() -> Any:
    try:
        import llguidance
    except ImportError as error:
        raise UnavailableError(
            'constrained decoding needs llguidance: pip install "cogitate[local]"'
        ) from error
    return llguidance
