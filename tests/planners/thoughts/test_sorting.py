"""Sorting: the error function, and that a graph beats a tree when a sorter is noisy."""

import json
import random
import re
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from cogitate import Agent, ScriptedModel
from cogitate.planners.thoughts import thinking
from cogitate.planners.thoughts.export import FILE
from cogitate.planners.thoughts.tasks.sorting import UNREADABLE, cut, error_of, list_to_sort
from tests.planners.thoughts.driving import drive

NUMBERS = st.lists(st.integers(0, 9), max_size=40)


@settings(deadline=None)
@given(NUMBERS)
def test_a_sorted_list_has_no_error(numbers):
    assert error_of(numbers, sorted(numbers)) == 0
    assert error_of(numbers, sorted(numbers, reverse=True), down=True) == 0


@settings(deadline=None)
@given(NUMBERS.filter(bool), st.integers(0, 9))
def test_a_number_that_is_missing_or_too_many_is_an_error(numbers, more):
    assert error_of(numbers, sorted(numbers)[1:]) == 1
    assert error_of(numbers, sorted([*numbers, more])) == 1


def test_places_where_order_is_broken_are_counted_and_no_list_counts_most():
    assert error_of([1, 2, 3, 4], [2, 1, 4, 3]) == 2
    assert error_of([1, 2], None) == UNREADABLE


@pytest.mark.parametrize(
    ("goal", "numbers"),
    [
        ("Sort the list 3, 1, 2, 0 in ascending order", [3, 1, 2, 0]),
        ("把 5\uff0c3\uff0c9\uff0c1 从小到大排序", [5, 3, 9, 1]),
        ("Sort [3, -1, 2, 0]", [3, -1, 2, 0]),
        ("What sort of fruit is it?", None),
        ("Add 1, 2, 3, 4", None),
    ],
)
def test_a_list_to_sort_is_recognised(goal, numbers):
    assert list_to_sort(goal) == numbers


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=200))
def test_the_parts_of_a_list_are_all_of_it(numbers):
    parts = cut(numbers)
    assert [n for part in parts for n in part] == numbers
    assert all(len(part) <= 16 for part in parts)


class NoisySorter(ScriptedModel):
    """Sorts, and does it worse the more numbers there are; merges and mends a little better."""

    def __init__(self, seed):
        super().__init__(replies=())
        self._draw = random.Random(seed)

    def _next(self, messages, options):
        self._seen.append(messages)
        text, system = messages[-1].text, messages[0].text
        lists = [json.loads(found) for found in re.findall(r"\[[^\]]*\]", text)]
        mends = "correct" in system
        numbers = lists[0] if mends or "Sort" in text else lists[0] + lists[1]
        start = lists[1] if mends else numbers
        rate = 0.03 if "merge" in system else len(numbers) / 300
        done = [] if not mends else self._mended(numbers, start)
        if not mends:
            for n in sorted(numbers):
                roll = self._draw.random()
                done += [] if roll < rate else [n, n] if roll < 2 * rate else [n]
        return self._counted(messages, AIMessage(json.dumps(done)))

    def _mended(self, numbers, start):
        """Repair one number, or break one."""
        done = sorted(start)
        wanted = [n for n in set(numbers) | set(done) if numbers.count(n) != done.count(n)]
        if wanted and self._draw.random() < 0.5:
            n = self._draw.choice(wanted)
            if numbers.count(n) > done.count(n):
                done.append(n)
            else:
                done.remove(n)
        return sorted(done)


async def final_error(way, numbers, seed, folder):
    model = NoisySorter(seed)
    await drive(way, f"Sort in ascending order: {numbers}", model, folder)
    data = json.loads((folder / FILE).read_text(encoding="utf-8"))
    best = next(t for t in data["thoughts"] if t["id"] == data["best"])
    return error_of(numbers, best["state"]["list"]), len(model._seen)


async def test_a_graph_has_a_smaller_median_error_than_a_tree_at_equal_calls(tmp_path):
    graph = thinking("got", branches=5, refinements=2)  # 4 * 5 sorts, 3 * 10 merges, 2 * 5 mended
    tree = thinking("tot", branches=20, beam=1, levels=3)  # 3 * 20
    errors = {"graph": [], "tree": []}
    calls = {"graph": 0, "tree": 0}
    for seed in range(30):
        draw = random.Random(seed)
        numbers = [draw.randrange(10) for _ in range(64)]
        for name, way in (("graph", graph), ("tree", tree)):
            error, asked = await final_error(way, numbers, seed, tmp_path)
            errors[name].append(error)
            calls[name] += asked
    assert statistics.median(errors["graph"]) < statistics.median(errors["tree"]), errors
    assert calls["graph"] <= calls["tree"]


async def test_a_list_that_is_not_right_is_no_answer():
    agent = Agent(model=ScriptedModel(replies=["[0, 1, 2]"]), loop="cot")
    result = await agent.arun("Sort in ascending order: 3, 1, 2, 0")
    assert result.stopped == "no_evidence"
    assert "[0, 1, 2]" in result.answer


async def test_a_graph_sorts_parts_and_merges_them():
    replies = ["[1, 3]", "[0, 2]", "[0, 1, 2]", "[0, 1, 2, 3]"]
    way = thinking("got", branches=1)
    model = ScriptedModel(replies=replies)
    result = await Agent(model=model, executor=way).arun("Sort in ascending order: 3, 1, 2, 0")
    assert result.answer == "[0, 1, 2, 3]"
    model.assert_finished()
