"""What was agreed on in a talk: invitations that were accepted, meetings that were made.

A model says whether somebody agreed, with one word; which time, which place and whether it can
be kept is code. What this module does not know: how people talk.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from cogitate.agents.town.clock import DAY, end_of, hhmm
from cogitate.agents.town.people import Person
from cogitate.agents.town.places import named
from cogitate.agents.town.planning import change
from cogitate.agents.town.plans import STEP, Block, Commitment, clashes
from cogitate.agents.town.stage import Stage
from cogitate.agents.town.talk import Talk, asked_of
from cogitate.agents.town.wording import place_name
from cogitate.llm.decide import choose
from cogitate.runs.context import within
from cogitate.words import words as content

IMPORTANT = 8.0
COMING = 6.0
LASTS = 60
"""Minutes of a meeting of which no end was said."""
YES, NO = "yes", "no"
REFUSED = re.compile(
    r"(?i)\b(?:can(?:no|')t|can not|won't|unable|not (?:be able|available|free)|busy|"
    r"unfortunately|afraid i|have to decline|maybe (?:another|next)|another time)\b|"
    r"不能|不行|没空|没时间|来不了|去不了|抱歉|可惜|下次|改天"
)
_NUMBERS = {
    word: number
    for number, both in enumerate(
        "one|一 two|两 three|三 four|四 five|五 six|六 seven|七 eight|八 nine|九 ten|十 "
        "eleven|十一 twelve|十二".split(),
        1,
    )
    for word in both.split("|")
} | {"二": 2}
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:：]([0-5]\d)(?:\s*([ap])\.?m)?", re.IGNORECASE)
_HOUR = re.compile(
    r"(?i)\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?:\s*(?:o'clock|o’clock))?\s*(?:([ap])\.?m\b|o'clock|o’clock)"
)
_HOUR_ZH = re.compile(
    r"(早上|上午|中午|下午|晚上|傍晚|今晚)?\s*(\d{1,2}|十[一二]?|[一二两三四五六七八九])点(半)?"
)


def times_in(text: str) -> list[int]:
    """Return the times of day that a text names, as minutes, in order, each once."""
    found: list[tuple[int, int]] = []
    for match in _CLOCK.finditer(text):
        hour, half = int(match[1]), (match[3] or "").casefold()
        found.append((match.start(), _hour(hour, half) * 60 + int(match[2])))
    for match in _HOUR.finditer(text):
        hour = int(match[1]) if match[1].isdigit() else _NUMBERS[match[1].casefold()]
        if hour <= 24:
            found.append((match.start(), _hour(hour, (match[2] or "").casefold()) * 60))
    for match in _HOUR_ZH.finditer(text):
        hour = int(match[2]) if match[2].isdigit() else _NUMBERS[match[2]]
        late = (match[1] or "") in ("下午", "晚上", "傍晚", "今晚")
        if hour <= 24:
            minute = 30 if match[3] else 0
            found.append((match.start(), _hour(hour, "p" if late else "") * 60 + minute))
    return list(dict.fromkeys(minute % DAY for _, minute in sorted(found)))


def _hour(hour: int, half: str) -> int:
    if half == "p" and hour < 12:
        return hour + 12
    return 0 if half == "a" and hour == 12 else hour


def same_time(said: int, meant: int) -> bool:
    """Return whether a time that was said may mean another: six may be 18:00."""
    return said == meant or (said < DAY // 2 and said + DAY // 2 == meant)


def mentioned(stage: Stage, started: Talk, each: Commitment) -> bool:
    """Return whether a talk speaks of a commitment: by its time, or by a word of its own."""
    text = " ".join(said for _, said in started.turns)
    names = " ".join(person.name for person in stage.people.values())
    own = {*content(each.what)} - {*content(f"{place_name(each.place)} {names}")}
    at_its_time = any(same_time(minute, each.start) for minute in times_in(text))
    return bool(own & {*content(text)}) or (at_its_time and not own)


def offers(stage: Stage, started: Talk) -> list[tuple[Person, Commitment]]:
    """Return what may have been accepted in a talk, and by whom: commitments of the other."""
    found = []
    for guest in started.both:
        own = {each.id for each in guest.commitments}
        for each in started.partner(guest).commitments:
            later = (each.day, each.start) > (stage.clock.day, stage.clock.minute)
            if later and each.id not in own and mentioned(stage, started, each):
                found.append((guest, each))
    return found


async def agree(stage: Stage, started: Talk) -> None:
    """Make commitments of what two people agreed on in their talk."""
    for guest, each in offers(stage, started):
        with within(guest.id):
            await _invited(stage, started, guest, each)
    new = meeting(stage, started)
    if new is not None:
        with within(started.starter.id):
            await _met(stage, started, new)


async def _invited(stage: Stage, started: Talk, guest: Person, each: Commitment) -> None:
    said = started.said_by(guest)
    if not said or REFUSED.search(said):
        stage.minds[guest.id].page.add("declined", commitment=each.id, why="said no")
        return
    asked = asked_of(
        stage, started, guest, stage.words.accepted, what=each.what, time=hhmm(each.start)
    )
    found = await choose(stage.model, asked, (YES, NO), purpose="town.accepted")
    if found[YES] <= found[NO]:
        stage.minds[guest.id].page.add("declined", commitment=each.id, why="did not say yes")
        return
    if await commit(stage, guest, replace(each, source=started.id), started):
        host = stage.people[each.host]
        if host in started.both:
            text = stage.words.coming.format(
                guest=guest.name, what=each.what, start=hhmm(each.start)
            )
            await stage.minds[host.id].keep(
                text,
                importance=COMING,
                evidence=[started.records[host.id]],
                meta={"about": [guest.id], "talk": started.id, "commitment": each.id},
            )


def meeting(stage: Stage, started: Talk) -> Commitment | None:
    """Return the new meeting that a talk may have made; None when it names no new time."""
    known = [t for person in started.both for c in person.commitments for t in (c.start, c.end)]
    text = " ".join(said for _, said in started.turns)
    for said in times_in(text):
        minute = said if said > stage.clock.minute else said + DAY // 2
        if any(same_time(said, time) for time in known) or not _possible(stage, started, minute):
            continue
        arenas = [stage.world.arenas[path] for path in started.starter.known]
        there = named(text, [arena for arena in arenas if not arena.owner])
        place = there[0] if there else stage.world.arenas[started.place]
        if not place.owner and place.is_open(minute):
            return Commitment(
                id=started.id,
                what=stage.words.meeting.format(other=started.other.name),
                place=place.path,
                day=stage.clock.day,
                start=minute,
                end=min(minute + LASTS, DAY),
                host=started.starter.id,
                source=started.id,
            )
    return None


def _possible(stage: Stage, started: Talk, minute: int) -> bool:
    last = min(person.persona.bed for person in started.both)
    return stage.clock.minute + STEP < minute < last


async def _met(stage: Stage, started: Talk, new: Commitment) -> None:
    both = all(started.said_by(person) for person in started.both)
    refused = any(REFUSED.search(said) for _, said in started.turns)
    if not both or refused:
        return
    asked = asked_of(stage, started, started.starter, stage.words.agreed, time=hhmm(new.start))
    found = await choose(stage.model, asked, (YES, NO), purpose="town.agreed")
    if found[YES] <= found[NO] or any(clashes(p.commitments, new) for p in started.both):
        return
    for person in started.both:
        what = stage.words.meeting.format(other=started.partner(person).name)
        await commit(stage, person, replace(new, what=what), started)


async def commit(
    stage: Stage,
    person: Person,
    new: Commitment,
    started: Talk | None = None,
    text: str = "",
) -> bool:
    """Make a commitment of a person's, in the plan and in memory; False when it cannot be kept.

    Args:
        stage: the town.
        person: whose it is.
        new: what is agreed on.
        started: the talk in which it was; None when nobody else has a part in it.
        text: how it is remembered; made from the commitment when left out.
    """
    mind = stage.minds[person.id]
    against = clashes(person.commitments, new)
    if against:
        mind.page.add("declined", commitment=new.id, why=f"clashes with {against[0].id}")
        return False
    person.commitments.append(new)
    if new.place not in person.known:
        person.known.append(new.place)
    if new.day == person.day:
        start = max(new.start, stage.clock.minute)
        change(stage, person, Block(start, new.end, new.what, new.place, new.id))
    mind.page.add(
        "committed",
        commitment=new.id,
        what=new.what,
        place=new.place,
        day=new.day,
        start=hhmm(new.start),
        end=end_of(new.end),
        host=new.host,
        talk=new.source,
    )
    await _remember(stage, person, new, started, text)
    return True


async def _remember(
    stage: Stage, person: Person, new: Commitment, started: Talk | None, text: str
) -> None:
    """Keep a commitment in memory; whom it was agreed on with knows of it."""
    others = [started.partner(person).id] if started else []
    record = await stage.minds[person.id].keep(
        text or commitment_text(stage, new),
        "plan",
        importance=IMPORTANT,
        evidence=[started.records[person.id]] if started else [],
        meta={
            "host": new.host,
            "commitment": new.id,
            "about": others,
        },
    )
    for other in others:
        person.told.setdefault(other, []).append(record.row)


def commitment_text(stage: Stage, each: Commitment) -> str:
    """Return a commitment in words."""
    return stage.words.commitment.format(
        what=each.what,
        start=hhmm(each.start),
        end=end_of(each.end),
        place=place_name(each.place),
    )


def kept(people: Iterable[Person], each: Commitment) -> list[str]:
    """Return the ids of those who have a commitment."""
    return [person.id for person in people if each.id in {c.id for c in person.commitments}]
