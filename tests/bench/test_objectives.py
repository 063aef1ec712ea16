"""The objectives' checklists agree with the files, and what is counted is counted right."""

import csv
import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from bench.answers import check
from bench.objectives import (
    FOLDER,
    HERE,
    Record,
    kept,
    objectives,
    run_one,
    summary,
    twins,
    with_bare,
)
from cogitate import ScriptedModel, shipped_tools
from cogitate.agents.loops import LOOPS
from cogitate.runs.events import ModelCalled, Noted, TasksChanged
from cogitate.tools.load import load_tools
from cogitate.values import Result, Usage

RIGHT = {
    "e1": "East, 19403.7; Ines is in charge.",
    "e2": "13017.6 and 1952.64",
    "e3": "On 14 November 2025, at most 24 guests, in 57 days.",
    "e4": "12.90 and 15.00 euros; until 30 June 2026.",
    "e5": "1060, and 55 orders.",
    "z1": "王建国负责盘点，玛丽亚写邀请信，最多二十四位客人。",
    "z2": "pu-erh，16567.2",
    "z3": "28天，陈思负责。",
    "z4": "8.70欧元，350杯。",
    "z5": "48615.7，预算三百元，72杯。",
}


def result(answer: str) -> Result:
    return Result(run_id="r", answer=answer, stopped="answered")


def test_there_are_five_objectives_in_each_language() -> None:
    languages = [objective["language"] for objective in objectives()]
    assert (languages.count("en"), languages.count("zh")) == (5, 5)
    assert [o["id"] for o in objectives("z1, e2")] == ["e2", "z1"]


def test_a_right_answer_passes_its_checklist_and_no_other() -> None:
    listed = {o["id"]: o["checks"] for o in objectives()}
    for name, checks in listed.items():
        assert all(check(each, result(RIGHT[name])) for each in checks), name
        others = [answer for other, answer in RIGHT.items() if other != name]
        assert not any(all(check(c, result(a)) for c in checks) for a in others), name


def test_the_figures_are_those_of_the_table() -> None:
    sales: defaultdict[str, float] = defaultdict(float)
    orders: defaultdict[str, int] = defaultdict(int)
    with (FOLDER / "sales.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for key in (row["region"], row["product"], "all"):
                sales[key] += float(row["sales"])
                orders[key] += 1
    figures = {name: round(value, 1) for name, value in sales.items()}
    assert max(("North", "East", "South", "West"), key=figures.__getitem__) == "East"
    assert (figures["East"], figures["oolong"], figures["pu-erh"]) == (19403.7, 13017.6, 16567.2)
    assert (figures["all"], orders["East"]) == (48615.7, 55)


def test_what_a_run_cost_is_counted() -> None:
    record = Record(id="e1", loop="babyagi", checks=1)
    record.note(ModelCalled(purpose="parts", text="{}", usage=Usage(written=30)))
    record.note(ModelCalled(purpose="objective met?", text="yes", usage=Usage(written=0)))
    record.note(Noted(text="task dropped: 'x' (like 'y')"))
    lines = [
        {"id": "a", "name": "The cup?", "status": "done"},
        {"id": "b", "name": "the cup", "status": "done"},
        {"id": "c", "name": "gone", "status": "dropped"},
    ]
    record.note(TasksChanged(tasks=tuple(lines)))
    record.end(result("Ines"), [{"words": [["Ines"]]}])
    assert (record.calls, record.looks, record.dropped, twins(record)) == (1, 1, 1, 1)
    assert record.success and "whole checklist" in summary([record])


def test_an_answer_that_the_run_does_not_stand_by_is_no_success_but_is_seen() -> None:
    record = Record(id="e1", loop="babyagi", checks=1)
    stopped = Result(run_id="r", answer="Not finished. Ines", stopped="stalled")
    record.end(stopped, [{"words": [["Ines"]]}])
    assert (record.passed, record.held, record.success) == (0, 1, False)


async def test_an_objective_runs_with_a_loop() -> None:
    tools = [
        *shipped_tools(["search_files", "list_files", "read_file"]),
        *load_tools(str(HERE / "tools.py")),
    ]
    goal = {
        "id": "x",
        "objective": "Which file mentions the blue shelf?",
        "checks": [{"words": [["notes.md"]]}],
    }
    replies = [{"parts": [goal["objective"]]}, {"choice": "yes"}]
    record = await run_one(goal, "babyagi", ScriptedModel(replies=replies), tools)
    assert record.success, record.answer
    with_bare()
    assert LOOPS["babyagi-bare"].limits == LOOPS["babyagi"].limits
    LOOPS.pop("babyagi-bare")


def test_a_run_that_was_stopped_keeps_what_it_had(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert kept(path) == []
    record = Record(id="e1", loop="babyagi", checks=1, tasks=["The cup?"], usage=Usage(written=3))
    path.write_text(json.dumps([asdict(record)]))
    assert kept(path) == [record]
