"""A memory as lines of JSON, and back, with nothing lost: ids, lives, vectors, tombstones.

The first line names the format and the embedder; each other line is a record or a tombstone.
What this module does not know: files and embedders.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import SetupError
from cogitate.memory.records import RECORD_FIELDS, Record, checked
from cogitate.memory.storage.store import Filter, Store

FORMAT = 1
EVERYTHING = Filter(statuses=None)
TOGETHER = 500
"""Records that are written or read at once."""


@dataclass(kw_only=True)
class Batch:
    """Some records of an export, with their vectors in the file's embedder."""

    embedder: str
    dimension: int
    records: list[Record] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    tombstones: list[tuple[str, int, str, str, float]] = field(default_factory=list)


def export_lines(store: Store) -> Iterator[str]:
    """Yield a memory as lines of JSON, each with its newline."""
    name, dimension = store.embedder() or ("", 0)
    yield _line({"cogitate_memory": FORMAT, "embedder": name, "dimension": dimension})
    for identity, kind, reason, when in store.tombstones():
        yield _line({"tombstone": identity, "kind": kind, "reason": reason, "forgotten": when})
    held: list[Record] = []
    for record in store.records(EVERYTHING):
        held.append(record)
        if len(held) == TOGETHER:
            yield from _lines(store, held)
            held = []
    yield from _lines(store, held)


def _lines(store: Store, records: list[Record]) -> Iterator[str]:
    vectors = {
        row: vector
        for block in store.entries(rows=[record.row for record in records])
        for row, vector in zip(block.rows.tolist(), block.vectors, strict=True)
    }
    for record in records:
        if record.row in vectors:  # else it was forgotten while this was written
            data = record.as_dict()
            del data["row"]
            data["vector"] = base64.b64encode(vectors[record.row].tobytes()).decode()
            yield _line(data)


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False) + "\n"


def read_batches(lines: Iterable[str]) -> Iterator[Batch]:
    """Yield what an export holds.

    Raises:
        SetupError: it is no export, or of another version; names the line.
    """
    batch: Batch | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if batch is None:
                batch = _head(data)
            elif "tombstone" in data:
                batch.tombstones.append(
                    (data["tombstone"], 0, data["kind"], data["reason"], data["forgotten"])
                )
            else:
                _take(batch, data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SetupError(
                f"line {number} is no line of a memory export ({error}): {line[:80]!r}"
            ) from error
        if len(batch.records) == TOGETHER:
            yield batch
            batch = Batch(embedder=batch.embedder, dimension=batch.dimension)
    if batch is not None:
        yield batch


def _head(data: dict[str, Any]) -> Batch:
    if data["cogitate_memory"] != FORMAT:
        raise SetupError(
            f"this export has format {data['cogitate_memory']!r} and this cogitate reads "
            f"{FORMAT}; upgrade cogitate"
        )
    return Batch(embedder=data["embedder"], dimension=data["dimension"])


def _take(batch: Batch, data: dict[str, Any]) -> None:
    vector = np.frombuffer(base64.b64decode(data.pop("vector")), np.float32)
    if len(vector) != batch.dimension:
        raise ValueError(f"a vector of {len(vector)} numbers, not {batch.dimension}")
    unknown = set(data) - set(RECORD_FIELDS)
    if unknown:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    record = Record(**{**data, "evidence": tuple(data["evidence"])}, row=0)
    batch.records.append(checked(record))
    batch.vectors.append(vector)
