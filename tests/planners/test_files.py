"""files: what is counted over files, by a program that reads them; and files that goals ask for."""

from pathlib import Path

import pytest

from cogitate import Agent, ScriptedModel, Step, shipped_tools
from cogitate.planners.evidence import asks_count, asks_place
from cogitate.planners.outputs import named_output
from cogitate.planners.route import meant_by_words
from cogitate.runs.events import Observed
from cogitate.values import Task

COUNTS = (
    'for name in ["plan.md", "地址.txt"]:\n    print(name, len(open(name).read().splitlines()))'
)
SAVES = 'with open("odd.txt", "w") as file:\n    file.write("1 3 5")\nprint(len([1, 3, 5]))'


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "plan.md").write_text("# Plan\n\nPaint the hall.\n")
    (place / "地址.txt").write_text("里斯本\n", encoding="utf-8")
    return place


def way(name):
    async def plan(task):
        return [] if task.tried else [Step(way=name, goal=task.goal)]

    return plan


def agent(name, folder, *replies):
    model = ScriptedModel(replies=[f"```python\n{r}\n```" if "\n" in r else r for r in replies])
    return Agent(model=model, tools=shipped_tools(), planner=way(name), folder=folder)


async def ran(made, goal):
    events = [event async for event in made.stream(goal)]
    seen = [e for e in events if isinstance(e, Observed)]
    if seen and "confine" in seen[0].text and not seen[0].ok:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    return events[-1].result


async def test_lines_are_counted_by_a_program_that_reads_the_files(folder):
    made = agent("files", folder, COUNTS, "plan.md has 3 lines and 地址.txt has 1.")
    result = await ran(made, "How many lines does each file have?")
    assert result.ok
    assert result.answer == "plan.md has 3 lines and 地址.txt has 1."


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("lines = 3\nprint(lines * 2)", "it looked at no file"),
        ("import requests\nprint(open('plan.md').read())", "there is no network"),
        ("for name in ['a.md', 'b.md']:\n    print(name, open(name))", "files are in FOLDER"),
    ],
)
async def test_a_program_that_reads_none_of_the_files_is_no_evidence(folder, code, why):
    result = await ran(agent("files", folder, code, code), "How many lines has each file?")
    assert result.stopped == "no_evidence"
    assert why in result.answer


async def test_the_file_that_a_goal_asks_for_is_written_and_named(folder):
    made = agent("compute", folder, SAVES, "There are 3.")
    result = await ran(made, "How many odd numbers are there up to 5? Write them to odd.txt.")
    assert result.answer == "There are 3.\nIt is written to odd.txt."
    written = [Path(path) for path in result.artefacts if path.endswith("odd.txt")]
    assert [path.read_text() for path in written] == ["1 3 5"]


async def test_a_program_that_leaves_the_file_out_is_no_evidence(folder):
    code = "odd = [1, 3, 5]\nprint(len(odd))"
    goal = "How many odd numbers are there up to 5? Write them to odd.txt."
    result = await ran(agent("compute", folder, code, code), goal)
    assert result.stopped == "no_evidence"
    assert "it wrote no file 'odd.txt'" in result.answer


async def test_without_such_a_wish_a_program_opens_no_file(folder):
    made = agent("compute", folder, SAVES, SAVES)
    result = await ran(made, "How many odd numbers are there up to 5?")
    assert "'open(' is not possible" in result.answer


@pytest.mark.parametrize(
    "goal",
    [
        "How many lines does each file have?",
        "Which file is the longest?",
        "How often does the word shelf occur in notes.md?",
        "List all headings of notes.md",
        "How many files are there?",
        "notes.md 有多少行？",
        "哪个文件最大？",
        "文件夹里有几个文件？",
        "统计会议记录.txt里有多少个字",
    ],
)
def test_goals_that_count_over_files_are_told_by_their_words(goal):
    assert asks_count(goal)
    assert not asks_place(goal)


@pytest.mark.parametrize(
    "goal",
    [
        "Which file mentions the blue shelf, and on which line?",
        "哪个文件提到了盘点，在第几行？",
        "Which region had the highest total sales?",
        "How many orders are there in orders.csv?",
        "“高岭土”这个词出现在哪个文件的第几行?",
    ],
)
def test_places_and_rows_are_not_counted_over_files(goal):
    assert not asks_count(goal)


@pytest.mark.parametrize(
    ("goal", "name"),
    [
        ("Write the primes below 100 to primes.txt", "primes.txt"),
        ("Save the table as 'squares.csv'", "squares.csv"),
        ("把质数写到 primes.txt 里", "primes.txt"),
        ("How many lines has plan.md?", ""),
        ("Write what stands in plan.md", ""),
        ("Save it to ../../etc/x.txt", ""),
    ],
)
def test_the_file_to_be_written_is_read_from_the_goal(goal, name):
    files = [{"path": "plan.md", "kind": "text", "size": 1}]
    assert named_output(goal, {"files": files, "tables": [], "hits": []}) == name


@pytest.mark.parametrize(
    ("goal", "tried", "way"),
    [
        ("How many lines does each file have?", (), "files"),
        ("How many lines does each file have?", ("files",), ""),
        ("Summarise plan.md", (), "summary"),
        ("Summarise plan.md", ("summary",), ""),
        ("Summarise the sales per region", (), ""),
        ("Who paints the hall?", (), ""),
    ],
)
def test_the_words_of_a_goal_choose_its_way(goal, tried, way):
    table = {"name": "sales", "file": "sales.csv", "rows": 1, "columns": []}
    table["columns"] = [{"name": "region", "type": "VARCHAR", "examples": ["East"]}]
    survey = {
        "files": [
            {"path": "plan.md", "kind": "text", "size": 9},
            {"path": "sales.csv", "kind": "table", "size": 9},
        ],
        "tables": [table],
        "hits": [],
    }
    tools = ("python", "read_file", "query_tables", "search_files")
    assert meant_by_words(Task(goal=goal, survey=survey, tools=tools, tried=tried)) == way
