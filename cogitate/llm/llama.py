"""ChatLlama: a GGUF file as a LangChain chat model, inside this process.

Messages become tokens by the file's own chat template; tool calls and structured output are
constrained, so that they always parse and validate. All work on one model file goes through
one worker thread and one KV cache, in which each conversation keeps its own sequence.
"""

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from cogitate.errors import ModelError, SetupError
from cogitate.llm.answer import CUT, Answer, Choice, Several
from cogitate.llm.draw import Sampling
from cogitate.llm.form import FINAL, bounded
from cogitate.llm.loaded import Loaded, load

T = TypeVar("T")


class ChatLlama(BaseChatModel):
    """A chat model that runs a GGUF file by llama.cpp in this process.

    Two instances of the same file and context size share one loaded model. Temperature 0 is
    greedy; it repeats itself exactly only while the same prompt tokens come from the cache.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    path: Path
    """The GGUF file."""
    name: str = ""
    n_ctx: int | None = None
    """Tokens of context over all conversations; None: the file's own, at most 8,192."""
    temperature: float = 0.0
    top_p: float = 0.95
    seed: int | None = None
    max_tokens: int = Field(default=512, gt=0)
    """Most tokens of one answer."""
    _loaded: Loaded | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "cogitate-llama"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.name or self.path.name, "temperature": self.temperature}

    @property
    def loaded(self) -> Loaded:
        """The model in memory, loaded at first use.

        Raises:
            UnavailableError: llama-cpp-python is not installed.
            SetupError: the file is not a model that it can load.
        """
        if self._loaded is None:
            self._loaded = load(self.path, self.n_ctx)
        return self._loaded

    # ---------------------------------------------------------------- LangChain's side

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | Sequence[str] | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return the model bound to `tools`: each answer is one valid call, or the final answer.

        Args:
            tools: LangChain tools, functions, pydantic classes or OpenAI schemas.
            tool_choice: None or "auto" leaves both open; "any" demands a call; "none" only
                the final answer (the tools stay in the prompt, so that it is not read again);
                a tool's name demands that tool, a list of names one of these.
            kwargs: passed on to `bind`.

        Raises:
            SetupError: `tool_choice` is none of these.
        """
        listed = [convert_to_openai_tool(tool) for tool in tools]
        choice = "any" if tool_choice == "required" else tool_choice
        known = [None, "auto", "any", "none", FINAL, *(tool["function"]["name"] for tool in listed)]
        wanted = [choice] if isinstance(choice, str) or choice is None else choice
        if not wanted or any(name not in known for name in wanted):
            raise SetupError(f"tool_choice is {tool_choice!r}; it must be one of {known!r}")
        bound = self.bind(tools=listed, tool_choice=choice, **kwargs)
        return cast(Runnable[LanguageModelInput, AIMessage], bound)

    def with_structured_output(
        self, schema: Any, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a runnable whose output is constrained to `schema` and validated by it.

        Args:
            schema: a pydantic class, or a JSON schema as a dict.
            include_raw: give {"raw", "parsed", "parsing_error"} instead of raising.
            kwargs: passed on to `bind`, without LangChain's own `method` and `strict`.
        """
        extra = {key: value for key, value in kwargs.items() if key not in ("method", "strict")}
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            parse: Callable[[str], Any] = schema.model_validate_json
            shape = schema.model_json_schema()
        else:
            parse, shape = json.loads, schema

        def read(message: AIMessage) -> dict[str, Any]:
            try:
                if message.response_metadata.get("finish_reason") == "length":
                    written = (
                        message.usage_metadata["output_tokens"] if message.usage_metadata else "?"
                    )
                    raise ModelError(CUT.format(limit=written))
                return {"raw": message, "parsed": parse(message.text), "parsing_error": None}
            except (ValueError, ModelError) as error:
                if not include_raw:
                    raise
                return {"raw": message, "parsed": None, "parsing_error": error}

        chain = self.bind(schema=bounded(shape), **extra) | RunnableLambda(read)
        return chain if include_raw else chain | RunnableLambda(itemgetter("parsed"))

    def get_num_tokens(self, text: str) -> int:
        """Return how many tokens `text` has for this model."""
        return len(self._work(lambda loaded: loaded.engine.tokenize(text)).result())

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = self._answer(messages, stop, kwargs)
        return self._work(lambda loaded: answer.whole(loaded, threading.Event())).result()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer, cancel = self._answer(messages, stop, kwargs), threading.Event()
        if self._loaded is None:  # the first use reads a gigabyte: not in the event loop
            await asyncio.to_thread(lambda: self.loaded)
        future = self._work(lambda loaded: answer.whole(loaded, cancel))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            cancel.set()  # the worker stops at the next token
            raise

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer, cancel = self._answer(messages, stop, kwargs), threading.Event()
        pieces: queue.Queue[ChatGenerationChunk | None] = queue.Queue()

        def job(loaded: Loaded) -> None:
            try:
                for chunk in answer.chunks(loaded, cancel):
                    pieces.put(chunk)
            finally:
                pieces.put(None)

        future = self._work(job)
        try:
            while (chunk := pieces.get()) is not None:
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
            future.result()
        finally:
            cancel.set()

    def _work(self, job: Callable[[Loaded], T]) -> Future[T]:
        """Run `job` on the worker thread of the loaded model."""
        loaded = self.loaded
        return loaded.worker.submit(job, loaded)

    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> Answer:
        sampling = Sampling(
            temperature=options.get("temperature", self.temperature),
            top_p=options.get("top_p", self.top_p),
            seed=options.get("seed", self.seed),
            max_tokens=options.get("max_tokens", self.max_tokens),
        )
        name = self.name or self.path.name
        if options.get("options"):
            return Choice(messages, sampling, name, options)
        if options.get("several"):
            return Several(messages, sampling, name, {**options, "stop": stop or []})
        return Answer(messages, sampling, name, {**options, "stop": stop or []})
