"""What of the arguments of calls rests on the request.

A value that the request does not say, nor the tool itself, is nobody's. What it does not know: how
calls are written, and which tools are meant.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.tools import BaseTool

from cogitate.planners.grounding import numbers_in, unsupported_names
from cogitate.planners.restated import NEAR, about_of, in_units, own_values, schemas_of
from cogitate.words import content_words

_QUOTED = re.compile(r"['\"‘“]([^'\"‘’“”]{1,40})['\"’”]")
"""A value that a parameter's description names."""
Written = dict[str, Any]
"""One call as it is written: its `name` and its `args`."""


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
    for name, schema in (given.get("properties") or {}).items():
        choices = schema.get("enum") or () if isinstance(schema, dict) else ()
        values = [*choices, *_QUOTED.findall(about_of(schema))]
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
        own = own_values(one["args"], schemas.get(one["name"], {}))
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
        own = own_values(one["args"], schemas.get(one["name"], {}))
        rest = {name: value for name, value in one["args"].items() if name not in own}
        found.append({"name": one["name"], "args": rest})
    return found


def fitted(
    written: Sequence[Written], tools: Sequence[BaseTool], sources: Sequence[str]
) -> list[Written]:
    """Return the calls with the percentages of the sources as the tools want them."""
    schemas = schemas_of(tools)
    return [
        {"name": one["name"], "args": in_units(one["args"], schemas.get(one["name"], {}), sources)}
        for one in written
    ]


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
