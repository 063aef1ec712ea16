"""What of a call's arguments rests on the request, and in which unit they are wanted.

A value that the request does not say, nor the tool itself, is nobody's. What it does not know: how
calls are written, and which tools are meant.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate.planners.grounding import numbers_in, unsupported_names
from cogitate.planners.loops.calls.equivalents import equivalents
from cogitate.words import content_words

NEAR = 1e-9
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?(?:[%％]|percent\b|per cent\b)", re.IGNORECASE)
_AS_PERCENT = re.compile(r"\b(?:as|in) (?:an? )?per ?cent(?:ages?)?\b|百分比|百分数", re.IGNORECASE)
_AS_SHARE = re.compile(r"\b(?:as|in) (?:an? )?(?:decimals?|fractions?)\b|小数", re.IGNORECASE)
"""How a parameter's description says in which unit it wants a share of one."""

_QUOTED = re.compile(r"['\"‘“]([^'\"‘’“”]{1,40})['\"’”]")
"""A value that a parameter's description names."""
_DEFAULT = r"(?:\bdefaults?\b(?: value)?(?: is| to|:|=)?|默认值?[为是:：]?)\s*['\"]?"

Written = dict[str, Any]
"""One call as it is written: its `name` and its `args`."""


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


def named_options(listed: dict[str, Any], sources: Sequence[str]) -> list[str]:
    """Return the optional parameters that a source names, or of whose values it says one.

    The values are those of the schema, or quoted in the parameter's description. Measured on 138
    optional parameters, each of 21 of which a value was said was wanted with one of its values;
    of 38 that were named, 17 were wanted, and the others could be given as well as left out.
    """
    given = listed["function"].get("parameters") or {}
    known = " ".join(sources).lower()
    words = content_words(known)
    found = []
    for name, schema in given.get("properties", {}).items():
        values = [*schema.get("enum", ()), *_QUOTED.findall(schema.get("description", ""))]
        texts = [value for value in values if isinstance(value, str)]
        named = [word in words for word in content_words(name)]
        spoken_of = (any(named) and all(named)) or any(_stands_in(one, known) for one in texts)
        if name not in given.get("required", ()) and spoken_of:
            found.append(name)
    return found


def _stands_in(value: str, known: str) -> bool:
    """Return whether a value stands in a text in lower case: as a word, where words are apart."""
    if not value.isascii():
        return value.lower() in known
    return re.search(rf"(?<!\w){re.escape(value.lower())}(?!\w)", known, re.ASCII) is not None


def trimmed(
    written: Sequence[Written], tools: Sequence[BaseTool], sources: list[str]
) -> list[Written]:
    """Return the calls without optional arguments that no source speaks of."""
    schemas = schemas_of(tools)
    return [
        {"name": one["name"], "args": said(one["args"], schemas.get(one["name"], {}), sources)}
        for one in written
    ]


def founded(
    written: Sequence[Written],
    tools: Sequence[BaseTool],
    sources: list[str],
    *,
    wholly: bool = False,
) -> list[Written]:
    """Return each call once, and none whose required values all come from nowhere.

    With `wholly`, none of which one does, or that needs none.
    """
    schemas, found = schemas_of(tools), dict[str, Written]()
    for one in written:
        required = schemas.get(one["name"], {}).get("required", ())
        own = _own_values(one, schemas)
        given = [
            name in own or _is_said(value, sources) or _is_named(value, sources)
            for name, value in one["args"].items()
            if name in required
        ]
        if bool(given) and all(given) if wholly else any(given) or not given:
            found.setdefault(json.dumps([one["name"], one["args"]], sort_keys=True), one)
    return list(found.values())


def without_own(written: Sequence[Written], tools: Sequence[BaseTool]) -> list[Written]:
    """Return the calls without the values that the tool itself names as its defaults."""
    schemas, found = schemas_of(tools), []
    for one in written:
        own = _own_values(one, schemas)
        rest = {name: value for name, value in one["args"].items() if name not in own}
        found.append({"name": one["name"], "args": rest})
    return found


