"""The form of several calls in one decision, and what of their values the request says.

What it does not know: which tools are meant, and what the calls give.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate.llm.form import bounded
from cogitate.planners.grounding import numbers_in, unsupported_names, unsupported_numbers
from cogitate.words import content_words

MOST = 8
"""Calls in one decision."""
ITEMS = 40
"""Items of a list in an argument."""
NEAR = 1e-9
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')

_POWER = re.compile(r"(\^|\*\*)\s?-?\d+")
"""An exponent, as in m/s^2: no value of its own."""

_FIGURE = r"\d+(?:,\d{3})*(?:\.\d+)?\s?%?"
_FIGURES = re.compile(
    rf"(?<![\d.,]){_FIGURE}(?:\s*[,，、]\s*{_FIGURE})*,?\s*(?:\band\b|\bor\b|[和与及或、])\s*{_FIGURE}"
)
"""A list of numbers, as in "15, 20 and 30 years"."""
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?(?:%|percent\b|per cent\b)", re.IGNORECASE)
_QUOTED = re.compile(r"['\"‘“]([^'\"‘’“”]{1,40})['\"’”]")
"""A value that a parameter's description names."""

Written = dict[str, Any]
"""One call as it is written: its `name` and its `args`."""


def calls_grammar(listed: Sequence[dict[str, Any]]) -> str:
    """Return the Lark grammar of one to `MOST` calls and the bracket that ends their list."""
    names = " | ".join(f"call{index}" for index in range(len(listed)))
    rules = [f'start: one (", " one){{0,{MOST - 1}}} "]"', f"one: {names}"]
    for index, tool in enumerate(listed):
        given = tool["function"].get("parameters") or {"type": "object", "properties": {}}
        schema = bounded(_longer(given))
        schema["x-guidance"] = {
            "whitespace_flexible": False,
            "item_separator": ", ",
            "key_separator": ": ",
        }
        head = json.dumps({"tool": tool["function"]["name"]}, ensure_ascii=False)[:-1]
        rules.append(f'call{index}: {json.dumps(head + ", ")} "\\"args\\": " args{index} "}}"')
        rules.append(f"args{index}: %json {json.dumps(schema, ensure_ascii=False)}")
    return "\n".join(rules)


def _longer(schema: Any) -> Any:
    """Return `schema` with room for as many items as a request may list."""
    if isinstance(schema, list):
        return [_longer(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _longer(value) for key, value in schema.items()}
    return {**found, "maxItems": found.get("maxItems", ITEMS)} if _is_list(found) else found


def _is_list(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "array"


def list_of(written: Sequence[Written]) -> str:
    """Return calls as the list that a model writes."""
    calls = [{"tool": one["name"], "args": one["args"]} for one in written]
    return json.dumps(calls, ensure_ascii=False)


def demanding(listed: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a tool in whose calls the parameters `names`, as far as it has them, are required."""
    function = listed["function"]
    given = function.get("parameters") or {}
    more = [name for name in given.get("properties", {}) if name in names]
    required = list(dict.fromkeys([*given.get("required", ()), *more]))
    return {**listed, "function": {**function, "parameters": {**given, "required": required}}}


def named_options(listed: dict[str, Any], sources: Sequence[str]) -> list[str]:
    """Return the optional parameters of which a source says one of the values they may have.

    The values are those of the schema, or quoted in the parameter's description. Measured on 138
    optional parameters, each of 21 that were found so was wanted with one of its values.
    """
    given = listed["function"].get("parameters") or {}
    known = " ".join(sources).lower()
    found = []
    for name, schema in given.get("properties", {}).items():
        values = [*schema.get("enum", ()), *_QUOTED.findall(schema.get("description", ""))]
        texts = [value for value in values if isinstance(value, str)]
        if name not in given.get("required", ()) and any(_stands_in(one, known) for one in texts):
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
    schemas = _schemas(tools)
    return [
        {"name": one["name"], "args": said(one["args"], schemas.get(one["name"], {}), sources)}
        for one in written
    ]


def invented_numbers(written: Sequence[Written], sources: list[str]) -> list[str]:
    """Return the numbers in the arguments that no source gives; numbers in texts left out."""
    values = json.dumps([one["args"] for one in written], ensure_ascii=False)
    return unsupported_numbers(_TEXT.sub(" ", values), sources, small=-1)[:4]


def unused_numbers(written: Sequence[Written], goal: str) -> list[str]:
    """Return the numbers in digits that the request names and no argument holds."""
    values = json.dumps([one["args"] for one in written], ensure_ascii=False)
    numbers = unsupported_numbers(_POWER.sub(" ", goal), [values], small=-1)
    return [number for number in numbers if any(sign.isdigit() for sign in number)][:6]


def known_of(sources: Sequence[str]) -> list[str]:
    """Return the sources and their percentages as shares of one: 5 % may be written as 0.05."""
    shares = [str(Decimal(figure) / 100) for figure in _PERCENT.findall(" ".join(sources))]
    return [*sources, " ".join(shares)]


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
    schemas = _schemas(tools)

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


def founded(
    written: Sequence[Written], tools: Sequence[BaseTool], sources: list[str]
) -> list[Written]:
    """Return each call once, and none whose required values all come from nowhere."""
    schemas, found = _schemas(tools), dict[str, Written]()
    for one in written:
        required = schemas.get(one["name"], {}).get("required", ())
        needed = [one["args"][name] for name in required if name in one["args"]]
        if not needed or any(_is_said(one, sources) or _is_named(one, sources) for one in needed):
            found.setdefault(json.dumps([one["name"], one["args"]], sort_keys=True), one)
    return list(found.values())


def _schemas(tools: Sequence[BaseTool]) -> dict[str, dict[str, Any]]:
    """Return the schema of each tool's parameters by the tool's name."""
    listed = [convert_to_openai_tool(tool)["function"] for tool in tools]
    return {tool["name"]: tool.get("parameters") or {} for tool in listed}


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
