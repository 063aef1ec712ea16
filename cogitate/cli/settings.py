"""Settings of the commands: a flag wins over `COGITATE_NAME`, that over cogitate.toml.

`cogitate.toml` is looked for in the current folder and in the data folder; a key in the first
wins. Its keys are the long names of the options (`max-steps` or `max_steps`), and hold for
each command that has the option. Paths in it are relative to the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import click
from click.core import ParameterSource

from cogitate.cli.config import FILE, KEYS, from_files, read
from cogitate.cli.guards import RULES
from cogitate.errors import SetupError
from cogitate.values import Limits

if TYPE_CHECKING:
    from cogitate.runs.approval import Do, Policy
    from cogitate.runs.prices import Price

Command = TypeVar("Command", bound=Callable[..., Any])


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
    max_model_calls: int | None = None
    max_cost: float | None = None
    approve: "Do | None" = None
    tables: Mapping[str, Any] = field(default_factory=dict)
    """What cogitate.toml holds besides options: rules, prices, the limit of a window."""

    @property
    def policy(self) -> "Policy":
        """Which tool calls run by themselves."""
        from cogitate.runs.approval import Policy

        return Policy(rules=self.tables.get(RULES, ()), default=self.approve or "ask")

    @property
    def prices(self) -> Mapping[str, "Price"]:
        """What models cost, by their names."""
        found: Mapping[str, Price] = self.tables.get("prices", {})
        return found

    @property
    def limits(self) -> Limits:
        """How far each run may go: the loop's own limits, and what was asked for instead."""
        from cogitate.agents.loops import loop_named

        asked = {
            "steps": self.max_steps,
            "tool_calls": self.max_tool_calls,
            "tokens": self.max_tokens,
            "seconds": self.max_seconds,
            "model_calls": self.max_model_calls,
            "cost": self.max_cost,
            **self.tables.get("limits", {}),
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
    setting("--max-model-calls", type=_MANY, help=_OWN),
    setting(
        "--max-cost",
        type=click.FloatRange(min=0, min_open=True),
        help="Most that a run may cost, by the [prices] of cogitate.toml.",
    ),
    setting(
        "--approve",
        type=click.Choice(["auto", "ask", "deny", "wait"]),
        help="What becomes of tools that need a yes: run, ask (default), deny, or end the run "
        "until `cogitate resume` where nobody can be asked.",
    ),
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
        names = AgentOptions.__dataclass_fields__.keys() - {"tables"}
        chosen = {name: values.pop(name) for name in names}
        found = click.get_current_context().meta.get(FILE, {})
        tables = {name: found[name] for name in (RULES, "limits", "prices") if name in found}
        return command(AgentOptions(**chosen, tables=tables), **values)

    decorated: Callable[..., Any] = gathered
    for add in reversed(AGENT_SETTINGS):
        decorated = add(decorated)
    return decorated


__all__ = [
    "AGENT_SETTINGS",
    "FILE",
    "KEYS",
    "AgentOptions",
    "Setting",
    "agent_options",
    "folder_setting",
    "from_files",
    "model_setting",
    "offline_setting",
    "only_tools_setting",
    "quiet_setting",
    "read",
    "sandbox_setting",
    "setting",
    "tools_setting",
]
