"""What stands in the arguments of a call: whether the goal speaks of it.

A grammar that demands a call makes a small model fill in what it was not told. What it does not
know: whether a value is the right one.
"""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool

from cogitate.llm.form import PLACE
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn
from cogitate.planners.gates import compute_gate, speaks_of
from cogitate.planners.grounding import (
    numbers_in,
    sources_of,
    unsupported_names,
    unsupported_numbers,
)
from cogitate.planners.restated import about_of, in_units, known_of, own_values, schemas_of

_LATE = re.compile(
    r"\b(afternoon|evening|tonight|p\.?m)\b|下午|晚上|傍晚|今晚", re.IGNORECASE
).search

_QUOTED = re.compile(r"[\"'“]([^\"'“”\n]+)[\"'”]")

SELF_CONTAINED = 1.5
"""Log-odds of the compute gate from which a goal may need no tool."""
UNSPOKEN = -1.7
"""Log-odds below which a goal does not speak of a value: measured, those it meant in whatever
words began at -1.4, and nine of ten others ended at -2.0."""
SHORT = 4
"""Words of an argument that is a value and not a text that the model wrote."""

DAYS = 31
"""Numbers up to this in a text, such as those of a date, may be written in other forms."""


def plain(move: AIMessage, goal: str) -> AIMessage:
    """Return calls with plain values: `code = "L14"` is meant as L14 when the goal says L14."""
    for call in move.tool_calls:
        for key, value in call["args"].items():
            if isinstance(value, str) and value.strip() not in goal:
                said = [q for q in _QUOTED.findall(value) if q.strip() and q in goal]
                if len(set(said)) == 1:
                    call["args"][key] = said[0]
    return move


def fit(move: AIMessage, tools: Sequence[BaseTool], sources: Sequence[str]) -> AIMessage:
    """Return calls with the percentages of the sources as the tools want them."""
    schemas = schemas_of(tools)
    for call in move.tool_calls:
        call["args"] = in_units(call["args"], schemas.get(call["name"], {}), sources)
    return move


def invented_in(turn: Turn, move: AIMessage) -> list[str]:
    """Return the numbers and names in a call's arguments that come from nowhere.

    What the tool itself names as a default is not invented, nor is the country of a city where it
    wants one: it is given "Lima, Peru" where the goal says Lima.
    """
    schemas, values = schemas_of(turn.tools), []
    for call in move.tool_calls:
        schema = schemas.get(call["name"], {})
        own, given = own_values(call["args"], schema), schema.get("properties") or {}
        rest = {name: value for name, value in call["args"].items() if name not in own}
        values += [_to_check(value, given.get(name)) for name, value in rest.items()]
    figures = " ; ".join(str(v) for v in values if isinstance(v, int | float))
    texts = " ; ".join(v for v in values if isinstance(v, str))
    sources, goal = known_of(sources_of(turn.task, turn.messages)), turn.task.goal
    hours = " ".join(str(n.value + 12) for n in numbers_in(goal)) if _LATE(goal) else ""
    return [
        *unsupported_numbers(figures, [*sources, hours], small=-1),
        *unsupported_numbers(texts, sources, small=DAYS),
        *unsupported_names(f"; {texts}", sources),
    ][:3]


def _to_check(value: Any, schema: Any) -> Any:
    place = isinstance(value, str) and re.search(PLACE, about_of(schema))
    return value.partition(", ")[0] if place else value


async def unspoken_in(turn: Turn, move: AIMessage) -> list[str]:
    """Return the short texts in a call's arguments that the goal does not speak of.

    A grammar that demands a call makes a small model take the value that the tool itself shows.
    That matters where the goal itself gives all that is needed and the tool may not be meant.
    """
    if not isinstance(turn.model, ChatLlama):
        return []
    said = " ".join([*turn.task.notes, turn.task.goal])
    if await compute_gate(turn.model, turn.task.goal) < SELF_CONTAINED:
        return []
    known = " ".join(sources_of(turn.task, turn.messages)).casefold()
    values = [v for call in move.tool_calls for v in call["args"].values() if isinstance(v, str)]
    new = [v for v in values if v.casefold() not in known and 0 < len(v.split()) <= SHORT]
    return [v for v in dict.fromkeys(new) if await speaks_of(turn.model, v, said) < UNSPOKEN]


__all__ = ["fit", "invented_in", "plain", "unspoken_in"]
