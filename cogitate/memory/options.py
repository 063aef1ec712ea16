"""The keyword arguments of a `MemoryStream`, its `remember` and its `recall`."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypedDict

from cogitate.memory.records import Kind, Origin
from cogitate.memory.scoring.score import Weights
from cogitate.memory.storage.schema import Durability


class NoteFields(TypedDict, total=False):
    """The fields of a `Note`, apart from its text."""

    kind: Kind
    importance: float | None
    context: str
    origin: Origin
    run: str
    step: str
    tool: str
    evidence: tuple[str, ...]
    depth: int
    subject: str
    attribute: str
    created: float | None
    valid_from: float | None
    valid_to: float | None
    scope: str
    untrusted: bool
    meta: Mapping[str, Any]


class RecallOptions(TypedDict, total=False):
    """How to recall, beyond the query and the number of hits."""

    weights: str | Weights | None
    """A preset's name or weights; None takes those of the stream."""
    now: float | None
    """Seconds; None asks the stream's clock."""
    kinds: Collection[str] | None
    scopes: Collection[str] | None
    explain: bool
    """Whether to tell what was just below the cut."""
    touch: bool
    """Whether what is found counts as accessed; true unless given."""
    as_of: float | None
    """A moment: search what held then, superseded records included."""


class StreamOptions(TypedDict, total=False):
    """How a stream works, beyond its place and its embedder."""

    weights: str | Weights
    decay: float
    """What is left of the recency after an hour."""
    clock: Callable[[], float]
    """Gives the seconds that records are dated with; a simulation gives its own."""
    durability: Durability
