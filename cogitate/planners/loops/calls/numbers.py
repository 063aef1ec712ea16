"""Which numbers of a request its calls hold, and which of theirs come from nowhere.

What it does not know: which tools are meant, and what the calls give.
"""

import json
import re
from collections.abc import Sequence

from langchain_core.tools import BaseTool

from cogitate.planners.grounding import unsupported_numbers
from cogitate.planners.loops.calls.arguments import Written
from cogitate.planners.restated import NEAR, equivalents, schemas_of

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')

_POWER = re.compile(r"(\^|\*\*)\s?-?\d+")
"""An exponent, as in m/s^2: no value of its own."""

_FIGURE = r"\d+(?:,\d{3})*(?:\.\d+)?\s?%?"
_FIGURES = re.compile(
    rf"(?<![\d.,]){_FIGURE}(?:\s*[,，、]\s*{_FIGURE})*,?\s*(?:\band\b|\bor\b|[和与及或、])\s*{_FIGURE}"
)
"""A list of numbers, as in "15, 20 and 30 years"."""


def invented_numbers(written: Sequence[Written], sources: list[str]) -> list[str]:
    """Return the numbers in the arguments that no source gives; numbers in texts left out."""
    values = json.dumps([one["args"] for one in written], ensure_ascii=False)
    return unsupported_numbers(_TEXT.sub(" ", values), sources, small=-1)[:4]


def unused_numbers(written: Sequence[Written], goal: str) -> list[str]:
    """Return the numbers in digits that the request names and no argument holds."""
    values = json.dumps([one["args"] for one in written], ensure_ascii=False)
    rest = _POWER.sub(" ", goal)
    for one in equivalents(goal):
        if not unsupported_numbers(one.same, [values], small=-1):
            rest = rest.replace(one.said, " ")
    numbers = unsupported_numbers(rest, [values], small=-1)
    return [number for number in numbers if any(sign.isdigit() for sign in number)][:6]


def listed_out(written: Sequence[Written], goal: str) -> list[Written]:
    """Return the calls, and one like them for each number of a list of which they hold only some.

    "For 10, 20 and 30 years" where a call has 10 as a value, and none 20 or 30, is three calls.
    """
    found = list(written)
    for match in _FIGURES.finditer(goal):
        figures = [_value(figure) for figure in re.findall(_FIGURE, match[0])]
        texts = json.dumps([one["args"] for one in found], ensure_ascii=False)
        missing = [n for n in figures if unsupported_numbers(f"{n:g}", [texts], small=-1)]
        held = next((n for n in figures if n not in missing), None)
        if held is None or not missing:
            continue
        found += [copy for n in missing for one in written if (copy := _instead(one, held, n))]
    return found


def _value(figure: str) -> float:
    return float(figure.replace(",", "").rstrip("% "))


def _instead(one: Written, held: float, other: float) -> Written | None:
    """Return a call with `other` where it has `held`, None when no single value of it is that."""
    for name, value in one["args"].items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        for share in (1, 100):
            if abs(value * share - held) < NEAR:
                new = other / share
                put = int(new) if isinstance(value, int) and new == int(new) else new
                return {"name": one["name"], "args": {**one["args"], name: put}}
    return None


def merged(
    found: Sequence[Written], more: Sequence[Written], tools: Sequence[BaseTool]
) -> list[Written]:
    """Return the calls with those of `more`: one that only repeats another brings its options."""
    schemas = schemas_of(tools)

    def needed(one: Written) -> str:
        required = schemas.get(one["name"], {}).get("required", ())
        return json.dumps([one["name"], {key: one["args"].get(key) for key in required}])

    whole, known = list(found), [needed(one) for one in found]
    for one in more:
        if needed(one) not in known:
            whole.append(one)
        elif known.count(needed(one)) == 1:
            at = known.index(needed(one))
            whole[at] = {"name": one["name"], "args": {**whole[at]["args"], **one["args"]}}
    return whole
