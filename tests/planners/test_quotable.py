"""What of a passage can be quoted, and whether other words keep what a sentence says."""

import pytest

from cogitate.planners.quotable import (
    about,
    asked_cells,
    keeps,
    meant,
    named_row,
    rows,
    sentences,
    units,
)


def passage(text, **fields):
    empty = {"path": "a.md", "title": "", "section": "", "text": text, "page": 0, "last_page": 0}
    place = {"line": 0, "last_line": 0, "before": "", "after": "", "score": 0.5}
    return {**empty, **place, **fields}


TABLE = passage(
    "columns: part, in stock\npart: bolt; in stock: 5\npart: coupling; in stock: 567\n"
    "part: shear pin; in stock: 7\npart: split pin; in stock: 8",
    path="stock Pinewood.csv",
    title="stock Pinewood",
)


def test_sentences_are_units_and_headings_are_not():
    text = "# Fair\n\nMoney\n\nBen keeps\nthe budget. The tea is free.\n\n## Plans\n\n"
    text += "杀青时\n锅温164度。"
    found = units(passage(text, title="Fair", section="Fair > Money"))
    assert found == ["Ben keeps the budget.", "The tea is free.", "杀青时锅温164度。"]


PROGRAM = """\"\"\"Job to send bills.\"\"\"

import time

DELAY = 3
\"\"\"Rest in seconds.\"\"\"
TRIES: int = 5
# Most tries.

def send(bills):
    \"\"\"Return those that failed.\"\"\"
    for bill in bills:
        time.sleep(DELAY)
"""


def test_what_a_program_tells_is_a_unit_with_the_remark_below_it():
    assert units(passage(PROGRAM)) == [
        '"""Job to send bills."""',
        'DELAY = 3 """Rest in seconds."""',
        "TRIES: int = 5 # Most tries.",
        'def send(bills): """Return those that failed."""',
    ]


def test_a_program_is_about_what_its_first_remark_says():
    assert about(passage(PROGRAM, title="bills.py")) == "bills.py: Job to send bills."
    assert about(passage("# Fair\n\nThe tea is free.", title="Fair")) == "Fair"


def test_rows_are_rows_of_tables_only():
    assert len(rows(TABLE)) == 4
    assert rows(passage("A coupling is old.\nThe nut is new.")) == []


@pytest.mark.parametrize(
    ("goal", "row"),
    [
        ("How many pieces of the coupling are left in Pinewood?", "part: coupling; in stock: 567"),
        ("Are there split pins in Pinewood?", "part: split pin; in stock: 8"),
        ("How many pins are in stock?", ""),
        ("How many are left in stock?", ""),
    ],
)
def test_a_row_is_named_by_more_words_of_the_goal_than_any_other(goal, row):
    assert named_row(goal, TABLE) == row


def test_the_cells_of_a_row_come_with_the_one_that_is_named():
    row = "bin: A1; part: bolt; in stock: 5"
    assert asked_cells("How many bolts are left?", row) == [
        "part: bolt; bin: A1",
        "part: bolt; in stock: 5",
    ]
    assert asked_cells("bolts", "| bolt | 5 |") == ["| bolt | 5 |"]


def test_what_was_copied_is_found_as_it_stands_in_the_text():
    text = "Money\n\nBen keeps\nthe budget for it. The tea is free.\nDELAY = 3\n"
    assert meant("Ben keeps the budget.", text) == "Ben keeps the budget for it."
    assert meant("DELAY = 3", text) == "DELAY = 3"
    assert meant("NONE", text) == ""
    assert meant("Anna paints the stand in red.", text) == ""
    assert meant("Money", text) == ""


def test_wrapped_lines_are_joined_and_lines_are_offered_too():
    assert sentences("杀青时锅温\n控制在164度。") == [
        "杀青时锅温控制在164度。",
        "杀青时锅温",
        "控制在164度。",
    ]


@pytest.mark.parametrize(
    ("text", "said", "kept"),
    [
        ("Ben keeps the budget.", "Ben keeps the money of the fair.", True),
        ("The stand costs 20 euros.", "The stand costs some euros.", False),
        ("Never open it while it hums.", "Open it while it hums.", False),
        ("不得带入食物。", "可以带入食物。", False),
        ("不得带入食物。", "食物不得带入。", True),
        ("It was launched at the yard of Brandvik.", "The ship is old.", False),
    ],
)
def test_other_words_must_keep_numbers_negations_and_half_of_the_rest(text, said, kept):
    assert keeps(text, said, "What is it?") is kept
