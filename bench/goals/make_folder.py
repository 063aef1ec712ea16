"""Writes the tables of `folder/` and `dev_folder/`, the same ones each time.

    python bench/goals/make_folder.py

The text files of the two folders are written by hand. Everything in both is invented.
"""

import csv
import io
import json
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
PRODUCTS = {
    "moon jar": 148.0,
    "ramen bowl": 32.5,
    "espresso cup": 14.0,
    "serving platter": 67.0,
    "bud vase": 21.5,
    "teapot": 89.0,
    "oil bottle": 26.0,
}
CITIES = {
    "Bristol": "UK",
    "Leeds": "UK",
    "Cardiff": "UK",
    "Ghent": "Belgium",
    "Porto": "Portugal",
    "Aarhus": "Denmark",
}
FIRST = "Imani Jonas Keiko Lucía Marek Noor Oskar Petra Quentin Rhea Silas Thandi".split()
LAST = "Abbot Brandt Castellanos Duarte Eklund Farrow Gallagher Hosseini".split()
VENDORS = {
    "materials": ["Potclays North", "Severn Glaze Co", "Claymen Ltd", "Ashworth Minerals"],
    "energy": ["Avon Power", "Bulb & Barrow"],
    "packaging": ["Kraftwell", "BoxFolk", "Severn Glaze Co"],
    "repairs": ["Hale Engineering", "Kilncare West"],
    "marketing": ["Pressgang Print", "Little Fox Media"],
}


