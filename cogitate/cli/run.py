"""`cogitate run GOAL`: one goal, one answer on stdout, the view of the run on stderr.

What it does not know: how an agent works. It hands over the settings, draws the events and
turns the way the run ended into an exit code.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

import click

from cogitate.cli.interrupts import on_interrupt
from cogitate.cli.output import write_json, write_text
from cogitate.cli.remembering import rest
from cogitate.cli.settings import AgentOptions, agent_options
from cogitate.errors import ModelError, SetupError
from cogitate.keys import redacted
from cogitate.values import Result

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from cogitate.cli.asking import Asking
    from cogitate.cli.view import View
    from cogitate.runs.events import Event

EXIT_CODES: dict[str, int] = {
    "answered": 0,
    "accepted": 0,
    "no_evidence": 1,
    "loop": 1,
    "stalled": 1,
    "model_error": 1,
    "denied": 4,
    "steps": 124,
    "tokens": 124,
    "time": 124,
    "cost": 124,
    "interrupted": 130,
}

WAYS_ON = {
    "no_evidence": "give it the files with --folder, or ask for what they hold",
    "loop": "say the goal in other words, or use a larger --model",
    "stalled": "say the goal in other words, or use a larger --model",
    "denied": "allow the tool, or ask for something else",
    "model_error": "`cogitate doctor` says what is wrong here",
    "steps": "allow more with --max-steps, or go on: `cogitate resume --max-steps +10`",
    "tokens": "allow more with --max-tokens, or go on: `cogitate resume --max-tokens +20000`",
    "time": "allow more with --max-seconds, or go on: `cogitate resume --max-seconds +300`",
    "cost": "allow more with --max-cost, or use a cheaper --model",
    "interrupted": "`cogitate resume` goes on with it",
}


class Streams(Protocol):
    """What this module needs of an agent."""

    def stream(
        self,
        goal: str,
        *,
        stop: asyncio.Event | None = None,
        history: Sequence[tuple[str, str]] = (),
        ask: Callable[[str], Awaitable[str]] | None = None,
    ) -> AsyncGenerator["Event", None]:
        """Yield the events of one run; the last is a `RunEnded`."""


@click.command()
@click.argument("goal", nargs=-1, required=True)
@agent_options
@click.option("--json", "as_json", is_flag=True, help="Print one result object instead.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print the events, one a line.")
def run(options: AgentOptions, goal: tuple[str, ...], as_json: bool, as_jsonl: bool) -> None:
    """Give an agent a GOAL and print its answer. `-` reads the goal from stdin.

    The answer alone goes to stdout; what happens goes to stderr and into the run's folder
    (`cogitate trace show last`). Ctrl-C ends the run in order, a second one at once.

    Exit codes: 0 answered, 1 no answer, 2 usage, 3 a model or package is missing, 4 denied,
    124 a limit stopped it, 130 interrupted.
    """
    if as_json and as_jsonl:
        raise click.UsageError("choose one of --json and --jsonl")
    wanted = _goal(goal)
    view = make_view(options, stdout_shows_events=as_jsonl and sys.stdout.isatty())
    agent = make_agent(options)
    result = asyncio.run(drive(agent, wanted, view, on_event=write_event if as_jsonl else None))
    if as_json:
        write_json({**result.as_dict(), "answer": redacted(result.answer)})
    elif not as_jsonl:
        write_text(redacted(result.answer))
    say_why(result)
    if result.ok:
        rest(agent)
    click.get_current_context().exit(EXIT_CODES[result.stopped])


def _goal(words: tuple[str, ...]) -> str:
    given = sys.stdin.read() if words == ("-",) else " ".join(words)
    goal = given.encode("utf-8", "replace").decode().strip()  # no halves of characters
    if not goal:
        raise click.UsageError("the goal is empty; write it after `cogitate run`, in quotes")
    return goal


def make_view(options: AgentOptions, *, stdout_shows_events: bool = False) -> "View":
    """Return the live view on stderr, or one that shows nothing."""
    from cogitate.cli.view import View

    return View(None if options.quiet or stdout_shows_events else sys.stderr)


def make_agent(
    options: AgentOptions, load: "Callable[[str | None], BaseChatModel] | None" = None
) -> Streams:
    """Return the agent that the settings describe; its model may be downloaded first.

    Args:
        options: the settings.
        load: gives a model by its name; None loads it.
    """
    from cogitate.agents import Agent
    from cogitate.cli.again import origin_of
    from cogitate.cli.remembering import document_tools, open_memory

    tools = chosen_tools(
        options.tools,
        options.only_tools,
        folder=options.folder is not None,
        offline=options.offline,
    )
    limits = options.limits  # an unknown loop is said before a model is downloaded
    memory = open_memory(options.memory)
    if not options.only_tools:
        tools += document_tools(memory, options.collection)
    load = load or partial(_model, options)
    agent = Agent(
        model=load(options.model),
        tools=tools,
        loop=options.loop,
        planner_model=load(options.planner_model) if options.planner_model else None,
        critic_model=load(options.critic_model) if options.critic_model else None,
        folder=options.folder.resolve() if options.folder else None,
        memory=memory,
        limits=limits,
        policy=options.policy,
        prices=options.prices,
        sandbox=options.sandbox,
        offline=options.offline,
        origin=origin_of(options),
    )
    return cast(Streams, agent)


def _model(options: AgentOptions, name: str | None) -> "BaseChatModel":
    from cogitate.cli.models import progress_bar
    from cogitate.llm import load_model

    with progress_bar() as report:
        return load_model(
            name,
            offline=options.offline,
            report=report,
            announce=lambda line: click.echo(f"cogitate: {line}", err=True),
            seed=options.seed,
            temperature=options.temperature,
        )


def chosen_tools(
    specs: Sequence[str], only: bool = False, *, folder: bool = True, offline: bool = False
) -> list["BaseTool"]:
    """Return the tools that ship and those that `specs` name; `only` these when asked.

    The tools that ship are left out where they could do nothing: those that read the person's
    folder when there is no `folder`, those that need the network when `offline`.
    """
    from cogitate.tools.load import merge_tools
    from cogitate.tools.shipped import SHIPPED, shipped_tools

    if only and not specs:
        raise click.UsageError("--only-tools needs --tools to say which")
    names = [spec for spec in specs if spec in SHIPPED] if only else None
    own = [_own_tools(spec) for spec in specs if spec not in SHIPPED]
    return merge_tools(shipped_tools(names, folder=folder, offline=offline), *own)


def _own_tools(spec: str) -> list["BaseTool"]:
    """Return a person's own tools; a mistyped name of a tool that ships is told."""
    from cogitate.tools.load import load_tools
    from cogitate.tools.shipped import SHIPPED

    try:
        return load_tools(spec)
    except SetupError as error:
        near = get_close_matches(spec, SHIPPED, n=1)
        if not near:
            raise
        raise SetupError(f"{error}; or did you mean the tool {near[0]!r}?") from error


