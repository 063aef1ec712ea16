"""What code sees of a goal before a model is asked."""

import pytest

from cogitate.planners.evidence import (
    asks_measurement,
    asks_place,
    asks_reckoning,
    bonuses,
    is_talk,
)
from cogitate.tools.survey import survey

SALES = "city,amount\nOslo,120.5\nLyon,80\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sales.csv").write_text(SALES)
    (tmp_path / "notes.md").write_text(
        "# Office\nThe alarm code of the warehouse is 7731.\nBen waters the plants.\n"
    )
    (tmp_path / "说明.txt").write_text("仓库的钥匙放在红色抽屉里。\n", encoding="utf-8")
    return tmp_path


def likeliest(goal, folder=None):
    found = bonuses(goal, survey(folder, goal) if folder else None)
    return max(found, key=lambda way: found[way])


@pytest.mark.parametrize(
    ("goal", "way"),
    [
        ("What is the total amount per city in the sales?", "tables"),
        ("Which city has the highest amount?", "tables"),
        ("What is the alarm code of the warehouse?", "read"),
        ("Which file mentions the alarm code?", "read"),
        ("仓库的钥匙放在哪里？", "read"),
        ("哪个文件提到了红色抽屉？", "read"),
        ("How much is 17% of 2480?", "compute"),
        ("2480 的 17% 是多少？", "compute"),
        ("What is the latest news about Lyon?", "web"),
        ("Translate 'good morning' into French.", "reply"),
        ("你好", "reply"),
    ],
)
def test_the_evidence_points_to_the_way(folder, goal, way):
    assert likeliest(goal, folder) == way


def test_a_matching_table_speaks_for_tables_and_against_computing(folder):
    goal = "What is the average amount for the 2 cities in sales?"
    with_table, without = bonuses(goal, survey(folder, goal)), bonuses(goal, None)
    assert with_table["tables"] > without["tables"]
    assert with_table["compute"] < without["compute"]
    assert with_table["tables"] > with_table["compute"]


def test_a_folder_with_nothing_to_compute_from_speaks_against_a_program(folder):
    goal = "Who waters the plants?"
    assert bonuses(goal, survey(folder, goal))["compute"] < 0


@pytest.mark.parametrize(
    "goal", ["Which file says it?", "On which line is it?", "在哪一行？", "哪个文件里有？"]
)
def test_questions_for_a_place_are_seen(goal):
    assert asks_place(goal)


@pytest.mark.parametrize("goal", ["Who says it?", "How many files are 3 and 4?", "谁说的？"])
def test_other_questions_ask_for_no_place(goal):
    assert not asks_place(goal)


@pytest.mark.parametrize(
    ("goal", "asked"),
    [
        ("Measure how long sorting 1000 numbers takes", True),
        ("Compare json and csv with one measured timing each", True),
        ("测量排序一千个数的时间", True),
        ("How long is the Rhine?", False),
        ("Which measure was taken in May?", False),
    ],
)
def test_a_time_that_is_to_be_measured_speaks_for_a_program(goal, asked):
    assert asks_measurement(goal) is asked
    assert (bonuses(goal, None)["compute"] >= 3.0) is asked


@pytest.mark.parametrize(
    ("goal", "talk"),
    [
        ("Hi there, how are you today?", True),
        ("谢谢你，今天辛苦了！", True),
        ("再见", True),
        ("How do you say 'the oven is hot' in Chinese?", True),
        ("“晚安”用英语怎么说？", True),
        ("Hello, which region sold most in May?", False),
        ("你好，仓库的钥匙放在哪里？", False),
        ("What do the people of Oslo pay?", False),
    ],
)
def test_a_greeting_before_a_question_is_not_all_of_it(goal, talk):
    assert is_talk(goal) is talk


@pytest.mark.parametrize(
    ("goal", "note", "reckoned"),
    [
        ("How old am I?", "I was born in 1984.", True),
        ("我今年多大？", "我是1990年5月出生的。", True),
        ("How long have we lived here?", "We moved here in 2015.", True),
        ("离我们的旅行还有多少天？", "我们的旅行6月14日开始。", True),
        ("How old is Mira?", "Mira is 9 years old.", False),
        ("我女儿几岁了？", "我女儿7岁，2019年9月入学。", False),
        ("这个房间多大？", "这个房间20平方米。", False),
        ("How long is the lease?", "The lease of 2024 runs for 3 years.", False),
        ("When does our trip begin?", "Our trip begins on 14 June 2027.", False),
        ("When was I born?", "I was born in 1984.", False),
    ],
)
def test_a_day_in_a_note_is_no_age_and_no_span_of_time(goal, note, reckoned):
    assert asks_reckoning(goal, note) is reckoned
