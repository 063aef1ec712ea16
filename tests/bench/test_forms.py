import json

import pytest

from bench import form_text
from bench.__main__ import main as bench_main
from bench.form_reading import Unparsable, read_native, read_react
from bench.form_tasks import TASKS, FormTask
from bench.form_text import Attempt, Writer, native, react
from bench.form_tools import EVENTS, PEOPLE, TOOLS, WEATHER, call
from bench.forms import (
    FORMS,
    MEASURES,
    OURS,
    Form,
    Score,
    forms_of,
    measured,
    note,
    score,
    table,
)
from bench.forms import main as forms_main
from bench.reuse import AGENTS, Turn, floor_of, ours, report
from bench.reuse import main as reuse_main
from cogitate import ChatLlama, ToolFailure, Usage
from cogitate.runs.events import Judged, ModelCalled, RunEnded, ToolCalled
from cogitate.runs.store import RunStore
from cogitate.values import Result

# ------------------------------------------------------------------ the tasks


def test_there_are_twenty_tasks_half_of_them_in_chinese() -> None:
    chinese = [t for t in TASKS if any("一" <= sign <= "鿿" for sign in t.goal)]
    assert len(TASKS) == len({task.id for task in TASKS}) == 20
    assert len(chinese) == 10
    assert {task.tool for task in TASKS} == {tool.name for tool in TOOLS}
    assert len({TASKS[0] in chinese, TASKS[1] in chinese}) == 2


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_gold_arguments_are_taken_by_the_gold_tool(task: FormTask) -> None:
    assert all(call(task.tool, args) is not None for args in task.args)
    assert all(task.first_call_right(task.tool, args) for args in task.args)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_gold_answer_is_what_the_tools_say(task: FormTask) -> None:
    said = [call(task.tool, args) or "" for args in task.args]
    second = {
        "two-en": ("unit_convert", {"value": -3, "from_unit": "°C", "to_unit": "°F"}),
        "two-zh": ("calculate", {"expression": "135 * 3"}),
    }
    if task.id in second:
        assert not task.answer_right(said[0])
        said = [call(*second[task.id]) or ""]
    assert task.answer_right(said[0])


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_neither_the_goal_nor_another_tasks_result_counts_as_the_answer(task: FormTask) -> None:
    others = [call(other.tool, other.args[0]) or "" for other in TASKS]
    same = [text for text in others if task.answer_right(text)]
    assert not task.answer_right(task.goal)
    assert len(same) <= 1


def test_first_call_to_another_thing_is_not_right() -> None:
    task = next(task for task in TASKS if task.id == "weather-en-1")
    assert task.first_call_right("weather", {"city": "oslo, Norway"})
    assert not task.first_call_right("weather", {"city": "Lisbon"})
    assert not task.first_call_right("weather", {"town": "Oslo"})
    assert not task.first_call_right("directory", {"name": "Oslo"})


def test_units_are_known_by_their_usual_names() -> None:
    task = next(task for task in TASKS if task.id == "convert-en-2")
    for source, target in (("F", "C"), ("degrees Fahrenheit", "Celsius"), ("华氏度", "摄氏度")):
        args = {"value": 350, "from_unit": source, "to_unit": target}
        assert task.first_call_right("unit_convert", args)


def test_tools_refuse_what_they_do_not_know_in_words() -> None:
    wrong = {
        "weather": {"city": "Atlantis"},
        "directory": {"name": "Nobody"},
        "calendar": {"query": "moon landing"},
        "unit_convert": {"value": 1, "from_unit": "mile", "to_unit": "kilogram"},
    }
    for tool in TOOLS:
        if tool.name in wrong:
            with pytest.raises(ToolFailure, match=r"\w+ \w+"):
                tool.invoke(wrong[tool.name])


def test_every_name_of_a_table_finds_its_own_row() -> None:
    for name, argument, keyed in (
        ("weather", "city", WEATHER),
        ("directory", "name", PEOPLE),
        ("calendar", "query", EVENTS),
    ):
        for key in keyed:
            for one in key:
                assert (call(name, {argument: one}) or "").startswith(key[0])


# ------------------------------------------------------------------ the chat template's form

TAGGED = '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
FENCED = 'Sure.\n```json\n{"name": "weather", "arguments": {"city": "Oslo"}}\n```'
OSLO = ("weather", {"city": "Oslo"})


@pytest.mark.parametrize("lenient", [True, False])
def test_tagged_call_is_read(lenient: bool) -> None:
    assert read_native(TAGGED, lenient=lenient) == ("", [OSLO])
    assert read_native("I look. " + TAGGED[:-12], lenient=lenient) == ("I look.", [OSLO])


def test_two_tagged_calls_are_two_calls_read_strictly_and_the_first_read_leniently() -> None:
    assert read_native(TAGGED + TAGGED, lenient=False)[1] == [OSLO, OSLO]
    assert read_native(TAGGED + TAGGED, lenient=True)[1] == [OSLO]


