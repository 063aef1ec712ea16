"""The memory as LangChain knows stores and retrievers, and LangChain's as a source for ours.

`MemoryVectorStore` and `MemoryRetriever` let a LangChain program search a `MemoryStream`.
`LangChainSource` is the other way round. What this module does not know: how anything is scored
or kept.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar, cast

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance
from pydantic import ConfigDict, Field

from cogitate.errors import SetupError
from cogitate.llm.embed import Embedder
from cogitate.memory.langchain_source import LangChainSource, plain_data
from cogitate.memory.options import RecallOptions
from cogitate.memory.records import Hit, Kind, Note, Record
from cogitate.memory.stream import MemoryStream

__all__ = ["LangChainSource", "MemoryRetriever", "MemoryVectorStore", "document_of"]

Answer = TypeVar("Answer")
Filter = Mapping[str, Any] | Callable[[Document], bool]
"""Values that the metadata must have, or a function of the document."""

MOST = 4_096
"""Records that a filter is tried on before fewer documents than asked for are given."""


def document_of(record: Record, score: float | None = None) -> Document:
    """Return a record as a LangChain document: its id, its text, and where it came from."""
    metadata: dict[str, Any] = {
        "kind": record.kind,
        "scope": record.scope,
        "origin": record.origin,
        "created": record.created,
        "importance": record.weight,
        "untrusted": record.untrusted,
        **record.meta,
    }
    if "path" in metadata:
        metadata.setdefault("source", metadata["path"])
    if "line_start" in metadata:
        metadata.setdefault("line", metadata["line_start"])
    if score is not None:
        metadata["score"] = score
    return Document(id=record.id, page_content=record.text, metadata=metadata)


class MemoryVectorStore(VectorStore):
    """A `MemoryStream` as a LangChain vector store.

    It finds by the score of the stream: meaning, shared words, importance and recency. Its
    methods may be called from a running event loop; those of LangChain that begin with `a`
    run them in a thread.
    """

    def __init__(
        self, memory: MemoryStream, *, kind: Kind = "document", scope: str = "default"
    ) -> None:
        self.memory = memory
        self._kind = kind
        self._scope = scope

    @property
    def embeddings(self) -> Embeddings:
        """The embedder of the memory."""
        return _Embeddings(self.memory.embedder)

    @classmethod
    def from_texts(
        cls,
        texts: Sequence[str],
        embedding: Embeddings,
        metadatas: Sequence[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str] | None = None,
        **options: Any,
    ) -> Self:
        """Return a store with these texts. `path` says where; `kind` and `scope` as usual."""
        memory = MemoryStream(options.pop("path", None), embeddings=embedding)
        store = cls(memory, **options)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    # ------------------------------------------------------------------------------- writing

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Sequence[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **_: Any,
    ) -> list[str]:
        """Keep texts and return their ids. A text under an id that is there replaces it."""
        listed = list(texts)
        datas = list(metadatas or [{} for _ in listed])
        names = list(ids or [None] * len(listed))
        if not len(listed) == len(datas) == len(names):
            raise SetupError(
                f"{len(listed)} texts, {len(datas)} metadatas and {len(names)} ids do not match; "
                "give one of each for each text"
            )
        given = [name for name in names if name is not None]
        if len(set(given)) != len(given):
            raise SetupError("an id was given twice; give each text one of its own")
        notes = [self._note(*each) for each in zip(listed, datas, names, strict=True)]
        return _waited(self._kept(notes, given))

    async def _kept(self, notes: Sequence[Note], given: Sequence[str]) -> list[str]:
        held = await asyncio.to_thread(self.memory.store.get, given)
        if held:
            await self.memory.forget([record.id for record in held], "replaced", wipe=False)
        kept = [record.id for record in await self.memory.remember_many(notes)]
        await asyncio.to_thread(self._unbury, given)
        return kept

    def _unbury(self, ids: Sequence[str]) -> None:
        """Drop the tombstones of ids that are in use again: an export would lose them."""
        with self.memory.store.writing() as sql:
            command = "DELETE FROM tombstones WHERE id = ?"
            sql.executemany(command, [(each,) for each in ids])

    def _note(self, text: str, data: dict[str, Any], name: str | None) -> Note:
        note = Note(
            text=text,
            kind=self._kind,
            origin="document",
            scope=self._scope,
            untrusted=True,
            meta=plain_data(data),
        )
        if name is None:
            return note
        now = self.memory.clock()
        fields = {each: getattr(note, each) for each in note.__dataclass_fields__}
        fields |= {"created": now, "valid_from": now}
        return Record(**fields, last_access=now, id=name, row=0)

    def delete(self, ids: Sequence[str] | None = None, **_: Any) -> bool:
        """Forget the texts of these ids; without ids, all of this kind and scope."""
        if ids is None:
            ids = [
                each.id for each in _waited(self.memory.list([self._kind], scopes=[self._scope]))
            ]
        _waited(self.memory.forget(list(ids), "deleted through LangChain"))
        return True

    # ------------------------------------------------------------------------------- finding

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        *,
        filter: Filter | None = None,  # noqa: A002 - LangChain names it so
        **options: Any,
    ) -> list[tuple[Document, float]]:
        """Return the `k` documents of the highest score, each with it; options as `recall`'s."""
        chosen = {"kinds": [self._kind], "scopes": [self._scope], **options}
        found = _waited(_recalled(self.memory, query, k, filter, cast(RecallOptions, chosen)))
        return [(document_of(hit.record), hit.score) for hit in found]

    def similarity_search(self, query: str, k: int = 4, **options: Any) -> list[Document]:
        """Return the `k` documents of the highest score."""
        return [found for found, _ in self.similarity_search_with_score(query, k, **options)]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **options: Any
    ) -> list[Document]:
        """Return `k` documents among the `fetch_k` best that repeat each other little."""
        found = self.similarity_search(query, fetch_k, **options)
        held = self.memory.store.get([each.id or "" for each in found])
        rows = {record.id: record.row for record in held}
        there = [each for each in found if each.id in rows]
        if not there:
            return []
        vectors = self.memory.store.vectors([rows[each.id or ""] for each in there])
        asked = self.memory.embedder.embed_query(query)
        picked = maximal_marginal_relevance(asked, list(vectors), lambda_mult, k)
        return [there[number] for number in picked]

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Return the documents of these ids that are there."""
        return [document_of(record) for record in self.memory.store.get(ids)]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        weights = self.memory.weights
        most = weights.relevance + weights.importance + weights.recency
        return lambda score: min(max(score / most, 0.0), 1.0) if most else 0.0


class MemoryRetriever(BaseRetriever):
    """A `MemoryStream` as a LangChain retriever over records of any kind."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: MemoryStream
    k: int = 5
    options: dict[str, Any] = Field(default_factory=dict)
    """Those of `MemoryStream.recall`: kinds, scopes, weights, touch."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        options = cast(RecallOptions, self.options)
        found = _waited(_recalled(self.memory, query, self.k, None, options))
        return [document_of(hit.record, hit.score) for hit in found]


async def _recalled(
    stream: MemoryStream, query: str, k: int, wanted_data: Filter | None, options: RecallOptions
) -> list[Hit]:
    """Return the best hits that a filter lets pass; only these count as accessed."""
    if wanted_data is None:
        return list(await stream.recall(query, k, **options))
    touch, wanted = options.get("touch", True), max(4 * k, 32)
    while True:
        untouched: RecallOptions = {**options, "touch": False}
        found = await stream.recall(query, wanted, **untouched)
        kept = [hit for hit in found if _passes(document_of(hit.record), wanted_data)][:k]
        if len(kept) >= k or len(found) < wanted or wanted >= MOST:
            break
        wanted *= 4
    if touch and kept:
        await stream.touch([hit.record.id for hit in kept])
    return kept


def _passes(document: Document, wanted: Filter) -> bool:
    if callable(wanted):
        return bool(wanted(document))
    return all(document.metadata.get(name) == value for name, value in wanted.items())


class _Embeddings(Embeddings):
    """An embedder of ours as LangChain knows embedders."""

    def __init__(self, base: Embedder) -> None:
        self._base = base

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(each) for each in row] for row in self._base.embed_documents(texts)]

    def embed_query(self, text: str) -> list[float]:
        return [float(each) for each in self._base.embed_query(text)]


def _waited(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what a coroutine gives, also inside of a running event loop, which waits."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
