import time

import pytest

from cogitate.errors import SetupError
from cogitate.tools.survey import describe_tables, survey


def test_a_survey_gives_files_tables_and_lines_for_the_goal(tmp_path):
    (tmp_path / "sales.csv").write_text("region,amount\nNorth,5\nSouth,7\n")
    (tmp_path / "lease.md").write_text("# Lease\nThe rent is 900 a month.\n")
    found = survey(tmp_path, "How much is the rent?")
    assert [info["path"] for info in found["files"]] == ["lease.md", "sales.csv"]
    assert [table["name"] for table in found["tables"]] == ["sales"]
    assert (found["hits"][0]["path"], found["hits"][0]["line"]) == ("lease.md", 2)
    assert describe_tables(found["tables"]).startswith("sales(region VARCHAR e.g. North, ")


def test_a_chinese_goal_finds_chinese_lines(tmp_path):
    (tmp_path / "合同.txt").write_bytes("甲方：李四\n房租：每月三千元\n".encode("gb18030"))
    hits = survey(tmp_path, "房租是多少？")["hits"]
    assert hits[0]["text"] == "房租：每月三千元"


def test_an_empty_folder_is_an_empty_survey(tmp_path):
    assert survey(tmp_path, "anything") == {"files": [], "tables": [], "hits": []}


def test_a_folder_that_is_not_there_is_a_setup_error(tmp_path):
    with pytest.raises(SetupError):
        survey(tmp_path / "none", "x")


def test_of_many_tables_those_that_the_goal_names_are_kept(tmp_path):
    for number in range(20):
        (tmp_path / f"data{number}.csv").write_text("a,b\n1,2\n")
    (tmp_path / "salaries.csv").write_text("person," + ",".join(f"c{n}" for n in range(60)) + "\n")
    tables = survey(tmp_path, "What is the average salary of each person?")["tables"]
    assert len(tables) == 12
    assert tables[0]["name"] == "salaries"
    assert len(tables[0]["columns"]) == 30


def test_a_broken_table_does_not_stop_a_survey(tmp_path):
    (tmp_path / "bad.xlsx").write_bytes(b"nothing")
    assert survey(tmp_path, "x")["tables"] == []


def test_a_hundred_small_files_are_surveyed_quickly(tmp_path):
    for number in range(50):
        (tmp_path / f"{number}.csv").write_text("region,amount\nNorth,5\nSouth,7\n")
        (tmp_path / f"{number}.txt").write_text("The rent is 900 a month.\n" * 20)
    before = time.process_time()
    assert len(survey(tmp_path, "How much is the rent?")["hits"]) == 12
    assert time.process_time() - before < 2  # about 0.3 s on an idle machine


def test_the_values_that_a_goal_names_come_first_among_the_examples(tmp_path):
    rows = [f"{n},会员{n},Rome" for n in range(6)] + ["7,王浩,Oslo", "8,Ana Lopez,Lyon"]
    (tmp_path / "staff.csv").write_text("id,name,city\n" + "\n".join(rows) + "\n")

    def shown(goal):
        columns = survey(tmp_path, goal)["tables"][0]["columns"]
        return {column["name"]: column["examples"] for column in columns}

    assert shown("王浩住在哪里？")["name"] == ["王浩", "会员0", "会员1"]
    assert shown("Where does Ana live?")["name"][0] == "Ana Lopez"
    assert shown("Who lives in Lyon?")["city"][0] == "Lyon"
    assert shown("How many are there in 8?")["city"] == ["Rome", "Oslo", "Lyon"]


def test_a_figure_of_a_goal_names_no_value(tmp_path):
    (tmp_path / "bills.csv").write_text("month,cost\n2024-07,4\n2026-02,5\n二月-2026,6\n")
    columns = survey(tmp_path, "What did 2026 cost?")["tables"][0]["columns"]
    assert columns[0]["examples"][0] == "2024-07"
