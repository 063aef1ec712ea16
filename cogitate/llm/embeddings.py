"""A GGUF file as LangChain `Embeddings`, by the same library as the chat models.

Meant for embedding models; a chat model's file works too, and gives the mean of its tokens'
states, which tells texts apart but is no measure of their meaning. What it does not know: the
prefixes that some models want before a query or a passage; write them into the texts.
"""

import threading
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from cogitate.errors import ModelError, SetupError
from cogitate.llm.gguf import check_gguf
from cogitate.llm.library import llama_library

WINDOW = 2048
"""Most tokens that are read at once; a longer text is the mean of its windows."""


class LlamaEmbeddings(Embeddings):
    """Vectors of unit length from the GGUF file of an embedding model, in this process.

    Safe for several threads, which take turns.
    """

    def __init__(self, path: Path | str, *, n_ctx: int | None = None) -> None:
        """Load the model.

        Args:
            path: the GGUF file.
            n_ctx: tokens of one window; None: what the model was trained for, at most 2,048.

        Raises:
            UnavailableError: the file or llama-cpp-python is not there.
            SetupError: the file is not a model that it can load.
        """
        self.path = Path(path).expanduser().absolute()
        check_gguf(self.path)
        window = n_ctx or WINDOW
        try:
            self._model: Any = llama_library().Llama(
                str(self.path),
                embedding=True,
                n_ctx=window,
                n_batch=window,
                n_ubatch=window,
                verbose=False,
            )
        except ValueError as error:
            raise SetupError(
                f"{str(self.path)!r} is not a model that llama.cpp can load ({error})"
            ) from error
        self.window = min(window, int(self._model.n_ctx()))
        self.dimension = int(self._model.n_embd())
        self._working = threading.Lock()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text."""
        with self._working:
            return [self._embed(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a text that is looked for."""
        return self.embed_documents([text])[0]

    def close(self) -> None:
        """Free the model's memory."""
        with self._working:
            self._model.close()

    def _embed(self, text: str) -> list[float]:
        import numpy

        rows = [numpy.asarray(self._model.embed(part), float) for part in self._windows(text)]
        means = [row if row.ndim == 1 else row.mean(axis=0) for row in rows]
        whole = numpy.mean(means, axis=0)
        length = float(numpy.linalg.norm(whole))
        if not numpy.isfinite(length):
            raise ModelError(f"{self.path.name!r} gave numbers that are not finite for a text")
        found: list[float] = (whole / (length or 1.0)).tolist()
        return found

    def _windows(self, text: str) -> list[str]:
        """Return the text in parts that are read at once; an empty text is a space."""
        room = self.window - 8  # what the model puts before and after a text
        tokens = self._model.tokenize(text.encode("utf-8", "replace"), add_bos=False)
        if len(tokens) <= room:
            return [text or " "]
        parts = [tokens[start : start + room] for start in range(0, len(tokens), room)]
        return [self._model.detokenize(part).decode("utf-8", "ignore") for part in parts]