def _own_values(one: Written, schemas: dict[str, dict[str, Any]]) -> list[str]:
    """Return the names of the arguments that have the values their parameters say are default."""
    given = schemas.get(one["name"], {}).get("properties", {})
    return [name for name, value in one["args"].items() if _is_default(value, given.get(name, {}))]


def _is_default(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    ends = rf"{_DEFAULT}{re.escape(str(value))}(?![\w%]|\.\d)"
    told = re.search(ends, schema.get("description", ""), re.IGNORECASE)
    return value == schema.get("default") or (value != "" and told is not None)


def in_units(
    written: Sequence[Written], tools: Sequence[BaseTool], sources: Sequence[str]
) -> list[Written]:
    """Return the calls with percentages of the sources as each parameter's description wants them.

    Of "5 %" it is 5 where a percentage is wanted, 0.05 where a decimal is; elsewhere it stays.
    """
    schemas, percents = schemas_of(tools), _percents(" ".join(sources))
    found = []
    for one in written:
        given = schemas.get(one["name"], {}).get("properties", {})
        args = {k: _in_unit(v, given.get(k, {}), percents) for k, v in one["args"].items()}
        found.append({"name": one["name"], "args": args})
    return found


def _in_unit(value: Any, schema: dict[str, Any], percents: list[tuple[Decimal, Decimal]]) -> Any:
    text = schema.get("description", "")
    as_percent, as_share = bool(_AS_PERCENT.search(text)), bool(_AS_SHARE.search(text))
    if as_percent == as_share or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    pairs = [(share, figure) if as_percent else (figure, share) for figure, share in percents]
    if any(abs(float(wanted) - value) < NEAR for _, wanted in pairs):
        return value
    wanted = next((other for one, other in pairs if abs(float(one) - value) < NEAR), None)
    if wanted is None:
        return value
    return int(wanted) if wanted == wanted.to_integral_value() else float(wanted)


def said(args: dict[str, Any], schema: dict[str, Any], sources: list[str]) -> dict[str, Any]:
    """Return the arguments without those that are optional and that no source speaks of.

    Args:
        args: what a model wrote.
        schema: of the tool's parameters.
        sources: the request and what is known besides.
    """
    required, given = schema.get("required", ()), schema.get("properties", {})

    def speaks(name: str, value: Any) -> bool:
        return _is_said(value, sources) or _is_choice_said(value, given.get(name, {}), sources)

    return {name: value for name, value in args.items() if name in required or speaks(name, value)}


def _is_choice_said(value: Any, schema: Any, sources: list[str]) -> bool:
    """Return whether a source has a word of a value that the tool itself names, as a choice."""
    items = schema.get("items") if isinstance(schema, dict) else None
    each = [part for part in (schema, items) if isinstance(part, dict)]
    choices = [choice for part in each for choice in part.get("enum") or ()]
    known = content_words(" ".join(sources))
    texts = [one for one in (value if isinstance(value, list) else [value]) if one in choices]
    return any(word in known for text in texts for word in content_words(str(text)))


def _is_named(value: Any, sources: list[str]) -> bool:
    """Return whether a source has a word of a text: of "Lima, Peru" it may say "Lima" only."""
    known = content_words(" ".join(sources))
    return isinstance(value, str) and any(word in known for word in content_words(value))


def _is_said(value: Any, sources: list[str]) -> bool:
    """Return whether a source holds a value; of truth values and objects nobody can tell."""
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        return value is not None
    if isinstance(value, list):
        return bool(value) and any(_is_said(item, sources) for item in value)
    if isinstance(value, int | float):  # copied, not rounded
        given = numbers_in(" ".join(sources))
        return any(abs(abs(float(each.value)) - abs(value)) < NEAR for each in given)
    text = str(value).strip()
    known = " ".join(sources).lower()
    if not text or text.lower() in known:
        return bool(text)
    words = content_words(text)
    return any(word in content_words(known) for word in words) and not (
        unsupported_names(f"; {text}", sources)
    )


def schemas_of(tools: Sequence[BaseTool]) -> dict[str, dict[str, Any]]:
    """Return the schema of each tool's parameters by the tool's name."""
    listed = [convert_to_openai_tool(tool)["function"] for tool in tools]
    return {tool["name"]: tool.get("parameters") or {} for tool in listed}
