"""A model whose answers go to the run's journal, and come from it when the run goes on.

The model that is given back is of the same class as the one it was made of, so that code which
treats an embedded model in a way of its own still does. What is recorded is the whole answer:
its text, its calls, its usage and what the backend said of it. A failure is recorded as well.
What it does not know: which failures end a run.
"""

import builtins
import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, message_to_dict, messages_from_dict
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import BaseModel

from cogitate import errors
from cogitate.errors import ModelError
from cogitate.keys import redacted
from cogitate.runs.journal import Journal
from cogitate.runs.rows import Row, as_json, as_plain, digest_of

M = TypeVar("M", bound=BaseChatModel)

MODEL = "model"
_PASSING: ContextVar[bool] = ContextVar("cogitate_model_call", default=False)


def recorded(model: M, slot: str, journal: Journal, given: BaseChatModel | None = None) -> M:
    """Return `model` with its answers kept in `journal`.

    Args:
        model: any chat model.
        slot: which seat of the run it has: the same model in two seats is asked apart.
        journal: where answers go to, and come from.
        given: whom it stands in for, if it does; told of what is passed over.
    """
    made = model.model_copy()
    object.__setattr__(made, "__class__", _class_of(type(model)))
    # Past pydantic: these are no fields, and a copy of the model shares them.
    made.__dict__["_journal"] = journal
    made.__dict__["_slot"] = slot
    made.__dict__["_given"] = given or model
    return made


