"""listing, translation, and answers that are kept in a file."""

import json
from pathlib import Path

import pytest
from langchain_core.messages import ToolMessage

from cogitate import Agent, ScriptedModel, Step, shipped_tools
from cogitate.planners.evidence import asks_list, asks_translation
from cogitate.planners.route import meant_by_words
from cogitate.planners.ways.saving import as_file
from cogitate.planners.ways.saying import is_chinese, own_language
from cogitate.planners.ways.translation import language_of, phrase_of, pieces_of, same_numbers
from cogitate.values import Task

YES, NO = {"choice": "yes"}, {"choice": "no"}


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "trip.md").write_text("# Trip\n\nThe train leaves on 3 June.\nAda books the hotel.\n")
    (place / "sales.csv").write_text("city,amount\nOslo,120\nBergen,80\n")
    return place


def agent(name, folder, *replies):
    async def plan(task):
        return [] if task.tried else [Step(way=name, goal=task.goal)]

    model = ScriptedModel(replies=replies)
    return Agent(model=model, tools=shipped_tools(), planner=plan, folder=folder)


def written(result, name):
    return next(Path(path).read_text("utf-8") for path in result.artefacts if path.endswith(name))


async def test_a_listing_holds_the_sentences_that_give_it_with_their_lines(folder):
    result = await agent("listing", folder, YES, NO).arun("List all dates in trip.md")
    assert result.ok
    assert result.answer == "- The train leaves on 3 June. (trip.md, line 3)"


async def test_a_listing_of_nothing_is_no_evidence(folder):
    result = await agent("listing", folder, NO, NO).arun("List all prices in trip.md")
    assert result.stopped == "no_evidence"


async def test_a_text_is_translated_whole(folder):
    told = "# 旅行\n\n火车6月3日出发。\n阿达订酒店。"
    result = await agent("translation", folder, told).arun("Translate trip.md into Chinese.")
    assert result.ok
    assert result.answer == told


async def test_lines_whose_numbers_change_in_translation_are_left_as_they_were(folder):
    replies = (
        "# 旅行\n\n火车6月5日出发。\n阿达订酒店。",
        "# 旅行",
        "火车6月5日出发。",
        "阿达订酒店。",
    )
    result = await agent("translation", folder, *replies).arun("Translate trip.md into Chinese.")
    assert result.answer == (
        "# 旅行\n\nThe train leaves on 3 June.\n阿达订酒店。\n(1 lines are left as they were.)"
    )


async def test_a_translation_is_written_to_the_file_that_the_goal_names(folder):
    told = "# 旅行\n\n火车6月3日出发。\n阿达订酒店。"
    made = agent("translation", folder, told)
    result = await made.arun("Translate trip.md into Chinese and save it as trip_zh.md.")
    assert result.answer == f"{told}\nIt is written to trip_zh.md."
    assert written(result, "trip_zh.md") == told


async def test_rows_are_written_as_the_ending_of_the_file_asks(folder):
    query = "SELECT city, amount FROM sales ORDER BY amount"
    goal = "List each city with its amount, and save it as cities.csv."
    made = agent("tables", folder, query, YES, "Bergen 80, Oslo 120.")
    result = await made.arun(goal)
    assert result.answer.endswith("It is written to cities.csv.")
    assert written(result, "cities.csv") == "city,amount\nBergen,80\nOslo,120\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "city,n\n里斯本,3\n"),
        ("a.tsv", "city\tn\n里斯本\t3\n"),
        ("a.txt", "as shown"),
    ],
)
def test_rows_as_a_file(name, text):
    rows = {"columns": ["city", "n"], "rows": [["里斯本", 3]]}
    assert as_file(name, ToolMessage("as shown", tool_call_id="1", artifact=rows)) == text


def test_rows_as_json():
    rows = {"columns": ["city", "n"], "rows": [["里斯本", 3]]}
    found = json.loads(as_file("a.json", ToolMessage("x", tool_call_id="1", artifact=rows)))
    assert found == [{"city": "里斯本", "n": 3}]


