"""Collections: documents that were indexed under one name, which is the scope of their records.

Also says which FAISS index fits the size of a collection, builds it and measures what it finds
of the true nearest. `MemoryStream.recall` scans exactly and needs none of these; they are for
sets that outgrow memory. What this module does not know: files and formats.
"""

import json
import tempfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cogitate.memory.documents.manifest import Manifest, make_tables
from cogitate.memory.scoring.kinds import IndexPlan, build_index
from cogitate.memory.storage.tables import Filter

if TYPE_CHECKING:
    from cogitate.memory.storage.store import Store

BLOCK = 5_000
"""Vectors that are read at once."""
_NAMES = "SELECT DISTINCT scope FROM documents ORDER BY scope"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The index that fits a collection, and how it did."""

    kind: str
    why: str
    vectors: int
    dimension: int
    megabytes: float
    recall: float
    """What share of the true ten nearest it finds, measured when it was built."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What is in one collection."""

    name: str
    files: dict[str, int]
    """How many files of each status: indexed, duplicate, skipped, begun."""
    chunks: int = 0
    records: int = 0
    """Fewer than chunks where equal texts share one."""
    index: Planned | None = None


def collections(store: "Store") -> list[Collection]:
    """Return the collections of a memory, by name."""
    make_tables(store.path)
    with store.reading() as sql:
        names = [name for (name,) in sql.execute(_NAMES).fetchall()]
    return [collection(store, name) for name in names]


def collection(store: "Store", name: str) -> Collection:
    """Return what is in a collection; empty when there is none of that name."""
    files = Manifest(store.path, name).counts()
    chunks, records = files.pop("chunks"), files.pop("records")
    held = store.setting(_key(name))
    index = Planned(**json.loads(held)) if held else None
    return Collection(name=name, files=files, chunks=chunks, records=records, index=index)


def plan(store: "Store", name: str, wanted: Any = "auto") -> Planned:
    """Return the index for a collection, built and measured unless it is flat, and keep note.

    Raises:
        SetupError: the wanted kind does not fit so few vectors.
    """
    rows = store.rows(Filter(kinds=("document",), scopes=(name,)))
    embedder = store.embedder()
    dimension = embedder[1] if embedder else 1
    chosen = IndexPlan(len(rows), dimension, wanted=wanted)
    recall = 1.0 if chosen.kind == "flat" or not rows else _measured(store, rows, chosen)
    found = Planned(
        kind=chosen.kind,
        why=chosen.why,
        vectors=len(rows),
        dimension=dimension,
        megabytes=chosen.megabytes,
        recall=recall,
    )
    with store.writing():
        store.set({_key(name): json.dumps(asdict(found))})
    return found


def _measured(store: "Store", rows: list[int], chosen: IndexPlan) -> float:
    """Build the index from vectors on disk, and return its recall."""
    with tempfile.TemporaryFile() as file:
        shape = (chosen.n, chosen.dimension)
        matrix = np.memmap(file, np.float32, "w+", shape=shape)
        for begin in range(0, len(rows), BLOCK):
            matrix[begin : begin + BLOCK] = store.vectors(rows[begin : begin + BLOCK])
        recall = build_index(chosen, matrix).recall
        del matrix
    return recall


def _key(name: str) -> str:
    return f"collection:{name}:index"
