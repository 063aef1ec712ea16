"""One attempt: the model alone or a loop, answers or calls, and every way to fail."""

from dataclasses import replace

import pytest

from cogitate import ScriptedModel, Verdict
from cogitate.agents.loops import LOOPS, Loop
from cogitate.lab.attempts import CAPS, Method, attempt, capped
from cogitate.lab.report import row
from cogitate.lab.runner import Plan, drafts_right, evaluate, failure_of, scored
from cogitate.lab.suites import Case
from cogitate.llm.scripted import call
from cogitate.planners.named import WAYS
from cogitate.values import Limits
from tests.lab.oracle import Adder, Caller


def sum_case(number):
    data = {"id": "s", "question": f"How much is {number} + 1?", "answer": number + 1}
    return Case(id="s", suite="gsm8k", data=data)


def described(name):
    properties = {"a": {"type": "integer", "description": "a number"}}
    parameters = {"type": "object", "properties": properties, "required": ["a"]}
    return {
        "type": "function",
        "function": {"name": name, "description": f"Do {name}.", "parameters": parameters},
    }


def call_case(*wanted):
    data = {
        "id": "c",
        "messages": [{"role": "user", "content": "Add 1 and 2."}],
        "tools": [described("math.add"), described("send")],
        "ground_truth": [{name: {"a": [a]}} for name, a in wanted],
    }
    return Case(id="c", suite="bfcl_simple", data=data)


async def failure(case, model, loop="bare", caps=CAPS):
    found = await attempt(case, Method(loop=loop, model=model, caps=caps))
    return failure_of(case, found, scored(case, found)), found


async def test_a_right_answer_of_the_model_alone_is_right():
    why, found = await failure(sum_case(3), Adder())
    assert why == ""
    assert (found.usage.calls, found.usage.written, found.stopped) == (1, 5, "answered")


async def test_a_crash_is_a_failed_case_and_not_the_end():
    why, found = await failure(sum_case(3), Adder(broken=(3,)))
    assert why == "exception"
    assert "cannot add 3" in found.error


async def test_an_answer_that_cannot_be_scored_is_invalid():
    assert (await failure(sum_case(3), Adder(bad=(3,))))[0] == "invalid"


async def test_a_wrong_number_is_wrong():
    assert (await failure(sum_case(7), Adder(seed=1)))[0] == "wrong"


async def test_a_limit_is_a_failure_even_when_the_partial_answer_is_right():
    case = call_case(("math.add", 1))
    asks = Case(id="s", suite="gsm8k", data={**case.data, "question": "1 + 2?", "answer": 3})
    model = Caller(moves=[[("calculate", {"expression": "1 + 2"})]])
    why, found = await failure(asks, model, loop="react", caps=Limits(steps=1, tool_calls=1))
    assert (why, found.stopped) == ("limit", "steps")


async def test_an_agent_with_a_corpus_searches_it_and_one_without_cannot(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "lima.md").write_text("# Lima\n\nThe capital of Peru is Lima.\n")
    data = {"question": "What is the capital of Peru?", "answer": "Lima"}
    case = Case(id="h", suite="hotpotqa", data=data)
    script = [call("search_files", words="Peru"), "Lima"]
    for folder, offered in ((corpus, True), (None, False)):
        model = ScriptedModel(replies=script)
        found = await attempt(case, Method(loop="act", model=model, corpus=folder))
        assert ("search_files" in model.seen[0].tools) is offered
        assert "web_search" not in model.seen[0].tools
        if offered:
            assert failure_of(case, found, scored(case, found)) == ""


async def test_the_first_move_is_scored_and_the_run_ends_there():
    model = Caller(moves=[[("math_add", {"a": 1})], [("math_add", {"a": 2})]])
    for loop in ("bare", "react"):
        why, found = await failure(call_case(("math.add", 1)), model, loop)
        assert why == ""
        assert found.calls == ({"math_add": {"a": 1}},)
    assert found.stopped == "first move"


async def test_several_calls_in_one_move_are_all_of_it():
    model = Caller(moves=[[("math_add", {"a": 1}), ("send", {"a": 2})]])
    for loop in ("bare", "react"):
        why, found = await failure(call_case(("math.add", 1)), model, loop)
        assert why == "wrong"
        assert len(found.calls) == 2


async def test_calls_made_one_after_another_count_where_several_are_wanted():
    wanted = [("math.add", 1), ("send", 2)]
    model = Caller(moves=[[("send", {"a": 2})], [("math_add", {"a": 1})]])
    for loop in ("bare", "react"):
        why, found = await failure(call_case(*wanted), model, loop)
        assert (why, len(found.calls)) == ("", 2)


async def test_no_call_is_right_where_none_is_wanted():
    assert (await failure(call_case(), Caller()))[0] == ""
    assert (await failure(call_case(), Caller(moves=[[("send", {"a": 1})]])))[0] == "wrong"


