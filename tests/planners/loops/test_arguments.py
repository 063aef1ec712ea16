"""What of a call's arguments rests on the request, and in which unit they are given."""

import pytest
from langchain_core.tools import StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate import tool
from cogitate.planners.loops.calls.arguments import (
    fitted,
    founded,
    named_options,
    said,
    without_own,
)
from cogitate.planners.loops.calls.numbers import invented_numbers, unused_numbers
from cogitate.planners.loops.calls.writing import demanding
from cogitate.planners.restated import equivalents, known_of, told


def written_call(**args):
    return {"name": "weight", "args": args}


SCHEMA = {"type": "object", "properties": {}, "required": ["city"]}


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        ({"city": "Nowhere"}, ["city"]),
        ({"city": "Oslo", "days": 3}, ["city", "days"]),
        ({"city": "Oslo", "days": 4}, ["city"]),
        ({"city": "Oslo", "unit": "kelvin"}, ["city"]),
        ({"city": "Oslo", "kind": "rainy"}, ["city", "kind"]),
        ({"city": "Oslo", "places": ["Bergen"]}, ["city"]),
        ({"city": "Oslo", "names": ["Oslo"]}, ["city", "names"]),
        ({"city": "Oslo", "note": ""}, ["city"]),
        ({"city": "Oslo", "long": True}, ["city", "long"]),
    ],
)
def test_an_optional_argument_stays_when_the_request_says_it(args, kept):
    assert list(said(args, SCHEMA, ["Is it rainy in Oslo over the next 3 days?"])) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (["Backstage Pass"], True),
        (["VIP Seating"], False),
        ("Backstage Pass", True),
        ("Balcony Seat", False),
    ],
)
def test_a_choice_of_the_tool_s_stays_when_the_request_has_a_word_of_it(value, kept):
    choices = {"enum": ["Backstage Pass", "VIP Seating"]}
    schema = {"properties": {"add_ons": {**choices, "items": choices}}, "required": ["artist"]}
    found = said(
        {"artist": "A", "add_ons": value}, schema, ["A ticket for A, with backstage access"]
    )
    assert ("add_ons" in found) is kept


@tool(effect="read")
def films(city: str, kind: str = "any", days: int = 7, place: str = "") -> str:
    """List the films that are shown.

    Args:
        city: where.
        kind: 'any', 'comedy' or "drama"; of none that is named 'any'.
        days: how many days ahead.
        place: 室内 or “室外”.
    """
    return "none"


@pytest.mark.parametrize(
    ("goal", "named"),
    [
        ("Which comedy runs in Rome?", ["kind"]),
        ("Which comedies run in Rome?", []),
        ("Which films run in Rome?", []),
        ("Is there any Drama in Rome?", ["kind"]),
        ("罗马有什么室外电影？", ["place"]),
        ("Which films run in Rome, and at what places?", ["place"]),
        ("Which films will run in Rome in the coming days?", ["days"]),
        ("Which films were a kind surprise in Rome?", ["kind"]),
        ("Which films are placed in Rome?", ["place"]),
    ],
)
def test_an_option_of_which_the_request_says_a_value_is_named(goal, named):
    assert named_options(convert_to_openai_tool(films), [goal]) == named


def test_what_is_demanded_is_required_and_nothing_else_changes():
    listed = convert_to_openai_tool(films)
    given = demanding(listed, ["kind", "unknown"])["function"]["parameters"]
    assert given["required"] == ["city", "kind"]
    assert given["properties"] == listed["function"]["parameters"]["properties"]
    assert listed["function"]["parameters"]["required"] == ["city"]


def test_a_percentage_may_be_written_as_a_share_of_one():
    known = known_of(["What does 200 earn at 5%, or at 2.5 percent?"])
    assert invented_numbers([written_call(rate=0.05), written_call(rate=0.025)], known) == []
    assert invented_numbers([written_call(rate=0.07)], known) == ["0.07"]
    assert invented_numbers([written_call(rate=0.05)], known_of(["Of 5 cups."])) == ["0.05"]


def test_a_number_is_said_when_it_is_the_same_and_not_when_it_is_rounded():
    known = known_of(["A 95% interval, 3 million cups, and twelve plates."])
    schema = {"required": []}
    given = {"a": 0.95, "b": 0.9, "c": 95, "d": 3_000_000, "e": 12, "f": 1}
    assert said(given, schema, known) == {"a": 0.95, "c": 95, "d": 3_000_000, "e": 12}


@pytest.mark.parametrize(
    ("goal", "same"),
    [
        ("What do 200 earn with monthly compounding?", ["monthly = 12 times a year"]),
        ("What do 200 earn, compounded Quarterly?", ["Quarterly = 4 times a year"]),
        ("按月复利是多少？", ["按月 = 12 times a year"]),
        ("What is the monthly fee?", []),
        ("From 0 to 2 pi, or to pi/2", ["2 pi = 6.2832", "pi/2 = 1.5708"]),
        ("从π到0.5π", ["π = 3.1416", "0.5π = 1.5708"]),
        ("A Raspberry Pi 4, 2 pink ones, api/2 and 3 PI", []),
        ("She is 5ft 10in tall, he 5'11\"", ["5ft 10in = 70 inches", "5'11\" = 71 inches"]),
        ("他5英尺10英寸高", ["5英尺10英寸 = 70 inches"]),
        ("6 feet in 10 days", []),
        ("At 11 PM, 12 pm or 6:30 p.m.", ["11 PM = 23:00", "12 pm = 12:00", "6:30 p.m = 18:30"]),
        (
            "下午3点半、晚上8点15分、下午2点",
            ["下午3点半 = 15:30", "晚上8点15分 = 20:15", "下午2点 = 14:00"],
        ),
        ("At 9 am, 13 pm or 8 pmol", []),
    ],
)
def test_what_a_request_says_in_other_words_is_reckoned(goal, same):
    assert [str(one) for one in equivalents(goal)] == same


