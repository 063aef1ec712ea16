"""What a goal says in other words than a call wants: 2 pi is 6.2832, 8 pm is 20:00, 5 % is 0.05.

A small model copies well and reckons badly: this is reckoned here and shown beside the goal, and
percentages are given as a parameter's description wants them. What it does not know: which tool
is meant.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

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
    r"(?<![A-Za-z0-9_.])(?=\d|π|pi\s?/)(\d{1,6}(?:\.\d+)?)?\s?[*·]?\s?(?:pi\b|π)(?:\s?/\s?([1-9]\d?)\b)?"
)
_FEET = re.compile(
    r"(?<![\d.])(\d{1,4})\s?(?:ft\.?|feet|foot|['’′]|英尺)\s?(?:and )?(\d{1,2})"
    r"\s?(?:in\b\.?|inch(?:es)?\b|[\"”″]|英寸)"
)
_CLOCK = re.compile(r"(?<![\d:.])(1[0-2]|[1-9])(?::([0-5]\d))?\s?p\.?m\b", re.IGNORECASE)
_CHINESE_CLOCK = re.compile(r"(?:下午|晚上)(1[01]|[1-9])(?:点([0-5]\d)分|点(半)|点|:([0-5]\d))")
_DAY_OF_24 = re.compile(r"\b24\b|\bHH\b|\d\d:\d\d|\bISO ?8601\b", re.IGNORECASE)
_HOUR = re.compile(r"hour|time|小时|时间|几点", re.IGNORECASE)
INCHES = 12

_PERCENT = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?(?:[%％]|percent\b|per cent\b)", re.IGNORECASE)
_AS_PERCENT = re.compile(r"\b(?:as|in) (?:an? )?per ?cent(?:ages?)?\b|百分比|百分数", re.IGNORECASE)
_AS_SHARE = re.compile(r"\b(?:as|in) (?:an? )?(?:decimals?|fractions?)\b|小数", re.IGNORECASE)
"""How a parameter's description says in which unit it wants a share of one."""
_EXAMPLE = re.compile(r"(?<![\d.])(\d{1,9}(?:\.\d+)?)(?![\d.]*\s?[%％])")
_DEFAULT = r"(?:\bdefaults?\b(?: value)?(?: is| to|:|=)?|默认值?[为是:：]?)\s*['\"]?"
NEAR = 1e-9


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


def told(text: str, tools: Sequence[BaseTool]) -> list[Equivalent]:
    """Return the equivalents of a text that a model is to be told with some tools.

    Times after noon only where a parameter wants hours as a number, or says that it counts to 24:
    elsewhere a call copies them.
    """
    given = schemas_of(tools).values()
    each = [item for one in given for item in (one.get("properties") or {}).items()]
    if any(_wants_24(name, schema) for name, schema in each):
        return equivalents(text)
    return [one for one in equivalents(text) if ":" not in one.same]


def _wants_24(name: str, schema: Any) -> bool:
    about = about_of(schema)
    counts = isinstance(schema, dict) and schema.get("type") == "integer"
    return bool((counts and _HOUR.search(f"{name} {about}")) or _DAY_OF_24.search(about))


def about_of(schema: Any) -> str:
    """Return what is said of a parameter."""
    return str(schema.get("description") or "") if isinstance(schema, dict) else ""


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


def known_of(sources: Sequence[str]) -> list[str]:
    """Return the sources and what they say in other words.

    5 % may be written as 0.05, and 2 pi as 6.2832.
    """
    text = " ".join(sources)
    shares = [str(share) for _, share in _percents(text)]
    same = [one.same for one in equivalents(text)]
    return [*sources, " ".join([*shares, *same])]


def _percents(text: str) -> list[tuple[Decimal, Decimal]]:
    """Return the percentages of a text: their figures, and the shares of one that they are."""
    return [(Decimal(one), Decimal(one) / 100) for one in _PERCENT.findall(text)]


def in_units(
    args: dict[str, Any], schema: dict[str, Any], sources: Sequence[str]
) -> dict[str, Any]:
    """Return arguments with percentages of the sources as each parameter's description wants them.

    Of "5 %" it is 5 where a percentage is wanted, 0.05 where a decimal is; elsewhere it stays.

    Args:
        args: what a model wrote.
        schema: of the tool's parameters.
        sources: the goal and what is known besides.
    """
    given, percents = schema.get("properties") or {}, _percents(" ".join(sources))
    return {name: _in_unit(value, given.get(name), percents) for name, value in args.items()}


def _in_unit(value: Any, schema: Any, percents: list[tuple[Decimal, Decimal]]) -> Any:
    about = about_of(schema)
    examples = [float(figure) for figure in _EXAMPLE.findall(about)]
    # "As a percentage, e.g. 0.05" and "as a decimal, e.g. 5.25" leave open which is meant.
    as_percent = bool(_AS_PERCENT.search(about)) and not any(0 < one < 1 for one in examples)
    as_share = bool(_AS_SHARE.search(about)) and not any(one > 1 for one in examples)
    if as_percent == as_share or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    pairs = [(share, figure) if as_percent else (figure, share) for figure, share in percents]
    if any(abs(float(wanted) - value) < NEAR for _, wanted in pairs):
        return value
    wanted = next((other for one, other in pairs if abs(float(one) - value) < NEAR), None)
    if wanted is None:
        return value
    return int(wanted) if wanted == wanted.to_integral_value() else float(wanted)


def own_values(args: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Return the names of the arguments that have the values their parameters say are default."""
    given = schema.get("properties") or {}
    return [name for name, value in args.items() if _is_default(value, given.get(name))]


def _is_default(value: Any, schema: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    if isinstance(schema, dict) and value == schema.get("default"):
        return True
    ends = rf"{_DEFAULT}{re.escape(str(value))}(?![\w%]|\.\d)"
    return value != "" and re.search(ends, about_of(schema), re.IGNORECASE) is not None


def schemas_of(tools: Sequence[BaseTool]) -> dict[str, dict[str, Any]]:
    """Return the schema of each tool's parameters by the tool's name."""
    listed = [convert_to_openai_tool(tool)["function"] for tool in tools]
    return {tool["name"]: tool.get("parameters") or {} for tool in listed}