async def drive(
    agent: Streams,
    goal: str,
    view: "View",
    *,
    on_event: Callable[["Event"], None] | None = None,
    history: Sequence[tuple[str, str]] = (),
) -> Result:
    """Return the result of one run, drawn as it goes; Ctrl-C ends it in order.

    Raises:
        ModelError: the agent ended without a result.
    """
    from cogitate.cli.asking import asking_for
    from cogitate.runs.events import RunEnded

    stop = asyncio.Event()
    result: Result | None = None
    asking = asking_for(view)
    asked: dict[str, Any] = {} if asking is None else {"ask": asking}
    with on_interrupt(partial(_ask_to_stop, stop, view, asking)):
        view.wait("starting")
        try:
            async with aclosing(agent.stream(goal, stop=stop, history=history, **asked)) as events:
                async for event in events:
                    view.show(event)
                    if on_event is not None:
                        on_event(event)
                    if isinstance(event, RunEnded):
                        result = event.result
        finally:
            view.close()
    if result is None:
        raise ModelError(
            "the run ended without a result; `cogitate trace show last` has its events"
        )
    return result


def _ask_to_stop(stop: asyncio.Event, view: "View", asking: "Asking | None") -> None:
    """Take a Ctrl-C: the first sets `stop`, the second leaves the program.

    While commands run that were authorised in advance, it first takes the rest of them back.
    """
    if asking is not None and not stop.is_set() and asking.interrupt():
        click.echo("\ncogitate: you will be asked before the next command", err=True)
        return
    if stop.is_set():
        view.close()
        view.say("quit")
        # Threads that compute in C cannot be ended in order; the trace is on disk.
        os._exit(130)
    stop.set()
    # Not by the view: this must be seen with --quiet as well.
    click.echo("\ncogitate: stopping after this step (Ctrl-C again to quit now)", err=True)


def say_why(result: Result) -> None:
    """Say on stderr why a run ended without an answer, and how to go on."""
    if result.ok:
        return
    from cogitate.cli.view import WHY

    click.echo(
        f"cogitate: {WHY[result.stopped]}; {WAYS_ON[result.stopped]} "
        f"(`cogitate trace show {result.run_id}` shows the run)",
        err=True,
    )


def write_event(event: "Event") -> None:
    """Write an event to stdout as one line of JSON."""
    write_json(json.loads(redacted(event.as_json())))
