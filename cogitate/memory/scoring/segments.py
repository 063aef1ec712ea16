"""Vectors in FAISS: several flat indexes of bounded size, addressed by place.

Several, because one that grows copies itself and would need its memory twice meanwhile. This
is the one module that imports faiss. What it does not know: rows, scores and what a vector is.
"""

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import UnavailableError
from cogitate.memory.scoring.halves import Halves, is_quick

Vectors = NDArray[np.float32]
Places = NDArray[np.int64]

SEGMENT = 32_768
"""Most vectors in one FAISS index: 50 MB of 384 numbers each."""
HALVED = 8
"""So many of the first segments are held in half precision, too: 25 MB each."""


def load_faiss() -> Any:
    """Return the faiss module.

    Raises:
        UnavailableError: it is not installed or does not load.
    """
    # Threads that wait by spinning make everything slow on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        return import_module("faiss")
    except ImportError as error:
        raise UnavailableError(
            f'long-term memory needs faiss ({error}); run: pip install "cogitate[memory]"'
        ) from error


class Segments:
    """Vectors by their places 0, 1, 2 and so on, in FAISS indexes of bounded size."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._faiss = load_faiss()
        self._parts: list[Any] = []
        self._halves: list[Halves] = []
        self._halved = HALVED if is_quick(self._faiss) else 0

    def append(self, vectors: Vectors) -> None:
        """Add vectors at the end."""
        while len(vectors):
            if not self._parts or self._parts[-1].ntotal >= SEGMENT:
                self._parts.append(self._faiss.IndexFlatIP(self.dimension))
                if len(self._halves) < self._halved and len(self._halves) + 1 == len(self._parts):
                    self._halves.append(Halves(self._faiss, self.dimension))
            room = SEGMENT - self._parts[-1].ntotal
            self._parts[-1].add(vectors[:room])
            if len(self._halves) == len(self._parts):
                self._halves[-1].append(vectors[:room])
            vectors = vectors[room:]

    def products(self, query: Vectors, places: Places | None) -> Vectors:
        """Return the inner products with the vectors at sorted `places`; with all for None."""
        pointer, faiss = self._faiss.swig_ptr, self._faiss
        size = sum(part.ntotal for part in self._parts) if places is None else len(places)
        found: Vectors = np.empty(size, np.float32)
        done = 0
        for part, begin in self._numbered():
            if places is None:
                into = found[begin : begin + part.ntotal]
                faiss.fvec_inner_products_ny(
                    pointer(into), pointer(query), part.get_xb(), self.dimension, part.ntotal
                )
                continue
            stop = int(np.searchsorted(places, begin + part.ntotal))
            if stop > done:
                into, inside = found[done:stop], places[done:stop] - begin
                faiss.fvec_inner_products_by_idx(
                    pointer(into), pointer(query), part.get_xb(), pointer(inside),
                    self.dimension, 1, len(inside),
                )  # fmt: skip
            done = stop
        return found

    @property
    def rounding(self) -> float:
        """How far the products of unit vectors may be from the exact ones.

        It is the worst that any order of adding up can do, and the query's own rounding.
        """
        return (self.dimension + 8) * 2.0**-24

    def quick_products(self, query: Vectors) -> tuple[Vectors, float]:
        """Return the inner products with all vectors, and how far they may be off."""
        if not self._halves:
            return self.products(query, None), self.rounding
        found: Vectors = np.empty(sum(part.ntotal for part in self._parts), np.float32)
        pointer = self._faiss.swig_ptr
        for number, (part, begin) in enumerate(self._numbered()):
            into = found[begin : begin + part.ntotal]
            if number < len(self._halves):
                self._halves[number].products(query, into)
            else:
                self._faiss.fvec_inner_products_ny(
                    pointer(into), pointer(query), part.get_xb(), self.dimension, part.ntotal
                )
        return found, self._halves[0].rounding

    def read(self, places: Places) -> Vectors:
        """Return copies of the vectors at `places`, in any order."""
        if len(self._parts) == 1:
            only: Vectors = self._view(self._parts[0])[places]
            return only
        found: Vectors = np.empty((len(places), self.dimension), np.float32)
        for part, begin in self._numbered():
            here = np.flatnonzero((places >= begin) & (places < begin + part.ntotal))
            if len(here):
                found[here] = self._view(part)[places[here] - begin]
        return found

    def wipe(self, places: Places) -> None:
        """Overwrite the vectors at `places` with zeros."""
        for number, (part, begin) in enumerate(self._numbered()):
            here = places[(places >= begin) & (places < begin + part.ntotal)] - begin
            self._view(part)[here] = 0.0
            if number < len(self._halves):
                self._halves[number].wipe(here)

    def keep(self, alive: NDArray[np.bool_]) -> None:
        """Drop the vectors whose entry is False; the others close up, segment by segment."""
        for number, (part, begin) in enumerate(list(self._numbered())):
            dead = np.flatnonzero(~alive[begin : begin + part.ntotal])
            if len(dead):
                part.remove_ids(dead)
                if number < len(self._halves):
                    self._halves[number].replace(self._view(part))
        full = [number for number, part in enumerate(self._parts) if part.ntotal]
        # Those in half precision are the first ones: an empty segment in front moves the rest up.
        self._halves = [self._halves[number] for number in full if number < len(self._halves)]
        self._parts = [self._parts[number] for number in full]

    def _numbered(self) -> Iterator[tuple[Any, int]]:
        begin = 0
        for part in self._parts:
            size = part.ntotal  # before the caller may change it
            yield part, begin
            begin += size

    def _view(self, part: Any) -> Vectors:
        """Return the live storage of one index; it moves when vectors are added or dropped."""
        flat = self._faiss.rev_swig_ptr(part.get_xb(), part.ntotal * self.dimension)
        view: Vectors = flat.reshape(part.ntotal, self.dimension)
        return view
