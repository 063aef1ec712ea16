"""A town as its file describes it: places, people, news and constants.

What this module does not know: what happens there.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal

from cogitate.agents.town.clock import minutes_of
from cogitate.agents.town.people import Persona, read_persona
from cogitate.agents.town.plans import Commitment
from cogitate.agents.town.world import World, read_world
from cogitate.errors import SetupError
from cogitate.memory.scoring.score import weights_of

Language = Literal["en", "zh"]


@dataclass(frozen=True, kw_only=True)
class Constants:
    """The numbers that a small town runs by. Times are game minutes."""

    tick: int = 10
    start: int = 6 * 60
    """The minute of the first tick of a day; the last one ends at midnight."""
    threshold: float = 40.0
    """The summed importance of new memories that calls for a reflection."""
    weights: str = "paper"
    """By which preset memories are retrieved."""
    attention: int = 3
    """Most events that are noticed in a tick."""
    novelty: int = 5
    """What is among so many of the last events is not noticed again."""
    radius: int = 0
    """How many steps of the tree one sees: 0 is the same arena, 2 the whole sector."""
    cooldown: int = 150
    """Minutes before one talks to the same person again."""
    pause: int = 60
    """Minutes before one considers again to talk to the same person."""
    turns: int = 6
    """Most turns of a talk."""
    facts: int = 6
    """Most memories that a speaker is shown."""
    near: int = 4
    """Places among which one chooses."""
    ahead: int = 180
    """How far ahead an activity is cut into pieces."""
    temperature: float = 0.6
    """Of what is said; everything else is decided greedily."""


@dataclass(frozen=True, kw_only=True)
class News:
    """Something that a few know at first, and whose way through the town is followed."""

    id: str
    text: str
    who: tuple[str, ...]
    """Ids of those who know it at first."""
    words: tuple[tuple[str, ...], ...]
    """Alternatives of words: who says all of one alternative has told it."""
    importance: float = 8.0
    commitment: Commitment | None = None
    """What its owner invites to."""

    def is_in(self, text: str) -> bool:
        """Return whether a text tells it."""
        folded = text.casefold()
        return any(all(word.casefold() in folded for word in each) for each in self.words)


@dataclass(frozen=True, kw_only=True)
class TownFile:
    """A whole town before its first tick."""

    name: str
    language: Language
    first: date
    world: World
    people: tuple[Persona, ...]
    """In the order of their ids."""
    news: tuple[News, ...]
    constants: Constants
    source: str
    """The text of the file."""


def read_town(path: Path | str, people: int | None = None) -> TownFile:
    """Return the town of a file.

    Args:
        path: a TOML file.
        people: how many of its people live there, the first ones; all when left out.

    Raises:
        SetupError: the file is not there, or does not describe a town.
    """
    return parse_town(read_source(path), people)


def read_source(path: Path | str) -> str:
    """Return the text of a town's file.

    Raises:
        SetupError: it is not there, or is no text.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SetupError(f"the town {str(path)!r} cannot be read ({why})") from error


def parse_town(text: str, people: int | None = None) -> TownFile:
    """Return the town that a TOML text describes; `read_town` says more."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"this is no TOML file of a town: {error}") from error
    head = data.get("town", {})
    language = head.get("language", "en")
    if language not in ("en", "zh"):
        raise SetupError(f"the town's language is {language!r}; it may be 'en' or 'zh'")
    world = read_world(head.get("name", "Town"), data.get("sectors", []))
    personas = [read_persona(row) for row in data.get("people", [])][:people]
    _check_people(personas, world)
    first = head.get("date", date(2026, 3, 2))
    if not isinstance(first, date):
        raise SetupError(f"the town's date is {first!r}; write it as 2026-03-02, without quotes")
    ids = [persona.id for persona in personas]
    news = [_news(row, world) for row in data.get("news", [])]
    return TownFile(
        name=world.name,
        language=language,
        first=first,
        world=world,
        people=tuple(sorted(personas, key=lambda persona: persona.id)),
        news=tuple(each for each in news if set(each.who) & set(ids)),
        constants=_constants(data.get("constants", {})),
        source=text,
    )


def _check_people(personas: list[Persona], world: World) -> None:
    ids = [persona.id for persona in personas]
    names = [persona.name for persona in personas]
    for kind, listed in (("ids", ids), ("names", names)):
        twice = sorted({each for each in listed if listed.count(each) > 1})
        if twice:
            raise SetupError(f"the {kind} of the people must differ; {twice[0]!r} is there twice")
    if not personas:
        raise SetupError("nobody lives in this town; give it [[people]]")
    for persona in personas:
        for path in (persona.home, *persona.places):
            world.arena(path)
        if not persona.wake < persona.bed:
            raise SetupError(f"{persona.id!r} gets up after going to bed; wake must be before bed")


def _constants(row: Mapping[str, Any]) -> Constants:
    known = {each.name for each in fields(Constants)}
    wrong = sorted(set(row) - known)
    if wrong:
        raise SetupError(f"unknown constant {wrong[0]!r}; choose from {sorted(known)}")
    constants = Constants(**dict(row))
    weights_of(constants.weights)
    if constants.tick != 10:
        raise SetupError(f"a tick of {constants.tick!r} minutes is not possible; it is 10")
    return constants


def _news(row: Mapping[str, Any], world: World) -> News:
    try:
        who = tuple(row["who"])
        words = tuple(tuple(each) for each in row["words"])
        commitment = None
        if "start" in row:
            commitment = Commitment(
                id=row["id"],
                what=row["what"],
                place=world.arena(row["place"]).path,
                day=int(row.get("day", 1)),
                start=minutes_of(row["start"]),
                end=minutes_of(row["end"]),
                host=who[0],
            )
        return News(
            id=row["id"],
            text=row["text"],
            who=who,
            words=words,
            importance=float(row.get("importance", 8.0)),
            commitment=commitment,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SetupError(f"news needs {error}; these are {dict(row)!r}") from error
