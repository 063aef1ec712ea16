"""read: lines of a real folder, cited; where something stands is answered by code."""

import pytest

from cogitate import Agent, ScriptedModel, Step, shipped_tools
from cogitate.planners.ways.read import FEW, MOST_ASKED, citation, questions_of, sought
from cogitate.planners.ways.texts import whole
from cogitate.runs.events import ToolCalled
from cogitate.tools.folder import Folder
from cogitate.tools.lines import around

YES, NO = {"choice": "yes"}, {"choice": "no"}


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mine"
    (place / "office").mkdir(parents=True)
    (place / "office" / "notes.md").write_text(
        "# Office\n\nThe alarm code of the warehouse is 7731.\nBen waters the plants.\n"
    )
    (place / "说明.txt").write_text(
        "欢迎。\n仓库的钥匙放在红色抽屉里。\n每周五检查灭火器。\n", encoding="utf-8"
    )
    (place / "sales.csv").write_text("city,amount\nOslo,120.5\n")
    return place


async def plan(task):
    return [] if task.tried else [Step(way="read", goal=task.goal)]


def agent(folder, *replies):
    model = ScriptedModel(replies=replies)
    return Agent(model=model, tools=shipped_tools(), planner=plan, folder=folder)


async def test_an_answer_names_its_file_and_line(folder):
    made = agent(folder, YES, YES, "The alarm code is 7731.")
    result = await made.arun("What is the alarm code of the warehouse?")
    assert result.ok
    assert result.answer == "The alarm code is 7731. (office/notes.md, line 3)"


async def test_a_chinese_goal_is_answered_and_cited_in_chinese(folder):
    made = agent(folder, YES, YES, "仓库的钥匙放在红色抽屉里。")
    result = await made.arun("仓库的钥匙放在哪里？")
    assert result.ok
    assert result.answer == "仓库的钥匙放在红色抽屉里。 （说明.txt，第 2 行）"


async def test_a_goal_in_the_other_language_is_searched_translated(folder):
    made = agent(folder, "warehouse alarm code", YES, YES, "仓库的报警密码是7731。")
    events = [e async for e in made.stream("警报器的号码？")]
    calls = [(e.args["words"], e.args.get("meaning")) for e in events if isinstance(e, ToolCalled)]
    assert calls == [
        ("警报器的号码？", None),
        ("警报器的号码？", True),
        ("warehouse alarm code", False),
        ("warehouse alarm code", True),
    ]
    assert events[-1].result.answer == (
        "仓库的报警密码是7731。 （office/notes.md，第 3 行）\n"
        "“The alarm code of the warehouse is 7731.”"
    )


@pytest.mark.parametrize(
    ("goal", "answer"),
    [
        (
            "Which file mentions watering the plants?",
            "office/notes.md, line 4: Ben waters the plants.",
        ),
        ('On which line is "alarm code"?', "office/notes.md, line 3: The alarm code"),
        ("哪个文件提到了灭火器？", "说明.txt，第 3 行：每周五检查灭火器。"),
        pytest.param(
            *("Which file mentions Oslo?", "sales.csv, line 2: Oslo,120.5"),
        ),
    ],
)
async def test_a_place_is_answered_by_code_alone(folder, goal, answer):
    made = agent(folder)
    result = await made.arun(goal)
    assert result.ok
    assert result.answer.startswith(answer)
    assert result.usage.calls == 0


async def test_lines_that_do_not_say_it_are_no_evidence(folder):
    made = agent(folder, *[NO] * (MOST_ASKED + FEW))
    result = await made.arun("Who sold the warehouse alarm?")
    assert result.stopped == "no_evidence"


async def test_a_sentence_with_something_of_its_own_is_replaced_by_the_line(folder):
    made = agent(folder, YES, YES, "The alarm code is 9999, says Zoe.")
    result = await made.arun("What is the alarm code of the warehouse?")
    assert "9999" not in result.answer and "Zoe" not in result.answer
    assert "7731" in result.answer


async def test_the_line_that_says_it_is_taken_and_not_the_first_one(folder):
    (folder / "more.md").write_text("The warehouse alarm code was changed by Ben.\n")
    made = agent(folder, NO, YES, YES, NO, "The alarm code is 7731.")
    result = await made.arun("What is the alarm code of the warehouse?")
    asked = [shown[-1].text for shown in made.model.calls[:2]]
    taken = "more.md" if "more.md" in asked[1] else "office/notes.md"
    assert taken in result.answer


