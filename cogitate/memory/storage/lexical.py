"""Shared words: the BM25 score of the records that share a word with a query.

SQLite's FTS5 holds which record has which term. The postings of a term that was asked for stay
in memory as arrays, because FTS5's own `bm25()` takes 1 us for each posting: 15 ms for a
question over 100,000 records, and here 1 ms. Terms are those of `cogitate.words`: stems, and
pairs of characters where a language writes no spaces. What this does not know: meaning.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.words import words

Numbers = NDArray[Any]
Postings = tuple[Numbers, Numbers]
"""Rows in rising order, and how often each holds the term."""

K1 = 1.2
B = 0.75
CONTEXT = 0.5
"""What a word of the context counts; one of the text counts 1."""
COUNTED = np.array([CONTEXT, 1.0], np.float32)
MOST_TERMS = 64
"""Most terms of one query, the first ones."""
KEPT = 20_000_000
"""Most postings in memory; 16 bytes each."""


def terms(text: str) -> str:
    """Return the terms of `text`, a blank between them: what FTS5 is given."""
    return " ".join(words(text))


def size_of(text: str, context: str) -> float:
    """Return how long a record with these terms is."""
    return len(text.split()) + CONTEXT * len(context.split())


class Matches(Mapping[int, float]):
    """The score of each row that shares words with a query; as arrays, too."""

    def __init__(self, rows: Numbers, scores: Numbers) -> None:
        self.rows = rows
        self.scores = scores
        self._found: dict[int, float] | None = None

    def _dict(self) -> dict[int, float]:
        if self._found is None:
            self._found = dict(zip(self.rows.tolist(), self.scores.tolist(), strict=True))
        return self._found

    def __getitem__(self, row: int) -> float:
        """Return the score of a row."""
        return self._dict()[row]

    def __iter__(self) -> Iterator[int]:
        """Iterate over the rows."""
        return iter(self._dict())

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)


def arrays_of(found: Mapping[int, float]) -> tuple[Numbers, Numbers]:
    """Return rows and scores as arrays."""
    if isinstance(found, Matches):
        return found.rows, found.scores
    rows = np.fromiter(found, np.int64, len(found))
    return rows, np.fromiter(found.values(), np.float64, len(found))


class Lexicon:
    """Lengths of all records, and postings by term, fetched when first asked for."""

    def __init__(self, fetch: Callable[[str], Postings]) -> None:
        self._fetch = fetch
        self._sizes = np.zeros(0, np.float32)
        self._live = 0
        self.total = 0.0
        self._whole: dict[str, str] | None = None
        self._postings: dict[str, Postings] = {}
        self._kept = 0

    @property
    def whole(self) -> bool:
        """Whether no term needs to be fetched."""
        return self._whole is not None

    def take_whole(self, found: dict[str, str]) -> None:
        """Take the postings of all terms, as `postings_of` takes them: none is fetched then."""
        self._whole = found

    def set_sizes(self, rows: Iterable[int], sizes: Iterable[float]) -> None:
        """Set how long records are; 0 for one that is gone or has no terms."""
        at, new = np.array(list(rows), np.int64), np.array(list(sizes), np.float32)
        if not len(at):
            return
        if at.max() >= len(self._sizes):
            grown = np.zeros(max(int(at.max()) + 1, len(self._sizes) * 3 // 2), np.float32)
            grown[: len(self._sizes)] = self._sizes
            self._sizes = grown
        old = self._sizes[at]
        self._live += int((new > 0).sum()) - int((old > 0).sum())
        self.total += float(new.sum(dtype=np.float64) - old.sum(dtype=np.float64))
        self._sizes[at] = new

    def add(self, records: Iterable[tuple[int, str, str]]) -> None:
        """Take in new records: row, terms of the text, terms of the context; rows rising."""
        found: dict[str, list[tuple[int, float]]] = {}
        rows, sizes = [], []
        for row, text, context in records:
            rows.append(row)
            sizes.append(size_of(text, context))
            if self._postings or self.whole:
                for term, count in _counts(text, context).items():
                    if term in self._postings or self.whole:
                        found.setdefault(term, []).append((row, count))
        self.set_sizes(rows, sizes)
        for term, new in found.items():
            old_rows, old_counts = self._of(term)
            more = np.array(new)
            self._postings[term] = (
                np.concatenate([old_rows, more[:, 0].astype(np.int64)]),
                np.concatenate([old_counts, more[:, 1].astype(np.float32)]),
            )
            self._kept += len(new)

    def drop_postings(self) -> None:
        """Let go of all postings: the terms of a record have changed."""
        self._postings.clear()
        self._whole = None
        self._kept = 0

    def scores(self, query: str, limit: int) -> Matches:
        """Return the BM25 scores of the `limit` rows that have the highest."""
        wanted = list(dict.fromkeys(words(query)))[:MOST_TERMS]
        seen = [held for held in map(self._of, wanted) if len(held[0])]
        if not seen:
            return Matches(np.zeros(0, np.int64), np.zeros(0))
        held = np.concatenate([rows for rows, _ in seen])
        shares = self._shares(seen, held)
        # The union of a few short lists is quicker found than what is not 0 among all records.
        if len(held) * 64 < len(self._sizes):
            rows, at = np.unique(held, return_inverse=True)
            total = np.bincount(at, shares)
        else:
            sums = np.bincount(held, shares)
            rows = np.flatnonzero(sums)
            total = sums[rows]
        there = self._sizes[rows] > 0
        if not there.all():
            rows, total = rows[there], total[there]
        if len(rows) > limit:
            best = np.argpartition(total, len(rows) - limit)[-limit:]
            rows, total = rows[best], total[best]
        return Matches(rows, total)

    def _shares(self, seen: Sequence[Postings], held: Numbers) -> Numbers:
        """Return what each term adds to the score of each row that holds it, term by term."""
        mean = self.total / self._live if self._live else 1.0
        sizes = [len(rows) for rows, _ in seen]
        rarity = [math.log(1 + max(self._live - n + 0.5, 0.5) / (n + 0.5)) for n in sizes]
        counts = np.concatenate([counts for _, counts in seen])
        length = self._sizes[held] * (K1 * B / mean) + K1 * (1 - B)
        shares: Numbers = np.repeat(rarity, sizes) * (K1 + 1) * counts / (counts + length)
        return shares

    def _of(self, term: str) -> Postings:
        held = self._postings.get(term)
        if held is None:
            if self._whole is not None:
                held = postings_of(self._whole.pop(term, ""))
            else:
                if self._kept > KEPT:
                    self.drop_postings()
                held = self._fetch(term)
            self._postings[term] = held
            self._kept += len(held[0])
        return held


def _counts(text: str, context: str) -> dict[str, float]:
    """Return what each term counts: 1 in the text and a part in the context, repeats or not."""
    found = dict.fromkeys(text.split(), 1.0)
    for term in set(context.split()):
        found[term] = found.get(term, 0.0) + CONTEXT
    return found


def postings_of(found: str) -> Postings:
    """Return the postings of a term from twice the row of each, plus 1 where it is the text's."""
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    coded = np.fromstring(found, np.int64, sep=",")
    coded.sort()  # a long list may come in any order
    rows, counts = coded >> 1, COUNTED[coded & 1]
    first = np.empty(len(rows), np.bool_)
    first[0] = True
    np.not_equal(rows[1:], rows[:-1], out=first[1:])
    if first.all():
        return rows, counts
    starts = np.flatnonzero(first)
    return rows[starts], np.add.reduceat(counts, starts)
