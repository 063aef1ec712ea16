"""One request to a ChatLlama on its way: from messages to tokens to a message."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from cogitate.llm.constrain import Constraint, lark_grammar, schema_grammar
from cogitate.llm.draft import Draft
from cogitate.llm.draw import Sampling
from cogitate.llm.form import answer_message, call_grammar, plain, with_tools
from cogitate.llm.loaded import Loaded
from cogitate.llm.rows import Reading
from cogitate.llm.structured import CUT
from cogitate.llm.writing import Span, Steps, Writer, write

LEAST_ROOM = 32
"""Tokens that an answer must have room for: a longer prompt is an overflow."""


class Request:
    """What all requests share: the messages, the prompt that they become, what it cost."""

    width = 1
    room = 8

    def __init__(
        self, loaded: Loaded, messages: Sequence[BaseMessage], name: str, options: dict[str, Any]
    ) -> None:
        self.loaded = loaded
        self.name = name
        self.opening: str = options.get("opening", "")
        self.tools: list[dict[str, Any]] = options.get("tools") or []
        self.messages = with_tools(messages, self.tools) if self.tools else plain(messages)
        self.cancel = threading.Event()
        self.prompt: list[int] = []
        self.reading = Reading(sequence=0, read=0, reused=0)
        self.broken = ""
        """Which message of a known conversation changed, so that it had to be read again."""
        self._begun = time.monotonic()
        self._first = 0.0
        """When the first token was known."""

    def prepare(self) -> None:
        """Find the tokens of the prompt."""
        self.prompt = self.loaded.prompt(self.messages, self.opening)
        self.broken = self.loaded.watch.check(self.messages)

    def read(self, reading: Reading) -> Span:
        """Return what of the prompt is to be computed."""
        self.reading = reading
        return Span(tokens=self.prompt[reading.reused :])

    def note_first(self) -> None:
        """Note that the first token is known now."""
        self._first = self._first or time.monotonic()

    def usage(self, written: int) -> UsageMetadata:
        """Return what the request cost in tokens, in LangChain's form."""
        reading = self.reading
        total = reading.read + reading.reused
        details = {
            "cache_read": reading.reused,
            "copied": reading.copied,
            "restored": reading.restored,
        }
        return UsageMetadata(
            input_tokens=total,
            output_tokens=written,
            total_tokens=total + written,
            input_token_details=cast(InputTokenDetails, details),
        )

    def about(self, written: int, finish: str) -> dict[str, Any]:
        """Return what else is known of the request, for `response_metadata`."""
        found: dict[str, Any] = {"model_name": self.name, "finish_reason": finish}
        if self._first:
            taken = time.monotonic() - self._first
            found["first_token_seconds"] = round(self._first - self._begun, 3)
            if written > 1 and taken > 0:
                found["tokens_per_second"] = round((written - 1) / taken, 1)
        if self.broken:
            found["prefix_broken"] = self.broken
        return found


