"""The index of a store in RAM, kept up with what this and other processes write.

It is built when first needed. What this module does not know: texts to embed, and the gate.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.llm.embed import Embedder
from cogitate.memory.scoring.index import Found, Query, ScoreIndex
from cogitate.memory.scoring.ranking import BELOW
from cogitate.memory.scoring.score import Weights
from cogitate.memory.storage.store import Entries, Filter, Mark, Store
from cogitate.memory.storage.tables import Moment

LEXICAL = 300
"""How many records count as sharing words with a query: the best by BM25. Among 3,000 turns of
talk, these give the same recall@10 as all, and 100 give 0.002 less."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What to look for."""

    query: str
    vector: NDArray[np.float32]
    weights: Weights
    now: float
    k: int = 5
    kinds: Collection[str] | None = None
    scopes: Collection[str] | None = None
    as_of: float | None = None
    """A moment: look among what held then."""
    explain: bool = False
    """Whether to tell what was just below the cut."""


class LiveIndex:
    """A `ScoreIndex` that follows a store. Its callers hold a lock."""

    def __init__(self, store: Store, embedder: Embedder, decay: float) -> None:
        self._store = store
        self._embedder = embedder
        self._decay = decay
        self._index: ScoreIndex | None = None
        self._mark = Mark()
        self._moment: Moment | None = None
        self._expired: set[int] = set()
        self._window: Sequence[float] | None = None  # from when to when just these are expired

    @property
    def built(self) -> bool:
        """Whether the index is in RAM already."""
        return self._index is not None

    def search(self, look: Look) -> Found:
        """Return the records of the highest score."""
        index = self._caught_up()
        self._hide_expired(index, look.now)
        rows = None
        if look.as_of is not None:
            chosen = Filter(valid_at=look.as_of, kinds=look.kinds, scopes=look.scopes)
            rows = self._store.rows(chosen)
        query = Query(
            now=look.now,
            vector=look.vector,
            lexical=self._store.lexical(look.query, LEXICAL),
            weights=look.weights,
            k=look.k,
            kinds=look.kinds,
            scopes=look.scopes,
            rows=rows,
            hidden=rows is not None,
            below=BELOW if look.explain else 0,
        )
        return index.search(query)

    def nearest(
        self, vector: NDArray[np.float32], label: tuple[str, str], k: int
    ) -> list[tuple[int, float]]:
        """Return the active rows of one kind and scope that are nearest, with their cosines."""
        kind, scope = label
        return self._caught_up().nearest(vector, k, kinds=(kind,), scopes=(scope,))

    def touched(self, last_access: Mapping[int, float]) -> None:
        """Take over a touch of our own, which `Store.touch_soon` writes."""
        if self._index is not None:
            self._index.touch(list(last_access), list(last_access.values()))

    # ------------------------------------------------------------------------------- following

    def _caught_up(self) -> ScoreIndex:
        moment = self._store.moment()
        if self._index is not None and moment == self._moment:
            return self._index
        self._moment, self._window = moment, None
        if self._index is None:
            self._index = ScoreIndex(self._embedder.dimension, decay=self._decay)
        index, news = self._index, self._store.changes_since(self._mark)
        if news.mark == news.since:
            self._mark = news.mark
            return index
        if news.lost:
            self._index, self._mark, self._expired = None, Mark(), set()
            return self._caught_up()
        # Another process may have embedded all texts anew.
        self._store.use_embedder(self._embedder.name, self._embedder.dimension)
        for block in self._store.entries(after=news.since.row, upto=news.mark.row):
            self._add(index, block)
        of = {
            what: [row for row, kinds in news.changed.items() if what in kinds]
            for what in ("text", "gone", "touch", "weigh", "status")
        }
        index.remove(of["gone"])
        for block in self._store.entries(rows=of["text"]):
            self._add(index, block)
        self._update(index, of)
        self._mark = news.mark
        return index

    def _add(self, index: ScoreIndex, block: Entries) -> None:
        index.add(
            block.rows.tolist(),
            block.vectors,
            block.importance,
            block.last_access,
            block.kinds,
            block.scopes,
        )
        hidden = [row for row, hide in zip(block.rows.tolist(), block.hidden, strict=True) if hide]
        index.hide(hidden)
        self._expired -= set(block.rows.tolist())

    def _update(self, index: ScoreIndex, of: Mapping[str, Sequence[int]]) -> None:
        rows = {*of["touch"], *of["weigh"], *of["status"]}
        if not rows:
            return
        records: Mapping[int, Any] = self._store.of_rows(rows)
        index.touch(list(records), [record.last_access for record in records.values()])
        index.set_importance(list(records), [record.weight for record in records.values()])
        for status in of["status"]:
            if status in records:
                index.hide([status], records[status].status != "active")
        self._expired -= set(of["status"])

    def _hide_expired(self, index: ScoreIndex, now: float) -> None:
        if self._window is not None and self._window[0] <= now < self._window[1]:
            return
        expired, *self._window = self._store.expired(now)
        if expired == self._expired:
            return
        back = [
            row
            for row, r in self._store.of_rows(self._expired - expired).items()
            if r.status == "active"
        ]
        index.hide(back, False)
        index.hide(list(expired - self._expired))
        self._expired = expired
