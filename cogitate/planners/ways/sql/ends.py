"""Which end of a sorted column a question means: the earliest or the latest, highest or lowest.

"With us the longest" is the earliest date, and a small model that writes SQL takes the latest.
Asked in plain words which row must come first, it knows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import choose
from cogitate.planners.ways.sql.hints import DATES
from cogitate.values import Table

END_PROMPT = (
    "Rows are sorted by a column, and the first one answers the question. Which one must come "
    "first? Answer with one word."
)
END_EXAMPLE = [
    HumanMessage("Q: Who is the oldest?\nSorted by: age"),
    AIMessage("highest"),
    HumanMessage("Q: Which machine has been in use the longest?\nSorted by: bought (date)"),
    AIMessage("earliest"),
    HumanMessage("Q: 哪种商品最便宜？\nSorted by: 价格"),
    AIMessage("lowest"),
    HumanMessage("Q: 哪份合同是最近签的？\nSorted by: 签订日期 (date)"),
    AIMessage("latest"),
]
ENDS = {True: ("earliest", "latest"), False: ("lowest", "highest")}
"""The first and the last of dates, and of numbers."""
SURE = 1.0
"""Log-odds from which the order of a query is turned round."""

SORTED = re.compile(
    r"\bORDER BY (?P<by>\"[^\"]+\"|[^\s,()\"]+|\w+\([^(),]*\))(?P<order> ASC| DESC)?"
    r"(?P<rest>\s+LIMIT 1\s*;?\s*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sorting:
    """By what a query sorts, whether that is a date, and whether the last comes first."""

    by: str
    date: bool
    last: bool


def sorting_of(sql: str, tables: Sequence[Table]) -> Sorting | None:
    """Return how a query that takes the first of its sorted rows sorts them, else None."""
    match = SORTED.search(sql)
    if match is None:
        return None
    by = match["by"].strip('"')
    dates = {c["name"].lower() for t in tables for c in t["columns"] if c["type"] in DATES}
    last = (match["order"] or "").strip().upper() == "DESC"
    return Sorting(by, by.lower() in dates, last)


def turned(sql: str) -> str:
    """Return a query that takes the other end of its sorted rows."""

    def other(match: re.Match[str]) -> str:
        last = (match["order"] or "").strip().upper() == "DESC"
        return f"ORDER BY {match['by']} {'ASC' if last else 'DESC'}{match['rest']}"

    return SORTED.sub(other, sql)


async def meant_end(
    model: BaseChatModel, queries: Sequence[str], goal: str, tables: Sequence[Table]
) -> list[str]:
    """Return queries that take the end of their sorted rows that the goal means.

    Args:
        model: who is asked; once for each column by which is sorted.
        queries: as they were written.
        goal: what the person asked.
        tables: the tables that they were written for.
    """
    odds: dict[Sorting, float] = {}
    found = []
    for sql in queries:
        sorting = sorting_of(sql, tables)
        if sorting is None:
            found.append(sql)
            continue
        key = Sorting(sorting.by, sorting.date, last=False)
        if key not in odds:
            odds[key] = await _odds_of_last(model, key, goal)
        against = -odds[key] if sorting.last else odds[key]
        found.append(turned(sql) if against >= SURE else sql)
    return found


async def _odds_of_last(model: BaseChatModel, sorting: Sorting, goal: str) -> float:
    """Return the log-odds that the latest or the highest is meant."""
    first, last = ENDS[sorting.date]
    asked = f"Q: {goal}\nSorted by: {sorting.by}{' (date)' if sorting.date else ''}"
    shown = [SystemMessage(END_PROMPT), *END_EXAMPLE, HumanMessage(asked)]
    odds = await choose(model, shown, [first, last], purpose="end?")
    return odds[last] - odds[first]


__all__ = ["meant_end", "sorting_of", "turned"]
