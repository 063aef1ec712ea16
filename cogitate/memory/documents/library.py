"""Passages of documents for a question: found by meaning, by words and by the names of files.

    passages = await Library(stream, "handbooks").passages("How loud is the station?", 5)

The score of a chunk is its nearness in meaning, scaled over all candidates, plus what share of
the question's words it holds, plus what share of them the name of its file holds; rare words
weigh more. What this module does not know: how files are read, and who asks.
"""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cogitate.errors import SetupError
from cogitate.memory.documents.collections import planned
from cogitate.memory.documents.dense import Dense, Near
from cogitate.memory.documents.found import passage_of
from cogitate.memory.documents.manifest import ChunkRow, Entry, Manifest
from cogitate.memory.documents.names import rarity
from cogitate.memory.documents.shelf import Shelf
from cogitate.memory.records import Record
from cogitate.memory.scoring.kinds import IndexKind
from cogitate.memory.scoring.live import LEXICAL
from cogitate.memory.scoring.score import Weights
from cogitate.memory.storage.tables import Moment
from cogitate.passages import Passage
from cogitate.words import content_words

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

NAMED = 1.0
"""What the name of the file counts; nearness in meaning counts 1."""
COVERED = 0.5
"""What shared words count. Measured on 300 questions that use other words than the passages do,
over 200 files: recall@5 is 0.55 when shared words are scaled as meaning is and count the same,
0.97 with these weights, and it changes by 0.02 when the weight of names is halved or doubled."""
POOL = 100
"""Candidates by meaning, and as many by words."""
MOST_NAMED = 8
"""Files that are candidates because a question names them."""
MOST_CHOSEN = 4_000
"""Up to so many chunks of the files that a filter lets pass are all candidates."""
AROUND = 240
"""Most characters of what stands before and after a passage."""
BY_MEANING = Weights(relevance=1.0, importance=0.0, recency=0.0, dense=1.0)
BY_WORDS = Weights(relevance=1.0, importance=0.0, recency=0.0, dense=0.0)


@dataclass(frozen=True)
class Candidate:
    """A chunk that may be an answer: its record, and its place in one file."""

    record: Record
    meta: Mapping[str, Any]
    context: str = ""


