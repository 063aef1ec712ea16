"""Whether tool calls are the right ones, by the rules of BFCL's AST check for Python (v4).

A call is right when its function is the wanted one, every required argument is there, no
argument is undocumented or unexpected, each has the documented type and an accepted value, and
what was left out may be left out. The odd corners (a variable's name where a value is wanted,
nested lists one level deep) follow the published checker, so that scores can be compared.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Call = Mapping[str, Mapping[str, Any]]
"""One call: {function: {argument: value}}."""
Accepted = Mapping[str, Sequence[Any]]
"""Of each argument the accepted values; "" among them: it may be left out."""

TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "object": dict,
    "dict": dict,
    "any": str,
}
"""JSON Schema's type names and BFCL's own, as Python's types."""

_LOOSE = re.compile(r"[ ,./\-_*^]")


def check_calls(
    tools: Sequence[Mapping[str, Any]], calls: Sequence[Call], wanted: Sequence[Mapping[str, Any]]
) -> str:
    """Return what is wrong with the calls of one case, "" when they are right.

    Args:
        tools: the tools in OpenAI's form; their names as in `calls` and `wanted`.
        calls: what a model called, in order.
        wanted: the right calls, {function: {argument: accepted values}}; none means that no
            call is right. Several are matched in any order.
    """
    if len(calls) != len(wanted):
        return f"{len(calls)} calls instead of {len(wanted)}"
    known = {tool["function"]["name"]: tool["function"] for tool in tools}
    left = list(calls)
    for right in wanted:
        name, accepted = next(iter(right.items()))
        reasons = [check_call(known[name], call, accepted) for call in left]
        if "" not in reasons:
            return reasons[0] if len(reasons) == 1 else f"no call is the wanted {name}"
        left.pop(reasons.index(""))
    return ""


def check_call(function: Mapping[str, Any], call: Call, accepted: Accepted) -> str:
    """Return what is wrong with one call of `function`, "" when it is right."""
    if function["name"] not in call:
        return f"{next(iter(call), 'nothing')} was called instead of {function['name']}"
    given = call[function["name"]]
    parameters = function["parameters"]
    missing = [name for name in parameters.get("required", ()) if name not in given]
    if missing:
        return f"the argument {missing[0]} is missing"
    for name, value in given.items():
        described = parameters["properties"].get(name)
        if described is None or name not in accepted:
            return f"the argument {name} is not expected"
        if not _fits(value, described, accepted[name]):
            return f"the argument {name} is {value!r}"
    forgotten = [name for name in accepted if name not in given and "" not in accepted[name]]
    return f"the argument {forgotten[0]} is missing" if forgotten else ""


def _fits(value: Any, described: Mapping[str, Any], accepted: Sequence[Any]) -> bool:
    """Return whether a value has the documented type and is accepted."""
    label = str(described.get("type", "any"))
    kind = TYPES.get(label, str)
    inner = None
    if kind is list:
        inner = TYPES.get(str((described.get("items") or {}).get("type", "any")), str)
    if kind is float and type(value) is int:
        value = float(value)
    other = _kind_of(accepted)
    named = other is not None and other is not kind
    found = type(value)
    if found is kind:
        if inner is not None and not _inner_fits(value, inner, accepted):
            return False
    elif other is not None and found is other:
        named = True  # a variable's name where a value was wanted
    else:
        return False
    if named or kind not in (str, list, dict):
        return value in accepted
    return _is_accepted(value, kind, inner, accepted)


def _kind_of(accepted: Sequence[Any]) -> type | None:
    """Return the type of the first accepted value that is not "", if there is one."""
    return next((type(one) for one in accepted if one != ""), None)


def _inner_fits(value: Sequence[Any], inner: type, accepted: Sequence[Any]) -> bool:
    """Return whether a list's items have the type, or that of one accepted list's first item."""
    for one in accepted:
        if not isinstance(one, list):
            return True
        other = _kind_of(one)
        if all(type(item) is inner or (other and type(item) is other) for item in value):
            return True
    return False


def _is_accepted(value: Any, kind: type, inner: type | None, accepted: Sequence[Any]) -> bool:
    """Return whether a value is accepted by the loose comparison of its type."""
    if kind is dict:
        return any(_same_object(value, one) for one in accepted if one != "")
    if kind is list and inner is dict:
        return any(_same_objects(value, one) for one in accepted)
    if kind is str:
        return _loose(value) in [_loose(one) for one in accepted if isinstance(one, str)]
    items = [_loose(item) for item in value]
    rows = [one for one in accepted if isinstance(one, list | str)]
    return items in [[_loose(item) for item in row] for row in rows]


def _same_objects(values: Sequence[Any], accepted: Any) -> bool:
    """Return whether a list of objects is an accepted one, in its order."""
    if len(values) != len(accepted):
        return False
    return all(_same_object(v, one) for v, one in zip(values, accepted, strict=True))


def _same_object(value: Any, accepted: Any) -> bool:
    """Return whether an object has only accepted values and lacks none that is needed."""
    if not isinstance(value, dict) or not isinstance(accepted, dict):
        return False
    for key, item in value.items():
        if key not in accepted or _loose(item) not in [_loose(one) for one in accepted[key]]:
            return False
    return all(key in value or "" in accepted[key] for key in accepted)


def _loose(value: Any) -> Any:
    """Return a text without blanks and , . / - _ * ^, in lower case, with double quotes."""
    if not isinstance(value, str):
        return value
    return _LOOSE.sub("", value).lower().replace("'", '"')
