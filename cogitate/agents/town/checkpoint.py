"""A town's folder: its log, its answers, everybody's memory, and how it stood each full hour.

    town.json            what the town was begun with: its file, its model, its seed
    town.jsonl           the log
    answers.jsonl        the model's answers by what was asked
    inputs.jsonl         what was whispered from outside, and when
    memory/<id>.db       everybody's memory stream
    checkpoints/d1-0700/ state.json and copies of the memories

A killed process loses nothing: the town goes on from the last checkpoint, and the answers
since then are there. What this module does not know: what happens in a town.
"""

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from cogitate.agents.town.clock import DAY, hhmm, minutes_of
from cogitate.agents.town.diary import LOG
from cogitate.agents.town.people import Person, Persona
from cogitate.agents.town.plans import Block, Commitment, Piece
from cogitate.agents.town.world import ObjectState
from cogitate.errors import SetupError

ABOUT = "town.json"
ANSWERS = "answers.jsonl"
INPUTS = "inputs.jsonl"
COUNTS = "counts.jsonl"
VERSION = 1
_NAME = re.compile(r"d(\d+)-(\d\d)(\d\d)")


@dataclass(frozen=True, kw_only=True)
class Input:
    """Something that comes from outside of the town: a thought for a person."""

    id: str
    moment: int
    who: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Saved:
    """One checkpoint."""

    path: Path
    moment: int

    @property
    def time(self) -> str:
        """When it is, as the day and HH:MM."""
        return f"day {self.moment // DAY + 1} at {hhmm(self.moment)}"


