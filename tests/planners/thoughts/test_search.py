"""The engine: plans, estimates, judging, choosing, going on in the middle, and what it costs."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from cogitate import Agent, Limits, ScriptedModel, SetupError
from cogitate.planners.base import Turn
from cogitate.planners.thoughts import SETTINGS, thinking
from cogitate.planners.thoughts.evaluating import WORTH, judge
from cogitate.planners.thoughts.methods import cost_of, fitted, plan_of, task_for
from cogitate.planners.thoughts.operations import Evaluate, Generate, Select, chain, estimate
from cogitate.planners.thoughts.search import Search
from cogitate.planners.thoughts.tasks.game24 import GameOf24
from cogitate.planners.thoughts.tasks.question import Question
from cogitate.planners.thoughts.thought import Move
from cogitate.runs.context import RunContext, running
from cogitate.runs.events import Asked, Noted
from cogitate.values import Task
from tests.planners.thoughts.driving import drive

GAME = "Use 4, 5, 6 and 10 to make 24."


def graph(result):
    return json.loads(Path(result.artefacts[0]).read_text(encoding="utf-8"))


class Judge(ScriptedModel):
    """Says what a function says of the last message, and notes what it was asked."""

    def __init__(self, say):
        super().__init__(replies=())
        self._say = say

    def _next(self, messages, options):
        self._seen.append(messages[-1].text)
        return self._counted(
            messages, AIMessage(json.dumps({"choice": self._say(messages[-1].text)}))
        )


def search_of(numbers=(4, 5, 6, 10)):
    task = GameOf24(GAME, numbers)
    search = Search(task, ())
    root = search.thoughts["t0"]
    for move in task.legal_steps(root.state):
        search.add(move, [root], "generate")
    return search, list(search.thoughts.values())[1:]


def test_the_labels_count_as_in_the_papers_code():
    assert WORTH == {"sure": 20.0, "maybe": 1.0, "impossible": 0.001}


async def test_values_are_the_labels_worth():
    search, thoughts = search_of()
    model = Judge(lambda text: "sure" if "4 5" in text else "impossible")
    found = await judge(search.task, model, thoughts, Evaluate(mode="value"))
    by_state = {search.task.canonical(t.state): found[t.id] for t in thoughts}
    assert by_state["4 5 16"] > 19 and by_state["5 6 6"] < 1


async def test_votes_are_cast_in_another_order_each_time():
    task = Question("Which?", style="steps")
    search = Search(task, ())
    root = search.thoughts["t0"]
    thoughts = [
        search.add(Move(state={**root.state, "steps": [f"step {n}"]}, text=str(n)), [root], "x")
        for n in range(4)
    ]
    first = Judge(lambda text: "1")  # always the first place, whatever stands there
    found = await judge(task, first, thoughts, Evaluate(mode="vote", n=6))
    assert len({tuple(re.findall(r"step \d", text)) for text in first._seen}) > 1
    assert max(found.values()) < 4  # no thought was first each time
    honest = Judge(lambda text: re.search(r"(\d)\) 1\. step 2", text).group(1))
    found = await judge(task, honest, thoughts, Evaluate(mode="vote", n=2))
    assert max(found, key=found.get) == thoughts[2].id


async def test_an_equal_state_is_judged_once(tmp_path):
    model = Judge(lambda text: "maybe")
    way = thinking("tot", beam=3, evaluate="value")
    await drive(way, GAME, model, tmp_path)
    assert len(model._seen) == len(set(model._seen))
    data = json.loads((tmp_path / "thoughts.json").read_text())
    assert data["counts"]["duplicates"] > 0


async def test_what_dedupe_and_the_cache_save_is_told(tmp_path):
    model = Judge(lambda text: "maybe")
    way = thinking("tot", beam=3, evaluate="value")
    events = [e async for e in Agent(model=model, executor=way).stream(GAME)]
    counts = graph(events[-1].result)["counts"]
    asked, saved = counts["judgements of a model"], counts["judgements that were saved"]
    assert asked == len(model._seen)
    # Whole solutions are checked by code, so they would have cost nothing.
    assert 0 < saved <= counts["duplicates"] + counts.get("scores that were known", 0)
    notes = [e.text for e in events if isinstance(e, Noted)]
    share = f"{saved} saved by what was known ({100 * saved / (asked + saved):.0f} %)"
    assert f"{asked} judgements of a model, {share}" in notes[-1]


async def test_where_code_judges_there_is_nothing_to_save(tmp_path):
    await drive(thinking("tot", beam=3), GAME, Judge(str), tmp_path)
    counts = json.loads((tmp_path / "thoughts.json").read_text())["counts"]
    assert counts["duplicates"] and not any("judgements" in what for what in counts)


async def test_an_evaluation_that_is_known_is_not_asked_for_again():
    search, thoughts = search_of()
    model = Judge(lambda text: "maybe")
    plan = chain(Evaluate(mode="value"), Evaluate(mode="value"))
    search.plan = plan
    from cogitate.planners.thoughts.engine import evaluate

    with running(RunContext(run_id="test", workspace=None)):
        turn = Turn(task=Task(goal=GAME), model=model, tools=(), messages=())
        await evaluate(turn, search, plan[0].operation, thoughts)
        asked = len(model._seen)
        await evaluate(turn, search, plan[1].operation, thoughts)
    assert asked == len(thoughts) == len(model._seen)
    assert search.counts["scores that were known"] == len(thoughts)


async def test_a_search_that_was_cut_off_goes_on_and_asks_nothing_twice(tmp_path):
    way = thinking("tot", beam=2, evaluate="value")

    def say(text):
        numbers = sorted(re.findall(r"[-\d/]+", text.partition(":")[2]))
        return "sure" if numbers in (["10", "20", "6"], ["-4", "20"]) else "impossible"

    whole = Judge(say)
    answer, kept = await drive(way, GAME, whole, tmp_path)
    for cut in range(1, len(kept)):
        again = Judge(say)
        resumed, _ = await drive(way, GAME, again, tmp_path, messages=kept[:cut])
        assert resumed.text == answer.text
        before = len(whole._seen) - len(again._seen)
        assert (before > 0) == (cut > 1)  # the first turn lists the moves and asks nobody
        assert whole._seen[before:] == again._seen


async def test_breadth_first_keeps_the_best_and_finds_the_solution(tmp_path):
    way = thinking("tot", beam=1, evaluate="value")
    sure = {("10", "20", "6"), ("-4", "20")}
    model = Judge(
        lambda text: "sure" if tuple(sorted(text.split(": ")[1].split())) in sure else "impossible"
    )
    answer, _ = await drive(way, GAME, model, tmp_path)
    assert answer.text.endswith("= 24")


@pytest.mark.parametrize("numbers", [(4, 5, 6, 10), (1, 5, 5, 5)])
async def test_depth_first_comes_back_from_dead_ends(tmp_path, numbers):
    goal = f"Make 24 from {', '.join(map(str, numbers))}"
    large = {"most_calls": 10**6, "most_tokens": 10**9, "most_thoughts": 10**5}
    way = thinking("tot", order="depth", beam=40, evaluate="value", threshold=-1.0, **large)
    blind = Judge(lambda text: "maybe")
    answer, _ = await drive(way, goal, blind, tmp_path, turns=3000)
    assert answer is not None and answer.text.endswith("= 24")


async def test_depth_first_does_not_go_into_what_scores_too_low(tmp_path):
    way = thinking("tot", order="depth", beam=5, evaluate="value")
    model = Judge(lambda text: "impossible")
    answer, kept = await drive(way, GAME, model, tmp_path)
    assert "no_evidence" in answer.additional_kwargs
    assert len(kept) == 1  # the root was gone into, and nothing else


async def test_a_person_picks_the_branch(tmp_path):
    asked = []

    async def ask(question):
        asked.append(question)
        return "2"

    events = []
    way = thinking("tot", beam=1, rule="person")
    with running(RunContext(run_id="t", workspace=tmp_path, ask=ask, listener=events.append)):
        turn = Turn(task=Task(goal=GAME), model=Judge(str), tools=(), messages=())
        kept = []
        for _ in range(3):
            kept.append(await way(replace(turn, messages=kept)))
    assert len(asked) >= 1
    assert any(isinstance(e, Asked) and e.reply == "2" for e in events)
    first = re.search(r"2\) (.+?) \|", asked[0]).group(1)
    data = json.loads((tmp_path / "thoughts.json").read_text())
    second = [t for t in data["thoughts"] if t["depth"] == 2]
    chosen = {t["parents"][0] for t in second}
    texts = {t["id"]: t["text"] for t in data["thoughts"]}
    assert len(chosen) == 1 and texts[chosen.pop()].startswith(first)


# ------------------------------------------------------------------------------------ its cost


def test_the_estimate_is_what_a_full_search_takes():
    plan = chain(Generate(k=3), Evaluate(mode="logprob"), Select(b=2))
    plan = chain(Generate(k=3), Evaluate(mode="logprob"), Select(b=2), begin=plan)
    cost = estimate(plan, branching=1, parts=1, tokens=50, prompt=10)
    assert cost.calls == 3 + 3 + 6 + 6
    assert cost.thoughts == 1 + 3 + 6
    assert cost.tokens == 18 * 10 + 9 * 50


@pytest.mark.parametrize("method", ["sc", "tot", "got", "standard", "cot", "pot"])
def test_no_method_asks_more_than_was_estimated(method):
    task = task_for(SETTINGS[method], Task(goal="How many legs have 3 cats and 2 hens?"))
    cost = cost_of(SETTINGS[method], task)
    assert 0 < cost.calls < 100
    assert plan_of(SETTINGS[method], task)


def test_a_search_that_costs_too_much_is_trimmed_and_one_that_cannot_be_is_refused():
    task = GameOf24(GAME, (4, 5, 6, 10))
    large = replace(SETTINGS["tot"], beam=5, evaluate="value", most_calls=150)
    settings, cost = fitted(large, task)
    assert settings.beam < 5 and cost.calls <= 150
    assert fitted(replace(large, most_calls=3), task) is None


async def test_what_was_trimmed_is_said_before_the_first_call():
    model = Judge(lambda text: "maybe")
    way = thinking("tot", beam=5, evaluate="value", most_calls=150)
    events = [e async for e in Agent(model=model, executor=way).stream(GAME)]
    notes = [e.text for e in events if isinstance(e, Noted)]
    assert "would be too many; trimmed to beam" in notes[0]
    assert "at most" in notes[1]
    assert len(model._seen) <= 150


async def test_what_cannot_be_afforded_is_refused_without_a_call():
    model = Judge(lambda text: "maybe")
    way = thinking("tot", evaluate="value", most_calls=3)
    result = await Agent(model=model, executor=way).arun(GAME)
    assert result.stopped == "no_evidence" and "cost more than it may" in result.answer
    assert model._seen == []


async def test_a_limit_in_the_middle_leaves_the_best_so_far():
    way = thinking("tot", branches=1, beam=1)
    model = ScriptedModel(replies=["One cat has 4 legs."])
    agent = Agent(model=model, executor=way, limits=Limits(tokens=10))
    result = await agent.arun("How many legs have 3 cats and 2 hens?")
    assert result.stopped == "tokens"
    assert result.answer == "Not finished. The best so far: One cat has 4 legs."


@pytest.mark.parametrize(
    ("method", "changes", "near"),
    [("tree", {}, "standard, cot"), ("tot", {"width": 3}, "branches")],
)
def test_an_unknown_method_or_setting_names_those_there_are(method, changes, near):
    with pytest.raises(SetupError, match=near):
        thinking(method, **changes)


async def test_searches_side_by_side_write_graphs_of_their_own(tmp_path):
    ways = [thinking("tot")] * 2
    folders = [tmp_path / str(n) for n in range(2)]
    for folder in folders:
        folder.mkdir()
    found = await asyncio.gather(
        *(drive(w, GAME, Judge(str), f) for w, f in zip(ways, folders, strict=True))
    )
    assert all(answer.text.endswith("= 24") for answer, _ in found)
    assert all((folder / "thoughts.json").is_file() for folder in folders)