@pytest.mark.parametrize(
    ("kind", "about", "shown"),
    [
        ("string", "when it is", False),
        ("string", "when it is, e.g. 18:30", True),
        ("string", "in ISO 8601", True),
        ("string", "by the 24-hour clock", True),
        ("integer", "the hour", True),
        ("integer", "how many plates", False),
    ],
)
def test_a_time_is_told_in_another_form_where_a_parameter_wants_it(kind, about, shown):
    about = {"properties": {"at": {"type": kind, "description": about}, "odd": True}}
    tools = [
        StructuredTool(name="book", description="Book it.", args_schema=about, func=print),
        StructuredTool(name="x", description="x", args_schema={"properties": {}}, func=print),
    ]
    found = [str(one) for one in told("Book it for 8 pm, 2 pi plates.", tools)]
    assert found == ["2 pi = 6.2832", *(["8 pm = 20:00"] if shown else [])]


def test_what_is_said_in_other_words_is_known_and_used():
    goal = "Plot it from 0 to 2 pi."
    assert invented_numbers([written_call(end=6.2832)], known_of([goal])) == []
    assert invented_numbers([written_call(end=6.5)], known_of([goal])) == ["6.5"]
    assert said({"end": 6.2832}, {"required": []}, known_of([goal])) == {"end": 6.2832}
    assert unused_numbers([written_call(start=0, end=6.2832)], goal) == []
    assert unused_numbers([written_call(start=0)], goal) == ["2"]
    assert unused_numbers([written_call(start=0, end=6.2832)], f"{goal} Use 2 colours.") == ["2"]


def test_where_no_tool_is_sure_each_needed_value_must_be_said():
    @tool(effect="read")
    def way(start: str, end: str, by: str = "train") -> str:
        """Return the way."""
        return "none"

    @tool(effect="read")
    def now() -> str:
        """Return the time."""
        return "none"

    whole = {"name": "way", "args": {"start": "Oslo", "end": "Bergen", "by": "bus"}}
    half, none = (
        {"name": "way", "args": {"start": one, "end": "Rome"}} for one in ("Oslo", "Bonn")
    )
    bare = {"name": "now", "args": {}}
    goal, tools = ["How far is it from Oslo to Bergen?"], [way, now]
    each = [whole, half, none, bare]
    assert founded(each, tools, goal) == [whole, half, bare]
    assert founded(each, tools, goal, wholly=True) == [whole]


@tool(effect="read")
def odds(cards: int, hand: int = 5, share: float = 0.5, place: str = "here") -> str:
    """Return the odds of a hand.

    Args:
        cards: how many there are. Default is 52.
        hand: how many are dealt (default: 5).
        share: of the pot, default to 0.5.
        place: where; 默认为“here”.
    """
    return "none"


def test_a_call_may_rest_on_what_the_tool_itself_says():
    def left(**args):
        return without_own([{"name": "odds", "args": args}], [odds])[0]["args"]

    assert left(cards=52, hand=5, share=0.5, place="here") == {}
    assert left(cards=5, hand=52, share=0.55, place="there") == {
        "cards": 5,
        "hand": 52,
        "share": 0.55,
        "place": "there",
    }
    goal = ["How likely is a full house?"]
    dealt, made_up = ({"name": "odds", "args": {"cards": n}} for n in (52, 40))
    assert founded([dealt, made_up], [odds], goal) == [dealt]


@tool(effect="read")
def interest(
    rate: float, tax: float = 0.2, share: float = 0.1, cut: float = 0.1, fee: float = 1
) -> str:
    """Return the interest.

    Args:
        rate: of a year, as a percentage.
        tax: as a decimal.
        share: of the whole.
        cut: as a percentage, e.g. 0.25.
        fee: as a decimal number, e.g. 5.25 for 5.25%.
    """
    return "none"


@pytest.mark.parametrize(
    ("goal", "args", "wanted"),
    [
        ("At 5%?", {"rate": 0.05}, {"rate": 5}),
        ("At 2.5 percent?", {"rate": 0.025}, {"rate": 2.5}),
        ("利率５％？", {"rate": 0.05}, {"rate": 5}),
        ("At 5%?", {"rate": 5}, {"rate": 5}),
        ("At 5% and 0.05%?", {"rate": 0.05}, {"rate": 0.05}),
        ("At a rate of 0.05?", {"rate": 0.05}, {"rate": 0.05}),
        ("With a tax of 19 per cent?", {"tax": 19}, {"tax": 0.19}),
        ("With a tax of 19 per cent?", {"tax": 0.19}, {"tax": 0.19}),
        ("With a share of 30%?", {"share": 0.3}, {"share": 0.3}),
        ("With a share of 30%?", {"share": 30}, {"share": 30}),
        ("At 100%?", {"rate": True}, {"rate": True}),
        ("With a cut of 30%?", {"cut": 0.3}, {"cut": 0.3}),
        ("With a fee of 3%?", {"fee": 3}, {"fee": 3}),
    ],
)
def test_a_percentage_is_given_as_the_parameter_wants_it(goal, args, wanted):
    (call,) = fitted([{"name": "interest", "args": args}], [interest], [goal])
    assert call["args"] == wanted
    assert [type(one) for one in call["args"].values()] == [type(v) for v in wanted.values()]
