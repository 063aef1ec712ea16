"""The chunks of a collection that are nearest in meaning, by the index that was chosen for it.

The index lies in a file beside the memory and follows it: what came later is compared exactly,
what has gone is left out. When that is too much, or the file is damaged, the index is passed
over: building it takes minutes, which no search waits for. What has none, and a collection
whose kind is `flat`, is searched by the memory, which scans its vectors. What this module does
not know: words, the names of files, and which kind fits.
"""

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cogitate.memory.scoring.index_file import (
    Damaged,
    Sidecar,
    read_index,
    read_sidecar,
    write_index,
)
from cogitate.memory.scoring.kinds import DocumentIndex, IndexKind, IndexPlan, build_index
from cogitate.memory.scoring.segments import Places, Vectors
from cogitate.memory.storage.beside import index_file
from cogitate.memory.storage.tables import Filter, Mark, Moment, marks

if TYPE_CHECKING:
    from cogitate.memory.storage.store import Store

BLOCK = 5_000
"""Vectors that are read at once."""
LOOKED_UP = 500
FRESH = 2_000
"""So many chunks that are not in the index yet are compared one by one ..."""
SHARE = 0.1
"""... or so large a part of all; and so large a part may have gone. More, and it is passed over."""


@dataclass(frozen=True, kw_only=True)
class Near:
    """The nearest chunks, the nearest first."""

    rows: list[int]
    cosines: list[float]
    kind: IndexKind
    proven: bool
    """Whether no other chunk can be nearer: never for an index that skips most of them."""


@dataclass(kw_only=True)
class _Held:
    """An index in memory, and what has changed since it was built."""

    index: DocumentIndex
    told: Sidecar
    rows: Places
    known: frozenset[int]
    mark: Mark
    gone: set[int] = field(default_factory=set)
    """Rows that the index is not to be believed in."""
    fresh: set[int] = field(default_factory=set)
    """Rows that are not in it, or not as they are."""
    matrix: Vectors | None = None
    """The vectors of the fresh ones, sorted by row."""

    @property
    def is_far_behind(self) -> bool:
        """Whether so much has changed that it is of little use."""
        share = SHARE * len(self.rows)
        return len(self.fresh) > max(FRESH, share) or len(self.gone) > max(FRESH, share)


