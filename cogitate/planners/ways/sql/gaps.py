"""Which one is first, and by how much: the first half is the model's query, the distance code's.

A small model that is to write both in one query takes the smallest single row for the smallest
sum, or subtracts the wrong way round. The first half alone it writes well.
"""

import re

from cogitate.planners.ways.sql.ends import SORTED

_END = (
    r"(?:most|least|fewest|best|worst|highest|lowest|largest|smallest|biggest|longest|shortest|"
    r"oldest|youngest|newest|cheapest|dearest|busiest|earliest|latest|top|最)"
)
_FAR = re.compile(
    rf"[\s,，;；]*(?:\band\s+)?\bby how (?:much|many)\b.*?\bthan\b.*\b{_END}\b|"
    rf"[\s,，;；]*\band (?:how|what)\b[^,]*\bthan\b.*\b{_END}\b|"
    r"[？?，,；;]?\s*[它他她]?比[^，。？！]{0,6}最[^，。？！]*(?:多少|几)",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"\b{_END}\b|最", re.IGNORECASE)
_NAME = re.compile(r"\"[^\"]+\"|[^\W\d]\w*")
_STEP = re.compile(r"[()]|\bFROM\b", re.IGNORECASE)
FIGURE = "figure"


def first_half(goal: str) -> str:
    """Return which one is asked for, without by how much it is ahead of the other end; or nothing.

    "Which shop sold least, and by how much less than the best?" asks "Which shop sold least?".
    """
    far = _FAR.search(goal)
    head = goal[: far.start()].rstrip(" ,，;；?？") if far else ""
    if not _FIRST.search(head):
        return ""
    return f"{head}{'？' if far and '比' in far[0] else '?'}"


def with_gap(sql: str) -> str:
    """Return a query for the first of sorted rows that also says how far the last one is from it.

    A query of another form comes back as it is.
    """
    match = SORTED.search(sql)
    at = _from(sql)
    if match is None or at is None:
        return sql
    inner, by = sql[: match.start()].rstrip(), match["by"]
    listed = re.search(rf"(?:^SELECT|,|\bAS)\s+{re.escape(by)}\s*(?:,|$)", sql[:at].rstrip(), re.I)
    if not (_NAME.fullmatch(by) and listed):
        inner, by = f"{inner[:at].rstrip()}, {by} AS {FIGURE} {inner[at:]}", FIGURE
    last = (match["order"] or "").strip().upper() == "DESC"
    gap = f"{by} - MIN({by}) OVER () AS more" if last else f"MAX({by}) OVER () - {by} AS less"
    order = "DESC" if last else "ASC"
    return f"SELECT *, {gap} FROM ({inner}) ORDER BY {by} {order} LIMIT 1"


def _from(sql: str) -> int | None:
    """Return where the FROM of a query stands, outside of any brackets."""
    depth = 0
    for match in _STEP.finditer(sql):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0 and match[0] not in "()":
            return match.start()
    return None


__all__ = ["first_half", "with_gap"]
