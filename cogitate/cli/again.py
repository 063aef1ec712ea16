"""How a run that was kept is made again: from the settings that it was begun with.

Each kind of run has a module here with a function `again(origin, going, stop=, ask=)`, which
makes what ran from its settings, and yields the events as it goes on.
"""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from cogitate.cli.guards import RULES
from cogitate.cli.settings import AgentOptions
from cogitate.errors import SetupError

if TYPE_CHECKING:
    from cogitate.agents.running import Going
    from cogitate.runs.events import Event
    from cogitate.runs.record import Kept
    from cogitate.values import Limits

KINDS = {
    "agent": "cogitate.cli.again",
    "roleplay": "cogitate.cli.roleplay",
    "town": "cogitate.cli.town",
}
"""Which module makes which kind of run again."""
Ask = Callable[[str], Awaitable[str]]


class Amount(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A number, or how much to add to the one before: 40 or +10."""

    name = "N|+N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[bool, float]:
        """Return whether it is added, and the number."""
        if isinstance(value, tuple):
            return value
        text = str(value).strip()
        try:
            number = float(text.removeprefix("+"))
        except ValueError:
            number = 0.0
        if number <= 0:
            self.fail(f"{value!r} is neither a number such as 40 nor an addition such as +10")
        return text.startswith("+"), number


LIMITS = {
    "steps": "Turns.",
    "tokens": "Tokens.",
    "seconds": "Seconds.",
    "model_calls": "Model calls.",
    "tool_calls": "Tool calls.",
    "cost": "Cost.",
}


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that allow a run more; the command gets them as `max_NAME`."""
    for name, label in reversed(LIMITS.items()):
        flag = f"--max-{name.replace('_', '-')}"
        text = f"{label} A number, or +N on top of what it was allowed."
        command = click.option(flag, type=Amount(), help=text)(command)
    return command


def limits_from(kept: "Kept", asked: dict[str, tuple[bool, float] | None]) -> "Limits | None":
    """Return how far a run may go from now on; None when nothing was asked for."""
    from cogitate.values import Limits

    allowed = dict(kept.allowed)
    given = {name.removeprefix("max_"): amount for name, amount in asked.items() if amount}
    if not given:
        return None
    whole = {field.name for field in fields(Limits) if isinstance(field.default, int)}
    for name, (on_top, number) in given.items():
        value = (allowed.get(name) or 0) + number if on_top else number
        allowed[name] = int(value) if name in whole else value
    return Limits(**allowed)


class Again:
    """A run that goes on, in the shape of what is driven and drawn."""

    def __init__(self, origin: dict[str, Any], what: str, going: "Going") -> None:
        self._origin, self._what, self._going = origin, what, going

    async def stream(
        self,
        goal: str,
        *,
        stop: asyncio.Event | None = None,
        history: Sequence[tuple[str, str]] = (),
        ask: Ask | None = None,
    ) -> "AsyncGenerator[Event, None]":
        """Yield the events of the run as it goes on; the last is a `RunEnded`."""
        module = importlib.import_module(KINDS[self._what])
        found = module.again(self._origin, self._going, stop=stop, ask=ask)
        async with aclosing(found) as events:
            async for event in events:
                yield event


def again_for(kept: "Kept", run_id: str, going: "Going", **changes: Any) -> Again:
    """Return what goes on with a run.

    Raises:
        SetupError: it was begun by a program, which alone can make its parts again.
    """
    begun = kept.accepted
    if begun.origin is None:
        raise SetupError(
            f"the run {run_id!r} was begun by a program: go on with it there, by "
            f"Agent.{going.mode}({run_id!r})"
        )
    if begun.what not in KINDS:
        raise SetupError(f"the run {run_id!r} is a {begun.what!r}, of a newer cogitate")
    return Again({**begun.origin, **changes}, begun.what, going)


def origin_of(options: AgentOptions) -> dict[str, Any]:
    """Return the settings of an agent as plain data, absolute paths in it."""
    data = {field.name: getattr(options, field.name) for field in fields(options)}
    data["folder"] = None if options.folder is None else str(options.folder.resolve())
    data["tools"] = [_absolute(spec) for spec in options.tools]
    data["collection"] = list(options.collection)
    if options.memory not in ("on", "off"):
        data["memory"] = str(Path(options.memory).absolute())
    tables = dict(options.tables)
    rules = [{**asdict(rule), "args": dict(rule.args)} for rule in tables.pop(RULES, ())]
    prices = {name: asdict(price) for name, price in tables.pop("prices", {}).items()}
    data["tables"] = {**tables, "rules": rules, "prices": prices}
    return data


def options_of(origin: dict[str, Any]) -> AgentOptions:
    """Return the settings that `origin_of` gave as data.

    Raises:
        SetupError: they are of another version.
    """
    from cogitate.runs.approval import Rule
    from cogitate.runs.prices import Price

    try:
        data = dict(origin)
        tables = dict(data.pop("tables"))
        rules = tuple(Rule(**rule) for rule in tables.pop("rules"))
        prices = {name: Price(**price) for name, price in tables.pop("prices").items()}
        data["tables"] = {**tables, **({RULES: rules} if rules else {}), "prices": prices}
        data["folder"] = None if data["folder"] is None else Path(data["folder"])
        for name in ("tools", "collection"):
            data[name] = tuple(data[name])
        return AgentOptions(**data)
    except (KeyError, TypeError) as error:
        raise SetupError(f"the run was begun by another version of cogitate ({error})") from error


def _absolute(spec: str) -> str:
    """Return the path of a tools file so that it is found from elsewhere."""
    return str(Path(spec).absolute()) if spec.endswith(".py") and Path(spec).exists() else spec


async def again(
    origin: dict[str, Any],
    going: "Going",
    *,
    stop: asyncio.Event | None = None,
    ask: Ask | None = None,
) -> "AsyncGenerator[Event, None]":
    """Yield the events of an agent's run as it goes on."""
    from cogitate.agents import Agent
    from cogitate.cli.run import make_agent

    options = options_of(origin)
    load = _absent(going.run) if going.mode == "replay" else None
    agent = cast(Agent, make_agent(options, load))
    async with aclosing(agent.going(going, stop=stop, ask=ask)) as events:
        async for event in events:
            yield event


def _absent(run_id: str) -> Callable[[str | None], Any]:
    """Return what stands for models in a replay, by their names in the settings."""
    from cogitate.agents.absent import absent_model
    from cogitate.runs.record import kept
    from cogitate.runs.store import RunStore

    store = RunStore()
    found = kept(store.root / store.find(run_id))
    return lambda name: absent_model(found)