class Dense:
    """The index of one collection. Its methods may be called by several threads."""

    def __init__(self, store: "Store", scope: str) -> None:
        self._store = store
        self._scope = scope
        self._file = index_file(store.path, scope)
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._moment: Moment | None = None
        self._useless: Sidecar | None = None
        """What is said of the index that was passed over: it is not read again."""
        self._told = ""

    def nearest(self, kind: IndexKind, vector: Vectors, k: int) -> Near | None:
        """Return the `k` nearest chunks by the index of this kind; None where none serves."""
        with self._lock:
            held = self._current(kind)
            if held is None:
                return None
            wanted = min(k + len(held.gone), 4 * k, len(held.rows))
            found = held.index.search(vector, wanted) if wanted else []
            cosines = {int(held.rows[place]): cosine for place, cosine in found}
            for row in held.gone:
                cosines.pop(row, None)
            if held.fresh:
                cosines |= self._compared(held, vector)
            every = held.index.sees_all(wanted)
        best = sorted(cosines.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
        return Near(
            rows=[row for row, _ in best],
            cosines=[cosine for _, cosine in best],
            kind=kind,
            proven=every,
        )

    def built(self, kind: IndexKind) -> Sidecar:
        """Return what the index is like, built anew unless it is wholly up to date.

        Raises:
            SetupError: there are too few chunks for an index of this kind.
        """
        with self._lock:
            held, _ = self._look(kind)
            if held is None or held.fresh or held.gone:
                held = self._build(kind)
            self._held = held
            return held.told

    # ------------------------------------------------------------- below here the lock is held

    def _current(self, kind: IndexKind) -> _Held | None:
        """Return the index, up to the moment; None, with a line in the log, where none serves."""
        moment = self._store.moment()
        if moment == self._moment and (self._held is None or self._held.told.kind == kind):
            return self._held
        self._held, why = self._look(kind)
        self._moment = moment
        if why and why != self._told:
            logging.getLogger("cogitate.memory").warning(
                f"the index of the collection {self._scope!r} is {why}: all its chunks are "
                "compared instead; `cogitate index` with its files builds it anew"
            )
        self._told = why
        return self._held

    def _look(self, kind: IndexKind) -> tuple[_Held | None, str]:
        """Return the index of a kind, or what is wrong with it."""
        try:
            told = read_sidecar(self._file)
            if told is None or told.kind != kind:
                return None, "missing"
            held = self._held
            if told == self._useless:
                return None, "out of date"
            if held is None or held.told != told:
                held = self._read(told)
        except Damaged as damage:
            return None, f"damaged ({damage})"
        if self._followed(held):
            return held, ""
        self._useless = told
        return None, "out of date"

    def _read(self, told: Sidecar) -> _Held:
        index, rows = read_index(self._file, told, self._reader)
        mark = Mark(told.row, told.change)
        return _Held(index=index, told=told, rows=rows, known=frozenset(rows.tolist()), mark=mark)

    def _followed(self, held: _Held) -> bool:
        """Take in what has changed; return whether the index still serves."""
        name, dimension = self._store.embedder() or ("", 0)
        if (held.told.embedder, held.told.dimension) != (name, dimension):
            return False
        news = self._store.changes_since(held.mark)
        if news.lost or held.mark > self._store.mark():
            return False
        what = {row: kinds & {"text", "gone", "status"} for row, kinds in news.changed.items()}
        touched = {row: kinds for row, kinds in what.items() if kinds}
        touched |= {row: {"text"} for row in self._new(news.since.row, news.mark.row)}
        active = self._active(list(touched))
        for row, kinds in touched.items():
            if row not in active:
                held.gone.add(row)
                held.fresh.discard(row)
            elif "text" in kinds or row not in held.known:
                held.gone.add(row)
                held.fresh.add(row)
            elif row not in held.fresh:
                held.gone.discard(row)
        if touched:
            held.gone &= held.known
            held.matrix = None
        held.mark = news.mark
        return not held.is_far_behind

    def _new(self, after: int, upto: int) -> list[int]:
        with self._store.reading() as sql:
            query = "SELECT row FROM records WHERE row > ? AND row <= ? AND kind = 'document'"
            found = sql.execute(f"{query} AND scope = ?", (after, upto, self._scope))
            return [row for (row,) in found.fetchall()]

    def _active(self, rows: Sequence[int]) -> set[int]:
        found: set[int] = set()
        query = "SELECT row FROM records WHERE kind = 'document' AND status = 'active'"
        with self._store.reading() as sql:
            for begin in range(0, len(rows), LOOKED_UP):
                some = rows[begin : begin + LOOKED_UP]
                named = f"{query} AND scope = ? AND row IN ({marks(some)})"
                found.update(row for (row,) in sql.execute(named, (self._scope, *some)))
        return found

    def _compared(self, held: _Held, vector: Vectors) -> dict[int, float]:
        rows = np.array(sorted(held.fresh), np.int64)
        if held.matrix is None:
            held.matrix = self._vectors(rows)
        length = float(np.linalg.norm(vector)) or 1.0
        cosines = held.matrix @ (np.asarray(vector, np.float32) / length)
        return dict(zip(rows.tolist(), cosines.tolist(), strict=True))

    def _build(self, kind: IndexKind) -> _Held:
        begun, store = time.monotonic(), self._store
        mark = store.mark()
        chosen = store.rows(Filter(kinds=("document",), scopes=(self._scope,)))
        rows = np.array(chosen, np.int64)
        name, dimension = store.embedder() or ("", 1)
        plan = IndexPlan(len(rows), dimension, wanted=kind)
        with tempfile.TemporaryFile() as file:
            shape = (max(plan.n, 1), dimension)
            matrix: Vectors = np.memmap(file, np.float32, "w+", shape=shape)[: plan.n]
            for begin in range(0, plan.n, BLOCK):
                matrix[begin : begin + BLOCK] = self._vectors(rows[begin : begin + BLOCK])
            index = build_index(plan, matrix)
            index.read_from(self._reader(rows))
            del matrix
        told = Sidecar(
            kind=kind,
            rows=plan.n,
            dimension=dimension,
            embedder=name,
            row=mark.row,
            change=mark.seq,
            recall=index.recall,
            seconds=round(time.monotonic() - begun, 3),
        )
        told = write_index(self._file, index, rows, told)
        return _Held(index=index, told=told, rows=rows, known=frozenset(chosen), mark=mark)

    def _reader(self, rows: Places) -> Callable[[Places], Vectors]:
        return lambda places: self._vectors(rows[places])

    def _vectors(self, rows: Places) -> Vectors:
        """Return the vectors of rows from the memory; zeros where another process took one."""
        dimension = (self._store.embedder() or ("", 1))[1]
        found: Vectors = np.zeros((len(rows), dimension), np.float32)
        at = {row: place for place, row in enumerate(rows.tolist())}
        names = list(at)
        with self._store.reading() as sql:
            for begin in range(0, len(names), LOOKED_UP):
                some = names[begin : begin + LOOKED_UP]
                query = f"SELECT row, vector FROM vectors WHERE row IN ({marks(some)})"
                for row, vector in sql.execute(query, some):
                    found[at[row]] = np.frombuffer(vector, np.float32)
        return found
