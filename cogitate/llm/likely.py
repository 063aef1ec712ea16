"""Requests of which only log-probabilities are wanted: a given text, or one of a few options.

Nothing is written. Options that begin with different tokens are told apart by one pass over
the prompt; others are read side by side, each in a sequence that shares the prompt.
"""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from cogitate.errors import SetupError
from cogitate.llm.answer import Request
from cogitate.llm.draw import log_probability
from cogitate.llm.loaded import Loaded
from cogitate.llm.rows import Reading
from cogitate.llm.sequences import common_prefix
from cogitate.llm.writing import Span, Steps

MOST_BESIDE = 8
"""Most options that are read side by side; more of them follow."""


class Likely(Request):
    """A request that writes nothing; its message comes whole."""

    def message(self) -> AIMessage:
        """Return what was found as a message."""
        return AIMessage("", usage_metadata=self.usage(0))

    def result(self) -> ChatResult:
        """Return the message."""
        return ChatResult(generations=[ChatGeneration(message=self.message())])

    def chunk(self) -> ChatGenerationChunk:
        """Return the message as the only chunk of a stream."""
        found = self.message()
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content=found.content,
                usage_metadata=found.usage_metadata,
                response_metadata=found.response_metadata,
                chunk_position="last",
            )
        )


class Score(Likely):
    """The log-probability of each token of a given continuation.

    The message holds the continuation; `response_metadata` holds `logprobs`, one a token, and
    `tokens`, their texts.
    """

    def __init__(
        self, loaded: Loaded, messages: Sequence[BaseMessage], name: str, options: dict[str, Any]
    ) -> None:
        super().__init__(loaded, messages, name, options)
        self.continuation: str = options["score"]
        self.raw: str | None = options.get("raw")
        """A text to be continued as it is, in place of the messages."""
        self.tail: list[int] = []
        self.scores: list[float] = []

    def prepare(self) -> None:
        """Find the prompt and the tokens that are scored after it."""
        engine = self.loaded.engine
        if self.raw is None:
            super().prepare()
            whole = self.loaded.prompt(self.messages, self.opening + self.continuation)
        else:
            begin = engine.beginning(self.raw)
            self.prompt = [*begin, *engine.tokenize(self.raw)]
            whole = [*begin, *engine.tokenize(self.raw + self.continuation)]
        # The border of two texts may fall within a token: what is scored begins with that token.
        shared = min(common_prefix(self.prompt, whole), len(whole))
        self.prompt, self.tail = whole[:shared], whole[shared:]
        if not self.prompt or not self.tail:
            raise SetupError(
                f"there is nothing to score in {self.continuation!r}; give a continuation of at "
                "least one token"
            )
        self.room = len(self.tail)

    def steps(self, reading: Reading) -> Steps:
        """Read the prompt and then the continuation, with a score for each of its tokens."""
        span = self.read(reading)
        yield {reading.sequence: span}
        self.note_first()
        self.scores = [log_probability(span.logits, self.tail[0])]
        if len(self.tail) > 1:
            rest = Span(tokens=self.tail, scored=True)
            yield {reading.sequence: rest}
            self.scores += rest.scores

    def message(self) -> AIMessage:
        """Return the scores in a message."""
        engine = self.loaded.engine
        message = AIMessage(self.continuation, usage_metadata=self.usage(0))
        message.response_metadata = self.about(0, "length" if self.cancel.is_set() else "stop")
        message.response_metadata["logprobs"] = self.scores
        message.response_metadata["tokens"] = [
            engine.piece(token).decode("utf-8", "replace") for token in self.tail
        ]
        return message


class Choice(Likely):
    """A choice among options by their log-probabilities.

    The message holds the most likely option; `response_metadata["logprobs"]` holds the natural
    logarithm of each option's probability: of its first token where that tells all options
    apart, else of all its tokens. `ranks` holds the place of its first token among all tokens
    of the vocabulary, the likeliest being 1.
    """

    def __init__(
        self, loaded: Loaded, messages: Sequence[BaseMessage], name: str, options: dict[str, Any]
    ) -> None:
        super().__init__(loaded, messages, name, options)
        self.options: list[str] = list(dict.fromkeys(options["options"]))
        self.tails: list[list[int]] = []
        self.logprobs: dict[str, float] = {}
        self.ranks: dict[str, int] = {}

    def prepare(self) -> None:
        """Find the prompt, and how each option goes on from it.

        Raises:
            SetupError: an option is empty.
        """
        super().prepare()
        wholes = [self.loaded.prompt(self.messages, self.opening + o) for o in self.options]
        shared = min([len(self.prompt), *(common_prefix(self.prompt, w) for w in wholes)])
        self.prompt = self.prompt[:shared]
        self.tails = [whole[shared:] for whole in wholes]
        if not all(self.options):
            raise SetupError(f"the options {self.options!r} hold an empty one; give it a text")
        if self._is_told_at_once():
            return
        # Of an option that another one begins with, the end is part of what is said.
        end = self.loaded.engine.tokenize(self.loaded.engine.special("eos"))[:1]
        if any(a != b and b[: len(a)] == a for a in self.tails for b in self.tails):
            self.tails = [[*tail, *end] for tail in self.tails]
        engine = self.loaded.engine
        self.room = max(len(tail) for tail in self.tails)
        self.width = engine.sequences.width(
            len(self.prompt), self.room, min(len(self.tails) + 1, MOST_BESIDE)
        )

    def _is_told_at_once(self) -> bool:
        heads = {tail[0] for tail in self.tails if tail}
        return len(heads) == len(self.options)

    def steps(self, reading: Reading) -> Steps:
        """Read the prompt, then what tells the options apart."""
        engine, span = self.loaded.engine, self.read(reading)
        yield {reading.sequence: span}
        self.note_first()
        logits = span.logits
        scores = [log_probability(logits, tail[0]) for tail in self.tails]
        places = [1 + int((logits > logits[tail[0]]).sum()) for tail in self.tails]
        self.ranks = dict(zip(self.options, places, strict=True))
        if not self._is_told_at_once():
            forks = reading.forks or (reading.sequence,)
            for start in range(0, len(self.tails), len(forks)):
                some = list(enumerate(self.tails))[start : start + len(forks)]
                spans = {}
                for place, (which, tail) in zip(forks, some, strict=False):
                    if reading.forks:
                        engine.fork(reading.sequence, place)
                    else:
                        engine.cut(place, len(self.prompt))
                    if len(tail) > 1:
                        spans[place] = (which, Span(tokens=tail, scored=True))
                if spans:
                    yield {place: span for place, (_, span) in spans.items()}
                for which, span in spans.values():
                    scores[which] += sum(span.scores)
        self.logprobs = dict(zip(self.options, scores, strict=True))

    def message(self) -> AIMessage:
        """Return the choice as a message, with the log-probabilities of all options."""
        best = max(self.logprobs, key=lambda o: self.logprobs[o], default="")
        message = AIMessage(best, usage_metadata=self.usage(0))
        message.response_metadata = self.about(0, "stop" if best else "length")
        message.response_metadata["logprobs"] = self.logprobs
        message.response_metadata["ranks"] = self.ranks
        return message
