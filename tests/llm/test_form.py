import json
import re
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, Field

from cogitate.llm.constrain import lark_grammar, schema_grammar
from cogitate.llm.form import (
    MOST_ITEMS,
    MOST_TEXT,
    answer_message,
    bounded,
    call_grammar,
    describe,
    fenced_parameter,
    plain,
    read_call,
    with_tools,
    write_call,
)
from cogitate.llm.llama import ChatLlama
from cogitate.tools.base import tool


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Person(BaseModel):
    title: str
    age: int = Field(ge=0, le=150)


@tool
def 面积(宽: float, 高: float = 1.5) -> float:
    """返回矩形的面积。

    Args:
        宽: 米。
        高: 米。
    """
    return 宽 * 高


@tool
def now() -> str:
    """Return the time of day."""
    return "noon"


@tool
def python(code: str) -> str:
    """Run a program.

    Args:
        code: the program.
    """
    return code


@tool
def query(sql: str) -> str:
    """Ask the tables.

    Args:
        sql: the query.
    """
    return sql


@tool
def paint(colour: Colour, size: Literal["small", "large"] = "small") -> str:
    """Paint a wall.

    Args:
        colour: its colour.
        size: its size.
    """
    return f"{colour} {size}"


@tool
def save(person: Person, tags: list[str], points: dict[str, int]) -> str:
    """Save a person.

    Args:
        person: who.
        tags: words.
        points: by game.
    """
    return f"{person} {tags} {points}"


TOOLS = [面积, now, python, query, paint, save]
SHOWN = {item.name: convert_to_openai_tool(item) for item in TOOLS}


def test_a_tool_is_shown_in_one_line_with_types_choices_and_meanings():
    assert (
        describe(SHOWN["面积"]) == "- 面积(宽: number (米。), 高?: number (米。)): 返回矩形的面积。"
    )
    assert describe(SHOWN["now"]) == "- now(): Return the time of day."
    assert '"red"|"blue"' in describe(SHOWN["paint"])
    assert all("\n" not in describe(shown) for shown in SHOWN.values())


def test_a_program_or_query_is_written_in_a_fence_and_nothing_else_is():
    fenced = {name: fenced_parameter(shown) for name, shown in SHOWN.items()}
    assert {name: key for name, key in fenced.items() if key} == {"python": "code", "query": "sql"}


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("面积", {"宽": 3.5, "高": 4}),
        ("now", {}),
        ("python", {"code": 'print("中文 \\"x\\"")\n\nfor i in range(3):\n    print(i)'}),
        ("query", {"sql": "SELECT `a` FROM t"}),
        ("paint", {"colour": "red"}),
        ("save", {"person": {"title": "Dr", "age": 3}, "tags": ["a`b"], "points": {}}),
    ],
)
def test_a_call_that_is_written_reads_back_and_fits_the_grammar(
    small_model: ChatLlama, name: str, args: dict[str, Any]
):
    text = write_call(name, args)
    assert read_call(text) == (name, args)
    assert fits(small_model, text, None)
    assert fits(small_model, text, name)
    assert not fits(small_model, text, "none")


def fits(model: ChatLlama, text: str, choice: str | None) -> bool:
    """Return whether the grammar of a call lets `text` through, to its end."""
    loaded = model.loaded
    constraint = loaded.constrainer.start(lark_grammar(call_grammar([*SHOWN.values()], choice)))
    for token in loaded.engine.tokenize(text):
        if not constraint.allows(token):
            return False
        constraint.take([token])
    return constraint.complete()


@pytest.mark.parametrize(
    "text",
    [
        '{"tool": "nothing", "args": {}}',
        '{"tool": "now", "args": {"x": 1}}',
        '{"tool": "面积", "args": {}}',
        '{"tool": "paint", "args": {"colour": "green"}}',
        '{"tool": "save", "args": {"person": {"title": "Dr", "age": 151}',
        '{"tool": "python", "args": {"code": "1"}}',
        "Here is the call:",
        '{"tool": "final_answer", "args": {}}',
    ],
)
def test_the_grammar_lets_no_other_call_through(small_model: ChatLlama, text: str):
    assert not fits(small_model, text, None)


def test_the_choice_leaves_the_final_answer_in_or_out(small_model: ChatLlama):
    final = write_call("final_answer", {"answer": "它是 4。"})
    assert fits(small_model, final, None) and fits(small_model, final, "none")
    assert not fits(small_model, final, "any") and not fits(small_model, final, "now")


def test_a_long_program_is_not_ended_by_its_form(small_model: ChatLlama):
    assert fits(small_model, write_call("python", {"code": "x = 1\n" * 400 + "x"}), None)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT), max_size=3))
def test_any_arguments_survive_being_written_and_read(args: dict[str, Any]):
    if args.keys() & {"code", "sql"}:
        return
    assert read_call(write_call("工具", args)) == ("工具", args)


def test_an_answer_is_a_message_and_a_call_is_a_tool_call():
    final = answer_message(write_call("final_answer", {"answer": "四"}))
    assert (final.text, final.tool_calls) == ("四", [])
    called = answer_message(write_call("now", {}))
    assert (called.text, called.tool_calls[0]["name"]) == ("", "now")
    assert called.tool_calls[0]["id"] != answer_message(write_call("now", {})).tool_calls[0]["id"]


