"""How a result becomes the value of an argument: a number, a field, a text, a literal in code."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from cogitate.planners.grounding import Number, numbers_in

LONGEST = 400
"""Most characters of a result that are put into the middle of a text."""

_CITED = re.compile(
    r"\s*[（(][^（()）]*(?:\bline|第)\s*\d+\s*行?[^（()）]*[）)]|\s*\[\d+\]|\(\d[\d,]* rows?\)"
)


class NotRead(ValueError):
    """Raised when a result does not hold what an argument needs; the message says what is missing.

    `candidates` are the numbers among which a choice is open.
    """

    def __init__(self, why: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.candidates = tuple(candidates)


def plain(text: str) -> str:
    """Return a result without the places that it cites."""
    return _CITED.sub("", text).strip()


def field_of(text: str, name: str) -> str:
    """Return one field of a JSON result.

    Raises:
        NotRead: the result is no JSON object, or has no such field.
    """
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or name not in data:
        has = ", ".join(map(str, data)) if isinstance(data, dict) else "no fields"
        raise NotRead(f"the result has no field {name!r}; it has {has}")
    found = data[name]
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def number_of(text: str, given: Sequence[str] = ()) -> int | float:
    """Return the one number that a result holds.

    Args:
        text: the result.
        given: what was asked; its numbers are only said again by the result.

    Raises:
        NotRead: there is none, or more than one could be meant.
    """
    found = numbers_in(plain(text))
    asked = {n.value for part in given for n in numbers_in(part)}
    new = [n for n in found if n.value not in asked] or found
    values = list(dict.fromkeys(n.value for n in new))
    if len(values) == 1:
        return _number(values[0])
    what = f"holds {len(values)} numbers" if values else "holds no number"
    raise NotRead(f"the result {what}: {text[:80]!r}", _written(new))


def _written(numbers: Sequence[Number]) -> list[str]:
    return list(dict.fromkeys(str(_number(n.value)) for n in numbers))[:9]


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def inside(text: str, parameter: str, given: Sequence[str] = ()) -> str:
    """Return a result as it stands in the middle of an argument.

    In a program or a query it is a literal of that language, so that a text from outside cannot
    become code; in an expression it is a number.

    Args:
        text: the result.
        parameter: the name of the argument.
        given: what was asked.
    """
    short = plain(text)[:LONGEST]
    if parameter not in ("expression", "code", "sql"):
        return short
    try:
        return str(number_of(text, given))
    except NotRead:
        if parameter == "expression":
            raise
    if parameter == "code":
        return repr(short)
    if parameter == "sql":
        return "'" + short.replace("'", "''") + "'"
    return short


def as_kind(text: str, kind: str, given: Sequence[str] = ()) -> Any:
    """Return a whole result as the value of an argument of a kind.

    Raises:
        NotRead: it cannot be read so.
    """
    if kind == "number":
        return number_of(text, given)
    if kind == "bool":
        word = text.strip().lower().rstrip(".。")
        if word in ("true", "yes", "是", "false", "no", "否"):
            return word in ("true", "yes", "是")
        raise NotRead(f"the result is not a yes or a no: {text[:80]!r}")
    if kind in ("list", "json"):
        try:
            data = json.loads(text)
        except ValueError as error:
            raise NotRead(f"the result is not {kind}: {text[:80]!r}") from error
        if not isinstance(data, list if kind == "list" else dict):
            raise NotRead(f"the result is not {kind}: {text[:80]!r}")
        return data
    return text
