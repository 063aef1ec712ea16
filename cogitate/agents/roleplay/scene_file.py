"""Scenes and personas from TOML files.

topic = "Should the town close its centre to cars?"
order = "moderator"            # turn | rule | moderator
moderator = "Chair"
messages = 9
words = 40

[after]                        # for order = "rule": who may speak after whom
Ann = ["Bo", "Cy"]

[[roles]]
name = "Ann"
persona = "A shopkeeper who fears for her customers."
style = "Short sentences, plain words."
traits = ["worried", "direct"]
# or: file = "ann.toml"        # a persona file with the same keys, beside this one
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cogitate.agents.roleplay.scene import Scene
from cogitate.agents.roleplay.values import Role
from cogitate.errors import SetupError

ROLE_KEYS = {"name": str, "persona": str, "style": str, "traits": list}
SCENE_KEYS: dict[str, type] = {
    "topic": str,
    "order": str,
    "moderator": str,
    "messages": int,
    "words": int,
    "ask_who": bool,
    "after": dict,
    "roles": list,
}


def read_scene(path: Path) -> Scene:
    """Return the scene that a file describes.

    Raises:
        SetupError: it cannot be read, is not TOML, or describes no scene.
    """
    found = _checked(_read(path), SCENE_KEYS, path)
    roles = found.pop("roles", [])
    after = {name: _names(name, names, path) for name, names in found.pop("after", {}).items()}
    if not all(isinstance(role, dict) for role in roles):
        raise SetupError(f"{path}: roles must be tables: [[roles]]")
    if "topic" not in found:
        raise SetupError(f'{path}: there is no topic; write topic = "..."')
    return Scene(roles=tuple(_role(role, path) for role in roles), after=after, **found)


def read_persona(path: Path) -> Role:
    """Return the role that a persona file describes.

    Raises:
        SetupError: it cannot be read, is not TOML, or describes no role.
    """
    return _made(_read(path), path)


def _role(data: Mapping[str, Any], path: Path) -> Role:
    if "file" in data:
        return read_persona(path.parent / str(data["file"]))
    return _made(data, path)


def _made(data: Mapping[str, Any], path: Path) -> Role:
    found = _checked(data, ROLE_KEYS, path)
    if "name" not in found:
        raise SetupError(f'{path}: a role has no name; write name = "..."')
    found["traits"] = _names("traits", found.get("traits", []), path)
    return Role(**found)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SetupError(f"{str(path)!r} cannot be read ({why})") from error
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"{path}: not TOML: {error}") from error


def _checked(data: Mapping[str, Any], keys: Mapping[str, type], path: Path) -> dict[str, Any]:
    for key, value in data.items():
        if key not in keys:
            raise SetupError(f"{path}: unknown key {key!r}; choose from {', '.join(keys)}")
        if not isinstance(value, keys[key]):
            raise SetupError(f"{path}: {key} must be {keys[key].__name__}, not {value!r}")
    return dict(data)


def _names(key: str, value: object, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise SetupError(f"{path}: {key} must be a list of texts, not {value!r}")
    return tuple(value)
