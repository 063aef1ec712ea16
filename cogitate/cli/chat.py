"""`cogitate chat`: one goal after another, each told what was said before."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import click

from cogitate.cli.output import write_text
from cogitate.cli.remembering import rest
from cogitate.cli.run import WAYS_ON, chosen_tools, drive, make_agent, make_view
from cogitate.cli.settings import AgentOptions, agent_options
from cogitate.errors import ModelError
from cogitate.values import Result

HELP = "/tools lists the tools, /exit or Ctrl-D ends, Ctrl-C stops the answer that is being made"


@click.command()
@agent_options
def chat(options: AgentOptions) -> None:
    """Talk with an agent: it knows what you and it have said before.

    Each line is a goal. /tools lists the tools, /exit or Ctrl-D ends, Ctrl-C stops the
    current answer. Lines may come from a pipe.
    """
    agent = make_agent(options)
    person = sys.stdin.isatty()
    if person:
        click.echo(HELP, err=True)
    history: list[tuple[str, str]] = []
    # One event loop for all answers: an open connection to a model belongs to its loop.
    with asyncio.Runner() as runner:
        while (line := _ask(person)) is not None:
            if line in ("/exit", "/quit"):
                break
            if line.startswith("/"):
                _command(line, options)
            elif line:
                run = drive(agent, line, make_view(options), history=tuple(history))
                _answer(runner, run, line, history)
    rest(agent)


def _ask(person: bool) -> str | None:
    """Return the next line, None at the end of the input."""
    if not person:
        line = sys.stdin.readline()
        return line.strip() if line else None
    prompt = "> "
    if not sys.stdout.isatty():  # stdout is for answers alone
        click.echo(prompt, err=True, nl=False)
        prompt = ""
    try:
        _edit_lines()
        return input(prompt).strip()
    except EOFError:
        click.echo(err=True)
        return None
    except KeyboardInterrupt:
        click.echo("\n(Ctrl-D ends the chat)", err=True)
        return ""


def _edit_lines() -> None:
    """Give `input` arrow keys and a history where the platform has them."""
    try:
        import readline  # noqa: F401 - importing it is what changes `input`
    except ImportError:
        return


def _command(line: str, options: AgentOptions) -> None:
    """Do what a line that starts with a slash asks for."""
    from cogitate.cli.tools import print_tools

    if line == "/tools":
        print_tools(chosen_tools(options.tools, options.only_tools))
    elif line == "/help":
        click.echo(HELP, err=True)
    else:
        click.echo(f"cogitate: there is no {line.split()[0]!r}; {HELP}", err=True)


def _answer(
    runner: asyncio.Runner,
    run: Coroutine[Any, Any, Result],
    goal: str,
    history: list[tuple[str, str]],
) -> None:
    """Write the answer of one run and add it to `history`; an error does not end the chat."""
    from cogitate.cli.view import WHY

    try:
        result = runner.run(run)
    except ModelError as error:
        click.echo(f"cogitate: {error}", err=True)
        return
    write_text(result.answer)
    if result.ok:
        history.append((goal, result.answer))
    else:
        click.echo(f"cogitate: {WHY[result.stopped]}; {WAYS_ON[result.stopped]}", err=True)