class Answer(Request):
    """Text, tool calls or a form: one answer, or several to the same prompt side by side."""

    def __init__(
        self,
        loaded: Loaded,
        messages: Sequence[BaseMessage],
        name: str,
        options: dict[str, Any],
        sampling: Sampling,
    ) -> None:
        super().__init__(loaded, messages, name, options)
        self.sampling = sampling
        # A call ends where its form ends: a stop string would only cut it in two.
        self.stop: list[str] = [] if self.tools else [s for s in options.get("stop") or [] if s]
        self.schema: dict[str, Any] | None = options.get("schema")
        self.grammar: str | None = options.get("grammar")
        self.choice: str | Sequence[str] | None = options.get("tool_choice")
        self.several: Sequence[float] = options.get("several") or ()
        self.drafts: list[Draft] = []
        self.constraints: list[Constraint | None] = []
        self.show: Callable[[str], None] | None = None
        """Is given the text of a single answer as it grows."""

    def prepare(self) -> None:
        """Find the prompt, the room for each answer, and how many answers there is room for."""
        super().prepare()
        engine = self.loaded.engine
        left = max(engine.n_ctx - len(self.prompt), LEAST_ROOM)
        self.room = min(self.sampling.max_tokens, left)
        wanted = max(len(self.several), 1)
        self.width = engine.sequences.width(len(self.prompt), self.room, wanted)
        self.drafts = [Draft(engine, self.stop) for _ in range(self.width)]
        self.constraints = [self._constraint() for _ in range(self.width)]

    def steps(self, reading: Reading) -> Steps:
        """Read the prompt, then write each answer."""
        engine = self.loaded.engine
        span = self.read(reading)
        yield {reading.sequence: span}
        self.note_first()
        for fork in reading.forks:
            engine.fork(reading.sequence, fork)
        writers = [
            Writer(sequence, sampling, constraint, engine.is_end)
            for sequence, sampling, constraint in zip(
                (reading.sequence, *reading.forks),
                self._samplings(),
                self.constraints,
                strict=True,
            )
        ]
        yield from write(span.logits, writers, self._take)
        if self.show is not None and (rest := self.drafts[0].rest()):
            self.show(rest)

    def _samplings(self) -> list[Sampling]:
        one = replace(self.sampling, max_tokens=self.room)
        if not self.several:
            return [one]
        return [
            replace(one, temperature=heat, seed=(one.seed or 0) + which)
            for which, heat in enumerate(self.several[: self.width])
        ]

    def _take(self, which: int, tokens: list[int]) -> bool:
        draft = self.drafts[which]
        piece = draft.take(tokens)
        if piece and self.show is not None:
            self.show(piece)
        return draft.ended

    # ---------------------------------------------------------------- what comes of it

    def result(self) -> ChatResult:
        """Return all answers; the first one's message carries the whole cost."""
        found: list[ChatGeneration] = []
        written = sum(draft.written for draft in self.drafts)
        for which, draft in enumerate(self.drafts):
            if draft.written or not found:
                found.append(ChatGeneration(message=self.message(which, written)))
                written, self.reading = 0, Reading(sequence=0, read=0, reused=0)
        return ChatResult(generations=found or [ChatGeneration(message=self.message(0, 0))])

    def message(self, which: int, written: int) -> AIMessage:
        """Return one answer as a message, with what it cost."""
        if which >= len(self.drafts):  # it was cancelled before it began
            return AIMessage("", usage_metadata=self.usage(0))
        draft, constraint = self.drafts[which], self.constraints[which]
        done = constraint.complete() if constraint else draft.written < self.room
        whole = draft.ended or (done and not self.cancel.is_set())
        message = AIMessage(draft.text)
        if self.tools and whole:
            message = answer_message(draft.text)
        elif self.tools:
            error = CUT.format(limit=draft.written)
            # LangChain mends the JSON of streamed calls: what is cut must not look like JSON.
            invalid = {"name": None, "args": f"{error}: {draft.text}", "id": None, "error": error}
            message.invalid_tool_calls = [cast(Any, {**invalid, "type": "invalid_tool_call"})]
        message.usage_metadata = self.usage(written)
        message.response_metadata = self.about(draft.written, "stop" if whole else "length")
        if constraint is not None and constraint.shortened:
            message.response_metadata["shortened"] = True
        return message

    def last_chunk(self) -> ChatGenerationChunk:
        """Return what ends a stream: the cost, and tool calls as one chunk."""
        message = self.message(0, self.drafts[0].written if self.drafts else 0)
        calls = [*message.tool_calls, *message.invalid_tool_calls]
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content=message.text if self.tools else "",
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
                    for index, call in enumerate(calls)
                ],
                usage_metadata=message.usage_metadata,
                response_metadata=message.response_metadata,
                chunk_position="last",
            )
        )

    def chunks(self, pieces: Iterator[str]) -> Iterator[ChatGenerationChunk]:
        """Yield the chunks of a stream; a tool call comes as one chunk at the end."""
        for piece in pieces:
            if not self.tools:
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield self.last_chunk()

    def _constraint(self) -> Constraint | None:
        if self.tools:
            grammar = lark_grammar(call_grammar(self.tools, self.choice))
        elif self.schema is not None:
            grammar = schema_grammar(self.schema)
        elif self.grammar is not None:
            return self.loaded.constrainer.start(lark_grammar(self.grammar))
        else:
            return None
        return self.loaded.constrainer.start(grammar, closing=True)
