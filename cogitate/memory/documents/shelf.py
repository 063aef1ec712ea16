"""The indexed files of a collection: what they are called, and which of them a question names.

What this module does not know: chunks and vectors.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from cogitate.errors import SetupError
from cogitate.memory.documents.manifest import Entry
from cogitate.memory.documents.names import Names
from cogitate.words import content_words


class Shelf:
    """The indexed files of a scope, and what they are called."""

    def __init__(self, entries: Sequence[Entry], root: str | None) -> None:
        self.entries = entries
        self._root = root or _common([entry.path for entry in entries])
        self._names = Names((entry.path, entry.title) for entry in self._shortened())
        self._whole = {self.shown(entry.path): entry.path for entry in entries}

    def _shortened(self) -> Iterator[Entry]:
        for entry in self.entries:
            yield Entry(path=self.shown(entry.path), title=entry.title)

    def shown(self, path: str) -> str:
        """Return a path as it is told: relative to the root where it lies below it."""
        inside = self._root and path.startswith(self._root.rstrip("/\\") + os.sep)
        return Path(path).relative_to(self._root).as_posix() if inside else path

    def named(self, query: str) -> dict[str, float]:
        """Return how far a question names each file, by whole path; 0 is left out."""
        shares = self._names.shares(content_words(query))
        return {self._whole[path]: share for path, share in shares.items()}

    def chosen(self, path: str, since: float | None) -> list[Entry]:
        """Return the files at or below a path that were changed since."""
        wanted = path.strip().replace("\\", "/").rstrip("/")
        wanted = wanted.removeprefix("./")
        there = [entry for entry in self.entries if self._is_at(entry.path, wanted)]
        if not there and wanted:
            names = sorted(self._whole)[:10]
            raise SetupError(
                f"no indexed file is at {path!r}; there are {len(self.entries)}, "
                f"for example {', '.join(names) or 'none'}"
            )
        return [e for e in there if since is None or e.modified >= since * 1e9]

    def _is_at(self, path: str, wanted: str) -> bool:
        for name in (self.shown(path), Path(path).as_posix()):
            if not wanted or name == wanted or name.startswith(f"{wanted}/"):
                return True
        return Path(path).name == wanted


def _common(paths: Collection[str]) -> str:
    """Return the folder that all paths are in; empty when there is none."""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths]) if paths else ""
    except ValueError:  # on different drives
        return ""