def test_fenced_call_is_a_call_only_read_leniently() -> None:
    assert read_native(FENCED, lenient=True) == ("Sure.", [OSLO])
    with pytest.raises(Unparsable):
        read_native(FENCED, lenient=False)


def test_arguments_written_as_a_string_are_read() -> None:
    text = '{"name": "weather", "arguments": "{\\"city\\": \\"Oslo\\"}"}'
    assert read_native(text, lenient=True)[1] == [OSLO]


def test_words_without_a_call_are_the_answer() -> None:
    assert read_native(" It is 16 °C {in Oslo}. ", lenient=False) == ("It is 16 °C {in Oslo}.", [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "{\n",
        "<tools>\n",
        '<tool_call>\n{"name": "weather", "arguments": {"city": </tool_call>',
        '{"name": "weather", "arguments": {"city": "Oslo"',
        '<tool_call>\n{"name": "weather", "arguments": [1]}\n</tool_call>',
    ],
)
def test_broken_native_output_is_unparsable(text: str) -> None:
    with pytest.raises(Unparsable):
        read_native(text, lenient=True)


# ------------------------------------------------------------------ ReAct text


@pytest.mark.parametrize(
    "written",
    [
        '{"city": "Oslo"}',
        "{'city': 'Oslo'}",
        '```json\n{"city": "Oslo"}\n```',
        '"Oslo"',
        "Oslo",
        '{"city": "Oslo"}\nThought: I wait.\nFinal Answer: 12',
    ],
)
def test_action_input_is_read_as_kindly_as_may_be(written: str) -> None:
    text = f" I look.\nAction: weather\nAction Input: {written}\n"
    assert read_react(text, TOOLS) == ("", OSLO)


def test_action_with_more_than_a_name_is_the_tool_of_that_name() -> None:
    text = 'Action: `weather(city)`\nAction Input: {"city": "Oslo"}'
    assert read_react(text, TOOLS) == ("", OSLO)


def test_bare_number_is_the_expression_as_it_was_written() -> None:
    text = "Action: calculate\nAction Input: 3 * 4"
    assert read_react(text, TOOLS) == ("", ("calculate", {"expression": "3 * 4"}))


def test_final_answer_ends_where_the_next_part_begins() -> None:
    text = " I know.\nFinal Answer: It is 16 °C.\nQuestion: another?\nAction: weather"
    assert read_react(text, TOOLS) == ("It is 16 °C.", None)


@pytest.mark.parametrize(
    "text",
    [
        " I only think.",
        "Action: weather",
        "Final Answer:  ",
        'Action: weather\nAction Input: {"city": "Os',
        "Action: unit_convert\nAction Input: 26 miles",
    ],
)
def test_broken_react_output_is_unparsable(text: str) -> None:
    with pytest.raises(Unparsable):
        read_react(text, TOOLS)


# ------------------------------------------------------------------ ours, and the table


def test_stop_other_than_answered_is_no_answer() -> None:
    attempt = Attempt()
    result = Result(run_id="r", answer="Not finished.", stopped="steps", usage=Usage(read=5))
    events = (
        ToolCalled(call_id="1", tool="weather", args={"city": "Oslo"}),
        ModelCalled(purpose="act", text="weather", usage=Usage()),
        Judged(accepted=False, answer="", advice="the output was cut at the limit of 256 tokens"),
        RunEnded(result=result),
    )
    for event in events:
        note(event, attempt)
    assert attempt == Attempt(
        answer=None, calls=[OSLO], unparsable=1, usage=Usage(read=5), outputs=["weather"]
    )


async def test_score_judges_the_first_call_and_the_answer() -> None:
    async def form(goal: str) -> Attempt:
        return Attempt(answer="16 °C", calls=[("directory", {}), OSLO])

    task = next(task for task in TASKS if task.id == "weather-en-1")
    found = await score(task, "react", form)
    assert (found.right, found.answered, found.first_call) == (True, True, False)


def scored(form: str, *, right: bool, answered: bool = True) -> Score:
    return Score(
        task="t",
        form=form,
        first_call=right,
        right=right,
        answered=answered,
        unparsable=0 if right else 2,
        usage=Usage(read=10, reused=5, written=4, calls=1),
        seconds=2.0,
        cpu_seconds=1.5,
        attempt=Attempt(answer="x"),
    )


def test_table_counts_each_form_and_compares_ours_with_the_best_other() -> None:
    scores = [
        scored("native", right=False, answered=False),
        scored("native, lenient", right=False),
        scored("react", right=True),
        *(scored("ours", right=True) for _ in range(2)),
    ]
    found = measured(scores)
    assert set(found) == set(MEASURES)
    assert found["answer right"] == {"native": 0, "native, lenient": 0, "react": 1, "ours": 2}
    assert found["wrong, given as an answer"]["native, lenient"] == 1
    assert found["not answered"]["native"] == 1
    lines = table(scores).splitlines()
    assert lines[0].split("  ")[0] == "1 tasks"
    assert lines[-1].startswith("ours : best other form (react)   first call right 2 : 1 (2.00)")
    assert "tokens written 8 : 4 (2.00)" in lines[-1]
    assert "unparsable outputs 0 : 0" in lines[-1]


