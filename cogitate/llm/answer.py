"""One answer of a ChatLlama on its way: from messages to tokens to a message."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from cogitate.errors import SetupError
from cogitate.llm.branches import write_each
from cogitate.llm.constrain import Constraint, lark_grammar, schema_grammar
from cogitate.llm.draw import Sampling
from cogitate.llm.engine import Engine, Reading
from cogitate.llm.form import answer_message, call_grammar, plain, with_tools
from cogitate.llm.loaded import Loaded

CUT = "the output was cut at the limit of {limit} tokens"


class Draft:
    """The text of one answer as it grows, up to a stop string."""

    def __init__(self, engine: Engine, stop: Sequence[str]) -> None:
        self.text = ""
        self.written = 0
        self.ended = False
        """Whether a stop string was met."""
        self._engine = engine
        self._stop = stop
        self._raw = b""
        self._shown = 0

    def take(self, tokens: list[int]) -> str:
        """Append tokens; return what may be shown: no part of a stop string or of a character."""
        self.written += len(tokens)
        self._raw += b"".join(self._engine.piece(token) for token in tokens)
        text = self._raw.decode("utf-8", "ignore")
        cut = min((at for s in self._stop if (at := text.find(s)) >= 0), default=-1)
        self.ended = cut >= 0
        self.text = text[:cut] if self.ended else text
        if self.ended:
            return self.rest()
        held = len(text) - max((len(s) - 1 for s in self._stop), default=0)
        piece = text[self._shown : max(held, self._shown)]
        self._shown = max(held, self._shown)
        return piece

    def rest(self) -> str:
        """Return what was held back."""
        piece = self.text[self._shown :]
        self._shown = max(self._shown, len(self.text))
        return piece


class Answer:
    """One answer on its way: the prompt, the form that it must have, the text so far."""

    def __init__(
        self,
        messages: Sequence[BaseMessage],
        sampling: Sampling,
        name: str,
        options: dict[str, Any],
    ) -> None:
        self.sampling = sampling
        self.name = name
        self.opening: str = options.get("opening", "")
        self.tools: list[dict[str, Any]] = options.get("tools") or []
        # A call ends where its form ends: a stop string would only cut it in two.
        self.stop: list[str] = [] if self.tools else [s for s in options.get("stop") or [] if s]
        self.schema: dict[str, Any] | None = options.get("schema")
        self.grammar: str | None = options.get("grammar")
        self.choice: str | Sequence[str] | None = options.get("tool_choice")
        self.several: Sequence[float] = options.get("several") or ()
        self.options: Sequence[str] = options.get("options") or ()
        self.logprobs: dict[str, float] = {}
        self.messages = with_tools(messages, self.tools) if self.tools else plain(messages)
        self.text = ""
        self.written = 0
        self.reading = Reading(sequence=0, read=0, reused=0)
        self.finish = "stop"

    def whole(self, loaded: Loaded, cancel: threading.Event) -> ChatResult:
        """Return the finished answer."""
        for _ in self.pieces(loaded, cancel):
            pass
        return ChatResult(generations=[ChatGeneration(message=self.message())])

    def chunks(self, loaded: Loaded, cancel: threading.Event) -> Iterator[ChatGenerationChunk]:
        """Yield the answer as it grows; a tool call comes as one chunk at the end."""
        for piece in self.pieces(loaded, cancel):
            if not self.tools:
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        last = self.message()
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content=last.text if self.tools else "",
                tool_call_chunks=[
                    {
                        "name": call["name"],
                        "args": args
                        if isinstance(args := call["args"], str)
                        else json.dumps(args, ensure_ascii=False),
                        "id": call["id"],
                        "index": index,
                        "type": "tool_call_chunk",
                    }
                    for index, call in enumerate([*last.tool_calls, *last.invalid_tool_calls])
                ],
                usage_metadata=last.usage_metadata,
                response_metadata=last.response_metadata,
                chunk_position="last",
            )
        )

    def pieces(self, loaded: Loaded, cancel: threading.Event) -> Iterator[str]:
        """Yield the text as it is written, never a part of a stop string or of a character."""
        engine = loaded.engine
        sampling = self._read(loaded, cancel)
        constraint = self._constraint(loaded)
        draft = Draft(engine, self.stop)
        for tokens in engine.write(self.reading, sampling, constraint, cancel):
            piece = draft.take(tokens)
            self.text, self.written = draft.text, draft.written
            if piece:
                yield piece
            if draft.ended:
                return
        done = constraint.complete() if constraint else self.written < sampling.max_tokens
        self.finish = "stop" if done and not cancel.is_set() else "length"
        if rest := draft.rest():
            yield rest

    def _read(self, loaded: Loaded, cancel: threading.Event) -> Sampling:
        """Read the prompt; return the sampling with the tokens that there is room for."""
        engine = loaded.engine
        prompt = loaded.prompt(self.messages, self.opening)
        limit = min(self.sampling.max_tokens, max(engine.n_ctx - len(prompt), 32))
        self.reading = engine.read(prompt, room=limit, cancel=cancel)
        return replace(self.sampling, max_tokens=limit)

    def message(self) -> AIMessage:
        """Return the answer as a message, with what it cost."""
        message = AIMessage(self.text)
        if self.tools and self.finish == "stop":
            message = answer_message(self.text)
        elif self.tools:
            error = CUT.format(limit=self.written)
            # LangChain mends the JSON of streamed calls: what is cut must not look like JSON.
            invalid = {"name": None, "args": f"{error}: {self.text}", "id": None, "error": error}
            message.invalid_tool_calls = [cast(Any, {**invalid, "type": "invalid_tool_call"})]
        total = self.reading.read + self.reading.reused
        message.usage_metadata = {
            "input_tokens": total,
            "output_tokens": self.written,
            "total_tokens": total + self.written,
            "input_token_details": {"cache_read": self.reading.reused},
        }
        message.response_metadata = {"model_name": self.name, "finish_reason": self.finish}
        return message

    def _constraint(self, loaded: Loaded) -> Constraint | None:
        if self.tools:
            return loaded.constrainer.start(lark_grammar(call_grammar(self.tools, self.choice)))
        if self.schema is not None:
            return loaded.constrainer.start(schema_grammar(self.schema))
        if self.grammar is not None:
            return loaded.constrainer.start(lark_grammar(self.grammar))
        return None


class Several(Answer):
    """Several answers to one prompt, one for each temperature, written side by side."""

    def whole(self, loaded: Loaded, cancel: threading.Event) -> ChatResult:
        """Return all answers as generations; the first one's message carries the whole cost."""
        engine, sampling = loaded.engine, self._read(loaded, cancel)
        each = [
            replace(sampling, temperature=heat, seed=(sampling.seed or 0) + which)
            for which, heat in enumerate(self.several)
        ]
        constraints = [self._constraint(loaded) for _ in each]
        drafts = [Draft(engine, self.stop) for _ in each]

        def take(which: int, tokens: list[int]) -> bool:
            drafts[which].take(tokens)
            return drafts[which].ended

        write_each(engine, self.reading, each, constraints, take, cancel)
        self.written = sum(draft.written for draft in drafts)
        found: list[ChatGeneration] = []
        for draft, constraint in zip(drafts, constraints, strict=True):
            self.text = draft.text
            done = constraint.complete() if constraint else draft.written < sampling.max_tokens
            self.finish = "stop" if (done or draft.ended) and not cancel.is_set() else "length"
            if draft.written or not found:
                found.append(ChatGeneration(message=self.message()))
                self.written, self.reading = 0, replace(self.reading, read=0, reused=0)
        return ChatResult(generations=found)


