"""Who lives in the town: what does not change about a person, and what does.

What this module does not know: memory, which every person has in a file of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cogitate.agents.town.clock import minutes_of
from cogitate.agents.town.plans import Block, Commitment, Piece
from cogitate.errors import SetupError


@dataclass(frozen=True, kw_only=True)
class Persona:
    """What does not change about a person."""

    id: str
    name: str
    age: int
    traits: str
    about: str
    """Work, habits, family: one to three sentences."""
    now: str
    """What is on the person's mind these days."""
    home: str
    """The path of the arena where the person sleeps."""
    wake: int
    bed: int
    knows: Mapping[str, str] = field(default_factory=dict)
    """How the person stands to others, by id."""
    places: tuple[str, ...] = ()
    """Paths that the person knows besides the home and the open ones."""


@dataclass
class Person:
    """Somebody in the town, as they are now. Plain data, so that a checkpoint holds it."""

    persona: Persona
    place: str
    activity: str
    object: str = ""
    """The path of what the person uses; empty for nothing."""
    asleep: bool = True
    day: int = 0
    """The day that is planned; 0 before the first."""
    blocks: list[Block] = field(default_factory=list)
    planned: list[Block] = field(default_factory=list)
    """The day as it was planned in the morning."""
    pieces: list[Piece] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Paths of the arenas that the person knows."""
    met: list[str] = field(default_factory=list)
    """Ids of those whom the person knows, in the order of meeting."""
    recent: list[str] = field(default_factory=list)
    """What was noticed last, the newest at the end."""
    asked: dict[str, int] = field(default_factory=dict)
    """When it was last considered to talk to somebody, by id."""
    talked: dict[str, int] = field(default_factory=dict)
    """When the last talk with somebody ended, by id."""
    told: dict[str, list[int]] = field(default_factory=dict)
    """Numbers of the memories that were told to, or came from, somebody, by id."""
    spots: dict[str, str] = field(default_factory=dict)
    """Where an activity is done, by its words."""
    busy_until: int = 0
    """The moment until which the person talks or waits."""
    unrated: list[int] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The id, which never changes."""
        return self.persona.id

    @property
    def name(self) -> str:
        """The name by which others speak of the person."""
        return self.persona.name


def read_persona(row: Mapping[str, Any]) -> Persona:
    """Return the persona of a row of a town file.

    Raises:
        SetupError: a field is missing, or is no time.
    """
    try:
        return Persona(
            id=row["id"],
            name=row["name"],
            age=int(row["age"]),
            traits=row["traits"],
            about=row["about"],
            now=row.get("now", ""),
            home=row["home"],
            wake=minutes_of(row.get("wake", "07:00")),
            bed=minutes_of(row.get("bed", "23:00")),
            knows=dict(row.get("knows", {})),
            places=tuple(row.get("places", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError(f"a person needs {error}; this one is {dict(row)!r}") from error
