"""A way in without a compiler: llama.cpp's own server, ready-made, on this machine's loopback.

Used where llama-cpp-python is not installed and xllamacpp is. The model is then an
OpenAI-compatible one: forms are JSON schemas, a tool call among them, and what ChatLlama alone
can do (choices by one pass, several answers beside each other, scores) is done in words or not
at all.
"""

import atexit
import functools
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogitate.errors import SetupError, UnavailableError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

CONTEXT = 8192
"""Tokens of context of one conversation."""
BESIDE = 4
"""Requests that the server works on at once."""
MOST_TOKENS = 1024
"""Most tokens of one answer: a small model may never end by itself."""
SAID = (
    "llama-cpp-python is not installed: {name} runs in xllamacpp's server at {address}, "
    "more slowly and without what only the embedded engine can do"
)


def is_installed() -> bool:
    """Return whether xllamacpp is here."""
    return importlib.util.find_spec("xllamacpp") is not None


def prebuilt_model(
    path: Path, name: str, seed: int | None, temperature: float
) -> "tuple[BaseChatModel, str]":
    """Return the model of a GGUF file behind a server of this process, and a line that says so.

    Raises:
        UnavailableError: xllamacpp does not load.
        SetupError: the server does not take the file.
    """
    from cogitate.llm.remote import remote_model

    address = serve(path.resolve())
    model = remote_model(
        f"{address}/v1#{name}", seed=seed, temperature=temperature, kind=_served_class()
    )
    return model, SAID.format(name=name, address=address)


@functools.cache
def serve(path: Path) -> str:
    """Return the address of a server for `path`, started once a process."""
    try:
        xllamacpp = importlib.import_module("xllamacpp")
    except (ImportError, OSError) as error:
        raise UnavailableError(
            f'xllamacpp does not load ({error}); run: pip install "cogitate[prebuilt]"'
        ) from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx, params.n_parallel = CONTEXT, BESIDE
    params.kv_unified = True
    params.n_predict = MOST_TOKENS
    params.use_jinja = True
    params.verbosity = 0
    params.warmup = False
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, ValueError) as error:
        raise SetupError(f"xllamacpp's server does not take {str(path)!r} ({error})") from error
    _SERVERS.append(server)
    return str(server.listening_address).rstrip("/")


@functools.cache
def _served_class() -> Any:
    """Return the class of a served model: a remote one whose tool calls have our form.

    The server's own calls are not constrained: a small model writes fenced JSON instead.
    """
    from langchain_core.runnables import Runnable, RunnableLambda
    from langchain_core.utils.function_calling import convert_to_openai_tool

    from cogitate.llm.form import with_tools
    from cogitate.llm.remote import chat_class

    base: Any = chat_class()

    class ServedChat(base):  # type: ignore[misc]
        """A GGUF file in the ready-made server."""

        def bind_tools(
            self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
        ) -> Runnable[Any, Any]:
            """Return the model bound to `tools`: each answer is one valid call, or the answer."""
            listed = [convert_to_openai_tool(tool) for tool in tools]
            choice = "any" if tool_choice == "required" else tool_choice
            schema = {"name": "call", "schema": call_schema(listed, choice), "strict": True}

            def shown(asked: Any) -> list[dict[str, str]]:
                return with_tools(self._convert_input(asked).to_messages(), listed)

            form = {"type": "json_schema", "json_schema": schema}
            bound = self.bind(response_format=form, **kwargs)
            chain: Runnable[Any, Any] = RunnableLambda(shown) | bound | RunnableLambda(_called)
            return chain

    return ServedChat


def call_schema(
    tools: Sequence[dict[str, Any]], choice: str | Sequence[str] | None
) -> dict[str, Any]:
    """Return the JSON schema of one call, of a tool that is `offered`."""
    from cogitate.llm.form import bounded, offered

    calls = []
    for tool in offered(tools, choice):
        args = tool["function"].get("parameters") or {"type": "object", "properties": {}}
        calls.append(
            {
                "type": "object",
                "properties": {"tool": {"const": tool["function"]["name"]}, "args": bounded(args)},
                "required": ["tool", "args"],
                "additionalProperties": False,
            }
        )
    return calls[0] if len(calls) == 1 else {"anyOf": calls}


def _called(reply: "BaseMessage") -> "AIMessage":
    """Return the message that a written call stands for; a cut one is an invalid call."""
    from langchain_core.messages import AIMessage
    from langchain_core.messages.tool import invalid_tool_call

    from cogitate.llm.form import answer_message

    text = str(reply.text)
    try:
        message = answer_message(text)
    except (KeyError, ValueError) as error:
        cut = invalid_tool_call(name=None, args=f"{error}: {text}", id=None, error=str(error))
        message = AIMessage("", invalid_tool_calls=[cut])
    message.usage_metadata = getattr(reply, "usage_metadata", None)
    message.response_metadata = reply.response_metadata
    message.id = reply.id
    return message


_SERVERS: list[Any] = []
"""A server ends when nothing holds it any more."""
atexit.register(_SERVERS.clear)