class Choice(Answer):
    """A choice among options by one forward pass: nothing is written, only logits are read.

    The message holds the most likely option; `response_metadata["logprobs"]` holds the natural
    logarithm of the probability of each option's first token.
    """

    def pieces(self, loaded: Loaded, cancel: threading.Event) -> Iterator[str]:
        """Yield the option that was chosen.

        Raises:
            SetupError: two options begin with the same token.
        """
        import numpy

        engine = loaded.engine
        prompt = loaded.prompt(self.messages, self.opening)
        heads: dict[int, str] = {}
        for option in self.options:
            tokens = loaded.prompt(self.messages, self.opening + option)
            apart = option and tokens[: len(prompt)] == prompt
            head = tokens[len(prompt)] if apart else -1
            if head in heads or head < 0:
                raise SetupError(
                    f"the options {self.options!r} are not told apart by their first tokens; "
                    "give them other first words"
                )
            heads[head] = option
        self.reading = engine.read(prompt, room=8, cancel=cancel)
        if cancel.is_set():
            self.finish = "length"
            return
        logits = engine.logits().astype(numpy.float64)
        total = float(numpy.logaddexp.reduce(logits))
        self.logprobs = {option: float(logits[head]) - total for head, option in heads.items()}
        self.text = max(self.logprobs, key=lambda option: self.logprobs[option])
        yield self.text

    def message(self) -> AIMessage:
        """Return the choice as a message, with the log-probabilities of all options."""
        message = super().message()
        message.response_metadata["logprobs"] = self.logprobs
        return message
