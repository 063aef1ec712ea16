"""What came of a town's days, from its log: how news went around, who knows whom, plans and deeds.

What this module does not know: models. What people say in interviews is handed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from cogitate.agents.town.clock import DAY, minutes_of
from cogitate.agents.town.diary import Line
from cogitate.agents.town.settings import News, TownFile


@dataclass(frozen=True, kw_only=True)
class Diffusion:
    """How one piece of news went around."""

    news: str
    knew: tuple[str, ...]
    """Who knew it at first."""
    heard: Mapping[str, str]
    """Who has heard it in a talk, and in which."""
    claim: tuple[str, ...] = ()
    """Who says in an interview to know it; empty when nobody was asked."""

    @property
    def know(self) -> tuple[str, ...]:
        """Who knows it by the log."""
        return tuple(sorted({*self.knew, *self.heard}))

    @property
    def invented(self) -> tuple[str, ...]:
        """Who says to know it without having heard it."""
        return tuple(who for who in self.claim if who not in self.know)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What came of a town's days."""

    diffusion: tuple[Diffusion, ...]
    density: tuple[float, float]
    """Share of pairs who know each other, at the start and at the end."""
    attendance: Mapping[str, Mapping[str, tuple[str, ...]]]
    """For each commitment: who hosted, accepted, came in its time, and was there besides."""
    coherence: Mapping[str, float]
    """Share of the waking ticks that were spent as planned in the morning, by person."""
    faults: tuple[str, ...]
    """Days that are not 24 hours."""
    talks: int
    turns: int
    reflections: int
    rootless: tuple[str, ...]
    """Reflections whose evidence does not end in observations."""

    @property
    def hallucination(self) -> float | None:
        """Share of the claims to know something that the log does not bear; None without claims."""
        claims = sum(len(each.claim) for each in self.diffusion)
        return sum(len(each.invented) for each in self.diffusion) / claims if claims else None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        found = asdict(self)
        found["hallucination"] = self.hallucination
        for row, each in zip(found["diffusion"], self.diffusion, strict=True):
            row["know"], row["invented"] = each.know, each.invented
        return found


def metrics(
    town: TownFile, log: Sequence[Line], claims: Mapping[str, Sequence[str]] | None = None
) -> Metrics:
    """Return what came of the days of a log.

    Args:
        town: the town's file.
        log: all lines.
        claims: who said in interviews to know which news, by its id.
    """
    talks = [line for line in log if line["kind"] == "talked"]
    said = claims or {}
    return Metrics(
        diffusion=tuple(_diffusion(news, talks, said.get(news.id, ())) for news in town.news),
        density=_density(town, talks),
        attendance=_attendance(log),
        coherence=_coherence(log),
        faults=_faults(log),
        talks=len(talks),
        turns=sum(len(line["turns"]) for line in talks),
        reflections=sum(len(line["insights"]) for line in log if line["kind"] == "reflected"),
        rootless=_rootless(log),
    )


def _diffusion(news: News, talks: Sequence[Line], claim: Sequence[str]) -> Diffusion:
    """Follow the news through the talks: who knows it and says it tells it to the other."""
    heard: dict[str, str] = {}
    for talk in talks:
        one, other = talk["between"]
        for turn in talk["turns"]:
            listener = other if turn["who"] == one else one
            knows = turn["who"] in news.who or turn["who"] in heard
            if knows and listener not in news.who and news.is_in(turn["say"]):
                heard.setdefault(listener, talk["id"])
    return Diffusion(news=news.id, knew=news.who, heard=heard, claim=tuple(claim))


def _density(town: TownFile, talks: Sequence[Line]) -> tuple[float, float]:
    ids = [persona.id for persona in town.people]
    first = {
        frozenset((persona.id, other))
        for persona in town.people
        for other in persona.knows
        if other in ids
    }
    last = first | {frozenset(talk["between"]) for talk in talks}
    pairs = len(ids) * (len(ids) - 1) / 2
    return (round(len(first) / pairs, 3), round(len(last) / pairs, 3)) if pairs else (0.0, 0.0)