class Library:
    """The documents of one scope of a memory, to be asked for passages."""

    def __init__(
        self, stream: "MemoryStream", scope: str = "default", *, root: Path | str | None = None
    ) -> None:
        """Ask `stream`, where documents were indexed under `scope`.

        Args:
            stream: the memory.
            scope: the scope that the documents were indexed with.
            root: the folder that paths are told relative to; None for what all have in common.
        """
        self.stream = stream
        self.scope = scope
        self._root = None if root is None else os.path.abspath(root)
        self._manifest = Manifest(stream.store.path, scope)
        self._dense = Dense(stream.store, scope)
        self._planned: tuple[Moment, IndexKind] | None = None
        self._known: tuple[tuple[int, int, int], Shelf] | None = None

    async def passages(
        self, query: str, k: int = 5, *, path: str = "", since: float | None = None
    ) -> list[Passage]:
        """Return the `k` passages that fit best, the best first.

        Args:
            query: what is looked for, in words of any kind.
            k: how many passages.
            path: a file or a folder, as passages name it; empty for all.
            since: only files that were changed at this moment or later, in seconds.

        Raises:
            SetupError: no indexed file is at `path`.
        """
        if not query.strip():
            raise SetupError("the query is empty; say what is looked for")
        shelf = await asyncio.to_thread(self._shelf)
        chosen = shelf.chosen(path, since) if path.strip() or since is not None else None
        pool = await self._pool(query, shelf, chosen)
        return await asyncio.to_thread(self._best, query, k, shelf, pool)

    async def _pool(
        self, query: str, shelf: Shelf, chosen: Sequence[Entry] | None
    ) -> dict[tuple[int, str], Candidate]:
        """Return the candidates by row and path."""
        found: dict[tuple[int, str], Candidate] = {}
        if chosen is not None and sum(entry.chunks for entry in chosen) <= MOST_CHOSEN:
            return await asyncio.to_thread(self._of_files, [entry.path for entry in chosen])
        allowed = None if chosen is None else {entry.path for entry in chosen}
        most = POOL if allowed is None else 10 * POOL
        for record in await self._records(query, most):
            one = Candidate(record, record.meta, record.context)
            found[record.row, str(one.meta.get("path", ""))] = one
        shares = shelf.named(query)
        named = sorted(shares, key=lambda p: -shares[p])[:MOST_NAMED]
        found |= await asyncio.to_thread(self._of_files, named)
        return {at: one for at, one in found.items() if allowed is None or at[1] in allowed}

    async def _records(self, query: str, most: int) -> list[Record]:
        """Return the records nearest in meaning and those that share most words."""
        near = await asyncio.to_thread(self.near, query, most)
        if near is not None:
            return await asyncio.to_thread(self._indexed, query, most, near)
        found: list[Record] = []
        for weights in (BY_MEANING, BY_WORDS):
            hits = await self.stream.recall(
                query,
                k=most,
                weights=weights,
                kinds=("document",),
                scopes=(self.scope,),
                touch=False,
            )
            found += [hit.record for hit in hits]
        return found

    def near(self, query: str, k: int) -> Near | None:
        """Return the chunks nearest in meaning by the collection's index; None without one.

        Its `proven` says whether no other chunk can be nearer. A flat collection has no index,
        and one that is out of date is passed over: `MemoryStream.recall` scans all chunks.
        """
        store = self.stream.store
        moment = store.moment()
        if self._planned is None or self._planned[0] != moment:
            found = planned(store, self.scope)
            self._planned = moment, "flat" if found is None else found.kind
        kind = self._planned[1]
        if kind == "flat":
            return None
        return self._dense.nearest(kind, self.stream.embedder.embed_query(query), k)

    def _indexed(self, query: str, most: int, near: Near) -> list[Record]:
        store = self.stream.store
        shared = store.lexical(query, LEXICAL)
        worded = sorted(shared, key=lambda row: (-shared[row], row))
        records = store.of_rows({*near.rows, *worded})
        there = {
            row: record
            for row, record in records.items()
            if (record.kind, record.scope, record.status) == ("document", self.scope, "active")
        }
        chosen = [row for row in worded if row in there][:most]
        return [there[row] for row in dict.fromkeys([*near.rows, *chosen]) if row in there]

    def _of_files(self, paths: Iterable[str]) -> dict[tuple[int, str], Candidate]:
        rows = [row for path in paths for row in self._manifest.chunks(path)]
        records = {r.id: r for r in self.stream.store.get([row.record for row in rows])}
        made = (_candidate(row, records[row.record]) for row in rows if row.record in records)
        return {(one.record.row, str(one.meta["path"])): one for one in made}

    def _best(
        self, query: str, k: int, shelf: Shelf, pool: Mapping[tuple[int, str], Candidate]
    ) -> list[Passage]:
        candidates = list(pool.values())
        if not candidates:
            return []
        store = self.stream.store
        vectors = store.vectors([each.record.row for each in candidates])
        near = vectors @ self.stream.embedder.embed_query(query)
        low, span = float(near.min()), float(near.max() - near.min())
        words = content_words(query)[:64]
        total = max(len(store), 1)
        # How many records of the memory hold a word: documents of other scopes count, too.
        weights = {word: rarity(len(store.lexical(word, total)), total) for word in words}
        named = shelf.named(query)
        scores = np.array(
            [
                ((float(cosine) - low) / span if span > 1e-9 else 0.0)
                + NAMED * named.get(str(each.meta.get("path", "")), 0.0)
                + COVERED * _covered(each, weights)
                for each, cosine in zip(candidates, near, strict=True)
            ]
        ) / (1 + NAMED + COVERED)
        order = np.argsort(-scores, kind="stable")
        return [
            self._passage(candidates[at], float(scores[at]), shelf)
            for at in _unlike(order.tolist(), candidates)[:k]
        ]

    def _passage(self, found: Candidate, score: float, shelf: Shelf) -> Passage:
        meta = found.meta
        before, after = self._around(found)
        return passage_of(
            found.record.text,
            {**meta, "path": shelf.shown(str(meta.get("path", "")))},
            score,
            (before, after),
        )

    def _around(self, found: Candidate) -> tuple[str, str]:
        """Return the ends of the neighbours, without what they share with the passage."""
        number = int(found.meta.get("number", 0))
        rows = {row.number: row for row in self._manifest.chunks(str(found.meta.get("path", "")))}
        near = [rows[n] for n in (number - 1, number + 1) if n in rows]
        texts = {r.id: r.text for r in self.stream.store.get([row.record for row in near])}
        before = after = ""
        for row in near:
            meta, text = row.place["meta"], texts.get(row.record, "")
            if row.number < number:
                before = text[: max(int(found.meta["start"]) - int(meta["start"]), 0)].strip()
            else:
                after = text[max(int(found.meta["end"]) - int(meta["start"]), 0) :].strip()
        return before[-AROUND:], after[:AROUND]

    def _shelf(self) -> Shelf:
        """Return what is known of the files, read again when they have changed."""
        stamp = self._manifest.stamp()
        if self._known is None or self._known[0] != stamp:
            entries = [e for e in self._manifest.entries() if e.status == "indexed"]
            self._known = (stamp, Shelf(entries, self._root))
        return self._known[1]


def _candidate(row: ChunkRow, record: Record) -> Candidate:
    return Candidate(record, row.place["meta"], str(row.place["context"]))


def _covered(found: Candidate, weights: Mapping[str, float]) -> float:
    """Return which share of the words' weight a chunk, its headings and its file's name hold."""
    total = sum(weights.values())
    if total <= 0:
        return 0.0
    there = set(content_words(f"{found.context}\n{found.record.text}"))
    return sum(weight for word, weight in weights.items() if word in there) / total


def _unlike(order: Sequence[int], candidates: Sequence[Candidate]) -> list[int]:
    """Return the order with each text once."""
    seen: set[str] = set()
    kept = []
    for at in order:
        text = " ".join(candidates[at].record.text.split())
        if text not in seen:
            seen.add(text)
            kept.append(at)
    return kept