def test_half_a_call_is_a_value_error():
    with pytest.raises(ValueError):
        answer_message('{"tool": "now", "ar')


def test_tools_stand_in_the_one_system_message_and_calls_and_results_as_text():
    call = {"name": "python", "args": {"code": "print(1)"}, "id": "1"}
    messages = [
        SystemMessage("Be brief."),
        HumanMessage("How much?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("1", tool_call_id="1", name="python"),
    ]
    shown = with_tools(messages, [SHOWN["python"]])
    assert [message["role"] for message in shown] == ["system", "user", "assistant", "user"]
    assert shown[0]["content"].startswith("Be brief.\n\n") and "- python(" in shown[0]["content"]
    assert shown[2]["content"] == '{"tool": "python"}\n```python\nprint(1)\n```'
    assert shown[3]["content"] == "Result of python:\n1"
    assert with_tools(messages[1:], [SHOWN["python"]])[0]["content"].startswith("You solve")
    assert plain([HumanMessage("a"), AIMessage("b")])[1] == {"role": "assistant", "content": "b"}


def test_every_string_list_and_open_object_gets_a_bound():
    class Sheet(BaseModel):
        title: str
        note: str | None = None
        short: str = Field("", max_length=5)
        long: str = Field("", max_length=90_000)
        kind: Literal["a", "b"] = "a"
        parts: list[Person] = []
        three: list[int] = Field([], max_length=3)
        points: dict[str, int] = {}

    found = bounded(Sheet.model_json_schema())
    parts = found["properties"]
    assert parts["title"] == {"type": "string", "maxLength": MOST_TEXT}
    assert parts["note"]["anyOf"][0]["maxLength"] == MOST_TEXT
    assert (parts["short"]["maxLength"], parts["long"]["maxLength"]) == (5, 2000)
    assert "maxLength" not in parts["kind"]
    assert (parts["parts"]["maxItems"], parts["three"]["maxItems"]) == (MOST_ITEMS, 3)
    assert parts["points"]["maxProperties"] == MOST_ITEMS
    assert found["additionalProperties"] is False
    assert found["$defs"]["Person"]["properties"]["title"]["maxLength"] == MOST_TEXT
    assert bounded({"type": ["string", "null"]})["maxLength"] == MOST_TEXT
    json.dumps(found)


def test_what_cannot_be_constrained_is_bounded_and_left_to_the_validation(small_model: ChatLlama):
    class Odd(BaseModel):
        words: set[str]
        place: Path
        votes: dict[Literal["ja", "nein"], int]

    shape = bounded(Odd.model_json_schema())
    constraint = small_model.loaded.constrainer.start(schema_grammar(shape))
    text = '{"words": ["a"], "place": "/tmp", "votes": {"ja": 1, "nein": 0}}'
    constraint.take(small_model.loaded.engine.tokenize(text))
    assert constraint.complete()
    assert shape["properties"]["place"]["maxLength"] == MOST_TEXT
    assert not shape["properties"]["votes"]["additionalProperties"]


def test_a_date_form_in_a_description_becomes_a_pattern():
    shaped = bounded({"type": "string", "description": "the day, as YYYY-MM-DD."})
    assert re.fullmatch(shaped["pattern"], "2026-10-08")
    assert not re.fullmatch(shaped["pattern"], "2026-10-8")
    assert "pattern" not in bounded({"type": "string", "description": "the day"})
    either = {"type": "string", "description": "a date as YYYY-MM-DD, or the name of an event"}
    assert "pattern" not in bounded(either)


@pytest.mark.parametrize(
    ("about", "text", "fits"),
    [
        ("The city and state, e.g. New York, NY.", "New York, NY", True),
        ("The city and state, e.g. New York, NY.", "New York, NY.", False),
        ("The city and state, e.g. New York, NY.", "New York", False),
        ("Where, in the format City, State.", "Washington, D.C.", True),
        ("In the format 'Street, City, Country'", "1 Main St, Lima, Peru", True),
        ("The city, country.", "上海, 中国", True),
    ],
)
def test_a_place_in_a_description_becomes_a_pattern(about, text, fits):
    pattern = bounded({"type": "string", "description": about})["pattern"]
    assert bool(re.fullmatch(pattern, text)) is fits
    for other in ("The city.", "The state of the city", "city and state, or a zip code"):
        assert "pattern" not in bounded({"type": "string", "description": other})


@pytest.mark.model
async def test_a_small_model_writes_a_place_as_a_tool_wants_it(small_model):
    @tool(effect="read")
    def forecast(place: str) -> str:
        """Return the forecast.

        Args:
            place: the city and country, e.g. Paris, France.
        """
        return "rain"

    bound = small_model.bind_tools([forecast], tool_choice="forecast")
    move = await bound.ainvoke([HumanMessage("How will the weather be in Lima?")])
    assert move.tool_calls[0]["args"]["place"].startswith("Lima, ")