async def test_arguments_of_the_wrong_type_are_scored_as_they_were_written():
    model = Caller(moves=[[("math_add", {"a": "1"})]])
    why, found = await failure(call_case(("math.add", 1)), model, "react")
    assert why == "wrong"
    assert found.calls == ({"math_add": {"a": "1"}},)


def test_the_smaller_limit_counts_and_rounds_are_the_loops_own():
    found = capped(Limits(steps=4, seconds=900, rounds=7), Limits(steps=12, seconds=60))
    assert (found.steps, found.seconds, found.rounds) == (4, 60, 7)


@pytest.fixture
def corrected(monkeypatch):
    """Return a loop whose first answer is 3, turned down where a critic says so, and then 4."""

    async def guess(turn):
        low = "too small" in " ".join(turn.task.notes)
        return f"The answer is {4 if low else 3}."

    async def critic(task, answer):
        return Verdict(accepted="3" not in answer, advice="too small")

    monkeypatch.setitem(WAYS, "reply", guess)  # rests on no tool
    made = Loop(ways=("reply",), critic=lambda parts: critic, summary="guesses")
    monkeypatch.setitem(LOOPS, "guess", made)
    return "guess"


@pytest.mark.parametrize(("number", "flip"), [(3, "wrong to right"), (2, "right to wrong")])
async def test_what_a_critic_turns_round_is_counted(corrected, number, flip):
    case, model = sum_case(number), ScriptedModel(replies=[])
    found = await attempt(case, Method(loop=corrected, model=model))
    assert found.drafts == ("The answer is 3.", "The answer is 4.")
    score = scored(case, found)
    assert drafts_right(case, found, score) == [flip == "right to wrong", flip == "wrong to right"]
    plan = Plan(suite="gsm8k", cases=[case], models=("m",), loops=(corrected,))
    report = await evaluate(plan, lambda _: model)
    counted = report["methods"][corrected]
    assert counted["flips"][flip] == 1 and sum(counted["flips"].values()) == 1
    assert counted["rounds"] == {2: 1}


def test_without_a_second_answer_no_flips_are_told():
    usage = {"read": 1, "reused": 0, "written": 1, "calls": 1}
    record = {"case": "a", "repeat": 0, "correct": True, "failure": "", "given": "1"}
    record |= {"usage": usage, "seconds": 1.0, "stopped": "answered", "scores": {}}
    record |= {"category": "c", "rounds": 1, "first_right": True}
    assert "flips" not in row([record])
    older = {k: v for k, v in record.items() if k not in ("rounds", "first_right")}
    assert "flips" not in row([older])


def sized(case, digits, correct):
    usage = {"read": 1, "reused": 0, "written": 1, "calls": 1}
    record = {"case": case, "repeat": 0, "correct": correct, "failure": "", "given": "1"}
    record |= {"usage": usage, "seconds": 1.0, "stopped": "answered", "scores": {}}
    return record | {"category": "", "rounds": 0, "first_right": None, "digits": digits}


def test_success_is_told_by_how_large_the_numbers_are():
    records = [sized("a", 2, True), sized("b", 2, False), sized("c", 7, False)]
    found = row(records)["sizes"]
    assert {size: (one["cases"], one["success"]) for size, one in found.items()} == {
        "up to 2 digits": (2, 0.5),
        "5 digits and more": (1, 0.0),
    }
    assert found["up to 2 digits"]["low"] > 0


def test_numbers_of_one_size_or_of_an_older_record_make_no_table():
    older = sized("a", 2, True)
    del older["digits"]
    assert row([older])["sizes"] == {}
    assert row([sized("a", 1, True), sized("b", 2, True)])["sizes"] == {}
    assert row([sized("a", None, True), sized("b", 7, True)])["sizes"] == {}


async def test_what_a_critic_that_knew_the_right_answers_would_reach_is_told_beside_it(corrected):
    model = ScriptedModel(replies=[])
    cases = [replace(sum_case(number), id=str(number)) for number in (2, 3, 9)]
    plan = Plan(suite="gsm8k", cases=cases, models=("m",), loops=(corrected,))
    report = await evaluate(plan, lambda _: model)
    counted = report["methods"][corrected]
    # 3 was right for 2 + 1 and was turned down; 4 is right for 3 + 1; nothing is right for 9 + 1.
    assert counted["success"] == pytest.approx(1 / 3)
    assert counted["oracle"] == pytest.approx(2 / 3)


def test_a_score_that_a_kind_of_case_does_not_have_is_no_zero():
    number = sized("a", 2, True) | {"scores": {"strict": 1.0}}
    text = sized("b", None, False) | {"scores": {"f1": 0.5}}
    assert row([number, text])["scores"] == {"strict": 1.0, "f1": 0.5}
    unread = sized("c", 2, False) | {"scores": {"strict": 0.0}}
    assert row([number, text, unread])["scores"]["strict"] == 0.5
