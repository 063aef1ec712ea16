"""The rows of a run's journal: what one looks like, how it is written, and how damage is seen.

A row is plain JSON. Long texts in it stand once in a table of their own, by their hash, so a
conversation that grows is not stored again at every step. Each row carries a digest over itself
and the row before, so a row that was changed or cut off is never taken for a good one.
What it does not know: where rows are kept, and what they mean.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cogitate.keys import redacted

VERSION = 1
"""The version of the rows' form; a journal of a newer one is refused."""
LONG = 160
"""Characters from which a text is stored by its hash."""
_MARK = "~"
_PLAIN = "~~"
"""Stands around an object of the data that looks like one of ours."""
_HASH = 32


@dataclass(frozen=True, kw_only=True)
class Row:
    """One recorded outcome."""

    seq: int
    kind: str
    key: str
    """A digest of what was asked, the same when it is asked again."""
    data: dict[str, Any] = field(default_factory=dict)
    turn: int = 0
    """The run's turn in which it was recorded."""
    at: float = 0.0
    """Seconds that the run had taken."""


class Rows(Protocol):
    """Where the rows of one run are kept. What was added is on disk when `add` returns."""

    def load(self) -> list[Row]:
        """Return the rows in order, without a damaged last one."""
        ...

    def add(self, row: Row) -> None:
        """Keep one row more."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A row as it is written: its JSON, the long texts by hash, and its digest."""

    text: str
    texts: dict[str, str]
    digest: str


def as_json(value: object) -> str:
    """Return `value` as JSON in one form only: keys sorted, nothing but plain data."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def as_plain(value: object) -> Any:
    """Return `value` as the plain data that will be read back, without keys and passwords."""
    text = redacted(json.dumps(value, ensure_ascii=False, default=str))
    # Halves of a character that stand together are one when they are read back.
    plain = json.loads(text)
    return plain if _whole(text) else json.loads(json.dumps(plain))


def digest_of(value: object) -> str:
    """Return a digest of plain data."""
    return hashlib.sha256(as_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]


def pack(row: Row, before: str) -> Packed:
    """Return `row` as it is written after the row whose digest is `before`."""
    texts: dict[str, str] = {}
    # Escaped, so that half a character in a text is no obstacle.
    text = json.dumps(_shortened(row.data, texts), default=str)
    return Packed(text=text, texts=texts, digest=_digest(row, text, before))


def unpack(row: Row, text: str, digest: str, before: str, texts: Mapping[str, str]) -> Row | None:
    """Return `row` with the data that `text` holds; None when it is not what was written."""
    if digest != _digest(row, text, before):
        return None
    try:
        data = _restored(json.loads(text), texts)
    except (KeyError, ValueError):
        return None
    return Row(seq=row.seq, kind=row.kind, key=row.key, data=data, turn=row.turn, at=row.at)


def hash_of(text: str) -> str:
    """Return the hash by which a long text is stored."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]


def _digest(row: Row, text: str, before: str) -> str:
    head = as_json([before, row.seq, row.kind, row.key, row.turn, repr(row.at)])
    return hash_of(f"{head}\n{text}")


def _whole(text: str) -> bool:
    """Return whether a text can be written as UTF-8, and by a database that knows no zero byte."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shortened(value: Any, texts: dict[str, str]) -> Any:
    """Return `value` with each long text replaced by its hash."""
    if isinstance(value, str):
        if len(value) < LONG or not _whole(value):
            return value
        name = hash_of(value)
        texts[name] = value
        return {_MARK: name}
    if isinstance(value, Mapping):
        short = {str(key): _shortened(item, texts) for key, item in value.items()}
        return {_PLAIN: short} if short.keys() in ({_MARK}, {_PLAIN}) else short
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_shortened(item, texts) for item in value]
    return value


def _restored(value: Any, texts: Mapping[str, str]) -> Any:
    """Return `value` with its long texts back.

    Raises:
        KeyError: a text is not there.
        ValueError: a text is not what was written.
    """
    if isinstance(value, dict):
        if value.keys() == {_MARK}:
            text = texts[value[_MARK]]
            if hash_of(text) != value[_MARK]:
                raise ValueError(f"the text {value[_MARK]!r} was changed")
            return text
        if value.keys() == {_PLAIN}:
            value = value[_PLAIN]
        return {key: _restored(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item, texts) for item in value]
    return value
