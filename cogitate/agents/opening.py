"""The record of a run that is about to begin, or to go on: resumed, forked or replayed.

What it does not know: what is done with it.
"""

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from cogitate.agents.job import Going, Job
from cogitate.errors import SetupError
from cogitate.keys import redacted
from cogitate.runs.events import Event, RunEnded
from cogitate.runs.journal import Journal
from cogitate.runs.marks import END, RESUMED, RUN, up_to
from cogitate.runs.record import (
    Accepted,
    Kept,
    copied_rows,
    copy_files,
    goes_on_from,
    open_rows,
)
from cogitate.runs.rows import Row
from cogitate.runs.sameness import Sameness
from cogitate.runs.store import FILES, RunFolder, RunStore, new_id
from cogitate.values import Limits


class Record:
    """A run's journal and folder, open, and what was there before."""

    journal: Journal
    workspace: Path
    run_id: str

    def __init__(
        self,
        job: Job,
        close: contextlib.ExitStack,
        *,
        person: bool,
        turn: Callable[[], int],
    ) -> None:
        """Open nothing yet.

        Args:
            job: what the run is.
            close: closes what will be opened.
            person: whether somebody can be asked now.
            turn: says in which turn the run is.
        """
        self.job = job
        self.folder: RunFolder | None = None
        """None in a replay, which writes nothing."""
        self.there: Sameness | None = None
        """The events that were written before."""
        self.heard: list[Event] = []
        """The same of a run that is resumed."""
        self.end: Row | None = None
        """How a run that is replayed ended."""
        self._close = close
        self._person = person
        self._turn = turn

    def begin(self, run_id: str | None) -> None:
        """Accept a new run: its folder and the first row of its journal."""
        folder = RunStore().create(run_id or new_id())
        self._close.callback(folder.close)
        rows = open_rows(folder.path, new=True)
        self._close.callback(rows.close)
        self._accept(Journal(rows, turn=lambda: 0))
        self._open(Journal(rows, turn=self._turn), folder)

    def _accept(self, journal: Journal) -> None:
        job, begun = self.job, self.job.started
        row = Accepted(
            what=job.what,
            goal=begun.goal,
            limits=asdict(job.limits),
            given=dict(job.given),
            origin=None if job.origin is None else dict(job.origin),
            parts={"model": begun.model, "tools": begun.tools, "loop": begun.loop},
            person=self._person,
        )
        journal.add(RUN, "", row.as_data())

    def _open(self, journal: Journal, folder: RunFolder) -> None:
        self.journal, self.folder = journal, folder
        self.workspace, self.run_id = folder.workspace, folder.run_id

    def go_on(self, going: Going) -> None:
        """Open the record of a run, and what it goes on with.

        Raises:
            SetupError: it cannot go on, or this is not what it was.
        """
        store = RunStore()
        name = store.find(going.run)
        if going.mode == "replay":
            self._replay(store, name)
        elif going.mode == "fork":
            self._fork(store, name, going)
        else:
            self._resume(store, name, going)

    def _resume(self, store: RunStore, name: str, going: Going) -> None:
        folder = store.open(name)
        self._close.callback(folder.close)
        rows = open_rows(folder.path)
        self._close.callback(rows.close)
        journal = Journal(rows, turn=lambda: 0)
        self._checked(journal)
        raised = self._raised(journal, going.limits)
        events = list(store.events(name))
        ended = bool(events) and isinstance(events[-1], RunEnded)
        more = any(more > 0 for more in raised.values())
        start = goes_on_from(journal.listed, more=more, ended=ended)
        self._mark(journal, start, raised, _why(raised, going))
        self.there = Sameness(events, folder.workspace)
        self._open(Journal(rows, turn=self._turn), folder)
        self.heard = events

    def _mark(self, journal: Journal, start: int, raised: dict[str, float], why: str) -> None:
        data = {"from": start, "raised": raised, "person": self._person, "why": why}
        journal.add(RESUMED, "", data)

    def _fork(self, store: RunStore, name: str, going: Going) -> None:
        old = open_rows(store.root / name)
        self._close.callback(old.close)
        before = Journal(old, turn=lambda: 0)
        begun = self._checked(before)
        last = max(row.turn for row in before.listed)
        at = last if going.at is None else going.at
        if not 0 <= at <= last:
            raise SetupError(f"--at {at}: the run has the steps 0 to {last}")
        folder = store.create(going.run_id or new_id())
        self._close.callback(folder.close)
        rows = open_rows(folder.path, new=True)
        self._close.callback(rows.close)
        kept = up_to(before.listed, at)
        for row in kept:
            rows.add(row)
        copy_files(store.workspace(name), folder.workspace, kept, before.listed)
        journal = Journal(rows, turn=lambda: at)
        allowed = Kept(accepted=begun, rows=before.listed).allowed
        raised = self._raised(journal, going.limits or Limits(**allowed))
        self._mark(journal, len(kept) + 1, raised, f"fork of {name} at {at}")
        self._open(Journal(rows, turn=self._turn), folder)

    def _replay(self, store: RunStore, name: str) -> None:
        place = Path(self._close.enter_context(tempfile.TemporaryDirectory(prefix="cogitate-")))
        workspace = place / FILES
        workspace.mkdir()
        rows = copied_rows(store.root / name, place)
        self._close.callback(rows.close)
        journal = Journal(rows, mode="replay", turn=self._turn)
        self._checked(journal)
        self.end = journal.latest(END)
        self.there = Sameness(store.events(name), store.workspace(name), workspace)
        self.journal, self.workspace, self.run_id = journal, workspace, name

    def _checked(self, journal: Journal) -> Accepted:
        """Return how the run was accepted, when it is one of this job."""
        begun, job = Accepted.of(journal.listed), self.job
        ours = {"what": job.what, "goal": job.started.goal, "loop": job.started.loop}
        theirs = {"what": begun.what, "goal": begun.goal, "loop": begun.parts["loop"]}
        for name, value in ours.items():
            if redacted(value) != theirs[name]:
                raise SetupError(
                    f"the run was accepted with {name}={theirs[name]!r}, not {value!r}; "
                    "give it the parts that it began with"
                )
        self.job = replace(job, limits=Limits(**{**asdict(job.limits), **begun.limits}))
        return begun

    def _raised(self, journal: Journal, limits: Limits | None) -> dict[str, float]:
        """Return what is allowed on top of what the rows of a journal allow."""
        if limits is None:
            return {}
        allowed = Kept(accepted=Accepted.of(journal.listed), rows=journal.listed).allowed
        return {
            name: value - (allowed.get(name) or 0)
            for name, value in asdict(limits).items()
            if isinstance(value, int | float) and value != allowed.get(name)
        }


def _why(raised: Mapping[str, float], going: Going) -> str:
    told = [f"{name} {more:+g}" for name, more in raised.items()]
    if going.decision is not None:
        told.append(f"the reply {going.decision!r}")
    return ", ".join(told)
