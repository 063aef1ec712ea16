"""What can be seen wrong with a query by reading it beside the goal, before its rows are believed.

A small model's query runs nearly always; what it lacks is what the goal asked for beyond the
first half: the difference, the month instead of the day. What it does not know: the data.
"""

import re
from collections.abc import Sequence

from cogitate.planners.evidence import asks_difference, names_total
from cogitate.planners.grounding import numbers_in
from cogitate.planners.ways.sql.hints import DATES, foreign_figures
from cogitate.values import Table
from cogitate.words import MONTHS

_SUMS = re.compile(r"\b(sum|count|avg|median|total)\b|_total|total_|总|合计", re.IGNORECASE)
_ALIAS = re.compile(r"\bAS\s+(\"[^\"]+\"|\w+)", re.IGNORECASE)
_SUBTRACTS = re.compile(r"-|\bdate_?diff\b|\bage\(|diff|change|差", re.IGNORECASE)
_UNITS = (
    (
        "month",
        re.compile(
            r"\b(which|what|per|each|every|by|best|worst|busiest) (calendar )?months?\b|"
            r"\bmonthly\b|哪一?个?月|每一?个?月|各月|按月|月度",
            re.IGNORECASE,
        ),
    ),
    (
        "year",
        re.compile(
            r"\b(which|what|per|each|every|by) (calendar )?years?\b|\b(yearly|annual)\b|"
            r"哪一?年|每一?年|各年|按年",
            re.IGNORECASE,
        ),
    ),
    (
        "dayname",
        re.compile(
            r"\bweekdays?\b|\bdays? of the week\b|(星期|周|礼拜)几",
            re.IGNORECASE,
        ),
    ),
)
_ONE_DAY = re.compile(r"(?<![<>!])=\s*(?:DATE\s*)?'(\d{4})-(\d\d)-(\d\d)'", re.IGNORECASE)
_DAY = re.compile(r"'((?P<year>\d{4})-\d\d-(?P<day>\d\d))'")
_ENDS = ("01", "28", "29", "30", "31")
"""Days of a month at which a span of whole months begins or ends."""
_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})\b|月")
_GROUPED = re.compile(r"\bGROUP BY\b", re.IGNORECASE)
_OTHERWISE = {
    "month": re.compile(r"month(name)?\s*\(|strftime|trunc|like|月", re.IGNORECASE),
    "year": re.compile(r"year\s*\(|extract|strftime|trunc|like|年", re.IGNORECASE),
    "dayname": re.compile(r"(dayname|dayofweek|weekday|dow)\s*\(|strftime|星期|周", re.IGNORECASE),
}
"""How a query may have a unit of time; without one of these its rows are whole days."""
_TEXT = re.compile(r"'(?:[^']|'')*'")


def fault_of(sql: str, goal: str, tables: Sequence[Table], known: str = "") -> str:
    """Return what a query lacks or invents beside its goal, in words for a model; empty for none.

    Args:
        sql: the query.
        goal: what the person asked.
        tables: the tables that it was written for.
        known: notes from which figures may come as well.
    """
    if foreign := foreign_figures(sql, f"{goal}\n{known}"):
        return f"the question does not name {', '.join(foreign)}"
    plain = " ".join(_TEXT.sub("''", sql).split())
    if asks_difference(goal) and not _SUBTRACTS.search(plain):
        return "the question asks for a difference: subtract one figure from the other"
    if names_total(goal) and not _SUMS.search(_ALIAS.sub(" ", plain)):
        return "the question asks for a total: use SUM or COUNT over the rows"
    if (day := _ONE_DAY.search(sql)) and _MONTH.search(goal) and not _names_day(goal, day[3]):
        return (
            f"the question asks for a whole month, not for the day {day[0]}: "
            f"use year(d) = {int(day[1])} AND month(d) = {int(day[2])}"
        )
    if copied := _copied_day(sql, goal, tables):
        return f"the question does not name the day {copied}, which is an example from the table"
    own = _ALIAS.sub(" ", plain)
    for unit, date in units_of(goal, tables):
        if _GROUPED.search(own) and date in own and not _OTHERWISE[unit].search(own):
            return f"the question asks for a {unit}: use {unit}({date}), not {date}"
    return ""


def _copied_day(sql: str, goal: str, tables: Sequence[Table]) -> str:
    """Return a day of a query that is an example value of a table, and not of a dated goal."""
    shown = {value for t in tables for c in t["columns"] for value in c["examples"]}
    for day in _DAY.finditer(sql):
        inside = day["year"] in goal and day["day"] not in _ENDS
        if inside and day[1] in shown and not _names_day(goal, day["day"]):
            return day[1]
    return ""


def _names_day(goal: str, day: str) -> bool:
    """Return whether a goal names the day of a month: May 1, 1st, 五月一日."""
    return int(day) in {number.value for number in numbers_in(re.sub(r"(?<=\d)[a-z]+", "", goal))}


def units_of(goal: str, tables: Sequence[Table]) -> list[tuple[str, str]]:
    """Return the units of time that a goal asks for and no column is, each with a date."""
    columns = [column for table in tables for column in table["columns"]]
    names = " ".join(column["name"].lower() for column in columns)
    dates = [column["name"] for column in columns if column["type"] in DATES]
    asked = [unit for unit, said in _UNITS if said.search(goal) and unit not in names]
    return [(unit, date) for unit in asked for date in dates]


__all__ = ["fault_of", "units_of"]
