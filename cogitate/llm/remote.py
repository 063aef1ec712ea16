"""Models behind an OpenAI-compatible server, and what their failures mean.

The model is langchain-openai's ChatOpenAI, set up so that any such server works: llama-server,
Ollama, vLLM, LM Studio, or OpenAI itself. `openai` is imported when the first one is made.
"""

import functools
import ipaddress
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from cogitate.errors import (
    CogitateError,
    ContextOverflow,
    ModelError,
    SetupError,
    UnavailableError,
)
from cogitate.keys import key_of, redacted

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

DEFAULT_TIMEOUT = 120.0
"""Seconds to wait for a server that says nothing."""

_OVERFLOW_WORDS = ("context length", "context size", "context window", "context_length")


def remote_model(
    spec: str,
    *,
    seed: int | None = None,
    temperature: float = 0.0,
    timeout: float = DEFAULT_TIMEOUT,
    kind: Any = None,
) -> "BaseChatModel":
    """Return the model that `spec` names: `openai:MODEL` or `http(s)://HOST/v1#MODEL`.

    The key comes from `COGITATE_API_KEY`, else `OPENAI_API_KEY`, else from the file that
    `COGITATE_KEY_FILE` names; a server on this machine needs none. `openai:` goes to
    `OPENAI_BASE_URL` where that is set. A URL without `#MODEL` takes the one model that its
    server has. `kind` is another class than `chat_class()`, made from it.

    Raises:
        SetupError: the spec is no such thing, no key is set, or the server has several models.
        UnavailableError: the server had to be asked for its models and cannot be reached.
    """
    if spec.startswith("openai:"):
        model, address = spec.removeprefix("openai:"), os.environ.get("OPENAI_BASE_URL", "")
        if not model:
            raise SetupError(f"{spec!r} names no model; write for example openai:gpt-4.1-mini")
    else:
        address, model = _split(spec)
    key = _key(spec, address)
    if not model:
        model = _only_model(address, key, timeout)
    options: dict[str, Any] = {"base_url": address} if address else {}
    if seed is not None:
        options["seed"] = seed
    if is_local(address):
        options |= _direct_clients(timeout)
    chat: BaseChatModel = (kind or chat_class())(
        model=model,
        api_key=key,
        temperature=temperature,
        timeout=timeout,
        max_retries=0 if is_local(address) else 2,
        use_responses_api=False,
        stream_usage=True,
        **options,
    )
    return chat


def is_local(address: str) -> bool:
    """Return whether a URL points to this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def rough_tokens(text: str) -> int:
    """Return about how many tokens `text` has: 4 ASCII characters or 1.5 others each.

    No tokenizer of a remote model is known here, and tiktoken would download one.
    """
    ascii_count = sum(character.isascii() for character in text)
    return -(-ascii_count // 4) + -(-(len(text) - ascii_count) * 2 // 3)


def explain(error: Exception) -> CogitateError:
    """Return the error of ours, in one line, that an exception of a model call amounts to."""
    if isinstance(error, CogitateError):
        return error
    openai = sys.modules.get("openai")  # not imported: then it cannot have raised this
    if openai is not None:
        if isinstance(error, openai.APIStatusError):
            return _explain_status(error)
        if isinstance(error, openai.APITimeoutError):
            return UnavailableError(f"the model server{_at(error)} did not answer in time")
        if isinstance(error, openai.APIConnectionError):
            return UnavailableError(
                f"the model server{_at(error)} cannot be reached ({_root(error)}); is it running?"
            )
    if type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore", "httpcore2"):
        return ModelError(f"the connection to the model server broke: {_line(error)}")
    if "Unexpected response type" in str(error) or "No generations found in stream" in str(error):
        return ModelError(
            "the model server's answer is not in OpenAI's format; does its URL end in /v1? "
            f"({_line(error)})"
        )
    return ModelError(f"the model failed: {type(error).__name__}: {_line(error)}")


def _explain_status(error: Any) -> CogitateError:
    """Return our error for an answer with an HTTP status that is no success."""
    status, said = int(error.status_code), _said(error)
    where = f"the model server{_at(error)}"
    if status in (400, 413) and any(word in said.lower() for word in _OVERFLOW_WORDS):
        return ContextOverflow(f"the prompt is too long for the model: {said}")
    if status in (401, 403):
        return UnavailableError(
            f"{where} turned the key down ({status}: {said}); "
            "set COGITATE_API_KEY or OPENAI_API_KEY"
        )
    if status == 404:
        return UnavailableError(
            f"{where} knows no such model or path (404: {said}); "
            "check the URL, which ends in /v1, and the name after #"
        )
    if status == 429:
        return ModelError(f"{where} turned the call down, too many for now (429: {said})")
    return ModelError(f"{where} failed ({status}: {said})")


def _said(error: Any) -> str:
    """Return what the server's body said, on one line."""
    body = error.body
    message = body.get("message") if isinstance(body, dict) else body
    return _clip(str(message or error.message))


