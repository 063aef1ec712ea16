"""Settings of the commands: a flag wins over `COGITATE_NAME`, that over cogitate.toml.

`cogitate.toml` is looked for in the current folder and in the data folder; a key in the first
wins. Its keys are the long names of the options (`max-steps` or `max_steps`), and hold for
each command that has the option. Paths in it are relative to the file.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import click
from click.core import ParameterSource

from cogitate.errors import SetupError
from cogitate.home import home
from cogitate.values import Limits

FILE = "cogitate.toml"
Command = TypeVar("Command", bound=Callable[..., Any])

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
    "sandbox": str,
    "quiet": bool,
    "seed": int,
    "temperature": (int, float),
    "offline": bool,
}
"""What cogitate.toml may hold, and of which type."""

_TYPE_NAMES = {str: "text", list: "a list of texts", bool: "true or false", int: "a whole number"}


@dataclass(frozen=True, kw_only=True)
class AgentOptions:
    """What `run` and `chat` were asked for."""

    model: str | None
    tools: tuple[str, ...]
    only_tools: bool
    folder: Path | None
    loop: str
    planner_model: str | None
    critic_model: str | None
    memory: str
    max_steps: int | None
    max_seconds: float | None
    max_tokens: int | None
    max_tool_calls: int | None
    sandbox: Literal["confined", "monty", "none"]
    quiet: bool
    seed: int | None
    temperature: float
    offline: bool
    collection: tuple[str, ...] = ()

    @property
    def limits(self) -> Limits:
        """How far each run may go: the loop's own limits, and what was asked for instead."""
        from cogitate.agents.loops import loop_named

        asked = {
            "steps": self.max_steps,
            "tool_calls": self.max_tool_calls,
            "tokens": self.max_tokens,
            "seconds": self.max_seconds,
        }
        given: dict[str, Any] = {name: most for name, most in asked.items() if most is not None}
        return replace(loop_named(self.loop).limits, **given)


class Setting(click.Option):
    """An option that `COGITATE_NAME` and cogitate.toml can set as well."""

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Return the value and where it came from; the files are read on the first need."""
        if FILE not in ctx.meta:
            ctx.meta[FILE] = from_files()
        # Only while this option looks: the files set nothing for plain options.
        before, ctx.default_map = ctx.default_map, ctx.meta[FILE]
        try:
            value, source = super().consume_value(ctx, cast(Any, opts))
        finally:
            ctx.default_map = before
        if self.name == "sandbox" and value == "none" and source != ParameterSource.COMMANDLINE:
            # What a folder's file or an old variable says must not take the walls away.
            raise SetupError(
                "sandbox 'none' runs the model's code with all your rights, so it is taken only "
                "from the command line: --sandbox none"
            )
        return value, source


def setting(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return a decorator that adds an option which is also a setting.

    The attributes are those of `click.option`; the variable is named after the option.
    """
    label = names[0].split("/")[0].lstrip("-")
    variable = "COGITATE_" + label.replace("-", "_").upper()
    return click.option(*names, cls=Setting, envvar=variable, **attributes)


def from_files() -> dict[str, Any]:
    """Return the settings of both files, those of the current folder first.

    Raises:
        SetupError: a file cannot be read or holds something else than settings.
    """
    merged: dict[str, Any] = {}
    for path in (home() / FILE, Path(FILE)):
        merged.update(read(path))
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
    return {
        key.replace("-", "_"): _checked(key, value, path, f"{path}, line {_line(text, key)}")
        for key, value in found.items()
    }


def _checked(key: str, value: object, path: Path, place: str) -> object:
    """Return a value as the option takes it."""
    name = key.replace("-", "_")
    if name not in KEYS:
        near = get_close_matches(name, KEYS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(KEYS)}"
        raise SetupError(f"{place}: unknown setting {key!r}; {hint}")
    kind = KEYS[name]
    right = isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)
    if isinstance(value, list):
        right = right and all(isinstance(item, str) for item in value)
    if not right:
        wanted = "a number" if isinstance(kind, tuple) else _TYPE_NAMES[kind]
        raise SetupError(f"{place}: {key} must be {wanted}, not {value!r}")
    if name == "folder":
        return str(path.parent / Path(str(value)).expanduser())
    if isinstance(value, list) and name == "tools":
        return [_tools_path(item, path.parent) for item in value]
    return value


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


_FOLDER = click.Path(exists=True, file_okay=False, readable=True, path_type=Path)
_MANY = click.IntRange(min=1)
_OWN = "Default: the loop's own."

model_setting = setting(
    "--model",
    metavar="NAME",
    help="A catalogue name, a .gguf file, openai:MODEL, URL#MODEL of a compatible server, or "
    "scripted:FILE (fixed replies). Default: the embedded model.",
)
tools_setting = setting(
    "--tools",
    multiple=True,
    metavar="SPEC",
    help="Add tools: a name that ships, package.module:name, or a file my_tools.py. Repeatable.",
)
only_tools_setting = setting(
    "--only-tools/--all-tools",
    default=False,
    help="Offer only the tools named by --tools, without those that ship.",
)
folder_setting = setting(
    "--folder", type=_FOLDER, metavar="DIR", help="Your folder, which tools may read."
)
sandbox_setting = setting(
    "--sandbox",
    type=click.Choice(["confined", "monty", "none"]),
    default="confined",
    show_default=True,
    help="What confines the python tool.",
)
offline_setting = setting(
    "--offline/--online", default=False, help="Leave the network alone: no download, no web."
)
quiet_setting = setting("--quiet/--verbose", "-q", default=False, help="No live view on stderr.")

AGENT_SETTINGS: tuple[Callable[[Any], Any], ...] = (
    model_setting,
    tools_setting,
    only_tools_setting,
    folder_setting,
    setting(
        "--loop",
        default="auto",
        show_default=True,
        metavar="NAME",
        help="How the goal is pursued; `cogitate loops` lists them.",
    ),
    setting("--planner-model", metavar="NAME", help="Another model for planning, like --model."),
    setting("--critic-model", metavar="NAME", help="Another model for judging, like --model."),
    setting(
        "--memory",
        default="on",
        show_default=True,
        metavar="on|off|FILE",
        help="What is remembered between runs: in the data folder, nothing, or in a file.",
    ),
    setting(
        "--collection",
        multiple=True,
        metavar="NAME",
        help="Ask only this collection of indexed documents. Repeatable. Default: all.",
    ),
    setting("--max-steps", type=_MANY, help=_OWN),
    setting(
        "--max-seconds",
        type=click.FloatRange(min=0, min_open=True),
        help=_OWN,
    ),
    setting("--max-tokens", type=_MANY, help=_OWN),
    setting("--max-tool-calls", type=_MANY, help=_OWN),
    sandbox_setting,
    quiet_setting,
    setting("--seed", type=int, help="Make a local model's choices repeatable."),
    setting(
        "--temperature",
        type=click.FloatRange(0, 2),
        default=0.0,
        show_default=True,
        help="0 takes the likeliest word each time.",
    ),
    offline_setting,
)


def agent_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `run` and `chat`; the command gets them as one `AgentOptions`."""
    import functools

    @functools.wraps(command)
    def gathered(**values: Any) -> object:
        chosen = {name: values.pop(name) for name in AgentOptions.__dataclass_fields__}
        return command(AgentOptions(**chosen), **values)

    decorated: Callable[..., Any] = gathered
    for add in reversed(AGENT_SETTINGS):
        decorated = add(decorated)
    return decorated
