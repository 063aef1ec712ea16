"""The day itself: tick after tick, everybody side by side, settled in the order of their ids.

    inputs -> plan and intend -> act -> perceive -> react -> talk -> agree -> rate and reflect

Nothing here looks at the machine's clock, nor at chance beyond the town's seed: the same answers
give the same day. What this module does not know: files other than the log and the memories.
"""

import asyncio
from dataclasses import asdict

from cogitate.agents.town.acting import (
    Intent,
    act,
    intend,
    remember_closed,
    remember_doing,
    turned_out,
)
from cogitate.agents.town.agree import agree, commit
from cogitate.agents.town.checkpoint import TownFolder, person_as_dict
from cogitate.agents.town.diary import Diary
from cogitate.agents.town.people import Person
from cogitate.agents.town.react import Request, pairs, perceive, react
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.talk import Talk, aim_of, talk, told_of
from cogitate.runs.context import current

WHISPERED = 8.0
"""The importance of a thought from outside."""


OWN = 5.0
"""That of what is on somebody's mind when the town begins."""


class Simulation:
    """One town that runs."""

    def __init__(self, stage: Stage, diary: Diary, folder: TownFolder) -> None:
        self.stage = stage
        self.diary = diary
        self.folder = folder

    async def run(self, end: int) -> bool:
        """Run to a moment; return False when a person has stopped it before."""
        clock, rules = self.stage.clock, self.stage.rules
        while clock.moment < end:
            if clock.minute < rules.start:
                clock.moment += rules.start - clock.minute
                continue
            if clock.minute % 60 == 0:
                await self.checkpoint()
            stop = current().stop
            if stop is not None and stop.is_set():
                return False
            await self.tick()
            clock.moment += rules.tick
            current().turns += 1
        await self.checkpoint()
        return True

    async def tick(self) -> None:
        """Let ten minutes happen."""
        stage = self.stage
        await self._hear()
        intents = await stage.each(lambda person: intend(stage, person))
        self.flush()
        await self._act(intents)
        self.flush()
        await stage.each(lambda person: perceive(stage, person))
        requests = await stage.each(lambda person: react(stage, person))
        self.flush()
        await self._talk([request for request in requests if request is not None])
        self.flush()
        await stage.each(self._think)
        self.flush()
        self.diary.write([self._now()])

    def flush(self) -> None:
        """Write what has happened into the log: the town's own lines, then by the ids."""
        lines = self.stage.page.taken()
        for mind in self.stage.minds.values():
            lines += mind.page.taken()
        self.diary.write(lines)

    async def checkpoint(self) -> None:
        """Keep how everything stands. Memories are opened anew, as a resumed town opens them."""
        stage = self.stage
        if stage.clock.moment in {saved.moment for saved in self.folder.saved()}:
            return
        for mind in stage.minds.values():
            mind.close()
        state = {
            "moment": stage.clock.moment,
            "log_bytes": self.diary.size(),
            "heard": stage.heard,
            "people": {person.id: person_as_dict(person) for person in stage.people.values()},
            "objects": {path: asdict(held) for path, held in stage.world.states.items()},
        }
        await asyncio.to_thread(self.folder.save, state, stage.clock.moment, list(stage.people))
        for mind in stage.minds.values():
            await mind.open()

    # ------------------------------------------------------------------------------- inside

    async def _hear(self) -> None:
        """Take in what came from outside: a thought is remembered as one's own."""
        stage = self.stage
        for each in self.folder.inputs():
            if each.id in stage.heard or each.moment > stage.clock.moment:
                continue
            stage.heard.append(each.id)
            mind = stage.minds[each.who]
            mind.page.add("whispered", input=each.id, text=each.text)
            await mind.keep(each.text, importance=WHISPERED, meta={"input": each.id})

    async def _act(self, intents: list[Intent | None]) -> None:
        stage = self.stage
        done: list[tuple[Person, Intent]] = []
        for person, intent in zip(stage.people.values(), intents, strict=True):
            if intent is not None:
                if act(stage, person, intent):
                    done.append((person, intent))
                elif person.place != intent.place:
                    await remember_closed(stage, person, intent.place)
            if turned_out(stage, person):
                await remember_closed(stage, person, person.place)
        await asyncio.gather(*(remember_doing(stage, *each) for each in done))

    async def _talk(self, requests: list[Request]) -> None:
        stage = self.stage
        if not requests:
            return
        talks = []
        for request in pairs(requests):
            talk_id = f"t{stage.clock.moment}-{request.who.id}-{request.to.id}"
            started = Talk(talk_id, request.who, request.to, request.who.place)
            started.aims[request.who.id] = request.aim
            talks.append(started)
        await asyncio.gather(*(self._one_talk(started) for started in talks))
        for started in talks:
            if started.turns:
                stage.page.add("talked", **told_of(started, stage))

    async def _one_talk(self, started: Talk) -> None:
        stage, other = self.stage, started.other
        other.asked[started.starter.id] = stage.clock.moment
        started.aims[other.id] = await aim_of(stage, other, started.starter)
        await talk(stage, started)
        if started.turns:
            await agree(stage, started)

    async def _think(self, person: Person) -> None:
        """Rate what no rule knows, and reflect when enough has happened."""
        if person.asleep:
            return
        stage, mind = self.stage, self.stage.minds[person.id]
        if person.unrated:
            await mind.rated(stage.model, person.unrated)
            person.unrated = []
        await mind.reflect(stage.model, stage.rules.threshold)

    def _now(self) -> dict[str, object]:
        """Return how the town stands, as a line of the log."""
        stage = self.stage
        return {
            "time": stage.clock.stamp(),
            "kind": "tick",
            "people": {
                person.id: {
                    "place": person.place,
                    "activity": person.activity,
                    "object": person.object,
                    "asleep": person.asleep,
                    "busy": person.busy_until > stage.clock.moment,
                }
                for person in stage.people.values()
            },
            "objects": {path: held.state for path, held in sorted(stage.world.states.items())},
        }


async def settle_in(stage: Stage) -> None:
    """Let the first morning begin: everybody knows what they know, and has what is arranged."""
    for person in stage.people.values():
        text = person.persona.now or person.persona.about
        await stage.minds[person.id].keep(text, importance=OWN)
    for news in stage.town.news:
        for who in news.who:
            if who not in stage.people:
                continue
            if news.commitment is not None and news.commitment.host == who:
                await commit(stage, stage.people[who], news.commitment, text=news.text)
            else:
                await stage.minds[who].keep(news.text, importance=news.importance)


__all__ = ["Simulation", "settle_in"]
