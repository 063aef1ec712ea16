"""Whether a scripted decision fits the schema that was asked for.

Pydantic judges its own classes; a JSON schema is judged by the parts of it that decisions
are made of: types, choices, required and known names, items, alternatives.
"""

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from cogitate.errors import ScriptError

Schema = type[BaseModel] | dict[str, Any]


def check_fit(text: str, schema: Schema, number: int) -> None:
    """Check that a scripted decision fits the schema asked for, without a field too many."""
    try:
        parsed_as(text, schema)
        _check_names(json.loads(text), schema)
    except ValueError as error:
        reason = _reason(error)
        raise ScriptError(f"reply {number} does not fit {_title(schema)!r}: {reason}") from error


def parsed_as(text: str, schema: Schema) -> Any:
    """Return the object that `text` holds; a ValueError says why it does not fit."""
    if isinstance(schema, type):
        return schema.model_validate_json(text)
    data = json.loads(text)
    _check_json(data, schema, schema, "the answer")
    return data


def _check_names(data: Any, schema: Schema) -> None:
    """Check that a pydantic class knows each name: it would ignore the others."""
    if isinstance(schema, type) and isinstance(data, dict):
        known = set(schema.model_json_schema().get("properties", data))
        extra = sorted(set(data) - known - set(schema.model_fields))
        if extra and schema.model_config.get("extra") != "allow":
            raise ValueError(f"no field is called {', '.join(extra)}")


def _check_json(data: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> None:
    """Check `data` against the parts of JSON Schema that decisions are made of."""
    if reference := schema.get("$ref"):
        schema = root.get("$defs", {}).get(str(reference).rpartition("/")[2], {})
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        if not any(_fits(data, branch, root) for branch in branches):
            raise ValueError(f"{at} is {data!r}, which fits none of the choices")
        return
    _check_value(data, schema, at)
    if isinstance(data, dict):
        known = schema.get("properties", {})
        missing = [name for name in schema.get("required", []) if name not in data]
        extra = [name for name in data if known and name not in known]
        if missing or extra:
            raise ValueError(f"{at} lacks {missing} and has {extra} too many")
        for name in data.keys() & known.keys():
            _check_json(data[name], known[name], root, f"{at}.{name}")
    if isinstance(data, list):
        for index, item in enumerate(data):
            _check_json(item, schema.get("items", {}), root, f"{at}[{index}]")


def _fits(data: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    try:
        _check_json(data, schema, root, "")
    except ValueError:
        return False
    return True


_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def _check_value(data: Any, schema: dict[str, Any], at: str) -> None:
    """Check the type and the choices of one value."""
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    right = any(
        isinstance(data, _KINDS[name]) and (name == "boolean" or not isinstance(data, bool))
        for name in names
    )
    if names and not right:
        raise ValueError(f"{at} is {data!r}, not {' or '.join(names)}")
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if choices is not None and data not in choices:
        raise ValueError(f"{at} is {data!r}, not one of {choices}")


def _title(schema: Schema) -> str:
    return schema.__name__ if isinstance(schema, type) else str(schema.get("title", "the schema"))


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc']) or 'it'}: {first['msg']}"
    return str(error)
