"""ChatLlama: a GGUF file as a LangChain chat model, inside this process.

Messages become tokens by the file's own chat template; tool calls and structured output are
constrained, so that they always parse and validate. All work on one model file goes through
one scheduler and one KV cache, in which each conversation keeps its own sequence: requests
that come at once are computed together.
"""

import asyncio
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, PrivateAttr

from cogitate.errors import SetupError
from cogitate.llm.answer import Answer
from cogitate.llm.draw import Sampling
from cogitate.llm.form import FINAL, bounded
from cogitate.llm.likely import Choice, Score
from cogitate.llm.loaded import Loaded, load, unload
from cogitate.llm.structured import parser_of, reader_of, shape_of, traced


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

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        """Return what traces of LangChain's call the model."""
        found = super()._get_ls_params(stop=stop, **kwargs)
        found["ls_provider"] = "cogitate"
        found["ls_model_name"] = str(kwargs.get("model") or self.name or self.path.name)
        return found

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
            schema: a pydantic class, a JSON schema as a dict, or a TypedDict.
            include_raw: give {"raw", "parsed", "parsing_error"} instead of raising.
            kwargs: passed on to `bind`, without LangChain's own `method` and `strict`.
        """
        extra = {key: value for key, value in kwargs.items() if key not in ("method", "strict")}
        shape = shape_of(schema)
        told = {"kwargs": {"method": "json_schema"}, "schema": traced(schema, shape)}
        bound = self.bind(schema=bounded(shape), ls_structured_output_format=told, **extra)
        chain = bound | RunnableLambda(reader_of(parser_of(schema), strict=not include_raw))
        return chain if include_raw else chain | RunnableLambda(itemgetter("parsed"))

    def get_num_tokens(self, text: str) -> int:
        """Return how many tokens `text` has for this model."""
        return len(self.loaded.engine.tokenize(text))

    # ---------------------------------------------------------------- log-probabilities

    def score(self, prefix: LanguageModelInput, continuation: str) -> list[float]:
        """Return the natural log-probability of each token of `continuation` after `prefix`.

        Nothing is written. A token that begins in the prefix and ends in the continuation
        counts to the continuation.

        Args:
            prefix: messages, which the continuation would answer; or a text, which is taken as
                it is, without a template, such as the head of a document.
            continuation: what follows.

        Raises:
            SetupError: the continuation is empty.
        """
        raw = prefix if isinstance(prefix, str) else None
        reply = self.invoke(prefix or " ", score=continuation, raw=raw)
        found: list[float] = reply.response_metadata["logprobs"]
        return found

    def choose(self, prompt: LanguageModelInput, options: Sequence[str]) -> dict[str, float]:
        """Return the natural log-probability of each option as the answer, the likeliest first.

        One pass over the prompt where the options begin with different tokens (their first
        tokens are compared then); else all are read side by side, to their ends.

        Raises:
            SetupError: there are no options, or an empty one.
        """
        if not options:
            raise SetupError("there are no options to choose from; give at least one")
        reply = self.invoke(prompt, options=list(options))
        found: dict[str, float] = reply.response_metadata["logprobs"]
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def close(self) -> None:
        """Free the model's memory, for all chat models of the same file; the next use loads it."""
        if self._loaded is not None:
            unload(self._loaded)
            self._loaded = None

    # ---------------------------------------------------------------- LangChain's way in

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs)
        try:
            self.loaded.scheduler.submit(request).result()
        except BaseException:  # an interrupt: nobody waits for the rest
            request.cancel.set()
            raise
        return request.result()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self._loaded is None:  # the first use reads a gigabyte: not in the event loop
            await asyncio.to_thread(lambda: self.loaded)
        request = self._request(messages, stop, kwargs)
        try:
            await asyncio.wrap_future(self.loaded.scheduler.submit(request))
        except asyncio.CancelledError:
            request.cancel.set()  # its sequence is free at the next pass
            raise
        return request.result()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, {**kwargs, "several": ()})
        if not isinstance(request, Answer):
            self.loaded.scheduler.submit(request).result()
            yield request.chunk()
            return
        pieces: queue.Queue[str | None] = queue.Queue()
        request.show = pieces.put
        done = self.loaded.scheduler.submit(request)
        done.add_done_callback(lambda _: pieces.put(None))
        try:
            for chunk in request.chunks(_until_done(pieces, done)):
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        finally:
            request.cancel.set()

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> Answer | Choice | Score:
        loaded, name = self.loaded, self.name or self.path.name
        if options.get("options"):
            return Choice(loaded, messages, name, options)
        if options.get("score") is not None:
            return Score(loaded, messages, name, options)
        sampling = Sampling(
            temperature=options.get("temperature", self.temperature),
            top_p=options.get("top_p", self.top_p),
            seed=options.get("seed", self.seed),
            max_tokens=options.get("max_tokens", self.max_tokens),
        )
        return Answer(loaded, messages, name, {**options, "stop": stop or []}, sampling)


def _until_done(pieces: "queue.Queue[str | None]", done: "Future[None]") -> Iterator[str]:
    """Yield what comes until the work is done; raise what it failed by."""
    while (piece := pieces.get()) is not None:
        yield piece
    done.result()
