"""How the forms of tool calls are read, kept, resumed and compared."""

import argparse
import asyncio
import json
from pathlib import Path

import pytest

from bench.call_forms import (
    CHATML,
    FORMS,
    HANDLER,
    LENIENT,
    OURS,
    REACT,
    by_loop,
    forms_of,
    moves_of,
    read_calls,
)
from bench.tool_calls import CATEGORIES, Kept, Line, cases_of, compared, table, tried
from cogitate import ScriptedModel
from cogitate.lab.suites import Case
from cogitate.llm.scripted import call


def case_data(number, *wanted, category="simple_python"):
    parameters = {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "a city"}},
        "required": ["city"],
    }
    function = {"name": "geo.find", "description": "Find a city.", "parameters": parameters}
    return {
        "id": f"{category}_{number}",
        "category": category,
        "messages": [{"role": "user", "content": f"Find Oslo, number {number}."}],
        "tools": [{"type": "function", "function": function}],
        "ground_truth": [{"geo.find": {"city": [city]}} for city in wanted],
    }


def case_of(*wanted):
    return Case(id="c", suite="bfcl_simple", data=case_data(1, *wanted))


@pytest.mark.parametrize(
    ("text", "cities"),
    [
        ('<tool_call>\n{"name": "f", "arguments": {"city": "Oslo"}}\n</tool_call>', ["Oslo"]),
        ('```json\n{"name": "f", "arguments": {"city": "Oslo"}}\n```', ["Oslo"]),
        (
            '[{"name": "f", "arguments": {"city": "A"}}, '
            '{"name": "f", "arguments": {"city": "B"}}]',
            ["A", "B"],
        ),
        (
            '{"name": "f", "arguments": {"city": "A"}} {"name": "f", "arguments": {"city": "A"}}',
            ["A"],
        ),
        ("The city is Oslo.", []),
        ('{"name": "f", "arguments": "Oslo"} {"city": "Oslo"}', []),
    ],
)
def test_calls_are_read_out_of_a_text_wherever_they_stand(text, cities):
    assert [one["f"]["city"] for one in read_calls(text)] == cities


def test_a_form_of_one_call_a_turn_may_make_one_move_more_than_calls_are_wanted():
    assert [moves_of(case_of(*cities)) for cities in ([], ["A"], ["A", "B"])] == [1, 1, 3]


async def test_ours_is_scored_by_the_ast_check():
    model = ScriptedModel(replies=[call("geo_find", city="Oslo"), "Oslo is found."])
    line = await tried(OURS, lambda case: by_loop(model, case, "calls"), case_of("Oslo"), "m", "h")
    assert line.correct and line.calls == [{"geo_find": {"city": "Oslo"}}]


def line(number, form, correct, category="multiple"):
    return Line(
        id=f"{category}_{number}",
        category=category,
        form=form,
        model="m",
        code="",
        correct=correct,
        why="",
        calls=[],
        text="",
        read=10,
        written=5,
        seconds=1.0,
    )


def test_what_was_tried_is_kept_in_the_file_and_found_again(tmp_path: Path):
    path = tmp_path / "lines.jsonl"
    Kept(path).add(line(1, REACT, True))
    again = Kept(path)
    assert list(again.lines) == [("m", "", REACT, "multiple_1")]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_the_table_has_intervals_and_the_comparison_is_paired():
    lines = [line(n, OURS, True) for n in range(10)] + [line(n, HANDLER, n < 2) for n in range(10)]
    assert "10 of 10 (72 to 100 %)" in table(lines) and "2 of 10 (6 to 51 %)" in table(lines)
    told = compared(lines).splitlines()[0]
    assert told.startswith("multiple: ours against handler: +80.0 points")
    assert "only one right 8:0" in told and told.endswith("ours is better")


def test_cases_come_one_of_each_category_after_another(tmp_path: Path):
    for category in CATEGORIES:
        rows = [case_data(n, "Oslo", category=category) for n in range(3)]
        text = "\n".join(json.dumps(row) for row in rows)
        (tmp_path / f"bfcl_{category}.jsonl").write_text(text, encoding="utf-8")
    names = ",".join(CATEGORIES)
    given = argparse.Namespace(data=tmp_path, limit=2, skip=1, categories=names)
    found = [case.id for case in cases_of(given)]
    assert found[:4] == [f"{category}_1" for category in CATEGORIES] and len(found) == 8


@pytest.mark.model
def test_the_library_s_own_handler_gives_no_calls_by_itself(small_model):
    forms = forms_of(small_model)
    assert set(forms) == set(FORMS)
    strict = asyncio.run(forms[HANDLER](case_of("Oslo")))
    lenient = asyncio.run(forms[LENIENT](case_of("Oslo")))
    assert strict.calls == [] and strict.text == lenient.text
    assert lenient.seconds == strict.seconds  # one reply, read twice


@pytest.mark.model
def test_the_library_s_constrained_handler_knows_the_functions(small_model):
    given = asyncio.run(forms_of(small_model)[CHATML](case_of("Oslo")))
    called = {name for call in given.calls for name in call}
    assert not given.error and called <= {"geo_find"}
    assert "geo_find" in given.text or called  # the 0.5B names it where it writes a message
