"""All that a tick needs at hand: the town, its people as they are now, and whom to ask.

What this module does not know: what happens.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from langchain_core.language_models import BaseChatModel

from cogitate.agents.town.clock import Clock, hhmm
from cogitate.agents.town.diary import Page
from cogitate.agents.town.minds import Mind
from cogitate.agents.town.people import Person
from cogitate.agents.town.settings import Constants, TownFile
from cogitate.agents.town.wording import Prompts, Wording, place_name
from cogitate.agents.town.world import World
from cogitate.llm.embed import Embedder
from cogitate.runs.context import within

T = TypeVar("T")


@dataclass(kw_only=True)
class Stage:
    """One town while it runs."""

    town: TownFile
    world: World
    clock: Clock
    people: dict[str, Person]
    """By id, in the order of the ids."""
    minds: dict[str, Mind]
    model: BaseChatModel
    embedder: Embedder
    prompts: Prompts
    seed: int
    page: Page
    heard: list[str] = field(default_factory=list)
    """Ids of the inputs from outside that have been taken in."""

    @property
    def rules(self) -> Constants:
        """The constants of the town."""
        return self.town.constants

    @property
    def words(self) -> Wording:
        """The texts of the town's language."""
        return self.prompts.words

    @property
    def time(self) -> str:
        """The time of day."""
        return hhmm(self.clock.moment)

    @property
    def date(self) -> str:
        """The date in words."""
        today = self.clock.date
        return self.words.date.format(weekday=self.words.weekdays[today.weekday()], date=today)

    def seed_for(self, *what: object) -> int:
        """Return a seed that depends on the town's own, the time, and what it is for."""
        text = "|".join(map(str, (self.seed, self.clock.moment, *what)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])

    def place_of(self, person: Person) -> str:
        """Return where a person is, in words."""
        return place_name(person.place)

    async def each(self, work: Callable[[Person], Awaitable[T]]) -> list[T]:
        """Do something for all people side by side; return what came of it, by their ids."""

        async def one(person: Person) -> T:
            with within(person.id):
                return await work(person)

        return list(await asyncio.gather(*(one(person) for person in self.people.values())))