def make_orders(rng: random.Random, customers: Sequence[str]) -> list[list[str]]:
    """Return 220 orders of January to October 2025, header first."""
    rows = [
        ["order_id", "date", "customer_id", "product", "quantity", "unit_price", "status"],
    ]
    for number in range(220):
        product = rng.choice(list(PRODUCTS))
        day = date(2025, 1, 4) + timedelta(days=number * 300 // 220 + rng.randint(0, 2))
        price = PRODUCTS[product] * rng.choice([1.0, 1.0, 1.0, 0.9])
        status = rng.choices(["paid", "pending", "refunded"], [84, 9, 7])[0]
        rows.append(
            [
                f"HS-{1400 + number}",
                day.isoformat(),
                rng.choice(customers),
                product,
                str(rng.randint(1, 9)),
                f"{price:.2f}",
                status,
            ]
        )
    return rows


def make_customers(rng: random.Random) -> list[list[str]]:
    """Return 36 customers with different names, header first."""
    names = rng.sample([f"{first} {last}" for first in FIRST for last in LAST], 36)
    rows = [["customer_id", "name", "city", "country", "joined", "tier"]]
    for number, name in enumerate(names):
        city = rng.choice(list(CITIES))
        joined = date(2021, 3, 1) + timedelta(days=rng.randint(0, 1300))
        tier = rng.choice(["standard", "silver", "gold"])
        key = f"C{101 + number}"
        rows.append([key, name, city, CITIES[city], joined.isoformat(), tier])
    return rows


def make_stock(rng: random.Random) -> list[list[str]]:
    """Return 60 lines of stock under Chinese headers, header first."""
    kinds = {
        "青瓷碗": "餐具",
        "白瓷盘": "餐具",
        "紫砂壶": "茶具",
        "公道杯": "茶具",
        "花器": "摆件",
        "香炉": "摆件",
    }
    rows = [["编号", "品名", "类别", "仓库", "数量", "单价", "入库日期"]]
    days = rng.sample(range(400), 60)
    for number in range(60):
        name = rng.choice(list(kinds))
        stored = date(2024, 6, 1) + timedelta(days=days[number])
        rows.append(
            [
                f"K{number + 1:03d}",
                name,
                kinds[name],
                rng.choice(["东郊仓", "河西仓", "老街仓"]),
                str(rng.randint(3, 120)),
                f"{rng.randint(18, 460)}",
                stored.strftime("%Y/%m/%d"),
            ]
        )
    return rows


def make_expenses(rng: random.Random) -> list[list[str]]:
    """Return 130 expenses of 2025 with British dates and grouped thousands, header first."""
    rows = [["date", "category", "vendor", "amount", "paid_by"]]
    for number in range(130):
        day = date(2025, 1, 2) + timedelta(days=number * 330 // 130)
        category = rng.choice(list(VENDORS))
        amount = rng.choice([rng.uniform(12, 400), rng.uniform(900, 4200)])
        rows.append(
            [
                day.strftime("%d/%m/%Y"),
                category,
                rng.choice(VENDORS[category]),
                f"{amount:,.2f}",
                rng.choice(["Ada", "Tobias", "company card"]),
            ]
        )
    return rows


def make_firings(rng: random.Random) -> str:
    """Return 90 firings of three kilns, one JSON object a line."""
    lines = []
    for number in range(90):
        kiln = rng.choice(["Vulcan", "Vulcan", "Pip", "Old Bess"])
        begun = datetime(2025, 1, 6, 7) + timedelta(hours=number * 74 + rng.randint(0, 9))
        pieces = rng.randint(18, 140)
        lines.append(
            {
                "firing": number + 1,
                "kiln": kiln,
                "started": begun.isoformat(timespec="minutes"),
                "peak_c": rng.choice([1000, 1060, 1240, 1280]),
                "hours": round(rng.uniform(7, 19), 1),
                "kwh": round(rng.uniform(38, 126), 1),
                "pieces": pieces,
                "cracked": rng.randint(0, pieces // 12),
            }
        )
    return "".join(json.dumps(line) + "\n" for line in lines)


def make_classes(rng: random.Random) -> list[list[str | int | date]]:
    """Return 48 classes under Chinese headers, header first."""
    fees = {"拉坯入门": 260, "手捏茶杯": 180, "釉下彩": 320, "亲子陶艺": 220}
    rows: list[list[str | int | date]] = [["日期", "课程", "老师", "人数", "学费", "教室"]]
    for number in range(48):
        course = rng.choice(list(fees))
        rows.append(
            [
                date(2025, 2, 1) + timedelta(days=number * 6),
                course,
                rng.choice(["秦岚", "莫凡", "涂子衿"]),
                rng.randint(3, 14),
                fees[course] + 10 * rng.randint(-2, 3),
                rng.choice(["一号", "二号"]),
            ]
        )
    return rows


def make_books(rng: random.Random) -> list[list[str]]:
    """Return 60 books of a community library, header first."""
    subjects = ["history", "cooking", "travel", "science", "poetry"]
    nouns = "Harbour Orchard Lighthouse Ferry Meadow Quarry Bridge Mill Canal Viaduct".split()
    titles = rng.sample([f"The {a} and the {b}" for a in nouns for b in nouns if a != b], 60)
    rows = [["book_id", "title", "subject", "pages", "bought", "price"]]
    for number, title in enumerate(titles):
        bought = date(2019, 1, 1) + timedelta(days=rng.randint(0, 2300))
        rows.append(
            [
                f"B{number + 1:03d}",
                title,
                rng.choice(subjects),
                str(rng.randint(70, 640)),
                bought.isoformat(),
                f"{rng.uniform(5, 38):.2f}",
            ]
        )
    return rows


def make_loans(rng: random.Random) -> list[list[str]]:
    """Return 140 loans of 2026, header first."""
    readers = ["Ansel", "Bao", "Chidi", "Dagny", "Esra", "Fumiko", "Goran", "Hedda"]
    rows = [["loan", "book_id", "reader", "lent", "days_kept"]]
    for number in range(140):
        lent = date(2026, 1, 3) + timedelta(days=number * 250 // 140)
        rows.append(
            [
                str(number + 1),
                f"B{rng.randint(1, 60):03d}",
                rng.choice(readers),
                lent.isoformat(),
                str(rng.randint(1, 55)),
            ]
        )
    return rows


def make_shifts(rng: random.Random) -> list[list[str]]:
    """Return 45 volunteers' shifts under Chinese headers, header first."""
    rows = [["日期", "志愿者", "岗位", "小时"]]
    for number in range(45):
        rows.append(
            [
                (date(2026, 3, 1) + timedelta(days=number * 3)).isoformat(),
                rng.choice(["段小满", "卫青禾", "祁连", "柏舟"]),
                rng.choice(["前台", "整理书架", "讲故事"]),
                f"{rng.randint(3, 12) / 2:.1f}",
            ]
        )
    return rows


def as_text(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Return rows as delimited text."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def tables() -> dict[str, bytes]:
    """Return what each table file holds, by path; the Excel file is not among them."""
    rng = random.Random(20251)
    customers = make_customers(rng)
    orders = make_orders(rng, [row[0] for row in customers[1:]])
    stock = as_text(make_stock(rng))
    expenses = as_text(make_expenses(rng), "\t")
    firings = make_firings(rng)
    dev = random.Random(77)
    return {
        "folder/customers.csv": as_text(customers).encode(),
        "folder/orders.csv": as_text(orders).encode(),
        "folder/库存.csv": stock.encode("gbk"),
        "folder/expenses.tsv": expenses.encode(),
        "folder/kiln_firings.jsonl": firings.encode(),
        "dev_folder/books.csv": as_text(make_books(dev)).encode(),
        "dev_folder/loans.tsv": as_text(make_loans(dev), "\t").encode(),
        "dev_folder/志愿者.csv": as_text(make_shifts(dev)).encode("utf-8-sig"),
    }


def write_classes(path: Path) -> None:
    """Write the classes as an Excel file. Its bytes hold the time of writing; its cells do not."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "开课记录"
    for row in make_classes(random.Random(415)):
        sheet.append(row)
    book.save(path)


def main() -> None:
    """Write every table file."""
    for path, data in tables().items():
        (HERE / path).write_bytes(data)
    write_classes(HERE / "folder/开课记录.xlsx")


if __name__ == "__main__":
    main()
