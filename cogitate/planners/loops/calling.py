"""The form of several calls in one decision, and what of their values the request says.

What it does not know: which tools are meant, and what the calls give.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate.llm.form import bounded
from cogitate.planners.grounding import unsupported_names, unsupported_numbers
from cogitate.words import content_words

MOST = 8
"""Calls in one decision."""
ITEMS = 40
"""Items of a list in an argument."""
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')

_POWER = re.compile(r"(\^|\*\*)\s?-?\d+")
"""An exponent, as in m/s^2: no value of its own."""

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


def apart(
    found: Sequence[Written], more: Sequence[Written], tools: Sequence[BaseTool]
) -> list[Written]:
    """Return the calls of `more` that differ from those of `found` in a required argument."""
    schemas = _schemas(tools)

    def needed(one: Written) -> str:
        required = schemas.get(one["name"], {}).get("required", ())
        return json.dumps([one["name"], {key: one["args"].get(key) for key in required}])

    known = {needed(one) for one in found}
    return [one for one in more if needed(one) not in known]


def founded(
    written: Sequence[Written], tools: Sequence[BaseTool], sources: list[str]
) -> list[Written]:
    """Return each call once, and none whose required values all come from nowhere."""
    schemas, found = _schemas(tools), dict[str, Written]()
    for one in written:
        required = schemas.get(one["name"], {}).get("required", ())
        needed = [one["args"][name] for name in required if name in one["args"]]
        if not needed or any(_is_said(value, sources) for value in needed):
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
    required = schema.get("required", ())
    return {
        name: value for name, value in args.items() if name in required or _is_said(value, sources)
    }


def _is_said(value: Any, sources: list[str]) -> bool:
    """Return whether a source holds a value; of truth values and objects nobody can tell."""
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        return value is not None
    if isinstance(value, list):
        return bool(value) and any(_is_said(item, sources) for item in value)
    if isinstance(value, int | float):
        return not unsupported_numbers(str(value), sources, small=-1)
    text = str(value).strip()
    known = " ".join(sources).lower()
    if not text or text.lower() in known:
        return bool(text)
    words = content_words(text)
    return any(word in content_words(known) for word in words) and not (
        unsupported_names(f"; {text}", sources)
    )
