"""What a person notices: who is near and does what, which objects are in use; never all of it.

What this module does not know: memory, models and what is done about it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cogitate.agents.town.people import Person
from cogitate.agents.town.settings import Constants
from cogitate.agents.town.wording import Wording
from cogitate.agents.town.world import BETWEEN, World, hops


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One thing that can be noticed."""

    text: str
    about: str
    """The id of the person, or the path of the object, that it is about."""
    person: bool
    distance: int = 0


def in_sight(world: World, people: Iterable[Person], me: Person, radius: int) -> list[Seen]:
    """Return all that a person could notice where they are, the nearest first.

    People come before objects; what a person in sight uses is not told a second time.
    """
    arena = world.arenas[me.place]
    near = {path for path in world.arenas if path == me.place or hops(path, me.place) <= radius}
    others = sorted((p for p in people if p.id != me.id and p.place in near), key=lambda p: p.id)
    return [
        *(_person(other, me) for other in others),
        *(
            Seen(text=f"{path.split(BETWEEN)[-1]}: {held.state}", about=path, person=False)
            for path, held in sorted(world.states.items())
            if path.startswith(arena.path + BETWEEN)
            and held.who not in {me.id, *(other.id for other in others)}
        ),
    ]


def _person(other: Person, me: Person) -> Seen:
    return Seen(
        text=other.activity,
        about=other.id,
        person=True,
        distance=hops(other.place, me.place),
    )


def noticed(
    me: Person, sight: Sequence[Seen], names: dict[str, str], words: Wording, rules: Constants
) -> list[Seen]:
    """Return what is noticed now and is new, as sentences; the person's `recent` takes it in.

    Only so much gets attention in a tick, and what is among the last things noticed is not new.
    """
    found: list[Seen] = []
    known = me.recent[-rules.novelty :]
    for seen in sight[: rules.attention]:
        text = words.does(names[seen.about], seen.text) if seen.person else seen.text
        if text not in known:
            me.recent.append(text)
            found.append(
                Seen(text=text, about=seen.about, person=seen.person, distance=seen.distance)
            )
    del me.recent[: -rules.novelty]
    return found


def may_talk(me: Person, other: Person, now: int, rules: Constants) -> bool:
    """Return whether `me` may think of talking to `other`: both awake and free, and not lately."""
    if me.asleep or other.asleep or max(me.busy_until, other.busy_until) > now:
        return False
    if me.place != other.place:
        return False
    since_talk = now - me.talked.get(other.id, -rules.cooldown)
    since_asked = now - me.asked.get(other.id, -rules.pause)
    return since_talk >= rules.cooldown and since_asked >= rules.pause
