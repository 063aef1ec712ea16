"""art: programs of steps, demonstrations from a library, results that only tools write."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from cogitate import Agent, ScriptedModel, SetupError, shipped_tools
from cogitate.llm.constrain import lark_grammar
from cogitate.planners.loops.art import Art
from cogitate.planners.loops.art.library import (
    Demo,
    TaskLibrary,
    TaskRecord,
    forget_task,
    keep_task,
    read_tasks,
)
from cogitate.planners.loops.art.program import ProgramStep, parse, step_grammar, written
from cogitate.runs.events import ToolCalled


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path))


def agent(*replies):
    tools = shipped_tools(["calculate", "python"])
    return Agent(model=ScriptedModel(replies=replies), tools=tools, loop="art")


def program_of(result):
    return Path(result.artefacts[0]).read_text(encoding="utf-8")


async def test_a_program_pauses_at_a_tool_and_goes_on_with_its_result():
    made = agent("1. [calc] 24*18", "2. [calc] 432-391", "ANSWER: 41 rolls")
    events = [
        e async for e in made.stream("24 trays of 18 rolls, 391 are sold; how many are left?")
    ]
    asked = [(e.tool, e.args) for e in events if isinstance(e, ToolCalled)]
    assert asked == [
        ("calculate", {"expression": "24*18"}),
        ("calculate", {"expression": "432-391"}),
    ]
    result = events[-1].result
    assert result.answer == "41 rolls"
    program = program_of(result)
    assert program == "1. [calc] 24*18\n=> 432\n2. [calc] 432-391\n=> 41\nANSWER: 41 rolls\n"


async def test_a_step_without_a_tool_is_answered_by_the_model():
    made = agent("1. [think] who is oldest", "=> Ann", "ANSWER: Ann")
    assert (await made.arun("Ann is older than Ben. Who is the oldest?")).answer == "Ann"


async def test_an_error_of_a_tool_is_written_as_the_result():
    made = agent("1. [calc] 1/0", "2. [think] what to do", "=> nothing", "ANSWER: It has no value.")
    result = await made.arun("How much is 1/0?")
    assert "=> ERROR: " in program_of(result)


async def test_a_malformed_step_is_asked_for_once_more_and_then_given_up():
    made = agent("Well, first", "1. [calc] 2+2", "ANSWER: 4")
    assert (await made.arun("How much is 2+2?")).answer == "4"
    given_up = agent("Well, first", "no step either")
    result = await given_up.arun("How much is 2+2?")
    assert result.stopped == "no_evidence" and "no step could be read" in result.answer


async def test_a_program_ends_after_eight_steps():
    made = agent(*_endless())
    result = await made.arun("Go on.")
    assert result.stopped == "no_evidence"


def _endless():
    for number in range(1, 9):
        yield f"{number}. [think] go on"
        yield "=> on"
    yield "9. [think] go on"
    yield "9. [think] go on"


def test_programs_that_are_cut_off_can_be_read():
    steps, answer = parse("1. [calc] 2+2\n=> 4\n2. [think] compare")
    assert answer is None
    assert steps == [
        ProgramStep(operation="calc", text="2+2", result="4"),
        ProgramStep(operation="think", text="compare"),
    ]


@pytest.mark.parametrize(
    "text", ["2. [calc] 1", "1. [calc] 1\n=> 1\n=> 2", "words", "ANSWER: 1\n2. [calc] 3"]
)
def test_what_is_no_program_is_refused_with_the_line(text):
    with pytest.raises(ValueError, match=r"numbered|neither|after the answer"):
        parse(text)


line = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1)


@given(
    st.lists(st.tuples(st.sampled_from(["calc", "think"]), line, line), min_size=1, max_size=8),
    line,
)
def test_a_program_survives_being_written(steps, answer):
    made = [ProgramStep(operation=o, text=t, result=r) for o, t, r in steps]
    assert parse(written(made, answer)) == (made, answer)


def test_the_programs_that_ship_are_whole_and_their_sums_are_right():
    library = TaskLibrary.load()
    assert len(library.records) >= 10
    from cogitate.tools.calculate import calculate

    for record in library.records.values():
        for demo in record.demos:
            steps, answer = parse(demo.program)
            assert answer and demo.verified_by
            for step in steps:
                if step.operation == "calc":
                    assert calculate.invoke({"expression": step.text}) == step.result


def test_the_nearest_task_is_shown_last():
    library = TaskLibrary.load()
    chosen = library.select("How many days lie between 1 May 2020 and 7 June 2020?")
    assert chosen[-1].id == "dates" and len({r.id for r in chosen}) == 2


def test_what_helps_goes_before_what_is_near():
    library = TaskLibrary.load()
    goal = "How many days lie between 1 May 2020 and 7 June 2020?"
    near = [record.id for record in library.nearest(goal)]
    assert near[0] == "dates" and len(near) == min(len(library.records), 10)
    helps = {name: 1.0 if name == near[-1] else 0.0 for name in near}
    chosen = [record.id for record in library.select(goal, helps=helps)]
    assert chosen[-1] == near[-1]
    left_out = {name: 1.0 for name in near[1:]}
    assert near[0] not in [record.id for record in library.select(goal, helps=left_out)]


class Similar(ScriptedModel):
    """Says yes of one task's description, and notes what it was shown before it answers."""

    def __init__(self, replies, wanted):
        super().__init__(replies=replies)
        self._wanted = wanted
        self._asked = []

    def _next(self, messages, options):
        if "Task A:" not in messages[-1].text:
            return super()._next(messages, options)
        self._asked.append(messages[-1].text)
        choice = "yes" if self._wanted in messages[-1].text else "no"
        return self._counted(messages, AIMessage(json.dumps({"choice": choice})))


