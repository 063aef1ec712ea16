"""What is known of a run that was kept: how it was accepted, and whether it happens again the same.

What it does not know: the code of runs. It reads rows and events, and compares.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cogitate.errors import SetupError
from cogitate.runs.marks import END, RESUMED, RUN, STOPS, lasts
from cogitate.runs.rows import Row, Rows
from cogitate.runs.rows_sqlite import NEVER, SqliteRows
from cogitate.runs.seats import Known, stages_of

JOURNAL = "journal.db"
DATABASE = "COGITATE_JOURNAL"
"""The variable that names a database for journals."""
LIMITS = ("steps", "tokens", "time", "cost")
"""Stops after which a run goes on when more is allowed."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A run as it was accepted, before its first step."""

    what: str
    goal: str
    limits: dict[str, Any]
    given: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] | None = None
    """What the command line makes it from again; None when it was made by a program."""
    parts: dict[str, Any] = field(default_factory=dict)
    """Names of what it was made of: model, tools, loop."""
    person: bool = False
    """Whether somebody could be asked."""

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Accepted":
        """Return what the first row of a journal says.

        Raises:
            SetupError: the run was never accepted.
        """
        if not rows or rows[0].kind != RUN:
            raise SetupError(NEVER)
        return cls(**rows[0].data)

    def as_data(self) -> dict[str, Any]:
        """Return plain data."""
        return dict(self.__dict__)


def open_rows(folder: Path, *, new: bool = False) -> Rows:
    """Return the rows of the run in `folder`: in its file, or in the database of the settings.

    Raises:
        SetupError: there are none, they are damaged, or of a newer version.
        UnavailableError: the database is not there.
    """
    url = os.environ.get(DATABASE)
    if url and not (folder / JOURNAL).exists():
        return _in_database(url, folder.name, new=new)
    return SqliteRows(folder / JOURNAL, new=new)


def copied_rows(folder: Path, to: Path) -> Rows:
    """Return the rows of the run in `folder` to be read only: a file is copied to `to` first."""
    url = os.environ.get(DATABASE)
    if url and not (folder / JOURNAL).exists():
        return _in_database(url, folder.name, write=False)
    for path in folder.glob(f"{JOURNAL}*"):
        shutil.copy2(path, to / path.name)
    return SqliteRows(to / JOURNAL)


def _in_database(url: str, run: str, *, new: bool = False, write: bool = True) -> Rows:
    if not url.startswith(("postgresql://", "postgres://")):
        raise SetupError(f"{DATABASE} must be postgresql://..., not {url.split(':')[0]!r}")
    from cogitate.runs.rows_postgres import PostgresRows

    return PostgresRows(url, run, new=new, write=write)


def copy_files(old: Path, new: Path, kept: Sequence[Row], rows: Sequence[Row]) -> None:
    """Copy a run's files for its fork, but for those that tools wrote only after it.

    A file that was changed later comes as it is now: journals keep no contents of files.
    """
    before = {name for row in kept for name in row.data.get("files", ())}
    later = {name for row in rows[len(kept) :] for name in row.data.get("files", ())} - before
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old)
        if path.is_file() and not path.is_symlink() and str(name) not in later:
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, new / name)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A run that was kept, as its record says."""

    accepted: Accepted
    rows: tuple[Row, ...]

    @property
    def allowed(self) -> dict[str, Any]:
        """How far it may go by now, with what was allowed on top when it went on."""
        found = dict(self.accepted.limits)
        for row in self.rows:
            if row.kind == RESUMED:
                for name, more in row.data["raised"].items():
                    found[name] = (found.get(name) or 0) + more
        return found

    @property
    def models(self) -> dict[str, Known]:
        """By seat, what is known of the model that was asked first."""
        found: dict[str, Known] = {}
        for stage in reversed(stages_of(self.rows)):
            found |= stage
        return found


def kept(folder: Path) -> Kept:
    """Return what is kept of the run in `folder`, which is left as it is.

    Raises:
        SetupError: it has no journal, or a damaged one.
    """
    with tempfile.TemporaryDirectory(prefix="cogitate-") as place:
        rows = copied_rows(folder, Path(place))
        try:
            listed = rows.load()
        finally:
            rows.close()
    return Kept(accepted=Accepted.of(listed), rows=tuple(listed))


def goes_on_from(rows: Sequence[Row], *, more: bool, ended: bool) -> int:
    """Return the row from which a resumed run leaves its record: its last words are taken back.

    Args:
        rows: what is recorded.
        more: whether more is allowed than before.
        ended: whether it has said that it is over; killed before that, it says it now.

    Raises:
        SetupError: the run is over, and nothing would be otherwise.
    """
    begun = max((row.seq for row in rows if row.kind == RESUMED), default=0)
    late = [row for row in rows if row.seq > begun]
    end = next((row for row in late if row.kind == END), None)
    stop = next((row for row in late if row.kind in STOPS), end)
    following = rows[-1].seq + 1
    if end is None or not ended:
        again = stop is not None and (more or _reason(stop) == "interrupted")
        return stop.seq if stop is not None and again else following
    reason = end.data["stopped"]
    if reason in LIMITS and not more:
        raise SetupError(
            f"the run stopped at its limit of {reason}; allow more, such as --max-{_flag(reason)} "
            f"{'+60' if reason == 'time' else '+10'}"
        )
    if reason not in (*LIMITS, "interrupted", "model_error"):
        raise SetupError(
            f"the run is over ({reason}); `cogitate fork` goes on from one of its steps"
        )
    assert stop is not None
    before = [row for row in late if row.seq < stop.seq]
    while before and _is_left(before[-1], stop, reason):
        stop = replace(stop, seq=before.pop().seq)
    return stop.seq


def _reason(row: Row) -> str:
    """Return why a run stopped, by the mark of its stop or of its end."""
    return str(row.data["stopped" if row.kind == END else "reason"])


def _is_left(row: Row, stop: Row, reason: str) -> bool:
    """Return whether a row before a stop is not gone on from.

    A failed model call is made again. So is the last move when it was that which chose to stop:
    it did so by what it was told of the limits.
    """
    if reason == "model_error":
        return "error" in row.data
    return stop.data.get("by_way", False) and not lasts(row) and row.turn == stop.turn


def _flag(reason: str) -> str:
    return "seconds" if reason == "time" else reason


__all__ = [
    "JOURNAL",
    "Accepted",
    "Kept",
    "copied_rows",
    "copy_files",
    "goes_on_from",
    "kept",
    "open_rows",
]
