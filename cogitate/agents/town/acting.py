"""What a person does in a tick: the next piece of the plan, at its place, with its object.

First everybody makes up their mind side by side, then all move in the order of their ids, so that
two never have one object. What this module does not know: talks.
"""

from dataclasses import dataclass

from cogitate.agents.town.people import Person
from cogitate.agents.town.places import closed_text, object_for, place_for, shut_places
from cogitate.agents.town.planning import block_now, piece_now, plan_day
from cogitate.agents.town.plans import Block
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.wording import place_name
from cogitate.memory.learning.importance import by_rules
from cogitate.memory.records import Note

ROUTINE = 1.0
"""The importance of what is done and seen every day."""
KEPT = 5.0
"""That of keeping a commitment."""


@dataclass(frozen=True)
class Intent:
    """What a person is about to do, and where."""

    what: str
    place: str
    object: str
    block: Block


async def intend(stage: Stage, person: Person) -> Intent | None:
    """Return what a person does now; None for going on with what they are doing."""
    persona, clock = person.persona, stage.clock
    if clock.minute >= persona.wake and person.day != clock.day:
        await plan_day(stage, person)
    if person.day != clock.day:
        return None  # asleep: the day has not begun
    if person.busy_until > clock.moment:
        return None
    block = block_now(stage, person)
    if block.rest:
        if person.asleep and person.place == persona.home:
            return None
        bed = await object_for(stage, person, block.what, persona.home)
        return Intent(block.what, persona.home, bed, block)
    place = block.place or await place_for(stage, person, block.what)
    if place is None:
        return _waiting(stage, person, block)
    piece = await piece_now(stage, person, block)
    if (piece.what, place) == (person.activity, person.place):
        return None
    return Intent(piece.what, place, await object_for(stage, person, piece.what, place), block)


def _waiting(stage: Stage, person: Person, block: Block) -> Intent | None:
    """Return that a person waits where they are, or at home, for a place to open."""
    shut = shut_places(stage, person, block.what)[0]
    what = stage.words.waiting.format(place=place_name(shut.path))
    here = stage.world.arenas[person.place]
    stays = here.is_open(stage.clock.minute, person.id)
    place = person.place if stays else person.persona.home
    return (
        None if (what, place) == (person.activity, person.place) else Intent(what, place, "", block)
    )


def act(stage: Stage, person: Person, intent: Intent) -> bool:
    """Do what is intended; a closed place is refused. Return whether it is something new."""
    arena = stage.world.arenas[intent.place]
    page = stage.minds[person.id].page
    if not arena.is_open(stage.clock.minute, person.id):
        page.add("closed", place=arena.path, hours=arena.hours)
        return False
    stage.world.leave(person.id)
    came = person.place != intent.place
    before = (person.activity, person.place)
    person.place, person.activity, person.asleep = intent.place, intent.what, intent.block.rest
    person.object = ""
    if intent.object and stage.world.use(intent.object, intent.what, person.id):
        person.object = intent.object
    if intent.place not in person.known:
        person.known.append(intent.place)
    page.add(
        "did",
        what=person.activity,
        place=person.place,
        object=person.object,
        block=intent.block.what,
        commitment=intent.block.commitment,
        came=came,
    )
    return (person.activity, person.place) != before


def turned_out(stage: Stage, person: Person) -> bool:
    """Send a person home from a place that has just closed; return whether it had."""
    arena = stage.world.arenas[person.place]
    if person.asleep or arena.is_open(stage.clock.minute, person.id):
        return False
    stage.minds[person.id].page.add("closed", place=arena.path, hours=arena.hours)
    stage.world.leave(person.id)
    person.place, person.object, person.busy_until = person.persona.home, "", 0
    person.spots = {what: path for what, path in person.spots.items() if path != arena.path}
    return True


async def remember_doing(stage: Stage, person: Person, intent: Intent) -> None:
    """Remember what one does: routine counts 1, keeping a commitment 5."""
    text = stage.words.does(person.name, person.activity)
    whole = f"{text} ({place_name(person.place)})"
    if person.asleep:
        return
    rated = by_rules(Note(text=whole)) or ROUTINE
    value = KEPT if intent.block.commitment else min(rated, KEPT)
    await stage.minds[person.id].keep(whole, importance=value, meta={"doing": True})


async def remember_closed(stage: Stage, person: Person, path: str) -> None:
    """Remember that a place was closed."""
    await stage.minds[person.id].keep(closed_text(stage, path), importance=2.0)