class TownFolder:
    """Where one town is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / LOG
        self.answers = path / ANSWERS
        self.counts = path / COUNTS

    def memory(self, who: str) -> Path:
        """Return the file of a person's memory."""
        return self.path / "memory" / f"{who}.db"

    def begin(self, about: Mapping[str, Any]) -> None:
        """Make the folder of a new town.

        Raises:
            SetupError: a town is in it already, or it cannot be written to.
        """
        if (self.path / ABOUT).exists():
            raise SetupError(
                f"there is a town in {str(self.path)!r} already; go on with it by "
                "`cogitate town resume`, or choose another folder"
            )
        try:
            (self.path / "memory").mkdir(parents=True, exist_ok=True)
            (self.path / "checkpoints").mkdir(exist_ok=True)
            write_json(self.path / ABOUT, {"version": VERSION, **about})
        except OSError as error:
            raise SetupError(
                f"cannot write a town to {str(self.path)!r} ({error.strerror}); "
                "choose another folder"
            ) from error

    def about(self) -> dict[str, Any]:
        """Return what the town was begun with.

        Raises:
            SetupError: there is no town, or one of a newer version.
        """
        path = self.path / ABOUT
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise SetupError(
                f"there is no town in {str(self.path)!r} ({why}); "
                "`cogitate town run TOWN.toml --out DIR` makes one"
            ) from error
        if found.get("version") != VERSION:
            raise SetupError(
                f"the town in {str(self.path)!r} is of version {found.get('version')!r}, and this "
                f"program knows version {VERSION}; use the program that made it"
            )
        return found

    def change(self, **values: Any) -> None:
        """Set some of what the town was begun with."""
        write_json(self.path / ABOUT, {**self.about(), **values})

    def inputs(self) -> list[Input]:
        """Return what came from outside, the oldest first."""
        path = self.path / INPUTS
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [Input(**json.loads(line)) for line in lines if line.strip()]

    def add_input(self, moment: int, who: str, text: str) -> Input:
        """Keep something that comes from outside, for the tick of a moment."""
        new = Input(id=f"w{len(self.inputs()) + 1}", moment=moment, who=who, text=text)
        with (self.path / INPUTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(new), ensure_ascii=False) + "\n")
        return new

    # ---------------------------------------------------------------------------- checkpoints

    def saved(self) -> list[Saved]:
        """Return all checkpoints, the oldest first."""
        found = []
        for path in (self.path / "checkpoints").glob("d*-*"):
            match = _NAME.fullmatch(path.name)
            if match:
                day, hour, minute = map(int, match.groups())
                moment = (day - 1) * DAY + hour * 60 + minute
                found.append(Saved(path=path, moment=moment))
        return sorted(found, key=lambda each: each.moment)

    def saved_at(self, at: str | None, day: int | None = None) -> Saved:
        """Return the checkpoint of a time such as 12:00; the last one without a time.

        Raises:
            SetupError: there is none.
        """
        saved = self.saved()
        minute = None if at is None else minutes_of(at)
        fitting = [
            each
            for each in saved
            if minute is None
            or (each.moment % DAY == minute % DAY and day in (None, each.moment // DAY + 1))
            or (minute == DAY and each.moment % DAY == 0)
        ]
        if not fitting:
            times = "; ".join(each.time for each in saved) or "none"
            raise SetupError(f"there is no checkpoint of {at or 'any time'!r}; there are: {times}")
        return fitting[-1]

    def log_bytes(self, moment: int) -> int:
        """Return how long the log was at the checkpoint of a moment."""
        saved = next(each for each in self.saved() if each.moment == moment)
        state = json.loads((saved.path / "state.json").read_text(encoding="utf-8"))
        return int(state["log_bytes"])

    def save(self, state: Mapping[str, Any], moment: int, people: Iterable[str]) -> None:
        """Keep how the town stands: all of it or nothing."""
        name = f"d{moment // DAY + 1}-{hhmm(moment).replace(':', '')}"
        place, coming = self.path / "checkpoints" / name, self.path / "checkpoints" / f".{name}"
        if place.exists():
            return
        shutil.rmtree(coming, ignore_errors=True)
        coming.mkdir(parents=True)
        for who in people:
            copy_memory(self.memory(who), coming / f"{who}.db")
        write_json(coming / "state.json", state)
        coming.rename(place)

    def restore(self, saved: Saved, people: Iterable[str]) -> dict[str, Any]:
        """Bring memories and log back to a checkpoint and return the state that it holds."""
        state: dict[str, Any] = json.loads((saved.path / "state.json").read_text(encoding="utf-8"))
        for each in self.saved():
            if each.moment > saved.moment:
                shutil.rmtree(each.path)
        for who in people:
            place = self.memory(who)
            for left in place.parent.glob(f"{who}.db*"):
                left.unlink()
            copy_memory(saved.path / f"{who}.db", place)
        with self.log.open("ab") as file:
            file.truncate(state["log_bytes"])
        return state

    def copy(self, saved: Saved, target: "TownFolder") -> None:
        """Copy this town as it stood at a checkpoint into another folder, which is new."""
        state = json.loads((saved.path / "state.json").read_text(encoding="utf-8"))
        target.begin({k: v for k, v in self.about().items() if k != "version"})
        target.log.write_bytes(self.log.read_bytes()[: state["log_bytes"]])
        for name in (ANSWERS, INPUTS):
            if (self.path / name).exists():
                shutil.copyfile(self.path / name, target.path / name)
        for each in self.saved():
            if each.moment <= saved.moment:
                shutil.copytree(each.path, target.path / "checkpoints" / each.path.name)
        kept = [each for each in target.inputs() if each.moment < saved.moment]
        lines = "".join(json.dumps(asdict(e), ensure_ascii=False) + "\n" for e in kept)
        (target.path / INPUTS).write_text(lines, encoding="utf-8")


def copy_memory(source: Path, target: Path) -> None:
    """Copy a memory file as a whole, also while its log of changes is beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write plain data, all of it or nothing."""
    coming = path.with_name(f".{path.name}")
    with coming.open("w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    coming.replace(path)


def person_as_dict(person: Person) -> dict[str, Any]:
    """Return what changes about a person, as plain data."""
    return {each.name: _plain(getattr(person, each.name)) for each in fields(Person)[1:]}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return asdict(value) if isinstance(value, Block | Piece | Commitment) else value


def person_from(persona: Persona, row: Mapping[str, Any]) -> Person:
    """Return a person as a checkpoint holds them."""
    data = dict(row)
    for name in ("blocks", "planned"):
        data[name] = [Block(**each) for each in data[name]]
    data["pieces"] = [Piece(**each) for each in data["pieces"]]
    data["commitments"] = [Commitment(**each) for each in data["commitments"]]
    return Person(persona=persona, **data)


def states_from(rows: Mapping[str, Mapping[str, str]]) -> dict[str, ObjectState]:
    """Return the states of objects as a checkpoint holds them."""
    return {path: ObjectState(**row) for path, row in rows.items()}
