"""What cogitate.toml holds: read, checked, and said with the line where it is wrong.

It is looked for in the current folder and in the data folder; a key in the first wins. What this
module does not know: options and their variables.
"""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cogitate.cli.guards import TABLES, checked, joined
from cogitate.errors import SetupError
from cogitate.home import home

FILE = "cogitate.toml"

KEYS: dict[str, type | tuple[type, ...]] = {
    "model": str,
    "tools": list,
    "only_tools": bool,
    "folder": str,
    "loop": str,
    "planner_model": str,
    "critic_model": str,
    "memory": str,
    "collection": list,
    "max_steps": int,
    "max_seconds": (int, float),
    "max_tokens": int,
    "max_tool_calls": int,
    "max_model_calls": int,
    "max_cost": (int, float),
    "approve": str,
    "sandbox": str,
    "quiet": bool,
    "seed": int,
    "temperature": (int, float),
    "offline": bool,
}
"""What cogitate.toml may hold besides tables, and of which type."""

_TYPE_NAMES = {str: "text", list: "a list of texts", bool: "true or false", int: "a whole number"}


def from_files() -> dict[str, Any]:
    """Return the settings of both files; of single ones those of the current folder count.

    Raises:
        SetupError: a file cannot be read or holds something else than settings.
    """
    merged: dict[str, Any] = {}
    for path in (home() / FILE, Path(FILE)):
        merged = joined(merged, read(path))
    return merged


def read(path: Path) -> dict[str, Any]:
    """Return the settings in one file by option name; none when there is no such file.

    Raises:
        SetupError: it is not TOML, or a key or a value is not a setting; with the line.
    """
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path}: cannot be read ({error}); mend it or move it away") from error
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"{path}: not TOML: {error}") from error
    return dict(
        _checked(key, value, path, f"{path}, line {_line(text, key)}")
        for key, value in found.items()
    )


def _checked(key: str, value: object, path: Path, place: str) -> tuple[str, object]:
    """Return the option's name and the value as the option takes it."""
    name = key.replace("-", "_")
    if name in TABLES:
        return checked(name, value, place)
    if name not in KEYS:
        known = list(dict.fromkeys((*KEYS, *TABLES)))
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
        raise SetupError(f"{place}: unknown setting {key!r}; {hint}")
    kind = KEYS[name]
    right = isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)
    if isinstance(value, list):
        right = right and all(isinstance(item, str) for item in value)
    if not right:
        wanted = "a number" if isinstance(kind, tuple) else _TYPE_NAMES[kind]
        raise SetupError(f"{place}: {key} must be {wanted}, not {value!r}")
    if name == "folder":
        return name, str(path.parent / Path(str(value)).expanduser())
    if isinstance(value, list) and name == "tools":
        return name, [_tools_path(item, path.parent) for item in value]
    return name, value


def _tools_path(spec: str, base: Path) -> str:
    """Return the path of a tools file from `base`; names and modules stay as they are."""
    if spec.endswith(".py") or "/" in spec or "\\" in spec:
        return str(base / Path(spec).expanduser())
    return spec


def _line(text: str, key: str) -> int:
    """Return the line on which `key` is set, 1 when it cannot be told."""
    pattern = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    for number, line in enumerate(text.splitlines(), start=1):
        if pattern.match(line):
            return number
    return 1


__all__ = ["FILE", "KEYS", "from_files", "read"]
