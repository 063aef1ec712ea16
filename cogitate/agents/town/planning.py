"""What a person plans: the day in one question, the next hours in pieces when they come.

The model names activities; times, gaps and commitments are the business of `plans.py`. What
this module does not know: what others do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from cogitate.agents.town.clock import end_of, hhmm, minutes_of
from cogitate.agents.town.people import Person, Persona
from cogitate.agents.town.plans import (
    Block,
    Commitment,
    Piece,
    block_at,
    fitted,
    hours,
    overlaid,
    schedule,
    with_commitments,
)
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.wording import activity_of, listed, place_name
from cogitate.llm.decide import decide

BED = re.compile(r"(?i)\b(?:to bed|sleeping|asleep)\b|睡觉|上床")
"""What nobody plans for the waking hours; a small model does."""
LEAST_CUT = 60
"""Minutes from which an activity is cut into pieces."""
YESTERDAY = 3
"""Memories that stand for yesterday."""


STARTS = (9 * 60, 12 * 60, 13 * 60 + 30, 16 * 60, 18 * 60 + 30, 20 * 60 + 30)
"""When a day's activities begin, besides the one an hour after getting up; `Wording.slots` names
them. A small model that chooses the times itself fills the morning and leaves the rest of the day
empty, and without the names it writes the same activity for each time."""


def day_form(starts: Mapping[str, str], pattern: str) -> type[BaseModel]:
    """Return the form of a day: one activity for each time at which one begins, with its name."""
    parts: Any = {
        f"at_{start.replace(':', '')}": (str, Field(alias=f"{start} {name}", pattern=pattern))
        for start, name in starts.items()
    }
    return create_model("DayPlan", **parts)


def parts_form(pattern: str) -> type[BaseModel]:
    """Return the form of the pieces of an activity."""
    what: Any = Annotated[str, Field(pattern=pattern)]
    part: Any = create_model("Part", minutes=(Literal[10, 20, 30, 40, 60], ...), what=(what, ...))
    pieces: Any = (list[part], Field(min_length=2, max_length=3))
    return create_model("Parts", pieces=pieces)


def starts_of(persona: Persona, due: Sequence[Commitment], names: Sequence[str]) -> dict[str, str]:
    """Return when the activities of a day begin, with their names.

    None begins in the time of a commitment, nor less than an hour before the next one.
    """
    first, *others = names
    free = [(persona.wake + 60, first)]
    for start, name in zip(STARTS, others, strict=True):
        if free[-1][0] + 60 <= start < persona.bed - 30:
            free.append((start, name))
    found = [(s, name) for s, name in free if not any(c.start <= s < c.end for c in due)]
    ends = [c.end for c in due if c.end < persona.bed - 30]
    found += [(end, others[-1]) for end in ends if all(abs(s - end) > 30 for s, _ in found)]
    return {hhmm(start): name for start, name in sorted(found)}


async def plan_day(stage: Stage, person: Person) -> None:
    """Plan the day that begins: one question, then code."""
    words, persona, clock = stage.words, person.persona, stage.clock
    due = [each for each in person.commitments if each.day == clock.day]
    mind = stage.minds[person.id]
    yesterday = words.first_day
    if clock.day > 1:
        hits = await mind.recall(persona.now or persona.about, YESTERDAY, purpose="yesterday")
        yesterday = words.yesterday.format(text=" ".join(mind.shown(hits)))
    lines = [f"{hhmm(c.start)}-{end_of(c.end)} {c.what} ({place_name(c.place)})" for c in due]
    starts = starts_of(persona, due, words.slots)
    question = words.day_plan.format(
        name=person.name,
        date=stage.date,
        yesterday=yesterday,
        commitments=listed(lines, words),
        wake=hhmm(persona.wake),
        bed=end_of(persona.bed),
        starts=words.separator.join(f"{start} ({name})" for start, name in starts.items()),
    )
    items = await _activities(stage, person, question, starts)
    made = schedule(items, persona.wake, persona.bed, (words.asleep, words.morning))
    at_home = (words.asleep, words.morning)
    blocks = [replace(b, place=persona.home) if b.what in at_home else b for b in made]
    person.blocks = with_commitments(blocks, due)
    person.planned, person.day, person.pieces = list(person.blocks), clock.day, []
    mind.page.add(
        "planned",
        day=clock.day,
        items=[{"start": hhmm(start), "activity": what} for start, what in items],
        blocks=[block.as_dict() for block in person.blocks],
        hours=hours(person.blocks),
    )
    text = "; ".join(block.line() for block in person.blocks if not block.rest)
    meta = {"day": clock.day}
    await mind.keep(f"{person.name}, {stage.date}: {text}", "plan", importance=3.0, meta=meta)


async def _activities(
    stage: Stage, person: Person, question: str, starts: Mapping[str, str]
) -> list[tuple[int, str]]:
    form = day_form(starts, stage.words.activity)
    found = await decide(
        stage.model,
        stage.prompts.ask(person, question),
        form,
        purpose="town.day_plan",
        fallback=form.model_construct(),
        max_tokens=300,
        temperature=stage.rules.temperature,
        seed=stage.seed_for(person.id, "day"),
    )
    said = found.model_dump().values()  # in the order of the times; nothing when all failed
    return [
        (minutes_of(start), activity_of(what, person.name))
        for start, what in zip(starts, said, strict=False)
        if not BED.search(what)
    ]


async def piece_now(stage: Stage, person: Person, block: Block) -> Piece:
    """Return what the person does now; the hours ahead are cut into pieces when they come."""
    minute = stage.clock.minute
    for piece in person.pieces:
        if piece.start <= minute < piece.end and piece.end <= block.end:
            return piece
    end = min(block.end, minute + stage.rules.ahead)
    whole = Piece(minute, end, block.what)
    person.pieces = [whole]
    if block.commitment or block.end - minute < LEAST_CUT or minute < person.persona.wake + 30:
        person.pieces = [Piece(minute, block.end, block.what)]
        return person.pieces[0]
    question = stage.words.pieces.format(
        name=person.name, start=hhmm(minute), end=end_of(end), activity=block.what
    )
    asked = stage.prompts.ask(person, question)
    form = parts_form(stage.words.activity)
    found: Any = await decide(
        stage.model,
        asked,
        form,
        purpose="town.pieces",
        fallback=form.model_construct(pieces=[]),
        max_tokens=160,
    )
    awake = [each for each in found.pieces if not BED.search(each.what)]
    named = {activity_of(each.what, person.name): each.minutes for each in awake}
    parts = [(minutes, what) for what, minutes in named.items()]  # each activity once
    person.pieces = fitted(parts, minute, end) or [whole]
    stage.minds[person.id].page.add(
        "pieces",
        block=block.what,
        pieces=[
            {"start": hhmm(p.start), "end": end_of(p.end), "what": p.what} for p in person.pieces
        ],
    )
    return person.pieces[0]


def change(stage: Stage, person: Person, new: Block) -> None:
    """Put a block into the rest of a person's day."""
    person.blocks = overlaid(person.blocks, new)
    person.pieces = [piece for piece in person.pieces if piece.end <= new.start]
    stage.minds[person.id].page.add(
        "changed", blocks=[block.as_dict() for block in person.blocks], because=new.as_dict()
    )


def block_now(stage: Stage, person: Person) -> Block:
    """Return the block of the day that it is time for."""
    return block_at(person.blocks, stage.clock.minute)
