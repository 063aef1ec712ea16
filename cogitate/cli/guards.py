"""The tables of cogitate.toml that keep runs in bounds: [limits], [[approve]] and [prices].

    [limits]                              # what all runs together may cost
    window = "1d"                         # s, m, h, d or w
    max_cost = 5.0

    [[approve]]                           # the first rule that fits counts
    tool = "write_*"
    args = { path = "*.md" }
    do = "auto"                           # auto, ask, deny or wait

    [prices."gpt-x"]                      # for a million tokens
    read = 1.25
    written = 10.0
    reused = 0.125
    currency = "USD"

Rules of the data folder's file are asked before those of the current folder's. What this module
does not know: what the settings do.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from cogitate.errors import SetupError

if TYPE_CHECKING:
    from cogitate.runs.approval import Rule
    from cogitate.runs.prices import Price

DO = ("auto", "ask", "deny", "wait")
TABLES = ("approve", "limits", "prices")
RULES = "approve rules"
"""Under this name the rules are kept apart from the option `--approve`."""
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 7 * 86_400.0}


def checked(name: str, value: object, place: str) -> tuple[str, object]:
    """Return under which name, and how, one of the tables is kept.

    Raises:
        SetupError: it holds something else than it may; with the place.
    """
    if name == "approve" and isinstance(value, str):
        if value not in DO:
            raise SetupError(f"{place}: approve={value!r} is none of {', '.join(DO)}")
        return name, value
    if name == "approve":
        return RULES, _rules(value, place)
    if not isinstance(value, dict):
        raise SetupError(f"{place}: {name} must be a table, [{name}], not {value!r}")
    return name, _window(value, place) if name == "limits" else _prices(value, place)


def joined(before: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of two files: of single ones the later counts, tables are joined."""
    merged = {**before, **found}
    if RULES in before and RULES in found:
        merged[RULES] = (*before[RULES], *found[RULES])
    for name in ("limits", "prices"):
        if name in before and name in found:
            merged[name] = {**before[name], **found[name]}
    return merged


def _rules(value: object, place: str) -> "tuple[Rule, ...]":
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SetupError(f"{place}: approve must be one of {', '.join(DO)}, or [[approve]]")
    return tuple(_rule(item, f"{place} (rule {n})") for n, item in enumerate(value, start=1))


def _rule(item: dict[str, Any], place: str) -> "Rule":
    from cogitate.runs.approval import Rule

    _known(item, ("tool", "args", "do"), place)
    args = item.get("args", {})
    if item.get("do") not in DO:
        raise SetupError(f"{place}: do must be one of {', '.join(DO)}")
    if not isinstance(item.get("tool", "*"), str):
        raise SetupError(f"{place}: tool must be a text such as 'write_*'")
    if not isinstance(args, dict) or not all(isinstance(glob, str) for glob in args.values()):
        raise SetupError(f"{place}: args must be texts by name, such as {{ path = '*.md' }}")
    return Rule(tool=item.get("tool", "*"), args=args, do=item["do"])


def _window(value: dict[str, Any], place: str) -> dict[str, float]:
    _known(value, ("window", "max_cost"), place, " (other limits stand outside of [limits])")
    span = _SPAN.fullmatch(str(value.get("window", "1d")).strip())
    if span is None or not float(span[1]):
        raise SetupError(f"{place}: window must be a span such as '12h' or '1d'")
    most = value.get("max_cost")
    if isinstance(most, bool) or not isinstance(most, int | float) or most <= 0:
        raise SetupError(f"{place}: [limits] needs max_cost, a number above 0")
    return {"window": float(span[1]) * _SECONDS[span[2]], "window_cost": float(most)}


def _prices(value: dict[str, Any], place: str) -> "dict[str, Price]":
    from cogitate.runs.prices import Price

    found = {}
    for model, item in value.items():
        where = f'{place} ([prices."{model}"])'
        if not isinstance(item, dict):
            raise SetupError(f"{where}: write read and written, for a million tokens")
        _known(item, ("read", "written", "reused", "currency"), where)
        amounts = [item.get(name, 0) for name in ("read", "written", "reused")]
        numbers = all(isinstance(a, int | float) and not isinstance(a, bool) for a in amounts)
        if not numbers or "read" not in item or "written" not in item:
            raise SetupError(f"{where}: read and written must be numbers, for a million tokens")
        if not isinstance(item.get("currency", ""), str):
            raise SetupError(f"{where}: currency must be a text such as 'USD'")
        try:
            found[model] = Price(**item)
        except SetupError as error:
            raise SetupError(f"{where}: {error}") from error
    return found


def _known(table: Mapping[str, Any], names: Sequence[str], place: str, more: str = "") -> None:
    for key in table:
        if key not in names:
            near = get_close_matches(key, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(names)}"
            raise SetupError(f"{place}: unknown key {key!r}; {hint}{more}")


__all__ = ["RULES", "TABLES", "checked", "joined"]
