"""The command `cogitate`: finds the command's module, and turns errors into one line.

A command's module is imported when that command is used, so `cogitate --help` starts fast.

Exit codes: 0 answered, 1 failed, 2 usage or settings, 3 a model or package is missing,
4 denied, 124 a limit stopped it, 130 interrupted.
"""

import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from cogitate import __version__
from cogitate.cli.output import visible
from cogitate.errors import CogitateError, SetupError, UnavailableError
from cogitate.keys import redacted

COMMANDS = {
    "run": ("cogitate.cli.run", "Give an agent a goal and print its answer."),
    "resume": ("cogitate.cli.resume", "Go on with a run that was cut off or stopped."),
    "replay": ("cogitate.cli.replay", "Run a recorded run again, without a model."),
    "fork": ("cogitate.cli.fork", "Go on from a step of a recorded run, as another run."),
    "chat": ("cogitate.cli.chat", "Talk with an agent, one goal after another."),
    "roleplay": ("cogitate.cli.roleplay", "Let two roles finish a task, or several talk."),
    "library": ("cogitate.cli.library", "See and mend the worked examples of the loop art."),
    "loops": ("cogitate.cli.loops", "List the loops that a goal can be pursued by."),
    "tools": ("cogitate.cli.tools", "List the tools, show one, or call one without a model."),
    "town": ("cogitate.cli.town", "Let a small town of people live, and look into it."),
    "models": ("cogitate.cli.models", "List, fetch and find the models."),
    "memory": ("cogitate.cli.memory", "See, search and change the long-term memory."),
    "index": ("cogitate.cli.index", "Bring documents into the long-term memory."),
    "eval": ("cogitate.cli.eval", "Measure loops and models on a suite, and compare results."),
    "trace": ("cogitate.cli.trace", "List the runs, or show what happened in one."),
    "page": ("cogitate.cli.page", "Show a town's day or a role-play as one HTML page."),
    "doctor": ("cogitate.cli.doctor", "Say whether an agent can run here, and what is missing."),
}
"""Each command's module, which holds a click command of the same name, and its help line."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' help lines without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` names.

        Raises:
            click.UsageError: there is no such command; the message names the closest.
        """
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(COMMANDS)}"
            raise click.UsageError(f"no such command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings: a flag wins over COGITATE_* variables, these over cogitate.toml. "
    "COGITATE_HOME is where models and runs are kept. NO_COLOR is honoured.",
)
@click.version_option(__version__, prog_name="cogitate")
def cli() -> None:
    """Run autonomous agents on your own machine: no server, no key, no telemetry."""


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(run_command_line(sys.argv[1:]))


def run_command_line(args: Sequence[str]) -> int:
    """Return the exit code of one command line; an error is one line on stderr."""
    _make_streams_safe()
    try:
        returned = cli.main(list(args), prog_name="cogitate", standalone_mode=False)
        sys.stdout.flush()
        return returned if isinstance(returned, int) else 0
    except BrokenPipeError:
        return _reader_has_gone()
    except Exception as error:  # noqa: BLE001 - the door of the program: never a traceback
        return _explain(error)
    except KeyboardInterrupt:
        return _say("interrupted", 130)


def _explain(error: Exception) -> int:
    """Say in one line what went wrong and return the exit code for it."""
    if os.environ.get("COGITATE_DEBUG"):
        sys.stderr.write(redacted("".join(traceback.format_exception(error))))
    match error:
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
            return 2
        case click.Abort():
            return _say("interrupted", 130)
        case click.ClickException():
            return _say(_usage_line(error), 2)
        case SetupError():
            return _say(str(error), 2)
        case UnavailableError():
            return _say(str(error), 3)
        case CogitateError():
            return _say(str(error), 1)
    hint = "set COGITATE_DEBUG=1 to see where"
    return _say(f"unexpected {type(error).__name__}: {error} ({hint})", 1)


def _usage_line(error: click.ClickException) -> str:
    """Return click's message, where a bad value came from, and where help is."""
    from click.core import ParameterSource

    message = error.format_message()
    if not message.endswith("..."):
        message = message.removesuffix(".")
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    option = getattr(error, "param", None)
    if option is not None and option.name is not None:
        source = context.get_parameter_source(option.name)
        if source is ParameterSource.DEFAULT_MAP:
            message += " (from cogitate.toml)"
        elif source is ParameterSource.ENVIRONMENT:
            message += f" (from the variable {option.envvar})"
    return f"{message}; see `{context.command_path} --help`"


def _say(message: str, code: int) -> int:
    """Write one line to stderr and return `code`."""
    try:
        line = " ".join(visible(redacted(message)).split())
        click.echo(f"cogitate: {line}", err=True)
    except OSError:
        pass  # nobody reads stderr any more; the exit code still tells
    return code


def _make_streams_safe() -> None:
    """Let no character end the program that the terminal's encoding lacks (cp1252, ASCII)."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _reader_has_gone() -> int:
    """End quietly, as programs in a pipe do; the interpreter's last flush must not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return 1
