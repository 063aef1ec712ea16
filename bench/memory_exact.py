"""Checks that the memory index answers as the formula does: random streams against brute force.

python -m bench.memory_exact [--cases 100000] [--seed 0]

Each case is one query to a stream that has been added to, touched, judged anew, hidden,
edited and removed from at random, under a random clock (years ahead and back again), weights
and filters. `reference_scores` computes all scores in float64 without the index. A difference
is a place in the answer whose record scores less than the one that belongs there, or a score
or part that is off, by more than TOLERANCE: records that tie may stand in any order.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cogitate.memory.scoring.index import Found, Query, ScoreIndex
from cogitate.memory.scoring.score import PRESETS, Columns, Weights, reference_scores

TOLERANCE = 1e-9
QUERIES = 25
"""How many cases are taken from one stream."""
KINDS = ("observation", "reflection", "plan", "chat")
SCOPES = ("default", "anna", "bert")
PARTS = ("dense", "lexical", "relevance", "importance", "recency")
YEAR = 365 * 86400.0


@dataclass
class Kept:
    """One record as the check knows it."""

    vector: NDArray[np.float32]
    importance: float
    last_access: float
    kind: str
    scope: str
    hidden: bool = False


@dataclass
class Stream:
    """A random stream: the index and, beside it, what it should hold."""

    rng: np.random.Generator
    decay: float = 0.995
    dimension: int = 0
    now: float = 1.7e9
    kept: dict[int, Kept] = field(default_factory=dict)
    next_row: int = 1

    def __post_init__(self) -> None:
        rng = self.rng
        self.dimension = int(rng.choice([2, 3, 8, 16, 33, 48]))
        self.decay = float(rng.choice([0.995, 0.99, 0.5, 1.0]))
        self.cone = float(rng.choice([0.0, 1.0, 5.0, 100.0]))
        self.index = ScoreIndex(self.dimension, decay=self.decay)
        self.add(int(rng.choice([1, 2, 5, 40, 200, 600])))

    def vectors(self, count: int) -> NDArray[np.float32]:
        """Return unit vectors; in a cone, as embedders give; some equal to earlier ones."""
        raw = self.rng.standard_normal((count, self.dimension))
        raw[:, 0] += self.cone
        for at in np.flatnonzero(self.rng.random(count) < 0.1):
            if self.kept:
                raw[at] = self.kept[int(self.rng.choice(list(self.kept)))].vector
        unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        return unit.astype(np.float32)

    def add(self, count: int, rows: Sequence[int] | None = None) -> None:
        """Add new records, or put new ones in the place of `rows`."""
        rng = self.rng
        names = list(rows) if rows is not None else [self.next_row + n for n in range(count)]
        self.next_row = max([self.next_row, *(name + 1 for name in names)])
        vectors = self.vectors(len(names))
        importance = rng.integers(1, 11, len(names)).astype(float)
        last = self.now - rng.exponential(10 ** rng.uniform(2, 7), len(names))
        kinds = [str(k) for k in rng.choice(KINDS, len(names))]
        scopes = [str(s) for s in rng.choice(SCOPES, len(names))]
        self.index.add(names, vectors, importance.tolist(), last.tolist(), kinds, scopes)
        for at, name in enumerate(names):
            one = Kept(vectors[at], importance[at], last[at], kinds[at], scopes[at])
            self.kept[name] = one

    def some(self) -> list[int]:
        """Return a few rows; one of them may not be there."""
        size = min(len(self.kept), int(self.rng.integers(1, 31)))
        rows = [int(r) for r in self.rng.choice(list(self.kept), size, replace=False)]
        return [*rows, self.next_row + 5] if self.rng.random() < 0.2 else rows

    def change(self) -> None:
        """Do one thing that happens to a stream, and let some time pass."""
        rng, rows = self.rng, self.some() if self.kept else []
        self.now += float(rng.choice([0.0, 1.0, 3600.0, 86400.0, YEAR, 30 * YEAR, -YEAR]))
        here = [self.kept[row] for row in rows if row in self.kept]
        match int(rng.integers(7)):
            case 0 | 1:
                self.index.touch(rows, self.now)
                for one in here:
                    one.last_access = self.now
            case 2:
                value = float(rng.integers(1, 11))
                self.index.set_importance(rows, value)
                for one in here:
                    one.importance = value
            case 3:
                self.index.remove(rows)
                self.kept = {row: one for row, one in self.kept.items() if row not in rows}
            case 4:
                hidden = bool(rng.random() < 0.5)
                self.index.hide(rows, hidden)
                for one in here:
                    one.hidden = hidden
            case 5:
                self.add(0, [row for row in rows if row in self.kept])
            case _:
                self.add(int(rng.integers(1, 60)))

    def query(self) -> Query:
        """Return a random query."""
        rng = self.rng
        presets = [*PRESETS.values(), Weights(1, 0, 0, 1), Weights(0, 0, 1), Weights(0, 1, 0)]
        custom = Weights(*(float(w) for w in rng.random(3) * 3), dense=float(rng.random()))
        hits = [row for row in (self.some() if self.kept else []) if rng.random() < 0.7]
        return Query(
            now=self.now,
            vector=None if rng.random() < 0.05 else self.vectors(1)[0] * 3.0,
            lexical={row: float(rng.exponential(5.0)) + 1e-3 for row in hits},
            weights=[*presets, custom][int(rng.integers(len(presets) + 1))],
            k=int(rng.choice([1, 5, 10, 30])),
            kinds=[str(rng.choice(KINDS)), "plan"] if rng.random() < 0.2 else None,
            scopes=["anna", "nobody"] if rng.random() < 0.2 else None,
            rows=self.some() if self.kept and rng.random() < 0.1 else None,
            hidden=bool(rng.random() < 0.1),
        )

    def let_in(self, query: Query) -> list[int]:
        """Return the rows that a query may find."""
        return [
            row
            for row, one in self.kept.items()
            if (query.hidden or not one.hidden)
            and (query.kinds is None or one.kind in query.kinds)
            and (query.scopes is None or one.scope in query.scopes)
            and (query.rows is None or row in query.rows)
        ]

    def differences(self, query: Query, found: Found) -> list[str]:
        """Return what is wrong with an answer, in words; nothing when it is right."""
        rows = self.let_in(query)
        if len(found.hits) != min(query.k, len(rows)):
            return [f"{len(found.hits)} hits of {min(query.k, len(rows))}"]
        if not rows:
            return []
        kept = [self.kept[row] for row in rows]
        columns = Columns(
            vectors=np.array([one.vector for one in kept]),
            lexical=np.array([query.lexical.get(row, 0.0) for row in rows]),
            importance=np.array([one.importance for one in kept]),
            last_access=np.array([one.last_access for one in kept]),
        )
        true = reference_scores(columns, query.vector, query.weights, query.now, self.decay)
        at = {row: place for place, row in enumerate(rows)}
        strangers = [hit.row for hit in (*found.hits, *found.below) if hit.row not in at]
        if strangers:
            return [f"rows {strangers} are not among those asked for"]
        order = np.sort(true.total)[::-1]
        wrong = [] if found.proven else ["not proven"]
        for place, hit in enumerate((*found.hits, *found.below)):
            here = at[hit.row]
            if true.total[here] < order[place] - TOLERANCE:
                wrong.append(f"place {place}: row {hit.row} is {order[place] - true.total[here]}")
            if abs(hit.score - true.total[here]) > TOLERANCE:
                wrong.append(f"row {hit.row}: score {hit.score}, not {true.total[here]}")
            for name in PARTS:
                if abs(getattr(hit, name) - getattr(true, name)[here]) > TOLERANCE:
                    wrong.append(f"row {hit.row}: {name} is off")
        seen = [hit.row for hit in (*found.hits, *found.below)]
        return [*wrong, "a row came twice"] if len(set(seen)) < len(seen) else wrong


def check(cases: int, seed: int = 0) -> list[str]:
    """Return the differences that `cases` random queries bring to light."""
    found: list[str] = []
    for number in range(-(-cases // QUERIES)):
        stream = Stream(np.random.default_rng([seed, number]))
        for _ in range(min(QUERIES, cases - number * QUERIES)):
            stream.change()
            query = stream.query()
            told = stream.differences(query, stream.index.search(query))
            found += [f"stream {number}: {each}" for each in told]
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as many cases as the command line says and print the number of differences."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.memory_exact",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    begun = time.perf_counter()
    found = check(given.cases, given.seed)
    for each in found[:20]:
        print(each)
    print(
        f"{given.cases:,} cases, {len(found):,} differences beyond ties of {TOLERANCE:g}, "
        f"{time.perf_counter() - begun:.0f} s"
    )
    if found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