@dataclass
class _Event:
    host: str
    place: str
    day: int
    start: int
    end: int
    accepted: list[str] = field(default_factory=list)
    came: list[str] = field(default_factory=list)


def _attendance(log: Sequence[Line]) -> dict[str, dict[str, tuple[str, ...]]]:
    events: dict[str, _Event] = {}
    for line in log:
        if line["kind"] == "committed":
            start, end = minutes_of(line["start"]), minutes_of(line["end"])
            event = events.setdefault(
                line["commitment"], _Event(line["host"], line["place"], line["day"], start, end)
            )
            event.accepted.append(line["who"])
    first = log[0]["time"][:10] if log else ""
    for line in log:
        if line["kind"] == "tick":
            _came(events, line, _day(first, line["time"]))
    return {
        name: {
            "host": (event.host,),
            "accepted": tuple(who for who in event.accepted if who != event.host),
            "came": tuple(who for who in event.came if who in event.accepted and who != event.host),
            "besides": tuple(who for who in event.came if who not in event.accepted),
        }
        for name, event in events.items()
    }


def _came(events: Mapping[str, _Event], tick: Line, day: int) -> None:
    minute = minutes_of(tick["time"][11:])
    for event in events.values():
        if day != event.day or not event.start <= minute < event.end:
            continue
        for who, at in tick["people"].items():
            if at["place"] == event.place and not at["asleep"] and who not in event.came:
                event.came.append(who)


def _day(first: str, time: str) -> int:
    from datetime import date

    return (date.fromisoformat(time[:10]) - date.fromisoformat(first)).days + 1


def _coherence(log: Sequence[Line]) -> dict[str, float]:
    """Return the share of waking ticks whose activity belongs to what was planned for then."""
    plans: dict[str, list[Line]] = {}
    block: dict[str, str] = {}
    hits: dict[str, list[bool]] = {}
    for line in log:
        if line["kind"] == "planned":
            plans[line["who"]] = line["blocks"]
        elif line["kind"] == "did":
            block[line["who"]] = line["block"]
        elif line["kind"] == "tick":
            minute = minutes_of(line["time"][11:])
            for who, at in line["people"].items():
                if who in plans and not at["asleep"]:
                    planned = next(
                        b["what"]
                        for b in plans[who]
                        if minutes_of(b["start"]) <= minute < minutes_of(b["end"])
                    )
                    hits.setdefault(who, []).append(block.get(who) == planned)
    return {who: round(sum(found) / len(found), 3) for who, found in sorted(hits.items())}


def _faults(log: Sequence[Line]) -> tuple[str, ...]:
    found = []
    for line in log:
        if line["kind"] not in ("planned", "changed"):
            continue
        spans = [(minutes_of(b["start"]), minutes_of(b["end"])) for b in line["blocks"]]
        meet = all(a[1] == b[0] for a, b in pairwise(spans))
        if not meet or sum(end - start for start, end in spans) != DAY:
            found.append(f"{line['who']} at {line['time']}")
    return tuple(found)


def _rootless(log: Sequence[Line]) -> tuple[str, ...]:
    """Return the reflections whose chain of evidence does not end in what was seen or said."""
    memories: dict[str, Line] = {}
    for line in log:
        if line["kind"] == "remembered":
            memories[line["memory"]["id"]] = line["memory"]
        elif line["kind"] == "reflected":
            memories.update({each["id"]: each for each in line["insights"]})

    def rooted(name: str, seen: frozenset[str]) -> bool:
        memory = memories.get(name)
        if memory is None or name in seen:
            return False
        if memory["kind"] != "reflection":
            return True
        return bool(memory["evidence"]) and all(
            rooted(each, seen | {name}) for each in memory["evidence"]
        )

    return tuple(
        name
        for name, memory in memories.items()
        if memory["kind"] == "reflection" and not rooted(name, frozenset())
    )
