"""Collections: documents that were indexed under one name, which is the scope of their records.

Also says which FAISS index a collection has: the one that was asked for, or that fits its size.
It is built, measured and kept in a file beside the memory; searches of the collection use it
(`Dense`). `MemoryStream.recall` scans exactly and needs none. What this module does not know:
files and formats.
"""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cogitate.memory.documents.dense import Dense
from cogitate.memory.documents.manifest import Manifest, make_tables
from cogitate.memory.scoring.kinds import TRAINED_ON, IndexKind, IndexPlan
from cogitate.memory.storage.beside import remove_indexes
from cogitate.memory.storage.tables import Filter

if TYPE_CHECKING:
    from cogitate.memory.storage.store import Store

_NAMES = "SELECT DISTINCT scope FROM documents ORDER BY scope"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The index that fits a collection, and how it did."""

    kind: IndexKind
    why: str
    vectors: int
    dimension: int
    megabytes: float
    recall: float
    """What share of the true ten nearest it finds, measured when it was built."""
    wanted: str = "auto"
    """What was asked for, and is asked for again when the collection has changed."""


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
    index = planned(store, name)
    return Collection(name=name, files=files, chunks=chunks, records=records, index=index)


def planned(store: "Store", name: str) -> Planned | None:
    """Return the index that a collection has; None when none was planned yet."""
    held = store.setting(_key(name))
    return Planned(**json.loads(held)) if held else None


def plan(store: "Store", name: str, wanted: Any = None) -> Planned:
    """Return the index for a collection, built and measured unless it is flat, and keep note.

    Args:
        store: the memory.
        name: the collection.
        wanted: a kind, or `auto` for the one that fits; None for what was last asked for.

    Raises:
        SetupError: the wanted kind does not fit so few vectors.
    """
    rows = len(store.rows(Filter(kinds=("document",), scopes=(name,))))
    before = planned(store, name)
    asked: Any = wanted or (before.wanted if before else "auto")
    embedder = store.embedder()
    dimension = embedder[1] if embedder else 1
    # What was asked for once may have become too small for it.
    fits = asked != "ivfpq" or wanted is not None or rows >= TRAINED_ON
    chosen = IndexPlan(rows, dimension, wanted=asked if fits and rows else "auto")
    if chosen.kind == "flat":
        remove_indexes(store.path, [name])
    found = Planned(
        kind=chosen.kind,
        why=chosen.why,
        vectors=rows,
        dimension=dimension,
        megabytes=chosen.megabytes,
        recall=1.0 if chosen.kind == "flat" else Dense(store, name).built(chosen.kind).recall,
        wanted=asked,
    )
    with store.writing():
        store.set({_key(name): json.dumps(asdict(found))})
    return found


def _key(name: str) -> str:
    return f"collection:{name}:index"