async def test_a_line_that_says_it_in_other_words_is_found_by_meaning(folder):
    (folder / "log.txt").write_text("09:12 ERROR no space left on device\n09:13 backup ends\n")
    made = agent(folder, "硬盘什么时候满的？", YES, YES, "The disk was full at 09:12.")
    result = await made.arun("When was the hard disk full?")
    assert result.answer == "The disk was full at 09:12. (log.txt, line 1)"


async def test_what_only_a_line_alone_seems_to_say_is_not_taken(folder):
    made = agent(folder, YES, NO, "The alarm code is 7731.")
    result = await made.arun("What is the alarm code of the warehouse?")
    assert result.stopped == "no_evidence"


FAIR = "# Fair\n\n## Open\n\nThe fair is on Sunday.\nBen writes the letters for it.\n"


async def test_a_line_is_read_below_its_heading_and_without_the_line_after_it(folder):
    (folder / "fair.md").write_text(FAIR)
    made = agent(folder, *[NO] * (MOST_ASKED + FEW))
    await made.arun("On which day is the fair for which Ben writes?")
    alone, within = (
        [shown[-1].text for shown in made.model.calls if begin in shown[0].text]
        for begin in ("Does the text say", "Does the marked line")
    )
    assert any("fair.md (Open): The fair is on Sunday." in text for text in alone)
    sunday = next(text for text in within if "> The fair" in text)
    assert "## Open" in sunday and "letters" not in sunday
    letters = next(text for text in within if "> Ben writes" in text)
    assert "The fair is on Sunday." in letters


async def test_a_heading_answers_nothing(folder):
    (folder / "fair.md").write_text(FAIR)
    (folder / "会议.txt").write_text("三、集市\n集市在星期日。\n", encoding="utf-8")
    made = agent(folder, *[NO] * (MOST_ASKED + FEW))
    await made.arun("Who opens the fair, 集市?")
    asked = [shown[-1].text for shown in made.model.calls if len(shown) > 2]
    assert asked
    assert not any("> ## Open" in text or "> 三、集市" in text for text in asked)
    assert not any(": # Fair" in text or ": 三、集市" in text for text in asked)


LESSONS = "The pottery course has 12 lessons of 1.5 hours.\n"
IN_ALL = "How many hours does the pottery course have in all?"
PROGRAM = "```python\nlessons = 12\nhours = 1.5\nprint(lessons * hours)\n```"


async def test_a_total_is_worked_out_from_the_line_that_gives_its_parts(folder):
    (folder / "course.md").write_text(LESSONS)
    made = agent(folder, YES, YES, PROGRAM, "The pottery course has 18 hours in all.")
    events = [e async for e in made.stream(IN_ALL)]
    assert [e.tool for e in events if isinstance(e, ToolCalled)][-1] == "python"
    result = events[-1].result
    assert result.answer == "The pottery course has 18 hours in all. (course.md, line 1)"


async def test_a_total_of_figures_from_nowhere_is_no_evidence(folder):
    (folder / "course.md").write_text(LESSONS)
    made = agent(folder, YES, YES, *[PROGRAM.replace("12", "777")] * 2)
    result = await made.arun(IN_ALL)
    assert result.stopped == "no_evidence"


@pytest.mark.parametrize(
    ("goal", "line"),
    [
        (IN_ALL, "12 lessons of the pottery course have 18 hours in total."),
        (IN_ALL, "The pottery course has 18 hours."),
        (IN_ALL, "The pottery course of 3 May 2026 has 18 hours."),
        ("陶艺班一共上多少次课？", "陶艺班九月六日开始，共十二次课。"),
    ],
)
async def test_a_total_that_a_line_says_is_read(folder, goal, line):
    (folder / "course.md").write_text(f"{line}\n")
    made = agent(folder, YES, YES, line)
    assert (await made.arun(goal)).answer.startswith(line)


