"""Any LangChain retriever or vector store as a source for ours: asked as a memory is.

What this module does not know: how the source finds, and what its scores mean.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore

from cogitate.memory.records import Hit, Parts, Recalled, Record


@dataclass(frozen=True)
class LangChainSource:
    """Any LangChain retriever or vector store, asked as a memory is: `recall(query, k)`.

    Its documents become records of kind `document` that are never stored here. Their texts
    came from outside, so they are `untrusted`.
    """

    base: BaseRetriever | VectorStore

    async def recall(self, query: str, k: int = 5, **_: Any) -> Recalled:
        """Return what the source finds, in its order. Its scores are its own.

        A source that tells no scores gives 1, 1/2, 1/3 and so on.
        """
        if isinstance(self.base, VectorStore):
            pairs = await self._scored(self.base, query, k)
        else:
            pairs = [(found, None) for found in await self.base.ainvoke(query)]
        hits = [
            _hit(document, 1 / number if score is None else float(score), number)
            for number, (document, score) in enumerate(pairs[:k], 1)
        ]
        return Recalled(hits=tuple(hits), proven=False)

    async def _scored(
        self, base: VectorStore, query: str, k: int
    ) -> list[tuple[Document, float | None]]:
        try:
            return [*await base.asimilarity_search_with_score(query, k)]
        except NotImplementedError:
            return [(found, None) for found in await base.asimilarity_search(query, k)]


def _hit(document: Document, score: float, number: int) -> Hit:
    text = document.page_content
    made = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    record = Record(
        text=text,
        kind="document",
        origin="document",
        untrusted=True,
        meta=plain_data(document.metadata),
        id=document.id or made,
        row=-number,
        created=0.0,
        valid_from=0.0,
    )
    relevance = min(max(score, 0.0), 1.0) if math.isfinite(score) else 0.0
    return Hit(record=record, score=score, parts=Parts(relevance=relevance))


def plain_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata as plain JSON data; what is none is written as text."""
    found: dict[str, Any] = json.loads(json.dumps(dict(data), default=str))
    return found
