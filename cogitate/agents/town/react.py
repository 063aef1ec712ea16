"""Whether somebody leaves their plan for what they noticed: go on, wait, talk, do something else.

Code finds whom it may concern; the model picks one of four numbers. What this module does not
know: how a talk goes.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import Field, create_model

from cogitate.agents.town.minds import Mind
from cogitate.agents.town.people import Person
from cogitate.agents.town.perceive import Seen, in_sight, may_talk, noticed
from cogitate.agents.town.planning import change
from cogitate.agents.town.plans import STEP, Block
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.talk import Aim, aim_of, facts_of
from cogitate.agents.town.wording import activity_of, place_name
from cogitate.llm.decide import choose, decide
from cogitate.memory.learning.importance import by_rules
from cogitate.memory.records import Note

SEEN = 1.0
"""The importance of what others do every day."""
TALK, KEEP, WAIT, OTHER = "1", "2", "3", "4"
CHOICES = {TALK: "talk", KEEP: "go on", WAIT: "wait", OTHER: "do something else"}
LATELY = 6 * 60
"""Minutes for which people without anything to tell do not seek each other again."""
INSTEAD = 30
"""Minutes for which something else is done."""


@dataclass(frozen=True)
class Request:
    """Somebody wants to talk to somebody."""

    who: Person
    to: Person
    aim: Aim


async def perceive(stage: Stage, me: Person) -> list[Seen]:
    """Notice what is new here, and remember it."""
    if me.asleep:
        return []
    sight = in_sight(stage.world, stage.people.values(), me, stage.rules.radius)
    names = {person.id: person.name for person in stage.people.values()}
    found = noticed(me, sight, names, stage.words, stage.rules)
    mind = stage.minds[me.id]
    for seen in found:
        await mind.keep(
            f"{seen.text} ({place_name(me.place)})",
            importance=_weight(seen),
            meta={"about": [seen.about]},
        )
    return found


def _weight(seen: Seen) -> float:
    return min(by_rules(Note(text=seen.text)) or SEEN, 5.0) if not seen.person else SEEN


async def react(stage: Stage, me: Person) -> Request | None:
    """Decide what to do about the most salient person here; return the wish to talk, if any."""
    now = stage.clock.moment
    others = [
        other
        for other in stage.people.values()
        if other.id != me.id and may_talk(me, other, now, stage.rules)
    ]
    if not others:
        return None
    # The one not talked to for the longest, then the lowest id.
    other = min(others, key=lambda each: (me.talked.get(each.id, -1), each.id))
    me.asked[other.id] = now
    aim, mind = await aim_of(stage, me, other), stage.minds[me.id]
    if aim.memory is None and other.id in me.talked and now - me.talked[other.id] < LATELY:
        return None  # nothing to say, and they have talked: no model need be asked
    event = stage.words.does(other.name, other.activity)
    choice = await _choice(stage, me, other, aim, event)
    mind.page.add("reacted", to=other.id, event=event, aim=aim.text, choice=CHOICES[choice])
    if choice == TALK:
        return Request(me, other, aim)
    if choice == WAIT:
        me.busy_until = now + STEP
    elif choice == OTHER:
        await _instead(stage, me, event)
    return None


async def _choice(stage: Stage, me: Person, other: Person, aim: Aim, event: str) -> str:
    mind: Mind = stage.minds[me.id]
    query = f"{other.name} {other.activity}"
    hits = await mind.recall(query, stage.rules.facts // 2, purpose="react")
    question = stage.words.react.format(
        time=stage.time,
        name=me.name,
        other=other.name,
        place=stage.place_of(me),
        activity=me.activity,
        event=event,
        facts=facts_of(stage, me, hits),
        aim=aim.text,
    )
    asked = stage.prompts.ask(me, question)
    found = await choose(stage.model, asked, tuple(CHOICES), purpose="town.react")
    return next(iter(found))


async def _instead(stage: Stage, me: Person, event: str) -> None:
    question = stage.words.new_activity.format(
        time=stage.time,
        name=me.name,
        place=stage.place_of(me),
        activity=me.activity,
        event=event,
    )
    asked = stage.prompts.ask(me, question)
    form = create_model("NewActivity", activity=(str, Field(pattern=stage.words.activity)))
    found: Any = await decide(
        stage.model,
        asked,
        form,
        purpose="town.instead",
        fallback=form.model_construct(activity=""),
        max_tokens=50,
    )
    start = stage.clock.minute + STEP
    end = min(start + INSTEAD, me.persona.bed)
    kept = any(block.commitment and block.start < end and start < block.end for block in me.blocks)
    what = activity_of(found.activity, me.name)
    if what and start < end and not kept:
        change(stage, me, Block(start, end, what))


def pairs(requests: list[Request]) -> list[Request]:
    """Return the wishes that come true: the lower id first, each person in one talk at most."""
    taken: set[str] = set()
    found = []
    for request in sorted(requests, key=lambda each: each.who.id):
        ids = {request.who.id, request.to.id}
        if not ids & taken:
            found.append(request)
            taken |= ids
    return found