async def test_the_model_may_say_which_tasks_help_and_is_asked_but_once():
    wanted = TaskLibrary.load().named("rewrite")
    replies = ["1. [calc] 2+2", "2. [calc] 4+1", "ANSWER: 5"]
    model = Similar(replies, wanted.description)
    tools = shipped_tools(["calculate", "python"])
    result = await Agent(model=model, tools=tools, executor=Art(rerank=True)).arun("2+2+1?")
    assert result.answer == "5"
    assert len(model._asked) == len(TaskLibrary.load().nearest("2+2+1?"))
    assert len({text.partition("Task A:")[0] for text in model._asked}) == 1  # one head for all
    shown = [m.text for m in model.calls[-1]]
    assert wanted.demos[0].input in shown


async def test_without_the_setting_no_model_is_asked_about_tasks():
    model = Similar(["1. [calc] 2+2", "ANSWER: 4"], "")
    tools = shipped_tools(["calculate", "python"])
    await Agent(model=model, tools=tools, loop="art").arun("2+2?")
    assert model._asked == []


def test_a_persons_task_is_kept_wins_over_what_ships_and_can_be_forgotten():
    demo = Demo(input="x", program="1. [think] x\n=> y\nANSWER: y", answer="y", verified_by="me")
    keep_task(TaskRecord(id="dates", skill="mine", description="dates", demos=(demo,)))
    assert TaskLibrary.load().records["dates"].skill == "mine"
    assert forget_task("dates") and "dates" not in TaskLibrary.load().records
    assert not forget_task("dates")


def test_a_task_keeps_the_line_separators_in_its_texts():
    text = "one\u2028two\u0085three"
    demo = Demo(input=text, program="1. [think] x\n=> y\nANSWER: y", answer="y", verified_by="me")
    keep_task(TaskRecord(id="odd", skill="mine", description=text, demos=(demo,)))
    assert TaskLibrary.load().named("odd").description == text


def test_a_line_that_is_no_task_is_named(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({"id": "a"}) + "\n", encoding="utf-8")
    with pytest.raises(SetupError, match="line 1, is no task"):
        read_tasks(path)


async def test_of_a_sum_only_what_stands_before_its_result_is_worked_out():
    made = agent("1. [calc] 15-6+4=13 books", "ANSWER: 13")
    events = [e async for e in made.stream("15 books, minus 6, plus 4?")]
    assert [e.args for e in events if isinstance(e, ToolCalled)] == [{"expression": "15-6+4"}]


def test_the_grammar_of_a_line_holds_its_form():
    grammar = step_grammar(2, ["calc", "find", "think"])
    assert "start: step | last" in grammar and "step: sum |" in grammar
    assert 'op: "find" | "think"' in grammar
    assert step_grammar(9, ["calc"]).startswith("start: last")


@pytest.mark.model
@pytest.mark.parametrize(
    ("line", "whole"), [("ANSWER: 5.5 kg", True), ("3. [think] compare", False)]
)
def test_an_answer_may_end_without_the_end_of_its_line(small_model, line, whole):
    loaded = small_model.loaded
    constraint = loaded.constrainer.start(lark_grammar(step_grammar(3, ["calc", "think"])))
    constraint.take(loaded.engine.tokenize(line))
    assert constraint.complete() is whole
