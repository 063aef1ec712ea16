"""Places: a tree with opening hours and objects; what is seen of it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cogitate.agents.town.opening import newcomer
from cogitate.agents.town.people import Person
from cogitate.agents.town.perceive import in_sight, may_talk, noticed
from cogitate.agents.town.places import at_home, named
from cogitate.agents.town.settings import Constants, Language, parse_town, read_town
from cogitate.agents.town.talk import few_sentences
from cogitate.agents.town.wording import activity_of, wording_of
from cogitate.agents.town.world import ObjectState, World, hops
from cogitate.errors import SetupError

TOWNS = Path(__file__).parents[3] / "examples" / "towns"
TOWN = read_town(TOWNS / "millbrook.toml")
HALL, LAWN = "Rosa's Cafe > dining room", "River Park > lawn"
ENGLISH = wording_of("en")
RULES = Constants()


def people(**places: str) -> dict[str, Person]:
    found = {}
    for persona in TOWN.people:
        person = newcomer(persona, TOWN.world, "sleeping")
        person.place, person.asleep = places.get(persona.id, person.place), False
        person.activity = f"reading about {persona.name}"
        found[persona.id] = person
    return found


def world(**states: tuple[str, str]) -> World:
    held = {path: ObjectState(*state) for path, state in states.items()}
    return World(TOWN.name, TOWN.world.arenas, held)


def test_distance_is_the_steps_in_the_tree() -> None:
    assert hops(HALL, HALL) == 0
    assert hops(HALL, "Rosa's Cafe > kitchen") == 2
    assert hops(HALL, LAWN) == 4
    assert hops(HALL, f"{HALL} > counter") == 1


def test_a_place_is_open_in_its_hours_and_to_its_staff_always() -> None:
    hall = TOWN.world.arena(HALL)
    assert [hall.is_open(m) for m in (479, 480, 1259, 1260)] == [False, True, True, False]
    assert hall.is_open(300, "isabella")
    assert hall.hours == "08:00-21:00"
    assert TOWN.world.arena(LAWN).hours == ""


def test_an_object_that_somebody_uses_is_not_given_to_another() -> None:
    here = world()
    assert here.use(f"{HALL} > counter", "tea", "anna")
    assert not here.use(f"{HALL} > counter", "cake", "ben")
    here.leave("anna")
    assert here.use(f"{HALL} > counter", "cake", "ben")
    assert here.states[f"{HALL} > counter"] == ObjectState("cake", "ben")


@pytest.mark.parametrize(
    ("activity", "home"),
    [("taking a nap", True), ("sleeping late", True), ("folding napkins", False)],
)
def test_one_sleeps_at_home(activity: str, home: bool) -> None:
    maya, arenas = people()["maya"], world().arenas.values()
    found = [arena.path for arena in at_home(maya, activity, list(arenas))]
    assert ("Mill Street House > Maya's room" in found) is home


def test_a_text_ends_with_a_whole_sentence_where_it_has_one() -> None:
    assert few_sentences("Lena is calm. She is also a li") == "Lena is calm."
    assert few_sentences("Lena gives a conc") == "Lena gives a conc"
    assert few_sentences("莉娜很安静。她还") == "莉娜很安静。"


@pytest.mark.parametrize(
    ("language", "said", "answers"),
    [
        ("en", "Yes, Tom is a helpful person.", True),
        ("en", "Oh, I see.", True),
        ("en", "Nobody has seen the roses.", False),
        ("en", "Hi Tom! Thank you for the tea.", False),
        ("zh", "是的，她很好。", True),
        ("zh", "你好，今晚有聚餐。", False),
    ],
)
def test_a_talk_that_begins_with_an_answer_is_known(
    language: Language, said: str, answers: bool
) -> None:
    assert (re.search(wording_of(language).reply, said) is not None) is answers


def test_one_knows_the_own_home_and_what_is_public_but_no_other_home() -> None:
    maya = people()["maya"]
    assert "Mill Street House > Maya's room" in maya.known
    assert "Mill Street House > Lena's room" not in maya.known
    assert HALL in maya.known and "Rosa's Cafe > kitchen" not in maya.known


def test_only_what_is_in_the_same_place_is_seen_people_first() -> None:
    there = people(maya=HALL, tom=HALL, lena=LAWN)
    counter, bench = f"{HALL} > counter", f"{LAWN} > bench"
    here = world(**{counter: ("dusty", ""), bench: ("wet", "")})
    seen = in_sight(here, there.values(), there["maya"], 0)
    assert [(each.about, each.person) for each in seen] == [("tom", True), (counter, False)]


def test_what_a_person_in_sight_uses_is_not_told_twice() -> None:
    there = people(maya=HALL, tom=HALL)
    here = world(**{f"{HALL} > counter": ("tea", "tom")})
    assert [s.about for s in in_sight(here, there.values(), there["maya"], 0)] == ["tom"]


def test_attention_takes_three_and_what_is_among_the_last_five_is_not_new() -> None:
    there = people(maya=HALL, tom=HALL, lena=HALL, henry=HALL, isabella=HALL)
    names = {person.id: person.name for person in there.values()}
    sight = in_sight(world(), there.values(), there["maya"], 0)
    first = noticed(there["maya"], sight, names, ENGLISH, RULES)
    assert [seen.about for seen in first] == ["henry", "isabella", "lena"]
    assert first[0].text == "Henry is reading about Henry"
    assert noticed(there["maya"], sight, names, ENGLISH, RULES) == []
    there["maya"].recent += ["a", "b", "c"]
    again = noticed(there["maya"], sight, names, ENGLISH, RULES)
    assert [seen.about for seen in again] == ["henry"]


@pytest.mark.parametrize(
    ("change", "now", "may"),
    [
        ({}, 600, True),
        ({"talked": {"tom": 500}}, 600, False),
        ({"talked": {"tom": 450}}, 600, True),
        ({"asked": {"tom": 550}}, 600, False),
        ({"asked": {"tom": 540}}, 600, True),
        ({"busy_until": 610}, 600, False),
        ({"asleep": True}, 600, False),
        ({"place": LAWN}, 600, False),
    ],
)
def test_one_may_talk_when_both_are_free_and_the_cooldown_is_over(
    change: dict[str, Any], now: int, may: bool
) -> None:
    there = people(maya=HALL, tom=HALL)
    me = replace(there["maya"], **change)
    assert may_talk(me, there["tom"], now, RULES) is may


@pytest.mark.parametrize("name", ["millbrook", "liuxi"])
def test_the_example_towns_have_what_a_small_town_has(name: str) -> None:
    town = read_town(TOWNS / f"{name}.toml")
    arenas = town.world.arenas.values()
    assert len({arena.sector for arena in arenas}) == 6
    assert len(arenas) == 12
    assert sum(len(arena.objects) for arena in arenas) >= 30
    assert len(town.people) == 5
    assert [news.commitment is not None for news in town.news] == [True, False]
    assert town.constants.threshold == 40


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[town", "no TOML"),
        ("[town]\nlanguage='fr'", "'en' or 'zh'"),
        ("[town]\nname='A'", "has no places"),
        ("[[sectors]]\nname='A'\narenas=[{name='b'}]", "nobody lives"),
        ("[[sectors]]\nname='A'\narenas=[{name='b'}, {name='b'}]", "two places"),
        (
            "[[sectors]]\nname='A'\narenas=[{name='b'}]\n[[people]]\nid='x'\nname='X'\nage=3\n"
            "traits=''\nabout=''\nhome='A > c'",
            "there is no place 'A > c'",
        ),
        (
            "[constants]\ntreshold=3\n[[sectors]]\nname='A'\narenas=[{name='b'}]\n[[people]]\n"
            "id='x'\nname='X'\nage=3\ntraits=''\nabout=''\nhome='A > b'",
            "unknown constant 'treshold'",
        ),
    ],
)
def test_what_is_wrong_with_a_town_file_is_said(text: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        parse_town(text)


@pytest.mark.parametrize(
    ("written", "kept", "told"),
    [
        ("Tom stands at the desk.", "stands at the desk", "Tom stands at the desk"),
        ("Having lunch", "having lunch", "Tom is having lunch"),
        ("Tom is reading  news", "reading news", "Tom is reading news"),
        ("lunch at Rosa's Cafe", "lunch at Rosa's Cafe", "Tom: lunch at Rosa's Cafe"),
        (
            "keeping the grocery and standing at its cash desk most of the d",
            "keeping the grocery and standing at its cash desk most",
            "Tom is keeping the grocery and standing at its cash desk most",
        ),
    ],
)
def test_an_activity_is_a_sentence_however_it_was_written(
    written: str, kept: str, told: str
) -> None:
    assert activity_of(written, "Tom") == kept
    assert ENGLISH.does("Tom", kept) == told


@pytest.mark.parametrize(
    ("activity", "arenas"),
    [
        ("running Rosa's Cafe", ["dining room"]),
        ("cooking in the kitchen of Rosa's Cafe", ["kitchen"]),
        ("baking in the kitchen", ["kitchen"]),
        ("reading at the library", ["reading room", "office"]),
        ("walking about", []),
    ],
)
def test_a_place_is_known_by_its_name_the_public_one_first(
    activity: str, arenas: list[str]
) -> None:
    known = list(TOWN.world.arenas.values())
    assert [arena.name for arena in named(activity, known)] == arenas
