"""How records lie in the tables of a memory: columns, filters, and what changed since when.

What this module does not know: connections and transactions.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.memory.records import NOTE_FIELDS, Note, Record

OWN = ("row", "id", *NOTE_FIELDS, "pinned", "status", "superseded_by", "digest")
"""The columns of the table `records`."""
READ = ", ".join(f"r.{name}" for name in OWN[:-1]) + ", a.last_access, a.uses"
"""What `record_of` is given."""
READ_FROM = f"SELECT {READ} FROM records r JOIN access a ON a.row = r.row"
INSERT = f"INSERT INTO records ({', '.join(OWN)}) VALUES ({', '.join('?' * len(OWN))})"
_READ_NAMES = (*OWN[:-1], "last_access", "uses")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which records are meant; None lets all pass."""

    kinds: Collection[str] | None = None
    scopes: Collection[str] | None = None
    statuses: Collection[str] | None = ("active",)
    subject: str | None = None
    attribute: str | None = None
    since: float | None = None
    """Created at this moment or later."""
    until: float | None = None
    """Created before this moment."""
    valid_at: float | None = None
    """Those that held at this moment, whatever became of them later."""
    run: str | None = None


@dataclass(frozen=True, order=True)
class Mark:
    """A moment in the life of a store: the last row, and the last change of an older one."""

    row: int = 0
    seq: int = 0


Moment = tuple[int, int]
"""What stays equal while nobody writes: SQLite's count of the writes of others, and our own."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What happened between two marks."""

    since: Mark
    mark: Mark
    changed: dict[int, set[str]] = field(default_factory=dict)
    """Rows up to `since.row`, with what changed: touch, weigh, text, status, gone. Rows after
    it up to `mark.row` are new."""
    lost: bool = False
    """Whether the log does not go back that far: read everything anew."""


@dataclass(frozen=True, kw_only=True)
class Entries:
    """What an index needs of some records, one entry each."""

    rows: NDArray[np.int64]
    vectors: NDArray[np.float32]
    importance: list[float]
    last_access: list[float]
    kinds: list[str]
    scopes: list[str]
    hidden: list[bool]
    """Whether a record is not active: superseded or retracted."""


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was deleted, and what had been drawn from it."""

    ids: tuple[str, ...]
    derived: tuple[str, ...] = ()
    """Records that still stand on other evidence, too. Look whether they repeat it."""
    retracted: tuple[str, ...] = ()
    """Records whose whole evidence is gone: they are no longer recalled."""


def digest_of(note: Note) -> bytes:
    """Return what two notes share that say the same: kind, scope and text, spaces aside."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", note.text)).strip()
    key = json.dumps([note.kind, note.scope, text]).encode()
    return hashlib.blake2b(key, digest_size=16).digest()


def values_of(record: Record) -> tuple[Any, ...]:
    """Return a record as a row of the table `records`."""
    data = {name: getattr(record, name) for name in OWN[:-1]}
    data |= {
        "evidence": json.dumps(record.evidence),
        "meta": json.dumps(dict(record.meta), ensure_ascii=False),
        "untrusted": int(record.untrusted),
        "pinned": int(record.pinned),
        "digest": digest_of(record),
    }
    return tuple(data[name] for name in OWN)


def record_of(row: Sequence[Any]) -> Record:
    """Return the record in a row that `READ_FROM` gave."""
    data = dict(zip(_READ_NAMES, row, strict=True))
    data["evidence"] = tuple(json.loads(data["evidence"])) if data["evidence"] != "[]" else ()
    data["meta"] = json.loads(data["meta"]) if data["meta"] != "{}" else {}
    data["untrusted"] = bool(data["untrusted"])
    data["pinned"] = bool(data["pinned"])
    record = Record.__new__(Record)
    record.__dict__.update(data)  # all fields, as `Record(**data)` would set them one by one
    return record


def born(note: Note, row: int, now: float) -> Record:
    """Return the record that a note becomes."""
    if isinstance(note, Record):
        return replace(note, row=row)
    fields: dict[str, Any] = {name: getattr(note, name) for name in NOTE_FIELDS}
    created = now if note.created is None else note.created
    fields["created"] = created
    fields["valid_from"] = created if note.valid_from is None else note.valid_from
    return Record(**fields, id=secrets.token_hex(8), row=row, last_access=created)


def where(chosen: Filter) -> tuple[str, list[Any]]:
    """Return a filter as an SQL condition and its values."""
    parts: list[str] = ["1"]
    values: list[Any] = []
    listed: dict[str, Collection[str] | None] = {
        "kind": chosen.kinds,
        "scope": chosen.scopes,
        "status": chosen.statuses,
    }
    if chosen.valid_at is not None:
        listed["status"] = ("active", "superseded")
    for column, names in listed.items():
        if names is not None:
            given = [names] if isinstance(names, str) else list(names)
            parts.append(f"r.{column} IN ({marks(given)})")
            values += given
    for column in ("subject", "attribute", "run"):
        if (value := getattr(chosen, column)) is not None:
            parts.append(f"r.{column} = ?")
            values.append(value)
    moments = {
        "r.created >= ?": chosen.since,
        "r.created < ?": chosen.until,
        "r.valid_from <= ?": chosen.valid_at,
        "(r.valid_to IS NULL OR r.valid_to > ?)": chosen.valid_at,
    }
    for condition, moment in moments.items():
        if moment is not None:
            parts.append(condition)
            values.append(moment)
    return " AND ".join(parts), values


def marks(values: Sequence[Any]) -> str:
    """Return as many question marks as there are values."""
    return ", ".join("?" * len(values))
