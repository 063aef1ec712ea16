import csv
import json
import re
import subprocess
import sys
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest

from bench.answers import check, numbers_in, numeral
from bench.goals import HERE, SUITES, Record, chosen, goals_of, main, summary
from cogitate.runs.events import Planned, RunEnded, ToolCalled
from cogitate.tools.load import load_tools
from cogitate.values import Result, Usage

ROOT = HERE.parent.parent


def said(answer, stopped="answered"):
    return Result(run_id="r", answer=answer, stopped=stopped)


def exactly(value):
    return {"numbers": [{"value": value, "within": 0}]}


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (exactly(1358), "There are 1,358 days."),
        (exactly(1358), "一共１３５８天"),
        (exactly(1358), "一共 1358天"),
        (exactly(22350), "押金为人民币2.235万元。"),
        (exactly(22350), "RMB 22 350".replace(" ", "\u202f")),
        (exactly(18400), "The grant is **18.4 thousand** euros"),
        (exactly(55), "165 度,烤五十五分钟"),
        (exactly(3), "一共三个人"),
        (exactly(-7), "It is -7 degrees"),
        (exactly(15120), "15120.00"),
        (exactly(7), "Chidi, 7."),
        ({"numbers": [171.36]}, "You pay £171.36"),
        ({"numbers": [171.36]}, "about 171.4"),
        ({"numbers": [[{"value": 3.97, "within": 0.05}, 0.0397]]}, "4.0 %"),
        ({"numbers": [165, 55]}, "Bake at 165 °C for 55 minutes."),
        ({"words": [["water butt", "水桶"]]}, "放在院子里蓝色的水桶后面"),
        ({"words": [["Imani Brandt"]]}, "**imani  brandt** spent most"),
        ({"words": [["老街仓"]]}, "最值钱的是老街仓 total"),
        ({"words": [["5月4日", "4 May"]]}, "改到 2025 年 5 月 4 日"),
        ({"words": [["exchange"]]}, "exchanged the leads"),
        ({"words": [["A"], ["B", "C"]]}, "a and c"),
        ({"place": {"file": "d/backup.log", "line": 15}}, "backup.log, line 15"),
        ({"place": {"file": "backup.log", "line": 15}}, "`backup.log:15`: no space left"),
        ({"place": {"file": "采购日记.md", "line": 19}}, "在 采购日记.md 的第 19 行"),
        ({"place": {"file": "采购日记.md", "line": 19}}, "采购日记.md 第十九行"),
        ({"place": {"file": "值班日志.txt", "line": 3}}, "值班日志.txt,第3行:3月7日 段小满"),
        ({"place": {"file": "a.py", "line": 24}}, "It is in a.py on the 24th line."),
        ({"place": {"file": "a.py", "line": 24}}, "File: a.py\n**Line:** 24"),
    ],
)
def test_a_right_answer_is_accepted(accept, answer):
    assert check(accept, said(answer))


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (exactly(1358), "1359 days"),
        (exactly(1358), "1358.5 days"),
        (exactly(358), "1,358 days"),
        (exactly(22350), "2.2 万元"),
        (exactly(12), "第三百一十二页"),
        (exactly(1), "统一"),
        (exactly(7), "-7"),
        (exactly(3), "3万"),
        (exactly(12000), "12 kg"),
        ({"numbers": [171.36]}, "171.9"),
        ({"numbers": [165, 55]}, "Bake at 165 degrees."),
        ({"numbers": [1.0]}, ""),
        ({"words": [["4 May"]]}, "14 May"),
        ({"words": [["May 4"]]}, "May 41"),
        ({"words": [["safe"]]}, "unsafe"),
        ({"words": [["Japan"]]}, "a Japanese box"),
        ({"words": [["A"], ["B", "C"]]}, "a and d"),
        ({"words": [["Japan"]], "no_words": ["Canada is cheaper"]}, "canada is cheaper than Japan"),
        ({"place": {"file": "backup.log", "line": 15}}, "backup.log, line 14"),
        ({"place": {"file": "backup.log", "line": 15}}, "backup.log"),
        ({"place": {"file": "backup.log", "line": 15}}, "line 15"),
        ({"place": {"file": "backup.log", "line": 15}}, "backup.log: 2025-05-22 02:15:26 no space"),
        ({"place": {"file": "backup.log", "line": 15}}, "backup.log:15 and notes.md:2"),
        ({"place": {"file": "backup.log", "line": 15}}, "backup.log:15, backup.log:3"),
        ({"place": {"file": "值班日志.txt", "line": 3}}, "值班日志.txt 写着 3月7日 段小满"),
    ],
)
def test_a_wrong_answer_is_turned_down(accept, answer):
    assert not check(accept, said(answer))


def test_an_answer_the_run_does_not_stand_by_is_not_right():
    assert check(exactly(7), said("7", "accepted"))
    assert not check(exactly(7), said("7", "steps"))


def test_an_unanswerable_goal_is_right_only_when_nothing_is_answered():
    assert check({"not_answered": True}, said("nothing says it", "no_evidence"))
    assert not check({"not_answered": True}, said("no idea"))


def test_chinese_numerals_and_digits_name_the_same_numbers():
    assert [numeral(text) for text in ("十", "二十三", "一百零五", "两万三千", "一亿")] == [
        10,
        23,
        105,
        23_000,
        100_000_000,
    ]
    assert list(numbers_in("-1.5e3, 2,000 和 2025-06-26")) == [-1500, 2000, 2025, 6, 26]