@pytest.mark.parametrize(
    ("text", "translated", "same"),
    [
        ("on 14 November 2025", "2025年11月14日", True),
        ("on 14 November 2025", "2025年14月14日", False),
        ("she may pay 42 euros", "她最多付42欧元", True),
        ("Monday to Saturday from 9:30", "周一至周六9:30起", True),
        ("raised by 6 percent", "上调3%", False),
        ("no number", "没有数字", True),
    ],
)
def test_the_numbers_of_a_translation_are_those_of_its_text(text, translated, same):
    assert same_numbers(text, translated) is same


@pytest.mark.parametrize(
    ("goal", "language"),
    [
        ("Translate trip.md into French.", "French"),
        ("把trip.md翻译成英文", "英文"),
        ("translate trip.md", "English"),
        ("Translate 会议.txt to English", "English"),
    ],
)
def test_the_language_is_read_from_the_goal(goal, language):
    assert language_of(goal, "会议.txt" if "会议" in goal else "trip.md") == language


def test_pieces_are_cut_between_lines_and_lose_nothing():
    text = "\n".join(f"line {number} of a long text with some words" for number in range(90))
    pieces = pieces_of(text)
    assert len(pieces) > 3
    assert "\n".join(pieces) == text


@pytest.mark.parametrize(
    ("goal", "way"),
    [
        ("List all dates in trip.md", "listing"),
        ("列出trip.md里提到的所有人", "listing"),
        ("Translate trip.md into Chinese", "translation"),
        ("Translate 'good morning' into Chinese", ""),
        ("List all cities", ""),
    ],
)
def test_the_words_of_a_goal_choose_a_way_over_texts(goal, way):
    survey = {
        "files": [{"path": "trip.md", "kind": "text", "size": 9}],
        "tables": [],
        "hits": [],
    }
    assert meant_by_words(Task(goal=goal, survey=survey, tools=("python", "read_file"))) == way


@pytest.mark.parametrize(
    "goal", ["Who books the hotel?", "Find the phone number in trip.md", "几点出发？"]
)
def test_plain_questions_are_neither(goal):
    assert not asks_list(goal)
    assert not asks_translation(goal)


@pytest.mark.parametrize(
    ("goal", "phrase"),
    [
        ("How do you say 'the oven isn't hot' in Chinese?", ("the oven isn't hot", "Chinese")),
        ('Translate "good morning" into French.', ("good morning", "French")),
        ("“窑还很热”用英语怎么说？", ("窑还很热", "英语")),
        ("把“早上好”翻译成英文。", ("早上好", "英文")),
        ("Translate trip.md into Chinese", None),
        ("Who said 'good morning'?", None),
    ],
)
def test_a_quoted_phrase_is_translated_by_itself(goal, phrase):
    assert phrase_of(goal) == phrase


async def test_a_phrase_in_another_language_is_the_reply():
    async def plan(task):
        return [] if task.tried else [Step(way="reply", goal=task.goal)]

    made = Agent(model=ScriptedModel(replies=["烤箱很热"]), planner=plan)
    result = await made.arun("How do you say 'the oven is hot' in Chinese?")
    assert result.answer == "烤箱很热"
    assert made.model.calls[0][-1].text == "Into Chinese:\nthe oven is hot"


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("How many kinds of vaccine (疫苗) does the clinic keep?", False),
        ('What does "你好" mean?', False),
        ("把“早上好”翻译成英文", True),
        ("（会议）", True),
        ("一公斤green tea能泡多少杯？", True),
    ],
)
def test_a_word_in_brackets_or_quoted_does_not_make_a_text_chinese(text, chinese):
    assert is_chinese(text) is chinese


@pytest.mark.parametrize(
    ("goal", "language"),
    [
        ("How many kinds of vaccine (疫苗) are there?", "English"),
        ("What does “疫苗” cost?", "English"),
        ("疫苗 (vaccine) 有几种？", "Chinese"),
        ("Wie viele Gänse gibt es?", "the question's"),
    ],
)
def test_the_language_of_a_goal_is_that_of_its_own_words(goal, language):
    assert own_language(goal) == language
