"""A town's folder as a page: its log, told anew by what the page looks things up by.

The log is what `cogitate.agents.town` writes: one JSON object a line, each with its game time and
its kind. A kind that is not known here is left out. What this module does not know: how a town is
run, and how the page looks.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cogitate.agents.town.diary import LOG, Line, read_log
from cogitate.agents.town.metrics import metrics
from cogitate.agents.town.world import BETWEEN
from cogitate.cli.pages.contract import (
    DayPlan,
    Fact,
    Place,
    PlanItem,
    Recall,
    Talk,
    TownMemory,
    TownPage,
    TownPerson,
)
from cogitate.cli.pages.news import asked, attendance, figures, town_of, ways_of
from cogitate.errors import SetupError

VERSION = 1
NOBODY = -1
ABOUT = {"en": "{age}, {traits}. {about}", "zh": "{age} 岁，{traits}。{about}"}
COUNTED = (("calls", "model_calls"), ("read", "tokens_read"), ("reused", "tokens_reused"),
           ("written", "tokens_written"))  # fmt: skip


def town_page(folder: Path) -> TownPage:
    """Return the page of the town in `folder`.

    Raises:
        SetupError: its log is not there, is of another version, or no tick has ended yet.
    """
    try:
        lines = list(read_log(folder / LOG))
        head = lines[0]
        if head["kind"] != "town":
            raise ValueError(f"its first line is about {head['kind']!r}")
        if head["version"] != VERSION:
            raise SetupError(
                f"the log in {str(folder)!r} is of version {head['version']!r}, and version "
                f"{VERSION} is read here; run the town anew"
            )
        return _Telling(head, lines).page(folder)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise SetupError(
            f"{str(folder / LOG)!r} is no log of a town that has begun "
            f"({type(error).__name__}: {error}); run the town for a while first"
        ) from error


class _Telling:
    """One reading of a log; each list of the page is filled as the lines pass."""

    def __init__(self, head: Line, lines: list[Line]) -> None:
        self.head = head
        self.lines = lines
        ticks = [line["time"] for line in lines if line["kind"] == "tick"]
        self.times = list(dict.fromkeys(ticks))
        self.first = self.times[0]  # a log without a tick has nothing to show
        self._index = {time: at for at, time in enumerate(self.times)}
        self.who = {person["id"]: at for at, person in enumerate(head["people"])}
        self.places = places_of(head)
        self.paths = _paths(self.places)
        self.memory_at: dict[str, int] = {}
        self.memories: list[TownMemory] = []

    def page(self, folder: Path) -> TownPage:
        """Return the whole page."""
        self._remember()
        head, town = self.head, town_of(folder)
        found = metrics(town, self.lines)
        names = {person["id"]: person["name"] for person in head["people"]}
        facts, more = asked(folder)
        return {
            "kind": "town",
            "language": head["language"],
            "title": head["name"],
            "about": self._about(),
            "times": self.times,
            "places": self.places,
            "people": self._people(folder),
            "moves": self._moves(),
            "states": self._states(),
            "talks": self._talks(),
            "memories": self.memories,
            "recalls": self._recalls(),
            "plans": self._plans(),
            "news": ways_of(town, found, self.lines, self.who, self.at),
            "bonds": self._bonds(),
            "measures": [*figures(found), *facts, *self._cost(folder)],
            "tables": [attendance(found, names), *more] if found.attendance else more,
        }

    def at(self, time: str) -> int:
        """Return the index of a time; what came after the last tick belongs to it."""
        return self._index.get(time, len(self.times) - 1)

    def _of(self, *kinds: str) -> Iterable[Line]:
        return (line for line in self.lines if line["kind"] in kinds)

    def _about(self) -> list[Fact]:
        days = sorted({time[:10] for time in self.times})
        date = days[0] if len(days) == 1 else f"{days[0]} – {days[-1]}"
        head = self.head
        return [
            ("date", date),
            ("persons", len(self.who)),
            ("model", head["model"]),
            ("seed", head["seed"]),
        ]

    def _people(self, folder: Path) -> list[TownPerson]:
        people: list[TownPerson] = []
        for each in self.head["people"]:
            about = ABOUT[self.head["language"]].format(**each)
            people.append({"name": each["name"], "about": about})
        for row in _rows(folder / "interviews.jsonl"):
            if row.get("who") in self.who:
                said = people[self.who[row["who"]]].setdefault("interviews", [])
                said.append(
                    {"mask": row["mask"], "question": row["question"], "answer": row["answer"]}
                )
        return people

    def _moves(self) -> list[tuple[int, int, int, str, bool]]:
        moves = []
        last: dict[str, tuple[str, str, bool]] = {}
        for line in self._of("tick"):
            for who, now in line["people"].items():
                told = (now["place"], now["activity"], now["asleep"])
                if last.get(who) == told:
                    continue
                last[who] = told
                place = self.paths.get(now["place"], NOBODY)
                moves.append((self.at(line["time"]), self.who[who], place, *told[1:]))
        return moves

    def _states(self) -> list[tuple[int, int, str, int]]:
        states = []
        last: dict[str, str] = {}
        for line in self._of("tick"):
            now: dict[str, str] = line["objects"]
            users = {person["object"]: who for who, person in line["people"].items()}
            for path in {**last, **now}:
                if last.get(path) != now.get(path) and path in self.paths:
                    user = self.who.get(users.get(path, ""), NOBODY)
                    row = (self.at(line["time"]), self.paths[path], now.get(path, ""), user)
                    states.append(row)
            last = dict(now)
        return states

    def _talks(self) -> list[Talk]:
        return [
            {
                "t": self.at(line["time"]),
                "place": self.paths.get(line["place"], NOBODY),
                "who": [self.who[who] for who in line["between"]],
                "lines": [(self.who[turn["who"]], turn["say"]) for turn in line["turns"]],
                "note": "\n".join(line["aims"].values()),
            }
            for line in self._of("talked")
        ]

    def _remember(self) -> None:
        for line in self._of("remembered", "reflected", "rated"):
            if line["kind"] == "rated":
                if line["memory"] in self.memory_at:
                    at = self.memory_at[line["memory"]]
                    self.memories[at]["importance"] = line["importance"]
                continue
            for memory in line["insights"] if line["kind"] == "reflected" else [line["memory"]]:
                self.memory_at[memory["id"]] = len(self.memories)
                known = [self.memory_at.get(each, NOBODY) for each in memory["evidence"]]
                self.memories.append(
                    {
                        "who": self.who[line["who"]],
                        "t": self.at(line["time"]),
                        "kind": memory["kind"],
                        "text": memory["text"],
                        "importance": memory["importance"],
                        "evidence": known,
                    }
                )

    def _recalls(self) -> list[Recall]:
        return [
            {
                "who": self.who[line["who"]],
                "t": self.at(line["time"]),
                "purpose": line["purpose"],
                "query": line["query"],
                "hits": [
                    (self.memory_at[hit["memory"]], hit["recency"], hit["importance"],
                     hit["relevance"])
                    for hit in line["hits"]
                    if hit["memory"] in self.memory_at
                ],
            }
            for line in self._of("retrieved")
        ]  # fmt: skip

    def _plans(self) -> list[DayPlan]:
        return [
            {
                "who": self.who[line["who"]],
                "t": self.at(line["time"]),
                "items": [_item(block) for block in line["blocks"]],
            }
            for line in self._of("planned", "changed")
        ]

    def _bonds(self) -> list[tuple[int, int, int]]:
        known = [
            (NOBODY, self.who[person["id"]], self.who[other])
            for person in self.head["people"]
            for other in person["knows"]
            if other in self.who
        ]
        met = [
            (self.at(line["time"]), self.who[line["between"][0]], self.who[line["between"][1]])
            for line in self._of("talked")
        ]
        return [*known, *met]

    def _cost(self, folder: Path) -> list[Fact]:
        totals = [row["total"] for row in _rows(folder / "counts.jsonl")]
        counted = [(label, sum(row[key] for row in totals)) for key, label in COUNTED]
        return [("memories", len(self.memories)), *(counted if totals else [])]


def places_of(head: Line) -> list[Place]:
    """Return the places of a town's first line as a tree, parents first."""
    places: list[Place] = [{"name": head["name"], "level": 0, "parent": NOBODY}]
    sectors: dict[str, int] = {}
    for arena in head["places"]:
        sector = arena["sector"]
        if sector not in sectors:
            sectors[sector] = len(places)
            places.append({"name": sector, "level": 1, "parent": 0})
        places.append(
            {"name": arena["arena"], "level": 2, "parent": sectors[sector], "hours": arena["open"]}
        )
        above = len(places) - 1
        places += [{"name": name, "level": 3, "parent": above} for name in arena["objects"]]
    return places


def _paths(places: list[Place]) -> dict[str, int]:
    """Return the index of each place by its path, which begins with the sector."""
    paths: dict[str, int] = {}
    whole: list[str] = []
    for at, place in enumerate(places):
        above = whole[place["parent"]] if place["parent"] > 0 else ""
        path = BETWEEN.join(part for part in (above, place["name"]) if part)
        whole.append(path)
        paths.setdefault(path, at)
    del paths[places[0]["name"]]
    return paths


def _item(block: dict[str, Any]) -> PlanItem:
    return {
        "start": block["start"],
        "end": block["end"],
        "what": block["what"],
        "place": block["place"].replace(BETWEEN, " › "),
        "promised": bool(block["commitment"]),
    }


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    """Yield the objects of a file of lines; nothing when there is no such file."""
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield json.loads(line)