@functools.cache
def _class_of(kind: type[BaseChatModel]) -> type[BaseChatModel]:
    """Return the class of recorded models of a kind."""

    async def later(
        self: Any,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        own = functools.partial(super(made, self)._agenerate, messages, stop, run_manager, **kwargs)
        if _PASSING.get():
            return cast(ChatResult, await own())
        return await _answered(self, _asked(self, messages, stop, kwargs), messages, kwargs, own)

    def now(
        self: Any,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        own = functools.partial(super(made, self)._generate, messages, stop, run_manager, **kwargs)
        if _PASSING.get():
            return cast(ChatResult, own())
        asked = _asked(self, messages, stop, kwargs)
        row = self.__dict__["_journal"].take_now(MODEL, asked.key)
        if row is not None:
            return _given_back(self, row.data, messages, kwargs)
        return _read(_keep(self, asked, _kept(own())))

    space = {"_agenerate": later, "_generate": now, "__module__": kind.__module__}
    metaclass: Any = type(kind)
    made = cast(
        type[BaseChatModel],
        metaclass(kind.__name__, (kind,), {**space, "__doc__": kind.__doc__}),
    )
    return made


async def _answered(
    model: Any,
    asked: "_Asked",
    messages: list[BaseMessage],
    options: dict[str, Any],
    own: Callable[[], Awaitable[ChatResult]],
) -> ChatResult:
    """Return the recorded answer, or the one that the model gives now, which is recorded."""
    row = await model.__dict__["_journal"].take(MODEL, asked.key, shown=asked.plain)
    if row is not None:
        return _given_back(model, row.data, messages, options)
    with _passing():
        try:
            result = await own()
        except Exception as error:
            _keep(model, asked, _failed(error))
            raise
    return _read(_keep(model, asked, _kept(result)))


def kind_of(model: BaseChatModel) -> str:
    """Return the name of the class by which code treats `model`."""
    # One that is derived of ours is treated as ours.
    ours = (kind for kind in type(model).__mro__ if kind.__module__.startswith("cogitate."))
    return next(ours, type(model)).__name__.removeprefix("Absent")


def name_of(model: BaseChatModel) -> str:
    """Return the name under which a model has its price."""
    return named({**model._identifying_params, "_type": model._llm_type})


def named(params: Mapping[str, Any]) -> str:
    """Return the name of a model by what identifies it."""
    return str(params.get("model") or params.get("model_name") or params.get("_type") or "")


@contextlib.contextmanager
def _passing() -> Iterator[None]:
    """Let the inner methods of a model through: one call is recorded once."""
    token = _PASSING.set(True)
    try:
        yield
    finally:
        _PASSING.reset(token)


class _Asked:
    """What a model is asked: as a key, and as what a person can compare."""

    def __init__(self, slot: str, messages: list[str], options: str) -> None:
        self.slot = slot
        self.messages = messages
        self.options = options
        self.key = {
            "slot": slot,
            "messages": [_digest(message) for message in messages],
            "options": options,
        }

    @property
    def plain(self) -> dict[str, Any]:
        """What a person can compare."""
        return {"messages": self.messages, "options": self.options}

    def shown(self, journal: Journal) -> dict[str, Any]:
        """Return it as data; what stands in an earlier prompt already is referred to."""
        best, same = 0, 0
        for seq, earlier in journal.prompts:
            n = _same(earlier, self.messages)
            if n > same:
                best, same = seq, n
        more = self.messages[same:]
        messages = {"as": best, "same": same, "more": more} if same else more
        return {"slot": self.slot, "messages": messages, "options": self.options}


def _same(one: list[str], other: list[str]) -> int:
    """Return how many messages two conversations begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _keep(model: Any, asked: _Asked, answer: dict[str, Any]) -> dict[str, Any]:
    journal = model.__dict__["_journal"]
    engine = getattr(getattr(model, "_loaded", None), "engine", None)
    more: dict[str, Any] = {"kind": kind_of(model), "name": name_of(model)}
    if engine is not None:
        more["context"] = engine.n_ctx
    data = {**asked.shown(journal), **answer, **more}
    row: Row = journal.add(MODEL, digest_of(asked.key), data)
    journal.prompts.append((row.seq, asked.messages))
    return row.data


def messages_of(row: Row, rows: Sequence[Row]) -> list[str]:
    """Return the whole prompt of a recorded answer, a message each.

    Args:
        row: the answer.
        rows: all rows of its journal.
    """
    messages, tail = row.data.get("messages", []), list[str]()
    most: int | None = None
    while isinstance(messages, dict):
        same = messages["same"]
        if most is None or most > same:
            tail = [*messages["more"][: None if most is None else most - same], *tail]
            most = same
        messages = rows[messages["as"] - 1].data["messages"]
    return [*messages[:most], *tail]


def _asked(
    model: Any, messages: Sequence[BaseMessage], stop: Sequence[str] | None, options: dict[str, Any]
) -> _Asked:
    parts = [_part(message) for message in messages]
    chosen = as_json({name: _plain(value) for name, value in {**options, "stop": stop}.items()})
    return _Asked(model.__dict__["_slot"], parts, chosen)


def _part(message: BaseMessage) -> str:
    """Return what a model is shown of a message; ids of calls are drawn anew each time."""
    calls = [[call["name"], call["args"]] for call in getattr(message, "tool_calls", ())]
    content = message.content
    if isinstance(content, str):
        return _text_part(message.type, content, as_json(calls))
    return redacted(as_json({"role": message.type, "content": content, "calls": calls}))


@functools.lru_cache(maxsize=8192)
def _text_part(role: str, content: str, calls: str) -> str:
    """Return a message of text; a long conversation is read again with each call."""
    return redacted(as_json({"role": role, "content": content, "calls": calls}))


_digest = functools.lru_cache(maxsize=8192)(digest_of)


def _plain(value: Any) -> Any:
    """Return an option as data that is the same in another process."""
    if inspect.isclass(value) and issubclass(value, BaseModel):
        return value.model_json_schema()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str | int | float | bool | None):
        return value
    return getattr(value, "__qualname__", type(value).__qualname__)


def _kept(result: ChatResult) -> dict[str, Any]:
    """Return an answer as plain data."""
    listed = []
    for generation in result.generations:
        message = generation.message
        parsed = message.additional_kwargs.get("parsed")
        if isinstance(parsed, BaseModel):  # of openai's client: read again from plain data
            message = message.model_copy(deep=True)
            message.additional_kwargs["parsed"] = parsed.model_dump(mode="json")
        data = message_to_dict(message)
        listed.append({"message": data, "info": generation.generation_info})
    return {"answers": as_plain(listed), "output": as_plain(result.llm_output)}


def _failed(error: Exception) -> dict[str, Any]:
    kind = type(error)
    return {"error": [kind.__module__, kind.__name__, redacted(str(error))]}


def _given_back(
    model: Any, data: dict[str, Any], messages: list[BaseMessage], options: dict[str, Any]
) -> ChatResult:
    """Return a recorded answer, or raise a recorded failure."""
    passed_over = getattr(model.__dict__["_given"], "pass_over", None)
    if passed_over is not None:
        passed_over(messages, options)
    if "error" in data:
        raise _raised(*data["error"])
    return _read(data)


def _read(data: dict[str, Any]) -> ChatResult:
    """Return an answer from its data: what was recorded is what the code goes on with."""
    found: list[ChatGeneration] = []
    for item in data["answers"]:
        message = messages_from_dict([item["message"]])[0]
        found.append(ChatGeneration(message=cast(AIMessage, message), generation_info=item["info"]))
    return ChatResult(generations=found, llm_output=data["output"])


def _raised(module: str, name: str, text: str) -> Exception:
    """Return a failure as it was, as far as its class is one of ours or of Python."""
    place = {"cogitate.errors": errors, "builtins": builtins}.get(module)
    kind = getattr(place, name, None) if place is not None else None
    if isinstance(kind, type) and issubclass(kind, Exception):
        return kind(text)
    return ModelError(f"{name}: {text}")


__all__ = ["MODEL", "kind_of", "messages_of", "name_of", "named", "recorded"]