@pytest.mark.parametrize(
    ("suite", "kinds", "chinese"),
    [
        ("goals", {"compute": 10, "tables": 10, "text": 10, "tools": 5, "none": 5}, 20),
        ("dev", {"compute": 6, "tables": 6, "text": 6, "tools": 3, "none": 3}, 12),
    ],
)
def test_a_suite_has_its_kinds_and_half_of_it_is_chinese(suite, kinds, chinese):
    goals = goals_of(suite)
    assert Counter(goal["kind"] for goal in goals) == kinds
    assert sum(goal["language"] == "zh" for goal in goals) == chinese
    assert (
        len({goal["id"] for goal in goals}) == len({goal["goal"] for goal in goals}) == len(goals)
    )
    for goal in goals:
        in_chinese = re.search("[一-鿿]", goal["goal"]) is not None
        assert in_chinese == (goal["language"] == "zh"), goal["id"]
        way = {"text": "read"}.get(goal["kind"], goal["kind"])
        assert goal["first_way"] == way
        assert bool(goal["accept"].get("not_answered")) == (goal["kind"] == "none")


def test_no_gold_number_or_word_stands_in_its_own_goal():
    for goal in [*goals_of("goals"), *goals_of("dev")]:
        accept, question = goal["accept"], said(goal["goal"])
        for number in accept.get("numbers", []):
            assert not check({"numbers": [number]}, question), goal["id"]
        if accept.get("words") and goal["id"] != "u3":
            assert not check({"words": accept["words"]}, question), goal["id"]


def test_the_gold_computed_anew_is_the_gold_stored():
    pytest.importorskip("openpyxl")
    script = [sys.executable, str(HERE / "make_gold.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tables_written_anew_are_the_tables_stored(monkeypatch):
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.syspath_prepend(str(HERE))
    import random

    import make_folder

    for path, data in make_folder.tables().items():
        assert (HERE / path).read_bytes() == data, path
    stored = openpyxl.load_workbook(HERE / "folder/开课记录.xlsx").active.values
    made = make_folder.make_classes(random.Random(415))
    assert [[str(cell)[:10] for cell in row] for row in stored] == [
        [str(cell)[:10] for cell in row] for row in made
    ]


def test_the_cited_lines_hold_the_answer():
    for suite, (_, folder, _) in SUITES.items():
        for goal in goals_of(suite):
            if goal["kind"] != "text":
                continue
            lines = [cited_line(folder, source) for source in goal["source"]]
            held = {key: goal["accept"][key] for key in goal["accept"] if key != "place"}
            assert check(held, said(" ".join(lines))), goal["id"]
            assert goal["accept"].get("place") in (None, goal["source"][0])


def cited_line(folder, source):
    text = (folder / source["file"]).read_text(encoding="utf-8")
    return text.splitlines()[source["line"] - 1]


def test_the_folders_are_mixed_and_small():
    for suite, tables, texts in (("goals", 6, 9), ("dev", 3, 4)):
        files = [path for path in SUITES[suite][1].rglob("*") if path.is_file()]
        kinds = Counter(path.suffix in (".csv", ".tsv", ".jsonl", ".xlsx") for path in files)
        assert (kinds[True], kinds[False]) == (tables, texts)
        assert sum(path.stat().st_size for path in files) < 200_000
    head = (HERE / "folder/库存.csv").read_bytes().decode("gbk").splitlines()[0]
    assert next(csv.reader(StringIO(head)))[1] == "品名"


def test_what_is_asked_in_vain_is_in_no_file():
    text = "".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in (HERE / "folder").rglob("*")
        if path.is_file() and path.suffix != ".xlsx"
    )
    for missing in ("Vandermolen", "birth", "colour of", "年龄", "汇率", "exchange rate", "银行卡"):
        assert missing not in text


def test_the_persons_tools_load_and_answer():
    names = [tool.name for suite in SUITES for tool in load_tools(str(SUITES[suite][2]))]
    assert sorted(names) == [
        "billing_code",
        "boarding_price",
        "daily_ration",
        "house_call_fee",
        "loyalty_points",
        "next_due",
        "overdue_fine",
        "reserve_desk",
        "room_booking",
        "shipping_cost",
    ]


def test_a_record_counts_what_happened():
    record = Record(id="q", kind="text", language="en", goal="?", first_way_expected="read")
    record.note(Planned(steps=({"way": "read", "goal": "?"},)))
    record.note(ToolCalled(call_id="1", tool="search_files", args={}))
    record.note(Planned(steps=({"way": "tables", "goal": "?"},)))
    result = Result(run_id="r", answer="x\ny", stopped="answered", usage=Usage(read=5), seconds=2.0)
    record.note(RunEnded(result=result))
    assert (record.first_way, record.ways, record.tools) == (
        "read",
        ["read", "tables"],
        ["search_files"],
    )
    assert record.line().startswith("✗ q") and record.line().endswith("x y")
    table = summary([record])
    assert re.search(r"wrong, given as answered +1\n", table)
    assert re.search(r"first way right +1 of 1\n", table)
    assert json.dumps(record.as_dict())


def test_only_and_limit_choose_goals_and_a_wrong_id_is_said():
    goals = goals_of("dev")
    assert [goal["id"] for goal in chosen(goals, "dt1, dc2", None)] == ["dc2", "dt1"]
    assert len(chosen(goals, "", 3)) == 3
    with pytest.raises(SystemExit, match="no goal 'zz'"):
        chosen(goals, "zz", None)
    with pytest.raises(SystemExit, match="no goal"):
        main(["--suite", "dev", "--only", "c1"])


def test_the_suites_lie_where_the_runner_looks():
    assert all(Path(path).exists() for paths in SUITES.values() for path in paths)
