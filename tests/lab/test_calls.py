"""The AST check of tool calls, rule by rule."""

import pytest

from cogitate.lab.calls import check_call, check_calls


def function(required=(), **properties):
    described = {name: {"type": kind} for name, kind in properties.items()}
    for name, kind in properties.items():
        if kind.startswith("array of "):
            described[name] = {"type": "array", "items": {"type": kind.removeprefix("array of ")}}
    return {
        "name": "f",
        "parameters": {"type": "object", "properties": described, "required": list(required)},
    }


def right(called, kind, accepted):
    return check_call(function(x=kind), {"f": {"x": called}}, {"x": accepted}) == ""


@pytest.mark.parametrize(
    ("called", "kind", "accepted"),
    [
        (5, "integer", [5]),
        (5, "number", [5.0]),
        (5.0, "number", [5]),
        (True, "boolean", [True]),
        ("New York, NY", "string", ["new york ny"]),
        ("2024-05-01", "string", ["2024/05/01"]),
        ("it's", "string", ['it"s']),
        ([1, 2], "array of integer", [[1, 2]]),
        (["A b", "c"], "array of string", [["ab", "C"]]),
        ({"a": "X y"}, "object", [{"a": ["xy"], "b": ["", 1]}]),
        ([{"a": 1}], "array of object", [[{"a": [1]}]]),
        ("n", "integer", ["n"]),  # a variable's name, where only such is accepted
        ([], "array of integer", ["", [1]]),
    ],
)
def test_what_is_accepted_passes(called, kind, accepted):
    assert right(called, kind, accepted)


@pytest.mark.parametrize(
    ("called", "kind", "accepted"),
    [
        (6, "integer", [5]),
        (5.0, "integer", [5]),
        ("5", "integer", [5]),
        (True, "integer", [1]),
        (1, "boolean", [True]),
        ("New Jersey", "string", ["New York"]),
        (5, "string", ["5"]),
        ([2, 1], "array of integer", [[1, 2]]),
        (["1", "2"], "array of integer", [[1, 2]]),
        ([1], "array of integer", [[1, 2]]),
        ({"a": 1, "c": 2}, "object", [{"a": [1]}]),
        ({}, "object", [{"a": [1]}]),
        ({"a": [1]}, "object", [{"a": [1]}]),
        ([{"a": 1}, {"a": 1}], "array of object", [[{"a": [1]}]]),
        ([{"a": 2}], "array of object", [[{"a": [1]}]]),
        (["a"], "array of object", [[{"a": [1]}]]),
        (None, "string", ["x"]),
    ],
)
def test_what_is_not_accepted_fails(called, kind, accepted):
    assert not right(called, kind, accepted)


def test_names_and_arguments_must_be_the_wanted_ones():
    f = function(required=["x"], x="integer", y="integer", z="integer")
    accepted = {"x": [1], "y": [2, ""]}
    assert check_call(f, {"f": {"x": 1}}, accepted) == ""
    assert check_call(f, {"f": {"x": 1, "y": 2}}, accepted) == ""
    assert "instead of f" in check_call(f, {"g": {"x": 1}}, accepted)
    assert "x is missing" in check_call(f, {"f": {"y": 2}}, accepted)
    assert "z is not expected" in check_call(f, {"f": {"x": 1, "z": 3}}, accepted)
    assert "w is not expected" in check_call(f, {"f": {"x": 1, "w": 3}}, accepted)
    assert "y is missing" in check_call(f, {"f": {"x": 1}}, {"x": [1], "y": [2]})


TOOLS = [
    {"type": "function", "function": function(x="integer")},
    {"type": "function", "function": {**function(x="integer"), "name": "g"}},
]


def test_several_calls_may_come_in_any_order_but_each_once():
    wanted = [{"f": {"x": [1]}}, {"f": {"x": [2]}}, {"g": {"x": [3]}}]
    calls = [{"g": {"x": 3}}, {"f": {"x": 2}}, {"f": {"x": 1}}]
    assert check_calls(TOOLS, calls, wanted) == ""
    assert "2 calls instead of 3" in check_calls(TOOLS, calls[:2], wanted)
    assert check_calls(TOOLS, [calls[0], calls[1], calls[1]], wanted) != ""


def test_where_no_call_is_right_any_call_is_wrong():
    assert check_calls(TOOLS, [], []) == ""
    assert check_calls(TOOLS, [{"f": {"x": 1}}], []) == "1 calls instead of 0"
    assert check_calls(TOOLS, [], [{"f": {"x": [1]}}]) == "0 calls instead of 1"
