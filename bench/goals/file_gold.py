"""The gold of the goals over the two folders: tables by plain Python, texts by line."""

import csv
import json
import statistics
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Row = dict[str, str]
Gold = dict[str, dict[str, Any]]


def exactly(value: float) -> dict[str, float]:
    """Return a number that must be met exactly."""
    return {"value": value, "within": 0}


def about(value: float, within: float) -> dict[str, float]:
    """Return a number that may be off by `within`."""
    return {"value": round(value, 6), "within": within}


def numbers(*values: Any) -> dict[str, Any]:
    """Return the gold of a goal that is answered by numbers alone."""
    return {"accept": {"numbers": list(values)}}


def rows(path: str, encoding: str = "utf-8-sig") -> list[Row]:
    """Return the rows of a delimited file."""
    with (HERE / path).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.endswith(".tsv") else ","))


def classes() -> list[dict[str, Any]]:
    """Return the rows of the Excel file."""
    import openpyxl

    sheet = openpyxl.load_workbook(HERE / "folder/开课记录.xlsx").active
    assert sheet is not None
    header, *body = list(sheet.values)
    return [dict(zip(map(str, header), row, strict=True)) for row in body]


def firings() -> list[dict[str, Any]]:
    """Return the firings of the kilns."""
    text = (HERE / "folder/kiln_firings.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def top(totals: dict[str, float]) -> tuple[str, float]:
    """Return the one key with the highest total.

    Raises:
        ValueError: two keys share it, so the goal has no single answer.
    """
    (key, most), (_, second) = Counter(totals).most_common(2)
    if most == second:
        raise ValueError(f"{key!r} is not alone at the top")
    return key, most


def summed(items: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the total of each key."""
    totals: dict[str, float] = {}
    for key, value in items:
        totals[key] = totals.get(key, 0.0) + value
    return totals


def money(row: Row) -> float:
    """Return what an order is worth."""
    return int(row["quantity"]) * float(row["unit_price"])


def studio_tables() -> Gold:
    """Return the gold of the table goals over `folder/`."""
    orders, customers = rows("folder/orders.csv"), rows("folder/customers.csv")
    names = {row["customer_id"]: row["name"] for row in customers}
    paid = [row for row in orders if row["status"] == "paid"]
    best, spent = top(summed((names[row["customer_id"]], money(row)) for row in paid))
    fired = firings()
    stock = rows("folder/库存.csv", "gbk")
    store, worth = top(summed((row["仓库"], int(row["数量"]) * int(row["单价"])) for row in stock))
    last = max(stock, key=lambda row: row["入库日期"])
    day = datetime.strptime(last["入库日期"], "%Y/%m/%d")
    expenses = rows("folder/expenses.tsv")
    spring = [row for row in expenses if row["date"][3:] in ("04/2025", "05/2025", "06/2025")]
    bought = [row for row in expenses if row["category"] in ("packaging", "materials")]
    porto = {row["customer_id"] for row in customers if row["city"] == "Porto"}
    share = sum(row["cracked"] for row in fired) / sum(row["pieces"] for row in fired)
    taught = [row["人数"] for row in classes() if row["老师"] == "秦岚"]
    vulcan = [row["kwh"] for row in fired if row["kiln"] == "Vulcan"]
    june = [money(row) for row in paid if row["date"].startswith("2025-06")]
    spring_total = sum(float(row["amount"].replace(",", "")) for row in spring)
    return {
        "b1": numbers(about(sum(june), 0.6)),
        "b2": {"accept": {"words": [[best]], "numbers": [about(spent, 0.6)]}},
        "b3": numbers(about(statistics.median(vulcan), 0.06)),
        "b4": numbers(exactly(len({row["vendor"] for row in bought}))),
        "b5": numbers([about(100 * share, 0.051), about(share, 0.00051)]),
        "b6": {"accept": {"words": [[store]], "numbers": [about(worth, 0.6)]}},
        "b7": numbers(about(statistics.mean(taught), 0.051)),
        "b8": numbers(about(spring_total, 0.6)),
        "b9": numbers(exactly(sum(row["customer_id"] in porto for row in orders))),
        "b10": {"accept": {"words": [days(day), [last["品名"]]]}},
    }


def library_tables() -> Gold:
    """Return the gold of the table goals over `dev_folder/`."""
    books, loans = rows("dev_folder/books.csv"), rows("dev_folder/loans.tsv")
    subject = {row["book_id"]: row["subject"] for row in books}
    travels = [row["reader"] for row in loans if subject[row["book_id"]] == "travel"]
    reader, times = top(dict(Counter(travels)))
    history = sum(float(row["price"]) for row in books if row["subject"] == "history")
    may = [int(row["days_kept"]) for row in loans if row["lent"].startswith("2026-05")]
    shifts = rows("dev_folder/志愿者.csv")
    helper, hours = top(summed((row["志愿者"], float(row["小时"])) for row in shifts))
    pages = [int(row["pages"]) for row in books if row["subject"] == "poetry"]
    return {
        "db1": {"accept": {"words": [[reader]], "numbers": [exactly(times)]}},
        "db2": numbers(about(history, 0.06)),
        "db3": numbers(exactly(sum(kept > 28 for kept in may))),
        "db4": {"accept": {"words": [[helper]], "numbers": [about(hours, 0.01)]}},
        "db5": numbers(about(statistics.mean(pages), 0.051)),
        "db6": numbers(exactly(len({row["book_id"] for row in loans}))),
    }


def days(day: date) -> list[str]:
    """Return ways to write a day."""
    month, number = day.strftime("%B"), day.day
    tail = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    ways = [f"{number} {month}", f"{month} {number}", f"{number}{tail} {month}"]
    ways += [f"{number}{tail} of {month}", f"{month} {number}{tail}", f"{day:%m}月{day:%d}日"]
    ways += [f"{day.month}月{number}日", f"{day.month}月{number}号"]
    return [*ways, f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day.year}/{day.month}/{number}"]


def line_of(path: str, needle: str) -> dict[str, Any]:
    """Return file and line of the one place in a folder's texts that holds `needle`.

    Raises:
        ValueError: it is not in that file, or in more than one place of the folder.
    """
    folder, _, name = path.partition("/")
    texts = [p for p in (HERE / folder).rglob("*") if p.suffix not in (".xlsx", "") and p.is_file()]
    found = [
        (file.relative_to(HERE / folder).as_posix(), number)
        for file in texts
        for number, line in enumerate(file.read_bytes().decode("utf-8", "replace").split("\n"), 1)
        if needle.lower() in line.lower()
    ]
    if len(found) != 1 or found[0][0] != name:
        raise ValueError(f"{needle!r} should be once in {path}, but is in {found}")
    return {"file": name, "line": found[0][1]}


def fact(path: str, needles: list[str], **accept: Any) -> dict[str, Any]:
    """Return the gold of a goal that is answered by the lines that hold `needles`."""
    return {"accept": accept, "source": [line_of(path, needle) for needle in needles]}


def place(path: str, needle: str) -> dict[str, Any]:
    """Return the gold of a goal that asks for file and line."""
    found = line_of(path, needle)
    return {"accept": {"place": found}, "source": [found]}


def studio_text() -> Gold:
    """Return the gold of the text goals over `folder/`."""
    minutes, contract = "folder/minutes/minutes-2025-03.md", "folder/租赁合同.txt"
    swapped = ["swapped", "reversed", "wrong way round", "switched", "interchanged", "exchange"]
    behind = ["water butt", "水桶", "水缸", "水箱", "蓄水桶", "集水桶"]
    return {
        "t1": fact(minutes, ["three offers"], words=[["Tobias"]]),
        "t2": fact("folder/kiln-manual.md", ["E-47"], words=[["thermocouple"], swapped]),
        "t3": place("folder/backup.log", "no space left on device"),
        "t4": fact(
            contract,
            ["押金人民币", "2028 年 8 月 31 日"],
            numbers=[exactly(22350)],
            words=[["2028"], [*days(date(2028, 8, 31)), "August 2028"]],
        ),
        "t5": place("folder/glaze_calc.py", "Brongniart"),
        "t6": fact("folder/采购日记.md", ["柴窑"], words=[["罗启明", "罗师傅"]]),
        "t7": fact(
            "folder/minutes/会议纪要-四月.md", ["改到 5 月 4 日"], words=[days(date(2025, 5, 4))]
        ),
        "t8": fact("folder/ginger-cake.md", ["165 degrees"], numbers=[exactly(165), exactly(55)]),
        "t9": fact("folder/notes.md", ["Spare key"], words=[behind]),
        "t10": place("folder/采购日记.md", "高岭土"),
    }


def library_text() -> Gold:
    """Return the gold of the text goals over `dev_folder/`."""
    grant = fact("dev_folder/newsletter.md", ["18,400"], numbers=[exactly(18400)])
    safe = [["safe", "strongbox", "保险柜"]]
    return {
        "dt1": fact("dev_folder/rules.md", ["35 cents"], numbers=[[exactly(35), exactly(0.35)]]),
        "dt2": place("dev_folder/import.log", "duplicate barcode"),
        "dt3": fact("dev_folder/值班日志.txt", ["银色手表"], words=safe),
        "dt4": grant,
        "dt5": fact("dev_folder/值班日志.txt", ["旧地图"], words=[["褚"]]),
        "dt6": place("dev_folder/值班日志.txt", "月亮邮差"),
    }
