"""What memory keeps and what it gives back: notes, records and hits.

A `Note` is what someone wants remembered; a `Record` is that note as it was kept, with its id
and its life so far; a `Hit` is a record that a query found, with the parts of its score. What
these do not know: where they are kept, and how a score comes about.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args, overload

from cogitate.errors import SetupError

Kind = Literal["observation", "reflection", "plan", "chat", "fact", "document"]
Status = Literal["active", "superseded", "retracted", "forgotten"]
Origin = Literal["person", "agent", "tool", "document"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)
ORIGINS: tuple[Origin, ...] = get_args(Origin)

LONGEST = 8_000
"""Most characters of one note."""
DEFAULT_IMPORTANCE = 3.0
"""What a note counts until a rule or a model has judged it, on the scale 1 to 10."""


class EmbedderMismatch(SetupError):
    """Raised when a memory holds vectors of another embedder than the one in use."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is to be remembered. Times are seconds since the epoch by the stream's clock."""

    text: str
    kind: Kind = "observation"
    importance: float | None = None
    """1 to 10; None leaves it to rules or a model, and counts 3 until then."""
    context: str = ""
    """Text that is indexed together with `text`, such as the turn before it. Never given out."""
    origin: Origin = "person"
    run: str = ""
    step: str = ""
    tool: str = ""
    evidence: tuple[str, ...] = ()
    """Ids of the records that this note was drawn from."""
    depth: int = 0
    """0 for what was seen or said; 1 + the deepest evidence for a reflection."""
    subject: str = ""
    attribute: str = ""
    created: float | None = None
    """When it happened; None means now."""
    valid_from: float | None = None
    valid_to: float | None = None
    scope: str = "default"
    untrusted: bool = False
    """Whether the text came from outside: it is quoted, never followed."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON data of the source: path, page, line."""

    @property
    def indexed(self) -> str:
        """The text that search sees: the context, if there is one, and then the text."""
        return f"{self.context}\n{self.text}" if self.context else self.text


AnyNote = TypeVar("AnyNote", bound=Note)


@dataclass(frozen=True, kw_only=True)
class Record(Note):
    """A note as it was kept. `importance`, `created` and `valid_from` are always numbers."""

    id: str
    """16 hexadecimal digits, random; the name by which a record is known everywhere."""
    row: int
    """Its number inside one store; never used again for another record."""
    last_access: float = 0.0
    """When it was last recalled or said again; `created` at first."""
    uses: int = 0
    """How often it was recalled or said again."""
    pinned: bool = False
    status: Status = "active"
    superseded_by: str = ""

    @property
    def weight(self) -> float:
        """The importance as a number: what scores count."""
        return DEFAULT_IMPORTANCE if self.importance is None else self.importance

    def valid_at(self, moment: float) -> bool:
        """Return whether the record held at `moment`."""
        begun = self.valid_from if self.valid_from is not None else self.created or 0.0
        return begun <= moment and (self.valid_to is None or moment < self.valid_to)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return {**asdict(self), "evidence": list(self.evidence), "meta": dict(self.meta)}


@dataclass(frozen=True, kw_only=True)
class Parts:
    """How a score came about: each part is 0 to 1, scaled over the whole stream."""

    relevance: float = 0.0
    dense: float = 0.0
    """Nearness in meaning, a part of `relevance`."""
    lexical: float = 0.0
    """Shared words, a part of `relevance`."""
    importance: float = 0.0
    recency: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)
    """What each part was multiplied with."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A record that a query found."""

    record: Record
    score: float
    parts: Parts = field(default_factory=Parts)

    @property
    def text(self) -> str:
        """The text of the record."""
        return self.record.text


@dataclass(frozen=True, kw_only=True)
class Recalled(Sequence[Hit]):
    """What a query found, the best first."""

    hits: tuple[Hit, ...] = ()
    proven: bool = True
    """Whether no record outside of these can have a higher score."""
    below: tuple[Hit, ...] = ()
    """What was just below the cut; filled when an explanation was asked for."""

    @property
    def texts(self) -> list[str]:
        """The texts, the best first."""
        return [hit.text for hit in self.hits]

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Hit]: ...
    def __getitem__(self, index: int | slice) -> Hit | Sequence[Hit]:
        """Return one hit, or several."""
        return self.hits[index]

    def __len__(self) -> int:
        """Return how many were found."""
        return len(self.hits)


def checked(note: AnyNote) -> AnyNote:
    """Return `note` when it can be kept.

    Raises:
        SetupError: a field holds what memory cannot keep; names the field and the value.
    """
    if not note.text.strip():
        raise SetupError(f"a note needs text, not {note.text!r}; give it what is to be remembered")
    for name in ("text", "context"):
        _fits(name, getattr(note, name))
    for name, choices in (("kind", KINDS), ("origin", ORIGINS)):
        if getattr(note, name) not in choices:
            raise SetupError(f"unknown {name} {getattr(note, name)!r}; choose from {choices}")
    if note.importance is not None and not 1 <= note.importance <= 10:
        raise SetupError(f"importance {note.importance!r} is not between 1 and 10")
    try:
        json.dumps(dict(note.meta), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise SetupError(f"meta {note.meta!r} is not plain JSON data ({error})") from error
    for name in ("created", "valid_from", "valid_to"):
        moment = getattr(note, name)
        if moment is not None and not math.isfinite(moment):
            raise SetupError(f"{name} {moment!r} is no time; give seconds since the epoch, or None")
    return note


def _fits(name: str, text: str) -> None:
    if len(text) > LONGEST:
        raise SetupError(
            f"the {name} of a note has {len(text):,} characters and may have {LONGEST:,}; "
            "split it, or index the file it comes from as a document"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SetupError(
            f"the {name} of a note holds half a character at {error.start}: "
            f"{text[max(error.start - 20, 0) : error.end]!r}; decode its source again"
        ) from error


NOTE_FIELDS = tuple(each.name for each in fields(Note))
RECORD_FIELDS = tuple(each.name for each in fields(Record))
