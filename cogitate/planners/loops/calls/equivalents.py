"""What a request says in other words than a call wants: 2 pi is 6.2832, 8 pm is 20:00.

A small model copies well and reckons badly; this is reckoned here and shown beside the request.
What it does not know: which parameter wants which of the two.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_TIMES_A_YEAR = {
    "monthly": 12,
    "每月": 12,
    "按月": 12,
    "quarterly": 4,
    "每季": 4,
    "按季": 4,
    "semiannually": 2,
    "semi-annually": 2,
    "每半年": 2,
    "yearly": 1,
    "annually": 1,
    "按年": 1,
}
_OFTEN = re.compile("|".join(rf"\b{w}\b" if w.isascii() else w for w in _TIMES_A_YEAR), re.I)
_COMPOUNDS = re.compile(r"\bcompound|复利", re.IGNORECASE)
_PI = re.compile(
    # A lone "pi" may be anything: a number stands before or after it.
    r"(?<![A-Za-z0-9_.])(?=\d|π|pi\s?/)(\d+(?:\.\d+)?)?\s?[*·]?\s?(?:pi\b|π)(?:\s?/\s?([1-9]\d?)\b)?"
)
_FEET = re.compile(
    r"(?<![\d.])(\d+)\s?(?:ft\.?|feet|foot|['’′]|英尺)\s?(?:and )?(\d+)"
    r"\s?(?:in\b\.?|inch(?:es)?\b|[\"”″]|英寸)"
)
_CLOCK = re.compile(r"(?<![\d:.])(1[0-2]|[1-9])(?::([0-5]\d))?\s?p\.?m\b", re.IGNORECASE)
_CHINESE_CLOCK = re.compile(r"(?:下午|晚上)(1[01]|[1-9])(?:点([0-5]\d)分|点(半)|点|:([0-5]\d))")
_DAY_OF_24 = re.compile(r"\b24\b|\bHH\b|\d\d:\d\d|\bISO ?8601\b", re.IGNORECASE)
_HOUR = re.compile(r"hour|time|小时|时间|几点", re.IGNORECASE)
INCHES = 12


@dataclass(frozen=True)
class Equivalent:
    """A piece of a request, and the same in other words."""

    said: str
    same: str

    def __str__(self) -> str:
        return f"{self.said} = {self.same}"


def equivalents(text: str) -> list[Equivalent]:
    """Return the pieces of a text that a call may want in another form, with that form.

    They are multiples of pi, lengths in feet and inches, times after noon, and how often a year
    interest is compounded.
    """
    found = [
        Equivalent(match[0].strip(), same(match))
        for pattern, same in _FORMS
        for match in pattern.finditer(text)
    ]
    if _COMPOUNDS.search(text):
        found += [Equivalent(match[0], _times(match)) for match in _OFTEN.finditer(text)]
    return list(dict.fromkeys(found))


def told(text: str, listed: Sequence[dict[str, Any]]) -> list[Equivalent]:
    """Return the equivalents of a text that a model is to be told for some tools.

    Times after noon only where a parameter wants hours as a number, or says that it counts to 24:
    elsewhere a call copies them.
    """
    given = [tool["function"].get("parameters") or {} for tool in listed]
    each = [item for one in given for item in one.get("properties", {}).items()]
    if any(_wants_24(name, schema) for name, schema in each):
        return equivalents(text)
    return [one for one in equivalents(text) if ":" not in one.same]


def _wants_24(name: str, schema: dict[str, Any]) -> bool:
    told = schema.get("description", "")
    hours = schema.get("type") == "integer" and _HOUR.search(f"{name} {told}")
    return bool(hours or _DAY_OF_24.search(told))


def _times(match: re.Match[str]) -> str:
    return f"{_TIMES_A_YEAR[match[0].lower()]} times a year"


def _radians(match: re.Match[str]) -> str:
    return f"{float(match[1] or 1) * math.pi / float(match[2] or 1):.4f}"


def _inches(match: re.Match[str]) -> str:
    return f"{int(match[1]) * INCHES + int(match[2])} inches"


def _after_noon(match: re.Match[str]) -> str:
    hour, minutes = int(match[1]) % 12 + 12, next((m for m in match.groups()[1:] if m), "00")
    return f"{hour}:{'30' if minutes == '半' else minutes}"


_FORMS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (_PI, _radians),
    (_FEET, _inches),
    (_CLOCK, _after_noon),
    (_CHINESE_CLOCK, _after_noon),
]
