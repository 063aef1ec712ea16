"""A way in without a compiler: llama.cpp's own server, ready-made, on this machine's loopback.

Used where llama-cpp-python is not installed and xllamacpp is. The model is then an
OpenAI-compatible one: forms are JSON schemas, and what ChatLlama alone can do (choices by one
pass, several answers beside each other, scores) is done in words or not at all.
"""

import atexit
import functools
import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogitate.errors import SetupError, UnavailableError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

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
    model = remote_model(f"{address}/v1#{name}", seed=seed, temperature=temperature)
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


_SERVERS: list[Any] = []
"""A server ends when nothing holds it any more."""
atexit.register(_SERVERS.clear)
