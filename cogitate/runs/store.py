"""Where runs are kept: one folder each, with its events and the files that it wrote.

    runs/<id>/events.jsonl   one event a line, written as it happens
    runs/<id>/files/         the workspace: what tools wrote

The folder is the row: what a list shows is read from the first and the last event, so no
database can disagree with it. A process that is killed loses at most the line it was
writing; readers leave out a torn line, and one that does not fit its checksum. What it does
not know: models, tools and limits.
"""

import difflib
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from cogitate.errors import SetupError
from cogitate.home import home
from cogitate.keys import redacted
from cogitate.runs.events import Event, Noted, RunEnded, RunStarted, read_event
from cogitate.runs.lines import opened, sealed
from cogitate.runs.prompts import Prompts

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock: a live run reads `unfinished`
    fcntl = None  # type: ignore[assignment]

EVENTS = "events.jsonl"
FILES = "files"
LAST = "last"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TIMED_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4,}")


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One run in a list."""

    run_id: str
    goal: str
    stopped: str
    """Its stop reason; `running` while its process lives, `unfinished` when that has died."""
    seconds: float
    """How long it took; up to its last event when it has not ended."""
    when: float
    """Unix time of its start."""


def new_id() -> str:
    """Return an id that sorts by time: UTC to the second, and a random end."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"


