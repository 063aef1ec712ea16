"""Interviews: a person is asked from outside, with all of their memory or only a part of it.

The memories are copies, so that nothing of an interview stays. A mask takes kinds of memories
away at the time of asking, from the same lived day (Park et al. 2023, section 6). What this
module does not know: which questions are good.
"""

import json
import re
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cogitate.agents.town.agree import times_in
from cogitate.agents.town.answers import Answers
from cogitate.agents.town.checkpoint import copy_memory
from cogitate.agents.town.clock import Clock, hhmm, minutes_of
from cogitate.agents.town.minds import ALL, Mind
from cogitate.agents.town.opening import staged, stand_as
from cogitate.agents.town.people import Person
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.wording import listed
from cogitate.errors import SetupError
from cogitate.llm.decide import choose, complete
from cogitate.memory.records import Hit, Kind

if TYPE_CHECKING:
    from cogitate.agents.town.town import Town

MASKS: Mapping[str, tuple[Kind, ...]] = MappingProxyType(
    {
        "full": ALL,
        "no-reflection": ("observation", "chat", "plan"),
        "no-reflection-plan": ("observation", "chat"),
        "none": (),
    }
)
"""Which kinds of memories a person has under each mask."""
FACTS = 8
"""Memories that an answer is given from."""
WEIGHTS = "default"
"""Relevance leads: a question asks for something, however long ago it was."""
ASKED = "interviews.jsonl"
RECORD = "interview-answers.jsonl"
_SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d) ([^;]+)")
_LINE = re.compile(r'\{\s*"say"\s*:\s*"((?:[^"\\]|\\.)*)')


@dataclass(frozen=True, kw_only=True)
class Interview:
    """One question and its answer."""

    time: str
    who: str
    question: str
    mask: str
    answer: str
    facts: tuple[str, ...] = ()
    """Names of the memories that the person was shown."""


class Visitor:
    """Somebody who asks the people of a town, at the time at which it stands."""

    def __init__(self, town: "Town", stage: Stage) -> None:
        self._town = town
        self._stage = stage

    @property
    def people(self) -> dict[str, Person]:
        """The people as they stand."""
        return self._stage.people

    async def ask(self, who: str, question: str, mask: str = "full") -> Interview:
        """Return a person's answer.

        Raises:
            SetupError: there is no such person or mask.
        """
        if mask not in MASKS:
            raise SetupError(f"unknown mask {mask!r}; choose from {list(MASKS)}")
        stage, person = self._stage, self._stage.people[self._town.person(who).id]
        hits = await self._recalled(person, question, mask)
        shown = stage.words.interview.format(
            time=stage.time,
            date=stage.date,
            name=person.name,
            facts=listed(self._shown(person, hits, question), stage.words),
            question=question,
        )
        asked = stage.prompts.ask(person, shown)
        said = await complete(
            stage.model, asked, purpose="town.interview", stop=("\n",), max_tokens=60
        )
        return Interview(
            time=stage.clock.stamp(),
            who=person.id,
            question=question,
            mask=mask,
            answer=spoken(said),
            facts=tuple(stage.minds[person.id].name_of(hit.record) for hit in hits),
        )

    async def knows(self, who: str, news: str) -> bool:
        """Return whether a person says to know of something."""
        stage, person = self._stage, self._stage.people[self._town.person(who).id]
        hits = await self._recalled(person, news, "full")
        shown = stage.words.knows_about.format(
            time=stage.time,
            date=stage.date,
            name=person.name,
            facts=listed(stage.minds[person.id].shown(hits), stage.words),
            news=news,
        )
        asked = stage.prompts.ask(person, shown)
        found = await choose(stage.model, asked, ("yes", "no"), purpose="town.knows")
        return found["yes"] > found["no"]

    def _shown(self, person: Person, hits: Sequence[Hit], question: str) -> list[str]:
        """Return memories as lines; a day's plan as what it says of the times asked about."""
        found: list[str] = []
        words = self._stage.words
        for hit in hits:
            day = hit.record.meta.get("day")
            plan = planned(hit.text, question, words.planned_for) if day else []
            found += plan or self._stage.minds[person.id].shown([hit])
        return found

    async def _recalled(self, person: Person, query: str, mask: str) -> list[Hit]:
        mind = self._stage.minds[person.id]
        return await mind.looked_up(query, FACTS, MASKS[mask], WEIGHTS)


def planned(plan: str, question: str, pattern: str) -> list[str]:
    """Return what a day's plan says of the times that a question names, else all of it by lines.

    Asked for 11:00, a 1.5B that was shown "09:00-12:00 reading" did not know.
    """
    name, times = plan.partition(", ")[0], times_in(question)
    spans = [(found[1], found[2], found[3]) for found in _SPAN.finditer(plan)]
    found = [
        pattern.format(name=name, time=hhmm(time), what=what)
        for time in times
        for start, end, what in spans
        if minutes_of(start) <= time < minutes_of(end)
    ]
    return found or [pattern.format(name=name, time=f"{s}-{e}", what=what) for s, e, what in spans]


def spoken(said: str) -> str:
    """Return the words of an answer that has the form of a line of a talk, as the worked one."""
    found = _LINE.match(said.strip())
    return found[1].replace('\\"', '"').strip() if found else said.strip()


@asynccontextmanager
async def visiting(town: "Town") -> AsyncIterator[Visitor]:
    """Give a visitor to a town as it stood at its last checkpoint; nothing of it stays there.

    Raises:
        SetupError: the town has not begun.
    """
    saved = town.kept.saved_at(None)
    state = json.loads((saved.path / "state.json").read_text(encoding="utf-8"))
    clock = Clock(town.file.first, saved.moment)
    answers = Answers(town.folder / RECORD, only=town.only_recorded)
    stage = staged(town.settings, town.kept, clock, answers)
    with tempfile.TemporaryDirectory(prefix="cogitate-visit-") as folder:
        stand_as(stage, state)
        for persona in town.file.people:
            copy = Path(folder) / f"{persona.id}.db"
            copy_memory(saved.path / f"{persona.id}.db", copy)
            weights = town.file.constants.weights
            stage.minds[persona.id] = Mind(copy, persona.id, clock, stage.embedder, weights)
        try:
            yield Visitor(town, stage)
        finally:
            for mind in stage.minds.values():
                mind.close()


def keep(folder: Path, interview: Interview) -> None:
    """Keep an interview beside the town's log."""
    with (folder / ASKED).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(interview), ensure_ascii=False) + "\n")
