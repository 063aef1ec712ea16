"""Where something is done: by the name of the place, by nearness in meaning, by the model's number.

Places that are closed, unknown or other people's homes are never offered. What this module does
not know: plans.
"""

import asyncio
import re
from collections.abc import Sequence

from cogitate.agents.town.clock import hhmm
from cogitate.agents.town.people import Person
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.wording import place_name
from cogitate.agents.town.world import BETWEEN, Arena
from cogitate.llm.decide import choose

HOME = re.compile(r"(?i)\b(?:home|house|bed|bedroom|nap|sleep|sleeping)\b|家|卧室|睡")
"""Words that mean one's own home."""


def open_to(stage: Stage, person: Person) -> list[Arena]:
    """Return the arenas that a person knows and may enter now."""
    return [
        arena
        for path in person.known
        if (arena := stage.world.arenas[path]).is_open(stage.clock.minute, person.id)
        and arena.owner in ("", person.id)
    ]


def named(activity: str, arenas: Sequence[Arena]) -> list[Arena]:
    """Return the arenas that an activity names: by arena and sector, else by either alone.

    Where only the sector is named, its public places come before the owner's own rooms.
    """
    folded = activity.casefold()
    both = [a for a in arenas if a.sector.casefold() in folded and a.name.casefold() in folded]
    sector = [a for a in arenas if a.sector.casefold() in folded]
    sector = [a for a in sector if not a.owner] or sector
    single = [a for a in arenas if a.name.casefold() in folded]
    return both or single or sector


def at_home(person: Person, activity: str, arenas: Sequence[Arena]) -> list[Arena]:
    """Return the rooms of one's own home when an activity is done there."""
    if not HOME.search(activity):
        return []
    sector = person.persona.home.split(BETWEEN)[0]
    return [arena for arena in arenas if arena.sector == sector]


async def place_for(stage: Stage, person: Person, activity: str) -> str | None:
    """Return the path of the arena where an activity is done; None when that is closed now."""
    arenas = open_to(stage, person)
    kept = person.spots.get(activity)
    if kept is not None and kept in {arena.path for arena in arenas}:
        return kept
    certain = named(activity, arenas) or at_home(person, activity, arenas)
    shut = [] if certain else shut_places(stage, person, activity)
    if shut:
        if person.activity != stage.words.waiting.format(place=place_name(shut[0].path)):
            page = stage.minds[person.id].page
            page.add("closed", place=shut[0].path, hours=shut[0].hours)
        return None
    if certain:
        order = await nearest(stage, activity, [arena.about for arena in certain])
        path = certain[order[0]].path
    elif arenas:
        path = await _asked(stage, person, activity, arenas)
    else:
        path = person.persona.home
    person.spots[activity] = path
    return path


async def _asked(stage: Stage, person: Person, activity: str, arenas: list[Arena]) -> str:
    order = await nearest(stage, activity, [arena.about for arena in arenas])
    near = [arenas[at] for at in order[: stage.rules.near]]
    if len(near) == 1:
        return near[0].path
    lines = "\n".join(
        f"{number} = {place_name(arena.path)}: {stage.words.separator.join(arena.objects)}"
        for number, arena in enumerate(near, 1)
    )
    question = stage.words.place.format(
        time=stage.time, name=person.name, activity=activity, places=lines
    )
    options = [str(number) for number in range(1, len(near) + 1)]
    asked = stage.prompts.ask(person, question)
    found = await choose(stage.model, asked, options, purpose="town.place")
    chosen = near[int(next(iter(found))) - 1]
    stage.minds[person.id].page.add(
        "placed",
        activity=activity,
        place=chosen.path,
        among={near[int(key) - 1].path: round(value, 2) for key, value in found.items()},
    )
    return chosen.path


def shut_places(stage: Stage, person: Person, activity: str) -> list[Arena]:
    """Return the places that an activity names and that are closed now."""
    known = [stage.world.arenas[path] for path in person.known]
    return [
        arena
        for arena in named(activity, known)
        if arena.owner in ("", person.id) and not arena.is_open(stage.clock.minute, person.id)
    ]


async def object_for(stage: Stage, person: Person, activity: str, path: str) -> str:
    """Return the path of the object of an arena that an activity is done with; empty for none."""
    arena = stage.world.arenas[path]
    if not arena.objects:
        return ""
    order = await nearest(stage, activity, list(arena.objects))
    for at in order:
        found = stage.world.object_path(path, arena.objects[at])
        held = stage.world.states.get(found)
        if held is None or held.who in ("", person.id):
            return found
    return ""


async def nearest(stage: Stage, activity: str, texts: list[str]) -> list[int]:
    """Return the numbers of texts by their nearness to an activity, the nearest first."""

    def work() -> list[int]:
        rows = stage.embedder.embed_documents(texts)
        cosines = rows @ stage.embedder.embed_query(activity)
        ranked = [(-round(float(cosine), 5), at) for at, cosine in enumerate(cosines)]
        return [at for _, at in sorted(ranked)]

    return await asyncio.to_thread(work)


def closed_text(stage: Stage, path: str) -> str:
    """Return that a place was closed, as a memory."""
    return stage.words.closed_place.format(place=place_name(path), time=hhmm(stage.clock.moment))
