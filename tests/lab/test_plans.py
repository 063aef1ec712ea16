"""Plans that loops lay out, against the plan that a case holds; and the suites that ship."""

import ast
import json
from pathlib import Path

import pytest

from cogitate import ScriptedModel, SetupError
from cogitate.lab.plans import PlanSeen, gold_plan, plan_scores
from cogitate.lab.runner import Plan, evaluate
from cogitate.lab.suites import load_cases
from cogitate.planners.loops.pipeline.standing import TURNED_DOWN
from cogitate.runs.events import Noted, TasksChanged

BENCH = Path(__file__).parents[2] / "bench"
GOLD = [{"tool": "look_up"}, {"tool": ["work_out", "calculate"], "after": [1]}]
SUM = {"id": "s", "question": "What is 17 times 23, divided by 2?", "answer": 195.5, "plan": GOLD}


def seen(*tasks, notes=()):
    found = PlanSeen()
    for text in notes:
        found.note(Noted(text=text))
    lines = [
        {"id": f"step-{n}", "name": tool, "status": "queued", "tool": tool, "after": after}
        for n, (tool, after) in enumerate(tasks, 1)
    ]
    found.note(TasksChanged(tasks=tuple(lines)))
    return found


def test_a_plan_with_a_tool_that_is_as_good_is_the_plan_that_is_wanted():
    found = plan_scores(SUM, seen(("look_up", []), ("calculate", ["step-1"])))
    assert found == dict.fromkeys(found, 1.0)
    assert set(found) >= {"plan valid", "tools precision", "tools recall", "tools F1", "edges F1"}


def test_a_call_too_many_and_an_edge_too_few_cost_precision_and_recall():
    found = plan_scores(SUM, seen(("look_up", []), ("look_up", []), ("work_out", [])))
    assert found["tools precision"] == pytest.approx(2 / 3) and found["tools recall"] == 1.0
    assert found["edges F1"] == 0.0


def test_a_plan_that_was_turned_down_first_is_not_valid():
    found = plan_scores(SUM, seen(("look_up", []), notes=[f"{TURNED_DOWN}: no tool 'fly'"]))
    assert found["plan valid"] == 0.0


def test_the_plan_is_the_first_board_of_the_run_itself():
    found = PlanSeen()
    task = {"id": "step-1", "name": "x", "status": "queued", "tool": "solve", "after": []}
    found.note(TasksChanged(within="step-1", tasks=({**task, "tool": "handed on"},)))
    found.note(TasksChanged(tasks=({"id": "q", "name": "a question", "status": "queued"},)))
    found.note(TasksChanged(tasks=(task,)))
    found.note(TasksChanged(tasks=({**task, "tool": "later"},)))
    assert [node.tool for node in found.nodes] == ["solve"]


def test_a_loop_that_lays_out_no_plan_has_no_scores_of_one():
    assert plan_scores(SUM, PlanSeen()) == {}
    assert plan_scores({"question": "?"}, seen(("look_up", []))) == {}


@pytest.mark.parametrize(
    "plan", ["look_up", [{"after": []}], [{"tool": "a", "after": [1]}], [{"tool": []}], [3]]
)
def test_what_is_no_plan_is_said_before_anything_runs(plan, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({**SUM, "plan": plan}))
    with pytest.raises(SetupError, match="the plan of the case 's' is none"):
        load_cases("file", path)


async def test_the_report_says_how_near_plans_are(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(SUM))
    first, second = (
        {"steps": [{"tool": "calculate", "args": {"expression": sum_}}]}
        for sum_ in ("17 * 99", "17 * 23")  # nobody spoke of 99: turned down
    )
    model = ScriptedModel(replies=[first, second, "It is 391."])
    plan = Plan(suite="file", cases=load_cases("file", path), models=("m",), loops=("rewoo",))
    report = await evaluate(plan, lambda _: model)
    scores = report["methods"]["rewoo"]["scores"]
    assert scores["tools precision"] == 1.0 and scores["tools recall"] == 0.5
    assert scores["edges F1"] == 0.0 and scores["plan valid"] == 0.0


def test_the_sums_of_the_suite_of_number_sizes_are_right():
    cases = load_cases("file", BENCH / "number_sizes.jsonl")
    assert len(cases) == 30
    assert [case.digits for case in cases] == [2, 4, 7] * 10
    for case in cases:
        assert _worked_out(ast.parse(case.data["sum"], mode="eval").body) == case.data["answer"]
        numbers = [n.value for n in ast.walk(ast.parse(case.data["sum"])) if _is_number(n)]
        assert all(str(number) in case.goal for number in numbers)


def _is_number(node):
    return isinstance(node, ast.Constant)


def _worked_out(node):
    if _is_number(node):
        return node.value
    left, right = _worked_out(node.left), _worked_out(node.right)
    kinds = {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}
    return kinds[type(node.op)]


def test_the_suite_of_plans_is_sound():
    cases = load_cases("file", BENCH / "plans.jsonl")
    assert {case.category for case in cases} == {"one", "chain", "apart", "join"}
    for case in cases:
        edges = sum(len(node.after) for node in gold_plan(case.data))
        assert (case.category in ("chain", "join")) == (edges > 0)
