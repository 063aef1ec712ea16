"""A chat model that reads from a script, for tests and for examples that run anywhere.

It is strict: being asked for more than the script holds, or for another kind of answer than
the script has, is a `ScriptError`, and `assert_finished` says whether all of it was used.
"""

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, PrivateAttr, SkipValidation

from cogitate.errors import ScriptError, SetupError
from cogitate.llm.fit import Schema, check_fit, parsed_as

Reply = str | AIMessage | BaseModel | dict[str, Any] | BaseException

CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One call to a scripted model: what it was shown and what it was offered."""

    messages: tuple[BaseMessage, ...]
    tools: tuple[str, ...] = ()
    """Names of the tools that were bound, in order."""
    schema: Schema | None = None
    """What the answer had to fit, for a decision."""


class ScriptedModel(BaseChatModel):
    """A model that answers each call with the next reply of its script.

    A reply is a text; an `AIMessage` (with tool calls made by `call`); for a decision a pydantic
    object or a dict that fits the schema asked for; or an exception, which is raised. An
    `AIMessage` given to a decision is taken as it is, so that a broken answer can be scripted.
    """

    replies: SkipValidation[Sequence[Reply]]

    _seen: list[Seen] = PrivateAttr(default_factory=list)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @property
    def seen(self) -> tuple[Seen, ...]:
        """What was asked so far, in order."""
        return tuple(self._seen)

    @property
    def calls(self) -> list[list[BaseMessage]]:
        """The messages of each call so far."""
        return [list(seen.messages) for seen in self._seen]

    def assert_finished(self) -> None:
        """Check that the whole script was used.

        Raises:
            ScriptError: some replies are left.
        """
        left = len(self.replies) - len(self._seen)
        if left > 0:
            raise ScriptError(
                f"{left} of {len(self.replies)} replies were not asked for; "
                f"the next one is {self.replies[len(self._seen)]!r}"
            )

    def pass_over(self, messages: Sequence[BaseMessage], options: dict[str, Any]) -> None:
        """Count a reply as given: a run that goes on has its answer from its record."""
        with self._lock:
            offered = tuple(options.get("offered", ()))
            schema = options.get("schema")
            self._seen.append(Seen(messages=tuple(messages), tools=offered, schema=schema))

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model, which notes that it was offered `tools`."""
        names = tuple(convert_to_openai_tool(tool)["function"]["name"] for tool in tools)
        return self.bind(offered=names)

    def with_structured_output(
        self, schema: Any, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a runnable whose answers are objects that fit `schema`."""

        def parse(message: AIMessage) -> Any:
            error: Exception | None = None
            parsed = None
            try:
                parsed = parsed_as(message.text, schema)
            except ValueError as caught:
                if not include_raw:
                    raise
                error = caught
            if include_raw:
                return {"raw": message, "parsed": parsed, "parsing_error": error}
            return parsed

        return self.bind(schema=schema) | RunnableLambda(parse)

    def get_num_tokens(self, text: str) -> int:
        """Return the number of tokens, which are four characters each here."""
        return -(-len(text) // CHARACTERS_PER_TOKEN)

    def get_num_tokens_from_messages(
        self, messages: Sequence[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """Return the number of tokens in the messages' texts."""
        return sum(self.get_num_tokens(message.text) for message in messages)

    def _next(self, messages: list[BaseMessage], options: dict[str, Any]) -> AIMessage:
        """Return the next reply as a message, and note what was asked."""
        schema = options.get("schema")
        with self._lock:
            turn = len(self._seen)
            if turn >= len(self.replies):
                raise ScriptError(
                    f"call {turn + 1} to a script of {len(self.replies)} replies; "
                    f"it was shown {messages[-1].text[:200] if messages else ''!r}"
                )
            offered = tuple(options.get("offered", ()))
            self._seen.append(Seen(messages=tuple(messages), tools=offered, schema=schema))
        reply = self.replies[turn]
        if isinstance(reply, BaseException):
            raise reply
        return self._counted(messages, _as_message(reply, schema, turn + 1))

    def _counted(self, messages: list[BaseMessage], message: AIMessage) -> AIMessage:
        """Return the message with its usage, if the script does not give one."""
        if message.usage_metadata is None:
            written = message.text + "".join(json.dumps(c["args"]) for c in message.tool_calls)
            read = self.get_num_tokens_from_messages(messages)
            tokens = self.get_num_tokens(written)
            message.usage_metadata = UsageMetadata(
                input_tokens=read, output_tokens=tokens, total_tokens=read + tokens
            )
        return message

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = self._next(messages, kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        message = self._next(messages, kwargs)
        for word in _pieces(message.text):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=word))
            if run_manager is not None:
                run_manager.on_llm_new_token(word, chunk=chunk)
            yield chunk
        yield ChatGenerationChunk(message=_last_chunk(message))


def call(name: str, /, **args: Any) -> AIMessage:
    """Return the message of a model that calls the tool `name`; each has an id of its own."""
    number = next(_CALL_NUMBERS)
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call-{name}-{number}"}])


_CALL_NUMBERS = itertools.count(1)


def _pieces(text: str) -> list[str]:
    """Return `text` cut after each space."""
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + words[-1:] if text else []


def _last_chunk(message: AIMessage) -> AIMessageChunk:
    """Return the chunk that ends a stream: the tool calls and the usage."""
    return AIMessageChunk(
        content="",
        tool_call_chunks=[
            tool_call_chunk(name=c["name"], args=json.dumps(c["args"]), id=c["id"], index=index)
            for index, c in enumerate(message.tool_calls)
        ],
        usage_metadata=message.usage_metadata,
        response_metadata=message.response_metadata,
        additional_kwargs=message.additional_kwargs,
        chunk_position="last",
    )


def _as_message(reply: Any, schema: Schema | None, number: int) -> AIMessage:
    """Return the message for a reply, which must be of the kind that was asked for."""
    if isinstance(reply, AIMessage):
        return reply.model_copy(deep=True)
    if isinstance(reply, str):
        if schema is not None:
            check_fit(reply, schema, number)
        return AIMessage(reply)
    if not isinstance(reply, BaseModel | dict):
        raise ScriptError(f"reply {number} is {reply!r}, which is no kind of reply")
    if schema is None:
        raise ScriptError(f"reply {number} is {reply!r}, but the model was asked for words")
    data = reply.model_dump(mode="json") if isinstance(reply, BaseModel) else reply
    text = json.dumps(data, ensure_ascii=False)
    check_fit(text, schema, number)
    return AIMessage(text)


def read_script(path: Path) -> ScriptedModel:
    """Return the model whose replies a JSON file lists.

    A string is a text, `{"tool": NAME, "args": {...}}` a tool call, any other object a decision.

    Raises:
        SetupError: the file is not there, or is not such a list.
    """
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(listed, list) or not all(isinstance(r, str | dict) for r in listed):
            raise ValueError("it must be a list of strings and objects")
    except (OSError, ValueError) as error:
        raise SetupError(f"{str(path)!r} is not a script of replies: {error}") from error
    replies: list[Reply] = [
        call(r["tool"], **r.get("args", {})) if isinstance(r, dict) and "tool" in r else r
        for r in listed
    ]
    return ScriptedModel(replies=replies)