class RunFolder:
    """One run's folder, open for writing. Used by one process at a time."""

    def __init__(self, path: Path) -> None:
        """Open the folder at `path`, which exists, to append events to it."""
        self.run_id = path.name
        self.path = path
        self.events_path = path / EVENTS
        self.workspace = path / FILES
        self.workspace.mkdir(exist_ok=True)
        # Unbuffered: a line is with the operating system when `append` returns.
        self._file = self.events_path.open("ab", buffering=0)
        self._prompts = Prompts()
        self._lock()
        if _ends_torn(self.events_path):
            self._file.write(b"\n")

    def _lock(self) -> None:
        """Hold a lock for as long as this process lives; it is how a list knows `running`."""
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return  # a file system without locks; the run is listed as unfinished

    def append(self, event: Event) -> None:
        """Write `event` as one line, now.

        Raises:
            SetupError: the disk is full or the folder is gone.
        """
        rest = memoryview(sealed(redacted(self._prompts.line(event))))
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise SetupError(
                f"cannot write to {str(self.events_path)!r} ({error.strerror}); "
                "make room, or set COGITATE_HOME to another folder"
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> "RunFolder":
        """Return the folder itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


class RunStore:
    """All runs under one folder. Nothing is created before the first run."""

    def __init__(self, root: Path | None = None) -> None:
        """Use `root`, or `runs` in the data folder."""
        self.root = home() / "runs" if root is None else root

    def create(self, run_id: str | None = None) -> RunFolder:
        """Return a new run's folder, with an id of its own when none is given.

        Raises:
            SetupError: the id is taken or is no plain name, or the folder cannot be written.
        """
        name = new_id() if run_id is None else run_id
        if not _ID.fullmatch(name):
            raise SetupError(
                f"{name!r} cannot be a run's id; use letters, digits, dots, dashes and "
                "underscores, 100 at most, a letter or digit first"
            )
        path = self.root / name
        try:
            path.mkdir(parents=True)
            return RunFolder(path)
        except FileExistsError as error:
            if path.exists():
                raise SetupError(f"there is a run {name!r} already; choose another id") from error
            raise self._not_writable(error) from error
        except OSError as error:
            raise self._not_writable(error) from error

    def open(self, run_id: str) -> RunFolder:
        """Return the folder of a run that goes on.

        Raises:
            SetupError: it is going on already, in another process.
        """
        path = self.root / run_id
        with (path / EVENTS).open("rb") as file:
            if _is_locked(file):
                raise SetupError(f"the run {run_id!r} is going on in another process")
        try:
            return RunFolder(path)
        except OSError as error:
            raise self._not_writable(error) from error

    def _not_writable(self, error: OSError) -> SetupError:
        return SetupError(
            f"cannot write to {str(self.root)!r} ({error.strerror}); "
            "set COGITATE_HOME to a folder that you may write to"
        )

    def ids(self) -> list[str]:
        """Return the ids of all runs, newest first."""
        found: list[tuple[str, int, str]] = []
        if self.root.is_dir():
            for path in self.root.iterdir():
                events = path / EVENTS
                if events.is_file():
                    found.append((*_order(path.name, events.stat().st_mtime_ns), path.name))
        return [name for _, _, name in sorted(found, reverse=True)]

    def list(self, limit: int | None = None) -> list[RunRow]:
        """Return the newest runs, newest first; all of them without a limit."""
        return [self.row(name) for name in self.ids()[:limit]]

    def row(self, run_id: str) -> RunRow:
        """Return what a list shows of one run, read from its first and last event."""
        path = self.root / run_id / EVENTS
        with path.open("rb") as file:
            first = _event(file.readline())
            last = _last_event(file) or first
            alive = _is_locked(file)
        when = first.at if first is not None else path.stat().st_mtime
        goal = first.goal if isinstance(first, RunStarted) else ""
        if isinstance(last, RunEnded):
            stopped, seconds = str(last.result.stopped), last.result.seconds
        else:
            stopped = "running" if alive else "unfinished"
            seconds = max(0.0, (last.at if last is not None else when) - when)
        return RunRow(run_id=run_id, goal=goal, stopped=stopped, seconds=seconds, when=when)

    def events(self, run_id: str) -> Iterator[Event]:
        """Yield the events of a run, in order; a torn last line is left out.

        A line in the middle that cannot be read is shown as a `Noted` that says so.

        Raises:
            SetupError: there is no such run.
        """
        path, prompts = self.root / self.find(run_id) / EVENTS, Prompts()
        with path.open("rb") as file:
            previous: tuple[int, bytes] | None = None
            for numbered in enumerate(file, start=1):
                if previous is not None:
                    yield _event(previous[1], prompts) or Noted(
                        text=f"line {previous[0]} of {EVENTS} was left out: damaged or no event"
                    )
                previous = numbered
            last = None if previous is None else _event(previous[1], prompts)
            if last is not None:
                yield last

    def workspace(self, run_id: str) -> Path:
        """Return the folder of the files that a run wrote."""
        return self.root / run_id / FILES

    def find(self, name: str) -> str:
        """Return the id of the run that `name` means: an id, the start of one, or `last`.

        Raises:
            SetupError: none or several are meant; the message names the closest.
        """
        ids = self.ids()
        if not ids:
            raise SetupError(f"there are no runs in {str(self.root)!r} yet; `cogitate run GOAL`")
        if name == LAST:
            return ids[0]
        if name in ids:
            return name
        meant = [run_id for run_id in ids if name and run_id.startswith(name)]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise SetupError(f"{name!r} may mean any of {', '.join(meant[:5])}; write more of it")
        near = difflib.get_close_matches(name, ids, n=3, cutoff=0.5) or ids[:3]
        raise SetupError(f"there is no run {name!r}; the closest: {', '.join(near)}")


def _order(name: str, changed: int) -> tuple[str, int]:
    """Return what runs are sorted by: the time in the id, or the file's for other ids."""
    if _TIMED_ID.fullmatch(name):
        return name[:15], changed
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime(changed / 1e9)), changed


def _event(line: bytes, prompts: Prompts | None = None) -> Event | None:
    """Return the event that a line holds, None when it is torn, damaged or of another version."""
    try:
        return read_event((prompts or Prompts()).read(opened(line)))
    except (SetupError, AttributeError, TypeError, ValueError):
        return None


def _last_event(file: BinaryIO) -> Event | None:
    """Return the last event that can be read, looking at ever more of the file's end."""
    size = file.seek(0, os.SEEK_END)
    block = 1 << 16
    while True:
        start = max(0, size - block)
        file.seek(start)
        lines = file.read().splitlines()
        # The first line of a block that starts in mid-file may be half a line.
        for line in reversed(lines if start == 0 else lines[1:]):
            event = _event(line)
            if event is not None:
                return event
        if start == 0:
            return None
        block *= 8


def _is_locked(file: BinaryIO) -> bool:
    """Return whether a living process holds the file open for writing."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


def _ends_torn(path: Path) -> bool:
    """Return whether the file's last line was cut off in the middle."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
