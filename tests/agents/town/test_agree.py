"""What is agreed on in a talk: by the words of a model, the times and places by code."""

from collections.abc import Callable
from typing import Any

import pytest

from cogitate.agents.town import Town
from cogitate.agents.town.agree import REFUSED, same_time, times_in
from cogitate.agents.town.react import Request, pairs
from cogitate.agents.town.talk import Aim, is_told

Make = Callable[..., Town]
Lines = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("Come at 18:00, or at 7:30 pm.", ["18:00", "19:30"]),
        ("See you at six o'clock.", ["06:00"]),
        ("Dinner at 6 pm or 12 a.m.", ["18:00", "00:00"]),
        ("I am 52 and have 3 cats.", []),
        ("晚上六点半在饭馆", ["18:30"]),
        ("下午3点，或者十二点", ["15:00", "12:00"]),
    ],
)
def test_times_are_found_in_what_is_said(text: str, times: list[str]) -> None:
    assert [f"{m // 60:02d}:{m % 60:02d}" for m in times_in(text)] == times


def test_six_may_mean_the_evening() -> None:
    assert same_time(360, 1080) and same_time(1080, 1080)
    assert not same_time(360, 1140) and not same_time(1080, 360)


@pytest.mark.parametrize("text", ["I can't come, sorry.", "Unfortunately I am away.", "今晚没空。"])
def test_a_refusal_is_known_by_its_words(text: str) -> None:
    assert REFUSED.search(text)


@pytest.mark.parametrize("text", ["I will come gladly.", "好的，我一定来。"])
def test_an_acceptance_is_no_refusal(text: str) -> None:
    assert not REFUSED.search(text)


def test_a_memory_is_told_when_its_words_are_said() -> None:
    assert is_told("The old mill was sold.", "They sold the mill, I hear.")
    assert not is_told("The old mill was sold.", "Good day to you.")


async def test_each_person_is_in_one_talk_and_the_lower_id_comes_first(make_town: Make) -> None:
    from cogitate.agents.town.opening import newcomer

    town = make_town()
    people = {p.id: newcomer(p, town.file.world, "asleep") for p in town.file.people}

    def wish(who: str, to: str) -> Request:
        return Request(people[who], people[to], Aim(""))

    wishes = [wish("tom", "maya"), wish("lena", "tom"), wish("henry", "isabella")]
    assert [(r.who.id, r.to.id) for r in pairs(wishes)] == [("henry", "isabella"), ("lena", "tom")]


async def test_an_invitation_that_is_refused_is_no_commitment(
    make_town: Make, brain: type[Any], lines: Lines
) -> None:
    class Refusing(brain):  # type: ignore[misc]
        def says(self, name: str, text: str) -> dict[str, Any]:
            if "dinner" in text.partition("The talk begins.")[2]:
                return {"say": "I can't come to the dinner.", "end": True}
            return dict(super().says(name, text))

    town = make_town(model=Refusing())
    await town.arun(1, "09:00")
    declined = lines(town, "declined")
    assert [(d["who"], d["commitment"], d["why"]) for d in declined] == [
        ("maya", "dinner", "said no")
    ]
    assert [c["who"] for c in lines(town, "committed")] == ["isabella"]


async def test_what_clashes_with_another_commitment_is_not_accepted(
    make_town: Make, lines: Lines, tmp_path: Any
) -> None:
    from pathlib import Path

    text = Path(__file__).parents[3].joinpath("examples/towns/millbrook.toml").read_text()
    file = tmp_path / "two.toml"
    file.write_text(
        text
        + """
[[news]]
id = "film"
who = ["maya"]
text = "Maya watches a film at home today at 19:00."
words = [["film"]]
what = "film"
place = "Mill Street House > Maya's room"
start = "19:00"
end = "21:00"
"""
    )
    town = make_town(file=file)
    await town.arun(1, "09:00")
    declined = [(d["who"], d["why"]) for d in lines(town, "declined")]
    assert ("maya", "clashes with film") in declined


async def test_a_meeting_that_both_agree_on_is_kept_by_both(
    make_town: Make, brain: type[Any], lines: Lines
) -> None:
    class Meeting(brain):  # type: ignore[misc]
        def says(self, name: str, text: str) -> dict[str, Any]:
            talk = text.partition("The talk begins.")[2]
            if "River Park" in talk:
                return {"say": "Yes, let us meet there.", "end": True}
            return {"say": "Shall we meet in River Park at 4 pm?", "end": False}

    town = make_town(model=Meeting())
    await town.arun(1, "16:20")
    met = [c for c in lines(town, "committed") if c["commitment"] != "dinner"]
    assert len(met) >= 2
    first = met[0]
    assert (first["start"], first["end"], first["place"]) == ("16:00", "17:00", "River Park > lawn")
    both = {c["who"] for c in met if c["commitment"] == first["commitment"]}
    assert len(both) >= 2
    tick = next(t for t in lines(town, "tick") if t["time"].endswith("16:10"))
    assert {tick["people"][who]["place"] for who in both} == {"River Park > lawn"}


async def test_the_end_of_a_dinner_is_no_meeting_and_once_begun_it_is_no_news(
    make_town: Make, brain: type[Any], lines: Lines
) -> None:
    class Precise(brain):  # type: ignore[misc]
        def says(self, name: str, text: str) -> dict[str, Any]:
            found: dict[str, Any] = super().says(name, text)
            found["say"] = found["say"].replace("at 18:00", "from 18:00 to 20:00")
            return found

    town = make_town(model=Precise())
    await town.arun(1, "20:00")
    assert {line["commitment"] for line in lines(town, "committed")} == {"dinner"}
    talks = lines(town, "talked")
    assert any("20:00" in turn["say"] for talk in talks for turn in talk["turns"])
    late = [talk for talk in talks if talk["time"][11:] >= "18:00"]
    assert late
    aims = [aim for talk in late for aim in talk["aims"].values()]
    assert not [aim for aim in aims if "dinner party" in aim]