def test_what_is_written_for_json_is_json() -> None:
    data = json.loads(json.dumps(scored("react", right=True).as_dict()))
    assert data["usage"]["read"] == 10
    assert data["answer"] == "x"


# ------------------------------------------------------------------ on the small model


@pytest.mark.model
def test_native_prompt_shows_tools_and_results_as_the_template_says(
    small_model: ChatLlama,
) -> None:
    shown = Writer(small_model).render(
        [
            {"role": "system", "content": "S"},
            {"role": "user", "content": "Q"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Oslo"}}}],
            },
            {"role": "tool", "content": "16 °C"},
        ],
        [{"type": "function", "function": {"name": "weather"}}],
    )
    assert "<tools>" in shown
    assert TAGGED in shown
    assert "<tool_response>\n16 °C\n</tool_response>" in shown
    assert shown.endswith("<|im_start|>assistant\n")


@pytest.mark.model
@pytest.mark.parametrize("name", sorted(set(FORMS) - {OURS}))
async def test_each_form_runs_on_two_tasks(
    small_model: ChatLlama, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_text, "TOKENS", 32)  # as long as a call of these tools
    await run_on_two_tasks(name, forms_of(small_model)[name])


async def run_on_two_tasks(name: str, form: Form) -> None:
    for task in TASKS[:2]:
        found = await score(task, name, form)
        assert found.usage.calls >= 1
        assert found.usage.written > 0
        assert found.attempt.outputs


@pytest.mark.model
async def test_our_form_runs_and_knows_nothing_of_the_tasks_before(small_model: ChatLlama) -> None:
    model = small_model.model_copy(update={"max_tokens": 256})
    await run_on_two_tasks(OURS, forms_of(model)[OURS])
    events = [list(RunStore().events(run)) for run in RunStore().ids()]
    shown = [" ".join(e.prompt for e in run if isinstance(e, ModelCalled)) for run in events]
    assert len(shown) == 2
    assert all(sum(task.goal in text for task in TASKS[:2]) == 1 for text in shown)


@pytest.mark.model
async def test_text_forms_end_within_their_turns(small_model: ChatLlama) -> None:
    writer = Writer(small_model)
    goal = "Say the weather in Atlantis."
    for attempt in (await native(writer, TOOLS, goal), await react(writer, TOOLS, goal)):
        assert attempt.usage.calls <= 5


# ------------------------------------------------------------------ reuse, and all of them


def test_floor_counts_what_was_not_seen_before() -> None:
    turns = [([1, 2, 3], [4]), ([1, 9, 9], [8]), ([1, 2, 3, 4, 5], [6]), ([1, 2, 3], [4])]
    assert floor_of(turns) == 3 + 2 + 1 + 1


def test_report_compares_reading_and_time_with_the_floor() -> None:
    def turn(prompt: list[int], read: int, seconds: float) -> Turn:
        return Turn(
            prompt=prompt,
            output=[7],
            read=read,
            written=1,
            seconds=seconds,
            cpu_seconds=2 * seconds,
            text="a",
        )

    mine = [turn([1, 2], 2, 1.0), turn([1, 2, 7, 3], 1, 1.0)]
    other = [turn([1, 2], 2, 2.0), turn([1, 2, 7, 3], 4, 3.0)]
    text = report(mine, other)
    assert "read : unique prompt tokens           1.00          2.00" in text
    assert "unique prompt tokens 3 of 6; the same text in 2 of 2" in text
    assert text.endswith("ours   2.50 in seconds, 2.50 in CPU seconds")


@pytest.mark.model
def test_two_agents_in_turn_read_nothing_twice(small_model: ChatLlama) -> None:
    sizes = [len(small_model.loaded.engine.tokenize(agent)) for agent in AGENTS]
    assert all(600 <= size <= 850 for size in sizes)
    turns = ours(small_model, 2)
    floor = floor_of((turn.prompt, turn.output) for turn in turns)
    read = sum(turn.read for turn in turns)
    assert read <= 1.1 * floor
    assert all(
        (one.text, one.read) != (other.text, other.read)
        for one, other in zip(turns[:2], turns[2:], strict=True)
    )


def test_help_of_all_benchmarks_names_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    for run, option in ((bench_main, "--quick"), (forms_main, "--json"), (reuse_main, "--turns")):
        with pytest.raises(SystemExit) as ended:
            run(["--help"])
        assert ended.value.code == 0
        assert option in capsys.readouterr().out
