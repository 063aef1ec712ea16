"""No evidence, no answer: numbers and names must come from somewhere."""

import pytest
from langchain_core.messages import ToolMessage

from cogitate.planners import ground
from cogitate.planners.grounding import (
    FREE_WAYS,
    MODEL_WAYS,
    missing_values,
    numbers_in,
    unsupported_names,
    unsupported_numbers,
)
from cogitate.planners.named import WAYS
from cogitate.values import Task

TASK = Task(goal="How much did Ana sell in Lyon in 2024?")


def result(text, ok=True):
    status = "success" if ok else "error"
    return ToolMessage(text, tool_call_id="1", name="query_tables", status=status)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234.5 and -7", ["1234.5", "-7"]),
        ("１２３．５", ["123.5"]),
        ("三百二十五", ["325"]),
        ("两千零五", ["2005"]),
        ("二〇二五", ["2025"]),
        ("3.5 million", ["3500000"]),
        ("120万", ["1200000"]),
        ("5 thousand", ["5000"]),
        ("1.5e3", ["1500"]),
        ("twenty files", ["20"]),
        ("room A4 and v2x", []),
        ("一些", ["1"]),
    ],
)
def test_the_numbers_of_a_text_are_found(text, values):
    found = [format(n.value.normalize(), "f") for n in numbers_in(text)]
    assert set(values) <= set(found)
    if not values:
        assert found == []


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("It is 12,345.", "total: 12345"),
        ("About 16.7 m/s.", "16.6666666"),
        ("It is 17.", "16.9"),
        ("That is 25%.", "0.25"),
        ("It is 37.5 %.", "share: 0.375"),
        ("共 ３２５ 元", "325"),
        ("一共三百二十五元。", "total: 325"),
        pytest.param(
            *("It is 1.2 million.", "1234567"),
        ),
        ("约 123.5 万", "1234567"),
        ("It is -40.", "40"),
        ("The 3 largest of 12.", ""),
        ("三个文件", ""),
    ],
)
def test_a_number_that_a_source_holds_is_supported(answer, source):
    assert unsupported_numbers(answer, [source]) == []


@pytest.mark.parametrize(
    ("answer", "source", "missing"),
    [
        ("It is 13.", "12", ["13"]),
        ("It is 4181.", "4180", ["4181"]),
        ("It is 16.8.", "16.6666", ["16.8"]),
        ("It is 0.5.", "1", ["0.5"]),
        ("It is 20%.", "0.25", ["20"]),
        ("一共三百二十六元。", "325", ["三百二十六"]),
        ("３２６ 元", "325", ["326"]),
        ("2 million", "3000000", ["2"]),
        ("It is 1200.", "1234", ["1200"]),
    ],
)
def test_a_number_from_nowhere_is_not_supported(answer, source, missing):
    assert unsupported_numbers(answer, [source])[: len(missing)] == missing


def test_names_inside_a_sentence_need_a_source_and_its_first_word_does_not():
    assert unsupported_names("Sales rose, says Ben.", ["rose"]) == ["Ben"]
    assert unsupported_names("Sales rose, says Ben's boss.", ["ben"]) == []
    assert unsupported_names("On Monday in May. Ben said so.", []) == []
    assert unsupported_names("销售员是 Bob。", ["Ana"]) == ["Bob"]


def test_the_values_that_a_sentence_drops_are_named():
    assert missing_values("total: 12345, orders: 7", "The total is 12,345.") == ["7"]
    assert missing_values("16.66667", "It drives at 16.7.") == []


@pytest.mark.parametrize("way", sorted(set(WAYS) - FREE_WAYS - MODEL_WAYS))
def test_a_way_that_reads_needs_a_result(way):
    verdict = ground(TASK, way, [], "A lot.")
    assert not verdict.accepted
    assert verdict.advice == "no tool was called"


@pytest.mark.parametrize("way", ["reply", "react"])
def test_words_alone_need_no_result(way):
    assert ground(TASK, way, [], "Good morning, Ben: it is 4180.").accepted


@pytest.mark.parametrize("way", ["compute", "tables", "read", "web", "tools", "react"])
def test_an_answer_rests_on_results_the_goal_and_the_notes(way):
    messages = [result("total: 4180")]
    assert ground(TASK, way, messages, "Ana sold 4180 in Lyon in 2024.").accepted
    invented = ground(TASK, way, messages, "Ana sold 4180, and said that Zoe sold 977.")
    assert not invented.accepted
    assert "'977'" in invented.advice and "'Zoe'" in invented.advice
    noted = Task(goal=TASK.goal, notes=("what Zoe sold -> 977",))
    assert ground(noted, way, messages, "Ana sold 4180, and said that Zoe sold 977.").accepted


def test_failed_results_support_nothing():
    failed = [result("the total might be 4180", ok=False)]
    verdict = ground(TASK, "tables", failed, "It is 4180.")
    assert not verdict.accepted
    assert "no tool call went well" in verdict.advice
    mixed = [*failed, result("rows: 0")]
    assert not ground(TASK, "tables", mixed, "It is 4180.").accepted


def test_a_difference_of_two_results_is_supported_and_another_figure_is_not():
    results = [
        ToolMessage("31.20 euros", tool_call_id="a", name="postage"),
        ToolMessage("27.50 euros", tool_call_id="b", name="postage"),
    ]
    task = Task(goal="Is it cheaper to post 7 kg to Oslo or to Rome, and by how much?")
    assert ground(task, "tools", results, "Rome is cheaper by 3.70 euros.").accepted
    assert ground(task, "tools", results, "Together they cost 58.7 euros.").accepted
    assert not ground(task, "tools", results, "Rome is cheaper by 4.70 euros.").accepted
    assert not ground(task, "tables", results, "Rome is cheaper by 3.70 euros.").accepted


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("the factorial of 5,10 and 15", [5, 10, 15]),
        ("the list 12,15,11,14", [12, 15, 11, 14]),
        ("1,234,567.5 euros", [1234567.5]),
        ("1,00,000 rupees", [100000]),
        ("5,100", [5100]),
        ("-3,5", [-3, 5]),
    ],
)
def test_a_comma_is_part_of_a_number_only_where_groups_of_digits_follow(text, values):
    assert [float(number.value) for number in numbers_in(text)] == values
