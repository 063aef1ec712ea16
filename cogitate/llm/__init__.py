"""The model side: `load_model`, the catalogue, downloads, and the models themselves.

The names are imported when they are first used, so that importing this costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL, ModelEntry
    from cogitate.llm.decide import choose, complete, decide
    from cogitate.llm.download import fetch
    from cogitate.llm.embeddings import LlamaEmbeddings
    from cogitate.llm.llama import ChatLlama
    from cogitate.llm.load import load_model
    from cogitate.llm.remote import explain, remote_model
    from cogitate.llm.scripted import ScriptedModel, call

__all__ = [
    "CATALOGUE",
    "DEFAULT_MODEL",
    "ChatLlama",
    "LlamaEmbeddings",
    "ModelEntry",
    "ScriptedModel",
    "call",
    "choose",
    "complete",
    "decide",
    "explain",
    "fetch",
    "load_model",
    "remote_model",
]

_HOMES = {
    "CATALOGUE": "catalogue",
    "DEFAULT_MODEL": "catalogue",
    "ChatLlama": "llama",
    "LlamaEmbeddings": "embeddings",
    "ModelEntry": "catalogue",
    "ScriptedModel": "scripted",
    "call": "scripted",
    "choose": "decide",
    "complete": "decide",
    "decide": "decide",
    "explain": "remote",
    "fetch": "download",
    "load_model": "load",
    "remote_model": "remote",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module at first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
