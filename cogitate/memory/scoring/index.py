"""Search over a memory stream in RAM: FAISS holds the vectors, numpy columns the rest.

Each query scans all vectors once with FAISS's own kernel, and the best are scored again in
float64: the answer is that of `reference_scores`. No approximate index is used, because the
scan is fast enough for a million vectors. This is a cache of what the store keeps. What it
does not know: texts, files and embedders.
"""

import math
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import SetupError
from cogitate.memory.scoring.ranking import Found, Pool, Query, Scored, rank
from cogitate.memory.scoring.score import DECAY, Numbers, Weights
from cogitate.memory.scoring.segments import Places, Segments, Vectors
from cogitate.memory.storage.lexical import arrays_of

__all__ = ["Found", "Query", "ScoreIndex", "Scored"]

FEW = 8
"""A query that lets in less than one of so many records looks theirs up instead of scanning."""
COLUMNS = {
    "row": np.int64,
    "last": np.float64,
    "importance": np.float64,
    "kind": np.int32,
    "scope": np.int32,
    "alive": np.bool_,
    "hidden": np.bool_,
}


class ScoreIndex:
    """The vectors and numbers of a memory stream, searched by score; safe among threads.

    Rows are the store's numbers of records. A method passes over rows that are not held,
    because another process may have removed them.
    """

    def __init__(self, dimension: int, *, decay: float = DECAY) -> None:
        if dimension < 1:
            raise SetupError(f"a vector of dimension {dimension!r} holds nothing; give 1 or more")
        if not 0 < decay <= 1:
            raise SetupError(f"decay={decay!r} is what an hour leaves; give more than 0, at most 1")
        self.dimension = dimension
        self._decay = decay
        self._lock = threading.Lock()
        self._segments = Segments(dimension)
        self._columns: dict[str, NDArray[Any]] = {n: np.empty(0, t) for n, t in COLUMNS.items()}
        self._used = 0
        self._rising = True  # whether rows stand in rising order, the wiped ones included
        self._at: dict[int, int] = {}
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many records are held."""
        return len(self._at)

    def __contains__(self, row: object) -> bool:
        """Return whether a row is held."""
        return row in self._at

    def add(
        self,
        rows: Sequence[int],
        vectors: NDArray[Any],
        importance: Sequence[float] | float,
        last_access: Sequence[float] | float,
        kinds: Sequence[str] | str,
        scopes: Sequence[str] | str = "default",
    ) -> None:
        """Hold records, in place of those of the same rows; unit vectors are kept to the bit.

        Raises:
            SetupError: the vectors are of another number or dimension, or not finite.
        """
        names = [int(row) for row in rows]
        units = _units(vectors, len(names), self.dimension)
        if len(set(names)) != len(names):
            raise SetupError("a row was given twice; give each record once")
        size = len(names)
        new: dict[str, Any] = {
            "row": names,
            "importance": _finite(importance),
            "last": _finite(last_access),
        }
        new |= {"alive": True, "hidden": False}
        with self._lock:
            new |= {"kind": self._coded(kinds), "scope": self._coded(scopes)}
            fitted = {name: np.broadcast_to(value, (size,)) for name, value in new.items()}
            self._drop([row for row in names if row in self._at])
            begin, end = self._used, self._used + size
            last = int(self._columns["row"][begin - 1]) if begin else -(2**63)
            rising = all(a < b for a, b in pairwise([last, *names]))
            self._rising = self._rising and rising
            self._segments.append(units)
            for name, values in fitted.items():
                column = self._columns[name]
                if end > len(column):
                    column = np.resize(column, max(end, 2 * len(column)))
                    self._columns[name] = column
                column[begin:end] = values
            self._used = end
            self._at.update(zip(names, range(begin, end), strict=True))

    def touch(self, rows: Sequence[int], now: Sequence[float] | float) -> None:
        """Set when rows were last accessed, in seconds."""
        self._set("last", rows, _finite(now))

    def set_importance(self, rows: Sequence[int], importance: Sequence[float] | float) -> None:
        """Set the importance of rows."""
        self._set("importance", rows, _finite(importance))

    def hide(self, rows: Sequence[int], hidden: bool = True) -> None:
        """Leave rows, such as superseded ones, out of searches and ranges; or let them in."""
        self._set("hidden", rows, np.asarray(hidden))

    def remove(self, rows: Iterable[int]) -> None:
        """Drop rows. Their vectors are overwritten at once; their room is freed in time."""
        with self._lock:
            self._drop(rows)

    def search(self, query: Query) -> Found:
        """Return the `k` records of the highest score among those that the query lets in."""
        with self._lock:
            places = self._places(query)
            held = {name: self._here(name, places) for name in ("row", "importance", "last")}
            if not len(held["row"]) or query.k < 1:
                return Found()
            vector = self._unit(query.vector)
            cosines, rounding = self._cosines(vector, places, quick=True)
            lexical, matched = self._lexical(query, places, len(held["row"]))
            pool = Pool(
                rows=held["row"],
                cosines=cosines,
                rounding=rounding,
                exact=lambda some: self._exact(vector, some if places is None else places[some]),
                lexical=lexical,
                matched=matched,
                importance=held["importance"],
                last_access=held["last"],
            )
            found = rank(query, pool, self._decay)
            if not found.proven:  # too many tie by quick cosines; fewer do by the full ones
                cosines, rounding = self._cosines(vector, places, quick=False)
                pool = replace(pool, cosines=cosines, rounding=rounding)
                found = rank(query, pool, self._decay)
            return found

    def nearest(
        self,
        vector: NDArray[Any],
        k: int = 1,
        *,
        kinds: Collection[str] | None = None,
        scopes: Collection[str] | None = None,
    ) -> list[tuple[int, float]]:
        """Return the rows nearest in meaning, hidden ones left out, each with its cosine."""
        meaning = Weights(1.0, 0.0, 0.0, dense=1.0)
        query = Query(now=0.0, vector=vector, weights=meaning, k=k, kinds=kinds, scopes=scopes)
        return [(hit.row, hit.cosine) for hit in self.search(query).hits]

    # ------------------------------------------------------------- below here the lock is held

    def _set(self, column: str, rows: Sequence[int], value: NDArray[Any]) -> None:
        with self._lock:
            at = [(self._at[row], n) for n, row in enumerate(rows) if row in self._at]
            for place, given in at:
                self._columns[column][place] = value[given] if value.ndim else value

    def _drop(self, rows: Iterable[int]) -> None:
        found = [self._at.pop(int(row)) for row in rows if int(row) in self._at]
        places = np.array(sorted(found), np.int64)
        self._segments.wipe(places)
        self._columns["alive"][places] = False
        if self._used - len(self._at) > max(1_000, self._used // 4):
            alive = self._columns["alive"][: self._used]
            self._segments.keep(alive)
            self._columns = {n: c[: self._used][alive] for n, c in self._columns.items()}
            self._used = len(self._columns["row"])
            self._rising = bool((np.diff(self._columns["row"]) > 0).all())
            self._at = dict(zip(self._columns["row"].tolist(), range(self._used), strict=True))

    def _coded(self, names: Sequence[str] | str) -> NDArray[np.int32]:
        listed = [names] if isinstance(names, str) else names
        codes = [self._codes.setdefault(name, len(self._codes)) for name in listed]
        return np.asarray(codes, np.int32)

    def _here(self, column: str, places: Places | None) -> NDArray[Any]:
        values: NDArray[Any] = self._columns[column][: self._used]
        return values if places is None else values[places]

    def _places(self, query: Query) -> Places | None:
        """Return the sorted places that a query lets in; None for all there are."""
        some: Places | None = None
        if query.rows is not None:
            known = {self._at[int(row)] for row in query.rows if int(row) in self._at}
            some = np.array(sorted(known), np.int64)
        allowed = self._here("alive", some).copy()
        if not query.hidden:
            allowed &= ~self._here("hidden", some)
        for column, names in (("kind", query.kinds), ("scope", query.scopes)):
            if names is not None:
                listed = [names] if isinstance(names, str) else names
                wanted = np.zeros(len(self._codes) + 1, np.bool_)
                wanted[[self._codes.get(name, -1) for name in listed]] = True
                wanted[-1] = False  # where names that nobody uses have gone
                allowed &= wanted[self._here(column, some)]
        if some is None:
            return None if allowed.all() else np.flatnonzero(allowed)
        let_in: Places = some[allowed]
        return let_in

    def _unit(self, vector: NDArray[Any] | None) -> Numbers:
        """Return a query's vector with length 1; zeros when it has none."""
        given = np.zeros(self.dimension) if vector is None else np.asarray(vector, np.float64)
        if given.shape != (self.dimension,) or not np.isfinite(given).all():
            raise SetupError(
                f"a query's vector of shape {given.shape} does not fit an index of dimension "
                f"{self.dimension}, or holds no finite numbers; embed it as the records were"
            )
        length = math.sqrt(given @ given)
        return given / length if length else given

    def _cosines(
        self, query: Numbers, places: Places | None, *, quick: bool
    ) -> tuple[Vectors, float]:
        """Return cosines in float32, and how far they may be from the exact ones."""
        vector, held = query.astype(np.float32), self._segments
        if not vector.any():
            return np.zeros(self._used if places is None else len(places), np.float32), 0.0
        if places is not None and len(places) * FEW < self._used:
            return held.products(vector, places), held.rounding
        if quick:
            found, rounding = held.quick_products(vector)
        else:
            found, rounding = held.products(vector, None), held.rounding
        return found if places is None else found[places], rounding

    def _exact(self, query: Numbers, places: Places) -> Numbers:
        return np.asarray(self._segments.read(places).astype(np.float64) @ query)

    def _lexical(self, query: Query, places: Places | None, size: int) -> tuple[Numbers, Places]:
        """Return the lexical scores of all entries, and which are not 0."""
        values = np.zeros(size)
        rows, scores = arrays_of(query.lexical)
        at = self._found(rows)
        inside = at >= 0
        if places is not None:
            spots = np.minimum(np.searchsorted(places, at), size - 1)
            inside &= places[spots] == at
            at = spots
        matched = at[inside]
        values[matched] = _finite(scores)[inside]
        return values, matched

    def _found(self, rows: Places) -> Places:
        """Return where rows are, -1 for those that are not held."""
        if self._rising and self._used:
            held = self._columns["row"][: self._used]
            first, last = int(held[0]), int(held[-1])
            if last - first == self._used - 1:  # no number between them is missing
                return np.where((rows >= first) & (rows <= last), rows - first, -1)
            spots = np.minimum(np.searchsorted(held, rows), self._used - 1)
            return np.where(held[spots] == rows, spots, -1)
        return np.fromiter(map(self._at.get, rows.tolist(), repeat(-1)), np.int64, len(rows))


def _finite(values: Any) -> Numbers:
    found: Numbers = np.asarray(values, np.float64)
    if not np.isfinite(found).all():
        raise SetupError(
            "a score, an importance or a time is not a finite number; give numbers only"
        )
    return found


def _units(vectors: NDArray[Any], count: int, dimension: int) -> Vectors:
    """Return float32 rows of length 1; those that have it already are kept to the bit."""
    given = np.ascontiguousarray(vectors, np.float32)
    if given.shape != (count, dimension):
        raise SetupError(
            f"vectors of shape {given.shape} do not fit {count} records in an index of "
            f"dimension {dimension}; give one vector of that dimension for each record"
        )
    squares = np.einsum("ij,ij->i", given, given)
    if not np.isfinite(squares).all():
        raise SetupError("a vector holds numbers that are not finite; embed its text again")
    off = (np.abs(squares - 1) > 1e-5) & (squares > 0)
    if off.any():
        given = given.copy()
        given[off] /= np.sqrt(squares[off])[:, None]
    return given
