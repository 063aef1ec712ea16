"""Vectors a second time, in half precision: half the bytes to read, so twice as quick to scan.

Its products are off by less than `rounding` says, so that a search which goes by them can be
made exact by the full vectors. What this module does not know: where those lie.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

EVERYTHING = -3e38
"""A product that none falls below."""


def is_quick(faiss: Any) -> bool:
    """Return whether this faiss scans half precision by wide instructions, else it is slow."""
    options = faiss.get_compile_options()
    return any(name in options for name in ("AVX2", "AVX512", "NEON", "SVE"))


class Halves:
    """Unit vectors in half precision, by their places 0, 1, 2 and so on."""

    def __init__(self, faiss: Any, dimension: int) -> None:
        self._faiss = faiss
        self._dimension = dimension
        # One list around the origin: faiss has the quick scan of all of a list only there.
        self._centre = faiss.IndexFlatIP(dimension)
        self._centre.add(np.zeros((1, dimension), np.float32))
        kind, inner = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        self._index = faiss.IndexIVFScalarQuantizer(self._centre, dimension, 1, kind, inner, False)
        self._index.own_fields = False
        self._index.is_trained = True

    @property
    def rounding(self) -> float:
        """How far a product of a unit vector and a unit query may be from the exact one."""
        halved = 2.0**-11 + 2.0**-24 * math.sqrt(self._dimension)
        return halved * (1 + 1e-6) + (self._dimension + 8) * 2.0**-24

    def append(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors at the end."""
        self._index.add(vectors)

    def products(self, query: NDArray[np.float32], into: NDArray[np.float32]) -> None:
        """Write the inner products with all vectors, in their order."""
        found = self._faiss.RangeSearchResult(1)
        self._index.range_search_c(1, self._faiss.swig_ptr(query), EVERYTHING, found)
        into[:] = self._faiss.rev_swig_ptr(found.distances, len(into))

    def wipe(self, places: NDArray[np.int64]) -> None:
        """Overwrite the vectors at `places` with zeros."""
        size, width = self._index.ntotal, 2 * self._dimension
        if len(places):
            codes = self._index.invlists.get_codes(0)
            self._faiss.rev_swig_ptr(codes, size * width).reshape(size, width)[places] = 0

    def replace(self, vectors: NDArray[np.float32]) -> None:
        """Hold these vectors in place of all."""
        self._index.reset()
        self._index.add(vectors)