def _at(error: Any) -> str:
    """Return ` at URL` for the request of an error, without anything secret."""
    request = getattr(error, "request", None)
    return "" if request is None else f" at {_shown(str(request.url))}"


def _root(error: BaseException) -> str:
    """Return the first cause of an error, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return _line(error)


def _line(error: BaseException) -> str:
    return _clip(str(error) or type(error).__name__)


def _clip(text: str) -> str:
    line = " ".join(redacted(text).split())
    return line if len(line) <= 200 else f"{line[:200]}..."


def _shown(url: str) -> str:
    """Return a URL without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _split(spec: str) -> tuple[str, str]:
    """Return (base URL, model) of `http(s)://HOST/v1#MODEL`; a bare host means its /v1."""
    parts = urlsplit(spec)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SetupError(
            f"{_shown(spec)!r} is not a model server; write http://127.0.0.1:8080/v1#MODEL"
        )
    path = parts.path.rstrip("/") or "/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), parts.fragment


def _key(spec: str, address: str) -> str:
    """Return the key to send; "none" to a server on this machine when no key is set."""
    key = key_of("COGITATE_API_KEY", "OPENAI_API_KEY")
    if key or is_local(address):
        return key or "none"
    if spec.startswith("openai:"):
        raise SetupError(f"{spec!r} needs a key: set OPENAI_API_KEY")
    raise SetupError(
        f"{_shown(address)!r} is not on this machine and needs a key: set COGITATE_API_KEY "
        "(to any word if the server asks for none)"
    )


def _openai() -> Any:
    try:
        import openai
    except ImportError as error:
        raise UnavailableError(
            "openai is not installed; run: pip install openai langchain-openai"
        ) from error
    return openai


def _direct_clients(timeout: float) -> dict[str, Any]:
    """Return HTTP clients that ignore the proxy settings, which know nothing of this machine.

    No connection is kept: the next run may come in another event loop, where it is of no use.
    """
    openai = _openai()
    limits = type(openai.DEFAULT_CONNECTION_LIMITS)(max_keepalive_connections=0)
    options = {"trust_env": False, "timeout": timeout, "limits": limits}
    return {
        "http_client": openai.DefaultHttpxClient(**options),
        "http_async_client": openai.DefaultAsyncHttpxClient(**options),
    }


def _only_model(address: str, key: str, timeout: float) -> str:
    """Return the name of the one model that a server has."""
    openai = _openai()
    http = openai.DefaultHttpxClient(trust_env=not is_local(address), timeout=min(timeout, 10.0))
    try:
        with openai.OpenAI(
            base_url=address, api_key=key, max_retries=0, http_client=http
        ) as client:
            names = [str(model.id) for model in client.models.list().data]
    except (AttributeError, TypeError, ValueError) as error:
        raise UnavailableError(
            f"{_shown(address)!r} does not answer as a model server does; does its URL end in /v1?"
        ) from error
    except openai.OpenAIError as error:
        raise explain(error) from error
    if len(names) == 1:
        return names[0]
    has = f"has {', '.join(sorted(names))}" if names else "has none"
    raise SetupError(
        f"{_shown(address)!r} names no model and its server {has}; "
        f"write {_shown(address)}#{sorted(names)[0] if names else 'MODEL'}"
    )


@functools.cache
def chat_class() -> Any:
    """Return ChatOpenAI with a token count that downloads nothing; imported at first use."""
    try:
        from langchain_openai import ChatOpenAI
    except ImportError as error:
        raise UnavailableError(
            "langchain-openai is not installed; run: pip install langchain-openai"
        ) from error

    class RemoteChat(ChatOpenAI):
        """A model behind an OpenAI-compatible server."""

        def get_num_tokens(self, text: str) -> int:
            """Return about how many tokens `text` has."""
            return rough_tokens(text)

        def get_token_ids(self, text: str) -> list[int]:
            """Return as many numbers as `text` has tokens, roughly; they mean nothing."""
            return list(range(rough_tokens(text)))

        def get_num_tokens_from_messages(
            self, messages: "Sequence[BaseMessage]", tools: Any = None, **_: Any
        ) -> int:
            """Return about how many tokens the messages and the tools have."""
            texts = [
                f"{message.content}{getattr(message, 'tool_calls', '')}" for message in messages
            ]
            return sum(4 + rough_tokens(text) for text in texts) + rough_tokens(str(tools or ""))

    return RemoteChat
