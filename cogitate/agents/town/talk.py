"""Two people talk: turn by turn, each from their own memories, and remember it afterwards.

What a speaker is shown grows only at its end, so that a local model reads each line once. What
this module does not know: who talks to whom, and what was agreed on.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel, Field

from cogitate.agents.town.minds import shortened
from cogitate.agents.town.people import Person
from cogitate.agents.town.plans import STEP
from cogitate.agents.town.stage import Stage
from cogitate.llm.decide import decide
from cogitate.memory.learning.importance import by_rules
from cogitate.memory.records import Hit, Note, Record
from cogitate.runs.context import within
from cogitate.words import words as content

WORTH = 5.0
"""Importance from which a memory is worth telling."""
FIRST_MEETING = 7.0
LONG = 3
"""Turns from which a talk takes two ticks."""
REPEATED = 0.8
"""Share of a line's words in an earlier line from which it is a repetition."""
_SENTENCE = re.compile(r".+?(?:[.!?]+(?=\s|$)|[。！？]+)\s*")
TOLD = 2
"""Words of a memory that must be in what somebody says for it to be told."""


class Utterance(BaseModel):
    """The next line of a talk."""

    say: Annotated[str, Field(min_length=8, max_length=160)]
    end: bool


class Remembered(BaseModel):
    """What somebody keeps of a talk."""

    remember: Annotated[str, Field(max_length=140)]


@dataclass(frozen=True)
class Aim:
    """What somebody wants of a talk."""

    text: str
    memory: Record | None = None
    """What is to be told; None for nothing special."""


@dataclass
class Talk:
    """One talk."""

    id: str
    starter: Person
    other: Person
    place: str
    turns: list[tuple[str, str]] = field(default_factory=list)
    """Ids of the speakers and what they said."""
    aims: dict[str, Aim] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    """What each side is shown before the first line, by id."""
    records: dict[str, Record] = field(default_factory=dict)
    """How each side remembers the talk."""

    @property
    def both(self) -> tuple[Person, Person]:
        """Who talks, the starter first."""
        return (self.starter, self.other)

    def partner(self, person: Person) -> Person:
        """Return the other one of the two."""
        return self.other if person is self.starter else self.starter

    def said_by(self, person: Person) -> str:
        """Return all that one of the two said."""
        return " ".join(said for who, said in self.turns if who == person.id)

    def lines(self) -> list[str]:
        """Return the talk as lines."""
        names = {each.id: each.name for each in self.both}
        return [f"{names[who]}: {said}" for who, said in self.turns]

    def seen_by(self, person: Person, says: str) -> list[BaseMessage]:
        """Return what a person is shown: their own lines are the model's, the other's a human's."""
        found: list[BaseMessage] = [HumanMessage(self.heads[person.id])]
        other = self.partner(person).name
        for who, said in self.turns:
            if who == person.id:
                line = Utterance(say=said, end=False).model_dump_json()
                found.append(AIMessage(line))
            else:
                add(found, says.format(name=other, said=said, me=person.name))
        return found


async def aim_of(stage: Stage, me: Person, other: Person) -> Aim:
    """Return what a person wants of a talk: to tell what matters most and is news to the other."""
    hits = await stage.minds[me.id].recall(
        other.name, stage.rules.facts, purpose="aim", kinds=("plan", "observation", "reflection")
    )
    told, now = me.told.get(other.id, []), (stage.clock.day, stage.clock.minute)
    begun = {each.id for each in me.commitments if (each.day, each.start) <= now}
    worth = [
        hit.record
        for hit in hits
        if hit.record.weight >= WORTH
        and hit.record.row not in told
        and other.name not in hit.text
        and not hit.record.meta.get("doing")
        and other.id not in hit.record.meta.get("about", ())
        and hit.record.meta.get("commitment") not in begun
    ]
    if not worth:
        return Aim(stage.words.aim_chat.format(name=me.name))
    found = max(worth, key=lambda record: (record.weight, -record.row))
    hosted = found.meta.get("host") == me.id
    pattern = stage.words.aim_invite if hosted else stage.words.aim_tell
    text = pattern.format(name=me.name, other=other.name, text=shortened(found.text).rstrip(".。"))
    return Aim(text, found)


async def talk(stage: Stage, started: Talk) -> None:
    """Let two people talk until one ends it or the most turns are reached."""
    for person in started.both:
        with within(person.id):
            started.heads[person.id] = await _head(stage, started, person)
    for turn in range(stage.rules.turns):
        speaker = started.both[turn % 2]
        with within(speaker.id):
            found = await _next(stage, started, speaker)
            aim = started.aims[speaker.id].memory
            untold = turn < 2 and aim is not None and not is_told(aim.text, found.say)
            if untold or (turn == 0 and re.search(stage.words.reply, found.say)):
                found = await _next(stage, started, speaker, again=1)
            if _repeats(few_sentences(found.say), started.turns):
                found = await _next(stage, started, speaker, again=2)
        said = few_sentences(found.say)
        if not said or _repeats(said, started.turns):
            break
        started.turns.append((speaker.id, said))
        ended = found.end or re.search(stage.words.farewell, said)
        if ended and turn > 0:
            break
    if started.turns:
        await asyncio.gather(*(_remember(stage, started, person) for person in started.both))
    _over(stage, started)


