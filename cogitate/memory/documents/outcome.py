"""What indexing is told and what it tells: options, outcomes, the report.

What these do not know: how files are found, read and written.
"""

from dataclasses import dataclass, field
from typing import Literal

from cogitate.memory.documents.loaders import MOST_BYTES
from cogitate.memory.documents.manifest import Entry
from cogitate.memory.documents.split import Sizes

READER = 1
"""Raised when loaders or splitter change what they give, so that files are read anew."""

Deed = Literal["indexed", "unchanged", "duplicate", "skipped", "removed", "writing"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How files are read, cut and kept."""

    scope: str = "default"
    """Records and list of files are kept apart by scope."""
    sizes: Sizes = field(default_factory=Sizes)
    most_bytes: int = MOST_BYTES
    """Larger files are skipped."""

    @property
    def recipe(self) -> str:
        """What the chunks of a file depend on, besides its bytes."""
        s = self.sizes
        return f"{READER}:{s.target}:{s.most}:{s.overlap}:{s.small}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one file. `writing`: its chunks are being written, more will follow."""

    path: str
    deed: Deed
    reason: str = ""
    """Why it was skipped, which file it duplicates, or what of it could not be read."""
    chunks: int = 0


def outcome_of(entry: Entry, *, fresh: bool) -> Outcome:
    """Return what became of a file by what is known of it; `fresh`: its chunks were written."""
    deeds: dict[str, Deed] = {"skipped": "skipped", "duplicate": "duplicate"}
    deed = deeds.get(entry.status, "indexed" if fresh else "unchanged")
    return Outcome(path=entry.path, deed=deed, reason=entry.reason, chunks=entry.chunks)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of all files."""

    counts: dict[str, int]
    """How many files of each deed."""
    skipped: tuple[Outcome, ...] = ()
    remarks: tuple[Outcome, ...] = ()
    """Files that were indexed in part."""
    chunks: int = 0
    """Chunks written."""
    seconds: float = 0.0
