"""The world as a tree: the town > sectors > arenas > objects, with states and opening hours.

Who is in an arena sees what is in it. Distances are steps in the tree; there are no tiles. What
this module does not know: people, plans and models.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cogitate.agents.town.clock import DAY, end_of, hhmm, minutes_of
from cogitate.errors import SetupError

BETWEEN = " > "
"""Stands between the names of a path."""


@dataclass(frozen=True)
class Arena:
    """A room or a spot: where people are."""

    sector: str
    name: str
    objects: tuple[str, ...] = ()
    opens: int = 0
    closes: int = DAY
    owner: str = ""
    """Whose home it is: nobody else goes there unasked; empty for a public place."""
    staff: tuple[str, ...] = ()
    """Ids of those who may be there while it is closed."""

    @property
    def path(self) -> str:
        """The names from the sector down."""
        return f"{self.sector}{BETWEEN}{self.name}"

    @property
    def about(self) -> str:
        """What is compared with an activity to find out where it is done."""
        return f"{self.sector} {self.name}: {', '.join(self.objects)}"

    @property
    def hours(self) -> str:
        """The opening hours; empty when it is always open."""
        always = self.opens == 0 and self.closes == DAY
        return "" if always else f"{hhmm(self.opens)}-{end_of(self.closes)}"

    def is_open(self, minute: int, who: str = "") -> bool:
        """Return whether `who` may be in it at a minute of the day."""
        inside = bool(who) and (who == self.owner or who in self.staff)
        return inside or self.opens <= minute < self.closes


@dataclass
class ObjectState:
    """What an object is doing, and by whose hand."""

    state: str
    who: str = ""


@dataclass
class World:
    """All places, and the states of their objects."""

    name: str
    arenas: Mapping[str, Arena]
    states: dict[str, ObjectState] = field(default_factory=dict)
    """What objects are doing that are not idle, by path."""

    def arena(self, path: str) -> Arena:
        """Return the arena of a path.

        Raises:
            SetupError: there is no such arena.
        """
        if path not in self.arenas:
            raise SetupError(f"there is no place {path!r}; choose from {sorted(self.arenas)}")
        return self.arenas[path]

    def use(self, path: str, state: str, who: str) -> bool:
        """Set what an object is doing; False when somebody else has it."""
        held = self.states.get(path)
        if held is not None and held.who not in ("", who):
            return False
        self.states[path] = ObjectState(state, who)
        return True

    def leave(self, who: str) -> None:
        """Let go of all that somebody uses."""
        self.states = {path: held for path, held in self.states.items() if held.who != who}

    def object_path(self, arena: str, name: str) -> str:
        """Return the path of an object of an arena."""
        return f"{arena}{BETWEEN}{name}"


def hops(left: str, right: str) -> int:
    """Return how many steps in the tree lie between two places: 0 for the same, 2 for siblings."""
    one, other = left.split(BETWEEN), right.split(BETWEEN)
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return len(one) + len(other) - 2 * shared


def read_world(name: str, sectors: Iterable[Mapping[str, Any]]) -> World:
    """Return the world that a town file describes.

    Raises:
        SetupError: a place is named twice, or lacks a name.
    """
    arenas: dict[str, Arena] = {}
    for sector in sectors:
        for row in sector.get("arenas", []):
            arena = Arena(
                sector=_named(sector),
                name=_named(row),
                objects=tuple(row.get("objects", ())),
                opens=minutes_of(row.get("opens", sector.get("opens", "00:00"))),
                closes=minutes_of(row.get("closes", sector.get("closes", "24:00"))),
                owner=row.get("owner", sector.get("owner", "")),
                staff=tuple(row.get("staff", sector.get("staff", ()))),
            )
            if arena.path in arenas:
                raise SetupError(f"two places are called {arena.path!r}; rename one of them")
            arenas[arena.path] = arena
    if not arenas:
        raise SetupError(f"the town {name!r} has no places; give it [[sectors]] with arenas")
    return World(name, arenas)


def _named(row: Mapping[str, Any]) -> str:
    name = row.get("name", "")
    if not isinstance(name, str) or not name.strip() or BETWEEN.strip() in name:
        raise SetupError(f"{name!r} is no name of a place; each needs one, without '>'")
    return name