async def _head(stage: Stage, started: Talk, me: Person) -> str:
    words, other = stage.words, started.partner(me)
    mind, aim = stage.minds[me.id], started.aims[me.id]
    query = f"{other.name} {other.activity} {aim.memory.text if aim.memory else ''}"
    hits = await mind.recall(query.strip(), stage.rules.facts, purpose="talk")
    relation = me.persona.knows.get(other.id, "")
    if not relation and other.id not in me.met:
        relation = words.stranger.format(name=me.name)
    return words.talk.format(
        time=stage.time,
        place=stage.place_of(me),
        name=me.name,
        other=other.name,
        relation=relation or words.nothing,
        activity=other.activity,
        facts=facts_of(stage, me, hits),
        aim=aim.text,
    )


def facts_of(stage: Stage, me: Person, hits: Sequence[Hit]) -> str:
    """Return memories for a prompt, without the plan of the day, which is long."""
    shown = stage.minds[me.id].shown([hit for hit in hits if not hit.record.meta.get("day")])
    return "\n".join(f"- {line}" for line in shown) or stage.words.nothing


def asked_of(
    stage: Stage, started: Talk, person: Person, pattern: str = "", **more: str
) -> list[BaseMessage]:
    """Return a talk as a person saw it so far, and a question about it, if there is one."""
    head, *said = started.seen_by(person, stage.words.says)
    found = [*stage.prompts.ask(person, head.text), *said]
    if pattern:
        text = pattern.format(name=person.name, other=started.partner(person).name, **more)
        add(found, text)
    return found


def add(messages: list[BaseMessage], text: str) -> None:
    """Append a text to messages, to the last one where that is a human's as well."""
    if isinstance(messages[-1], HumanMessage):
        messages[-1] = HumanMessage(f"{messages[-1].text.rstrip()}\n{text}")
    else:
        messages.append(HumanMessage(text))


async def _next(stage: Stage, started: Talk, speaker: Person, again: int = 0) -> Utterance:
    """Return the next line; drawn again, with another seed, where the first says nothing new."""
    pattern = "" if started.turns else stage.words.talk_begin
    return await decide(
        stage.model,
        asked_of(stage, started, speaker, pattern, aim=started.aims[speaker.id].text),
        Utterance,
        purpose="town.say",
        fallback=Utterance.model_construct(say="", end=True),
        max_tokens=120,
        temperature=stage.rules.temperature,
        seed=stage.seed_for(started.id, len(started.turns), again),
    )


def few_sentences(text: str) -> str:
    """Return the first three sentences of a text, without one that was cut off."""
    line = " ".join(text.split())
    whole = _SENTENCE.findall(line)
    return "".join(whole[:3]).strip() or line


def _repeats(said: str, turns: Sequence[tuple[str, str]]) -> bool:
    own = {*content(said)}
    return any(len(own & {*content(text)}) > REPEATED * len(own) for _, text in turns if own)


async def _remember(stage: Stage, started: Talk, me: Person) -> None:
    """Keep the talk, and one thing of it; what came from the other need not be told back."""
    other, mind, words = started.partner(me), stage.minds[me.id], stage.words
    with within(me.id):
        text = words.talk_memory.format(
            name=me.name,
            other=other.name,
            place=stage.place_of(me),
            said=" / ".join(started.lines()),
        )
        value = by_rules(Note(text=text, kind="chat")) or 0.0
        new = other.id not in me.met and other.id not in me.persona.knows
        about = {"about": [other.id], "talk": started.id}
        record = await mind.keep(
            text, "chat", importance=max(value, FIRST_MEETING if new else 1.0), meta=about
        )
        started.records[me.id] = record
        found = await decide(
            stage.model,
            asked_of(stage, started, me, words.after_talk),
            Remembered,
            purpose="town.remember",
            fallback=Remembered(remember=""),
            max_tokens=80,
        )
        kept = [record.row]
        if note := few_sentences(found.remember):
            remembered = await mind.keep(note, evidence=[record], meta=about)
            kept.append(remembered.row)
            if remembered.importance is None:
                me.unrated.append(remembered.row)
        aim = started.aims[me.id].memory
        if aim is not None and is_told(aim.text, started.said_by(me)):
            kept.append(aim.row)
        me.told.setdefault(other.id, []).extend(kept)


def is_told(text: str, said: str) -> bool:
    """Return whether what was said tells what a memory says: it shares words with it.

    Numbers do not count: another event may be at the same time.
    """
    shared = {*content(text)} & {*content(said)}
    return sum(not word.isdigit() for word in shared) >= TOLD


def _over(stage: Stage, started: Talk) -> None:
    """Let time pass, and both know each other and that they have talked."""
    ticks = 1 if len(started.turns) <= LONG else 2
    until = stage.clock.moment + STEP * ticks
    for person in started.both:
        other = started.partner(person)
        person.busy_until = until
        person.talked[other.id] = until
        if other.id not in person.met and started.turns:
            person.met.append(other.id)


def told_of(started: Talk, stage: Stage) -> dict[str, object]:
    """Return the talk as the log shows it."""
    return {
        "id": started.id,
        "between": [person.id for person in started.both],
        "place": started.place,
        "aims": {who: aim.text for who, aim in started.aims.items()},
        "turns": [{"who": who, "say": said} for who, said in started.turns],
        "until": stage.clock.stamp(started.starter.busy_until),
    }