async def test_the_number_of_a_line_in_a_list_is_none_of_its_figures(folder):
    (folder / "rules.md").write_text("9. Printing costs 12 cents a page, colour 35 cents.\n")
    made = agent(folder, YES, YES, "A colour print costs 9 cents.")
    result = await made.arun("What does a colour print cost?")
    shown = made.model.calls[-1][-1].text
    assert "Result: Printing costs 12 cents" in shown
    assert result.answer.startswith("Printing costs 12 cents a page, colour 35 cents.")


def test_what_a_goal_quotes_is_what_is_sought():
    assert sought('Where does it say "red drawer"?') == "red drawer"
    assert sought("哪里写着“红色抽屉”？") == "红色抽屉"
    assert sought("Where is Ben's key?") == "Where is Ben's key?"


def test_a_citation_is_in_the_goals_language():
    hit = {"path": "a.md", "line": 7, "text": "x", "score": 1.0}
    assert citation("Where?", hit) == "(a.md, line 7)"
    assert citation("在哪里？", hit) == "（a.md，第 7 行）"


@pytest.mark.parametrize(
    ("goal", "questions"),
    [
        (
            "Who waters the plants and what is the alarm code?",
            ["Who waters the plants?", "What is the alarm code?"],
        ),
        (
            "Who checks the blue shelf, and when does the tasting evening take place?",
            ["Who checks the blue shelf?", "When does the tasting evening take place?"],
        ),
        ("Who keeps the budget, and how much is it?", None),
        ("Which buyer may pay most and how much?", None),
        ("谁保管钥匙，钥匙放在哪里？", None),
        ("Who waters the plants?", None),
    ],
)
def test_a_question_in_two_parts_that_stand_alone_is_two(goal, questions):
    assert questions_of(goal) == (questions or [goal])


async def test_each_part_of_a_question_is_answered_from_its_own_line(folder):
    goal = "Who waters the plants and what is the alarm code?"
    said = "Ben waters the plants. The alarm code of the warehouse is 7731."
    replies = [NO, YES, YES, NO, YES, YES, said]
    made = agent(folder, *replies)
    result = await made.arun(goal)
    assert "line 4" in result.answer and "line 3" in result.answer


LETTER = (
    "Dear all,\nour lease for the rooms in the old mill in the lane ends on 30 September. The\n"
    "landlord, who lives next door, wants to raise the rent to 1,320 euros. The board has\n"
    "looked at three other places.\n\n"
    "- Ask the town for a van that can carry all of the heavy things\n"
    "- Ben brings the boxes\n"
)


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        (2, "our lease for the rooms in the old mill in the lane ends on 30 September."),
        (3, "The landlord, who lives next door, wants to raise the rent to 1,320 euros."),
        (6, "- Ask the town for a van that can carry all of the heavy things"),
    ],
)
def test_a_line_of_wrapped_prose_is_read_as_its_whole_sentences(tmp_path, line, sentences):
    (tmp_path / "letter.txt").write_text(LETTER)
    hit = {"path": "letter.txt", "line": line, "text": LETTER.split("\n")[line - 1], "score": 1.0}
    found = whole({**hit, "around": around(Folder(tmp_path), hit)})
    assert sentences in found
    assert not found.endswith(("The", "has"))


async def test_an_answer_is_in_the_language_of_the_question(folder):
    # sought in the other language as well; asked about; worded in Chinese; translated
    made = agent(
        folder, "仓库 钥匙", YES, YES, "钥匙放在红色抽屉里。", "The key is in the red drawer."
    )
    result = await made.arun("Where is the key kept?")
    assert result.answer.startswith("The key is in the red drawer. (说明.txt, line 2)")


async def test_a_difference_that_no_line_says_is_no_evidence(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "rent.txt").write_text("The mill costs 1,320 euros.\nThe bakery costs 980 euros.\n")
    made = agent(place, YES, YES, "The bakery is cheaper than the mill.")
    asked = await made.arun("How much cheaper is the bakery than the mill, costs in euros?")
    assert asked.stopped == "no_evidence"
    (place / "rent.txt").write_text("The bakery costs 340 euros less than the mill.\n")
    made = agent(place, YES, YES, "The bakery is 340 euros cheaper.")
    asked = await made.arun("How much cheaper is the bakery than the mill, costs in euros?")
    assert asked.answer.startswith("The bakery is 340 euros cheaper.")
