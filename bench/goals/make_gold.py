"""Computes what a right answer to each goal holds, and writes it into the two suites.

    python bench/goals/make_gold.py           # rewrite `accept` and `source`
    python bench/goals/make_gold.py --check   # only say whether they are as stored

Nothing of cogitate is used but `load_tools`, for the answers of the person's own tools.
`source` names the lines that hold a fact of a text file; the runner does not read it.
"""

import json
import math
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from file_gold import (
    Gold,
    about,
    exactly,
    library_tables,
    library_text,
    numbers,
    studio_tables,
    studio_text,
)

from cogitate.tools.load import load_tools

HERE = Path(__file__).parent


def is_prime(number: int) -> bool:
    """Return whether `number` is a prime."""
    return number > 1 and all(number % low for low in range(2, math.isqrt(number) + 1))


def arrangements(word: str) -> int:
    """Return in how many ways the letters of `word` can be arranged."""
    return math.factorial(len(word)) // math.prod(map(math.factorial, Counter(word).values()))


def compute() -> Gold:
    """Return the gold of the goals that are computed."""
    price = Fraction(240) * Fraction(85, 100) * Fraction(80, 100) * Fraction(105, 100)
    saved = 12500 * (1 + Fraction(34, 12000)) ** 84
    term = 3
    for _ in range(19):
        term = 2 * term - 1
    spread = statistics.stdev([8, 15, 22.5, 31, 9.5, 17, 28])
    adults = [n for n in range(138) if 45 * n + 28 * (137 - n) == 5213]
    line = "She sells sea shells by the sea shore while sailors snooze"
    return {
        "c1": numbers(about(float(price), 0.006)),
        "c2": numbers(exactly((date(2026, 11, 3) - date(2023, 2, 14)).days)),
        "c3": numbers(exactly(arrangements("BANANARAMA"))),
        "c4": numbers(about(round(float(saved), 2), 0.011)),
        "c5": numbers(exactly(sum(n for n in range(500, 701) if is_prime(n)))),
        "c6": numbers(about(65 * 1609.344 / 3600, 0.006)),
        "c7": numbers(exactly(term)),
        "c8": numbers(about(spread, 0.006)),
        "c9": numbers(*map(exactly, adults)),
        "c10": numbers(exactly(line.lower().count("s"))),
        "dc1": numbers(about(round(425 * 23 / 6), 0.6)),
        "dc2": {"accept": {"words": [[date(1987, 10, 9).strftime("%A"), "星期五", "周五"]]}},
        "dc3": numbers(exactly(math.gcd(123456, 7896))),
        "dc4": numbers(exactly(math.comb(12, 5) - math.comb(10, 3))),
        "dc5": numbers(about((100 - 32) / 1.8, 0.06)),
        "dc6": numbers(exactly(sum(n % 7 == 0 and n % 3 > 0 for n in range(1, 1001)))),
    }


def own_tools() -> Gold:
    """Return the gold of the goals for the person's own tools."""
    files = ("tools.py", "dev_tools.py")
    call: dict[str, Callable[..., Any]] = {
        tool.name: tool.invoke for file in files for tool in load_tools(str(HERE / file))
    }

    def pounds(weight: float, country: str) -> float:
        said = call["shipping_cost"]({"weight_kg": weight, "country": country})
        return float(str(said).split()[0])

    def last_word(said: str) -> dict[str, Any]:
        return {"accept": {"words": [[said.split()[-1]]]}}

    def euros(days_late: int, kind: str) -> dict[str, float]:
        said = call["overdue_fine"]({"days": days_late, "kind": kind})
        return about(float(str(said).split()[0]), 0.001)

    gap = pounds(7, "Canada") - pounds(7, "Japan")
    less, more = ("Japan", "Canada") if gap > 0 else ("Canada", "Japan")
    glazing = {"room": "glazing", "date": "2026-09-12", "hour": 15}
    wheel = {"room": "wheel", "date": "2026-10-08", "hour": 10}
    desk = call["reserve_desk"]({"desk": 7, "date": "2026-12-02"})
    return {
        "u1": numbers(about(pounds(3.2, "Norway"), 0.006)),
        "u2": last_word(call["room_booking"](glazing)),
        "u3": {
            "accept": {
                "numbers": [about(abs(gap), 0.006)],
                "words": [[less]],
                "no_words": [f"{more} is cheaper", f"cheaper to {more}"],
            }
        },
        "u4": numbers(exactly(int(call["loyalty_points"]({"amount": 860, "tier": "gold"})))),
        "u5": last_word(call["room_booking"](wheel)),
        "du1": numbers(euros(13, "film")),
        "du2": last_word(desk),
        "du3": numbers(euros(21, "game")),
    }


def gold() -> Gold:
    """Return the gold of every goal of both suites, by id."""
    nothing = [f"x{n}" for n in range(1, 6)] + [f"dx{n}" for n in range(1, 4)]
    refused: Gold = {key: {"accept": {"not_answered": True}} for key in nothing}
    parts = (compute, studio_tables, library_tables, studio_text, library_text, own_tools)
    merged = refused
    for part in parts:
        merged |= part()
    return merged


def filled(text: str, golds: Gold) -> str:
    """Return the lines of a suite with the gold of each goal put in."""
    lines = []
    for goal in map(json.loads, text.splitlines()):
        goal.pop("source", None)
        lines.append(json.dumps({**goal, **golds[goal["id"]]}, ensure_ascii=False) + "\n")
    return "".join(lines)


def main() -> int:
    """Write the gold, or with `--check` compare it; return the exit code."""
    golds, changed = gold(), []
    for path in (HERE / "goals.jsonl", HERE / "dev.jsonl"):
        stored = path.read_text(encoding="utf-8")
        new = filled(stored, golds)
        if new != stored:
            changed.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    print(f"changed: {', '.join(changed)}" if changed else "as stored")
    return int(bool(changed) and "--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
