"""FAISS indexes for large sets of documents: flat, HNSW, IVF-PQ and LSH, and which to take.

`IndexPlan` chooses by size and memory and says why; `build_index` builds and measures what
share of the true nearest the index finds. Those that store codes rather than vectors get
more candidates and rank them by the full vectors, which may lie on disk. Nothing is ever
taken out of these indexes: they are built anew. What this module does not know: texts, and
the score of a memory stream, which `ScoreIndex` searches exactly.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import SetupError
from cogitate.memory.scoring.segments import Places, Vectors, load_faiss

IndexKind = Literal["flat", "hnsw", "ivfpq", "lsh"]

KINDS: tuple[IndexKind, ...] = get_args(IndexKind)

EXACT_UP_TO = 200_000
"""So many vectors are scanned in less than 50 ms: nothing approximate is worth its misses."""
TRAINED_ON = 39 * 256
"""Vectors that product quantisation needs: 39 for each of 256 centroids."""
LINKS = 32
"""Neighbours of a vector in HNSW; with their bookkeeping they take 272 bytes."""
SEARCHED = 64
"""Least number of vectors that a search in HNSW keeps in view; else twice what is asked for."""
CANDIDATES = 100
"""Least number of candidates that are ranked by their full vectors."""
SAMPLE = 100
"""Queries by which the recall is measured."""
NEIGHBOURS = 10
CHUNK = 16_384
"""Vectors that are added or compared at once."""


@dataclass(frozen=True)
class IndexPlan:
    """Which index to build for `n` vectors, how much memory it takes, and why this one."""

    n: int
    dimension: int
    ram_mb: float = 2_048.0
    """Memory that the index may take."""
    wanted: IndexKind | Literal["auto"] = "auto"
    kind: IndexKind = field(init=False)
    why: str = field(init=False)

    def __post_init__(self) -> None:
        if self.n < 0 or self.dimension < 1:
            raise SetupError(f"no index holds {self.n!r} vectors of {self.dimension!r} numbers")
        if self.wanted not in (*KINDS, "auto"):
            raise SetupError(f"unknown index {self.wanted!r}; choose from {(*KINDS, 'auto')}")
        kind, why = self._choice()
        if kind == "ivfpq" and self.n < TRAINED_ON:
            raise SetupError(
                f"ivfpq learns from at least {TRAINED_ON:,} vectors and there are {self.n:,}; "
                "take flat"
            )
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "why", why)

    @property
    def megabytes(self) -> float:
        """About what the index takes in memory."""
        return self._megabytes(self.kind)

    def _megabytes(self, kind: IndexKind) -> float:
        each = {
            "flat": 4 * self.dimension,
            "hnsw": 4 * self.dimension + 272,
            "ivfpq": _pieces(self.dimension) + 8,
            "lsh": self.dimension // 2,
        }
        return self.n * each[kind] / 1e6

    def _choice(self) -> tuple[IndexKind, str]:
        if self.wanted != "auto":
            return self.wanted, "asked for"
        sizes = {kind: self._megabytes(kind) for kind in KINDS}
        if self.n <= EXACT_UP_TO and sizes["flat"] <= self.ram_mb:
            return "flat", f"exact, and fast enough for up to {EXACT_UP_TO:,} vectors"
        if sizes["hnsw"] <= self.ram_mb:
            return "hnsw", f"fast, and its {sizes['hnsw']:,.0f} MB fit into {self.ram_mb:,.0f} MB"
        if self.n < TRAINED_ON:
            return "flat", f"too few vectors to learn from: {self.n:,}"
        return "ivfpq", (
            f"full vectors take {sizes['flat']:,.0f} MB of {self.ram_mb:,.0f} MB; "
            f"codes take {sizes['ivfpq']:,.0f} MB"
        )


class DocumentIndex:
    """A FAISS index over vectors that are known by their places 0, 1, 2 and so on."""

    def __init__(
        self, plan: IndexPlan, index: Any, read: Callable[[Places], Vectors], owner: Any = None
    ) -> None:
        self.plan = plan
        self._owner = owner  # what frees `index`
        self.recall = 1.0
        """What share of the ten true nearest it finds, asked with some of its own vectors."""
        self._index = index
        self._read = read

    def __len__(self) -> int:
        """Return how many vectors are held."""
        return int(self._index.ntotal)

    @property
    def faiss_index(self) -> Any:
        """The index itself, to be written to a file."""
        return self._index

    def read_from(self, read: Callable[[Places], Vectors]) -> None:
        """Read full vectors by another function from now on."""
        self._read = read

    def sees_all(self, k: int) -> bool:
        """Return whether a search for `k` compares every vector, so that none can be missed."""
        coded = self.plan.kind == "lsh" and max(CANDIDATES, 10 * k) >= len(self)
        return coded or self.plan.kind == "flat" or not len(self)

    def search(self, vector: NDArray[Any], k: int = NEIGHBOURS) -> list[tuple[int, float]]:
        """Return the places of the nearest vectors with their cosines, the nearest first."""
        given = np.asarray(vector, np.float32)
        if given.shape != (self.plan.dimension,) or not np.isfinite(given).all():
            raise SetupError(
                f"a query of shape {given.shape} does not fit an index of dimension "
                f"{self.plan.dimension}; embed it as the documents were"
            )
        query = (given / (np.linalg.norm(given) or 1.0)).astype(np.float32)
        coded = self.plan.kind in ("ivfpq", "lsh")
        wanted = max(CANDIDATES, 10 * k) if coded else k
        if min(wanted, len(self)) < 1:
            return []
        if self.plan.kind == "hnsw":
            self._index.hnsw.efSearch = max(SEARCHED, 2 * wanted)
        _, found = self._index.search(query[None], min(wanted, len(self)))
        places = found[0][found[0] >= 0]  # -1 stands for nothing found
        cosines = self._read(places) @ query
        order = np.lexsort((places, -cosines))[:k]
        return [(int(places[at]), float(cosines[at])) for at in order]


def build_index(
    plan: IndexPlan,
    vectors: Vectors,
    read: Callable[[Places], Vectors] | None = None,
) -> DocumentIndex:
    """Return the index of a plan over unit vectors, its recall measured.

    Args:
        plan: made for the number and the dimension of these vectors.
        vectors: unit rows of float32; may be a `numpy.memmap`, which is read in slices.
        read: gives the vectors at some places. Without it `vectors` is kept and read.

    Raises:
        SetupError: the vectors are others than those of the plan.
    """
    if vectors.shape != (plan.n, plan.dimension):
        raise SetupError(
            f"the plan is for {plan.n:,} vectors of {plan.dimension}, these are {vectors.shape}; "
            "plan anew"
        )
    faiss = load_faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # the same graph each time; more threads hinder on busy machines
    try:
        index = _empty(faiss, plan)
        if not index.is_trained:
            index.train(_sample(vectors, TRAINED_ON))
        for begin in range(0, plan.n, CHUNK):
            index.add(np.ascontiguousarray(vectors[begin : begin + CHUNK], np.float32))
    finally:
        faiss.omp_set_num_threads(before)
    built = DocumentIndex(plan, index, read or (lambda places: np.asarray(vectors[places])))
    if plan.kind != "flat" and plan.n > 1:
        built.recall = measured_recall(built, vectors)
    return built


def measured_recall(index: DocumentIndex, vectors: Vectors) -> float:
    """Return what share of the true ten nearest of some of the vectors the index finds."""
    places = np.linspace(0, len(vectors) - 1, min(SAMPLE, len(vectors))).astype(np.int64)
    queries = np.asarray(vectors[places])
    best = np.empty((len(places), 0), np.float32)
    at = np.empty((len(places), 0), np.int64)
    wanted = min(NEIGHBOURS, len(vectors) - 1) + 1  # and the vector itself, which is left out
    for begin in range(0, len(vectors), CHUNK):
        cosines = queries @ np.asarray(vectors[begin : begin + CHUNK]).T
        best = np.hstack([best, cosines])
        at = np.hstack([at, np.tile(np.arange(begin, begin + cosines.shape[1]), (len(places), 1))])
        top = np.argsort(-best, axis=1, kind="stable")[:, :wanted]
        best, at = np.take_along_axis(best, top, axis=1), np.take_along_axis(at, top, axis=1)
    found = total = 0
    for own, query, nearest in zip(places.tolist(), queries, at.tolist(), strict=True):
        true = [place for place in nearest if place != own][: wanted - 1]
        got = {place for place, _ in index.search(query, wanted)}
        found += len(got.intersection(true))
        total += len(true)
    return found / total if total else 1.0


def _empty(faiss: Any, plan: IndexPlan) -> Any:
    size, inner = plan.dimension, faiss.METRIC_INNER_PRODUCT
    if plan.kind == "flat":
        return faiss.IndexFlatIP(size)
    if plan.kind == "hnsw":
        index = faiss.IndexHNSWFlat(size, LINKS, inner)
        index.hnsw.efConstruction = 80
        return index
    if plan.kind == "lsh":
        return faiss.IndexLSH(size, 4 * size)
    lists = max(1, min(int(4 * math.sqrt(plan.n)), TRAINED_ON // 39))
    index = faiss.IndexIVFPQ(faiss.IndexFlatIP(size), size, lists, _pieces(size), 8, inner)
    index.nprobe = max(1, lists // 8)
    index.cp.niter, index.pq.cp.niter = 10, 10
    return index


def _pieces(dimension: int) -> int:
    """Return into how many pieces of 8 numbers or more a vector is cut, one byte each."""
    return next(m for m in range(max(1, dimension // 8), 0, -1) if dimension % m == 0)


def _sample(vectors: Vectors, count: int) -> Vectors:
    places = np.linspace(0, len(vectors) - 1, min(count, len(vectors))).astype(np.int64)
    return np.ascontiguousarray(vectors[places], np.float32)
