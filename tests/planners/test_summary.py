"""summary: texts told in few sentences, each of them held to its text."""

import pytest

from cogitate import Agent, ScriptedModel, Step, shipped_tools
from cogitate.planners.evidence import asks_summary
from cogitate.planners.ways.summary import length_of
from cogitate.planners.ways.texts import sentences_of, texts_named
from cogitate.runs.events import ToolCalled

YES, NO = {"choice": "yes"}, {"choice": "no"}
NOTES = """\
# Harbour

- The ferry to Vigo leaves at 7:40 from pier 3.
- Rosa keeps the keys of the boat house.
- The crane was painted blue in 2019.
"""


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "harbour.md").write_text(NOTES)
    (place / "值班.txt").write_text(
        "值班表\n周一由李强值班，电话是5510。\n周二由赵敏值班。\n", encoding="utf-8"
    )
    (place / "empty.md").write_text("")
    (place / "ships.csv").write_text("ship,tons\nAda,12\n")
    return place


async def plan(task):
    return [] if task.tried else [Step(way="summary", goal=task.goal)]


def agent(folder, *replies):
    model = ScriptedModel(replies=replies)
    return Agent(model=model, tools=shipped_tools(), planner=plan, folder=folder)


async def test_what_the_model_tells_is_the_answer_where_the_text_holds_it(folder):
    told = "The ferry to Vigo leaves at 7:40 from pier 3. Rosa keeps the keys of the boat house."
    result = await agent(folder, told).arun("Summarise harbour.md in two sentences.")
    assert result.ok
    assert result.answer == f"{told} (harbour.md)"


@pytest.mark.parametrize(
    "told",
    [
        "The notes tell of ferries, keys and cranes. They also list who does what.",
        "The ferry to Oslo leaves at 7:40. It costs 25 euros.",
        "",
    ],
    ids=["kinds of things", "invented", "nothing"],
)
async def test_sentences_of_the_text_itself_stand_in_for_those_that_tell_nothing_of_it(
    folder, told
):
    result = await agent(folder, told, YES, YES, NO).arun("Summarise harbour.md in two sentences.")
    assert result.answer == (
        "The ferry to Vigo leaves at 7:40 from pier 3. "
        "Rosa keeps the keys of the boat house. (harbour.md)"
    )


async def test_no_more_sentences_are_given_than_were_asked_for(folder):
    told = (
        "The ferry to Vigo leaves at 7:40 from pier 3. Rosa keeps the keys of the boat house. "
        "The crane was painted blue in 2019."
    )
    result = await agent(folder, told, NO, NO, YES).arun("Sum up harbour.md in one sentence.")
    assert result.answer == "The crane was painted blue in 2019. (harbour.md)"


async def test_a_chinese_text_is_told_in_chinese(folder):
    told = "周一由李强值班，电话是5510。周二由赵敏值班。"
    result = await agent(folder, told).arun("用两句话总结值班.txt")
    assert result.answer == f"{told} （值班.txt）"


async def test_a_text_of_the_other_language_keeps_its_own_words_beside_the_translation(folder):
    goal = "Summarise 值班.txt in one sentence."
    made = agent(folder, "值班。", YES, NO, "He is on duty every Monday, phone 5510.")
    result = await made.arun(goal)
    assert result.answer == (
        "He is on duty every Monday, phone 5510. “周一由李强值班，电话是5510。” (值班.txt)"
    )


async def test_only_the_texts_that_are_named_are_read(folder):
    made = agent(folder, "The ferry to Vigo leaves at 7:40 from pier 3. Rosa keeps the keys.")
    events = [e async for e in made.stream("What is harbour.md about?")]
    assert [e.args["path"] for e in events if isinstance(e, ToolCalled)] == ["harbour.md"]


async def test_a_text_of_several_pages_is_read_to_its_end(folder):
    lines = [f"The barge {number} of the company carries gravel." for number in range(200)]
    (folder / "long.md").write_text("\n".join([*lines, "x" * 7_000, "The last one sank in 1987."]))
    made = agent(folder, *[YES] * 60)
    events = [e async for e in made.stream("Summarise long.md in two sentences.")]
    starts = [e.args["start"] for e in events if isinstance(e, ToolCalled)]
    assert starts[0] == 1 and starts == sorted(set(starts))
    assert events[-1].result.answer.endswith("(long.md)")


async def test_an_empty_text_is_no_evidence(folder):
    result = await agent(folder).arun("Summarise empty.md")
    assert result.stopped == "no_evidence"


async def test_a_text_of_which_only_the_beginning_was_read_says_so(folder):
    lines = "".join(f"Ship {number} has {number + 100} tons.\n" for number in range(2_000))
    (folder / "long.md").write_text(lines)
    result = await agent(folder, *[YES] * 60).arun("Summarise long.md in two sentences.")
    assert result.answer.endswith("(long.md)\n(Only the beginning of long.md was read.)")


@pytest.mark.parametrize(
    "goal",
    [
        "Summarise notes.md",
        "What is the report about?",
        "Give me the key points of plan.txt",
        "总结一下会议记录",
        "这份文件主要讲了什么？",
    ],
)
def test_goals_that_ask_for_a_summary_are_told_by_their_words(goal):
    assert asks_summary(goal)


@pytest.mark.parametrize("goal", ["Who keeps the keys?", "How many tons has Ada?", "谁值班？"])
def test_questions_are_no_summaries(goal):
    assert not asks_summary(goal)


@pytest.mark.parametrize(
    ("goal", "length"),
    [
        ("in two sentences", 2),
        ("in 3 short sentences", 3),
        ("the four main points", 4),
        ("用一句话", 1),
        ("列出五个要点", 5),
        ("三句话", 3),
        ("Summarise it", None),
    ],
)
def test_the_length_that_is_asked_for_is_read_from_the_goal(goal, length):
    assert length_of(goal) == length


def test_sentences_have_no_marks_and_headings_are_none():
    text = "# Title\n- One thing is\n  here.\n2. Another. And more!\n好的。再见。"
    assert sentences_of(text) == [
        "One thing is here.",
        "Another.",
        "And more!",
        "好的。",
        "再见。",
    ]


def test_wrapped_lines_are_one_sentence():
    assert sentences_of("The ferry leaves\nat seven.") == ["The ferry leaves at seven."]


@pytest.mark.parametrize(
    ("goal", "named"),
    [("Summarise HARBOUR.md", ["harbour.md"]), ("the harbour notes", ["harbour.md"]), ("all", [])],
)
def test_a_text_is_named_in_full_or_by_a_word(goal, named):
    files = [
        {"path": "harbour.md", "kind": "text", "size": 1},
        {"path": "plan.txt", "kind": "text", "size": 1},
        {"path": "harbour.csv", "kind": "table", "size": 1},
    ]
    assert texts_named(goal, {"files": files, "tables": [], "hits": []}) == named


async def test_texts_that_are_not_read_are_counted(tmp_path):
    for number in range(6):
        (tmp_path / f"ship{number}.md").write_text(f"Ship {number} has {number + 100} tons.\n")
    result = await agent(tmp_path, *[""] * 4).arun("Summarise all texts in one sentence each.")
    assert result.answer.endswith("Ship 3 has 103 tons. (ship3.md)\n(2 more files were not read.)")
