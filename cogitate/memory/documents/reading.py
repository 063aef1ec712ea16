"""Reads a file that was met in a folder, unless it is as it is known: what is to be kept of it.

What this module does not know: where it is kept.
"""

import time
from dataclasses import dataclass, replace
from itertools import islice

from cogitate.errors import UnavailableError
from cogitate.memory.documents.document import Document, Skipped
from cogitate.memory.documents.loaders import load
from cogitate.memory.documents.manifest import Entry
from cogitate.memory.documents.outcome import Options, Outcome, outcome_of
from cogitate.memory.documents.walk import Found, Unseen
from cogitate.memory.documents.writer import BATCH, Waiting, rows_of

SETTLED = 2_000_000_000
"""Nanoseconds that a file must be old when it is read, for its time stamp to be trusted."""
Met = Found | Skipped | Unseen
"""What lies in a folder."""


@dataclass(frozen=True)
class Reader:
    """Reads files as the options say."""

    _options: Options

    def read(self, met: Met, known: Entry | None) -> Outcome | Waiting:
        """Return what becomes of a file, or what is to be written of it."""
        if not isinstance(met, Found):
            return Outcome(path=met.path, deed="skipped", reason=met.reason)
        if known and self._is_as_known(known, met):
            return outcome_of(known, fresh=False)
        seen = time.time_ns()
        try:
            read = load(met.path, most_bytes=self._options.most_bytes)
        except UnavailableError as error:
            return Outcome(path=met.path, deed="skipped", reason=str(error))
        leaving = known if known and known.status in ("indexed", "begun") else None
        if isinstance(read, Skipped):
            return Waiting(entry=self._skipped(read, met, seen), leaving=leaving)
        entry = self._entry(read, met, seen)
        if leaving and leaving.status == "indexed" and _are_alike(leaving, entry):
            same = replace(leaving, modified=entry.modified, size=entry.size, seen=entry.seen)
            return Waiting(entry=same)
        rows = rows_of(read, self._options.sizes)
        first = list(islice(rows, BATCH + 1))
        more = rows if len(first) > BATCH else None
        return Waiting(entry=entry, rows=first, more=more, leaving=leaving)

    def _is_as_known(self, known: Entry, found: Found) -> bool:
        stamp = (known.size, known.modified, known.recipe)
        settled = known.seen - known.modified > SETTLED and known.status != "begun"
        return settled and stamp == (found.size, found.modified, self._recipe(known.status))

    def _recipe(self, status: str) -> str:
        # A file that was too large is looked at again when the limit changes.
        limit = f":{self._options.most_bytes}" if status == "skipped" else ""
        return self._options.recipe + limit

    def _entry(self, read: Document, found: Found, seen: int) -> Entry:
        return Entry(
            path=found.path,
            sha256=read.sha256,
            size=found.size,
            modified=found.modified,
            seen=seen,
            reason="; ".join(read.remarks),
            title=read.title,
            format=read.format,
            recipe=self._options.recipe,
        )

    def _skipped(self, read: Skipped, found: Found, seen: int) -> Entry:
        return Entry(
            path=found.path,
            size=found.size,
            modified=found.modified,
            seen=seen,
            status="skipped",
            reason=read.reason,
            recipe=self._recipe("skipped"),
        )


def _are_alike(known: Entry, entry: Entry) -> bool:
    return (known.sha256, known.recipe) == (entry.sha256, entry.recipe)
