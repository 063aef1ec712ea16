"""`cogitate roleplay`: two roles finish a task together, live in two columns.

What it does not know: how a session works. It hands over the settings, draws the messages and
turns the way the session ended into an exit code.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.cli.output import write_json, write_text
from cogitate.cli.roleplay_options import play_options
from cogitate.errors import SetupError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from cogitate.agents.roleplay import Play, Role, RolePlay, Staged, Talk
    from cogitate.agents.running import Going
    from cogitate.cli.again import Ask
    from cogitate.cli.roleplay_view import RolePlayView
    from cogitate.runs.events import Event
    from cogitate.values import Result

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
SEATS = ("assistant", "user", "critic")
TOOLS = ("python",)
SCRIPTED = "scripted:"


@click.group(invoke_without_command=True)
@click.option("--assistant", metavar="ROLE", help="Who does the work: a role, or a persona file.")
@click.option("--user", metavar="ROLE", help="Who gives instructions: a role, or a persona file.")
@click.option("--task", metavar="IDEA", help="What is to be done.")
@click.option("--scene", type=FILE, help="A TOML file with several roles, in their place.")
@click.option("--human", type=click.Choice(SEATS), help="The seat that you take yourself.")
@click.option("--json", "as_json", is_flag=True, help="Print one object instead of the result.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Copy the Markdown.")
@play_options
@click.pass_context
def roleplay(context: click.Context, /, **options: Any) -> None:
    """Let two roles finish a task together: one gives instructions, one carries them out.

    The result goes to stdout, the talk to stderr (user left, assistant right) and, as Markdown
    and JSON, into the run's folder. `--scene FILE.toml` lets several roles talk instead.

    Exit codes: 0 done, 1 not done, 2 usage, 3 a model or package is missing, 124 a limit
    stopped it, 130 interrupted.
    """
    if context.invoked_subcommand is not None:
        return
    made = make(options)
    found = asyncio.run(drive(made, quiet=options["quiet"]))
    finish(found, as_json=options["as_json"], out=options["out"])
    context.exit(exit_code(found.result))


def make(options: dict[str, Any]) -> "RolePlay | Staged":
    """Return the session or the scene that the options describe.

    Raises:
        click.UsageError: neither a scene nor a pair of roles with a task is given.
    """
    origin = {name: _plain(name, value) for name, value in options.items()}
    if options["scene"] is not None:
        return _scene(options, origin)
    missing = [f"--{n}" for n in ("assistant", "user", "task") if not options[n]]
    if missing:
        raise click.UsageError(f"{', '.join(missing)} missing; or give --scene FILE.toml")
    return make_play(options, origin)


def make_play(options: dict[str, Any], origin: dict[str, Any] | None = None) -> "RolePlay":
    """Return the session that the options describe; models may be downloaded first."""
    from cogitate.agents.roleplay import RolePlay

    return RolePlay(
        assistant=_role(options["assistant"]),
        user=_role(options["user"]),
        task=options["task"],
        model=load(options, options["model"]),
        tools=tools_of(options),
        human=options["human"],
        origin=origin,
        **settings_of(options),
    )


def settings_of(options: dict[str, Any]) -> dict[str, Any]:
    """Return what `play_options` say of a session besides its model and tools."""
    from cogitate.agents.roleplay.play import LIMITS

    seconds, folder = options["max_seconds"], options["folder"]
    return {
        "assistant_model": _other(options, "assistant_model"),
        "user_model": _other(options, "user_model"),
        "critic_model": _other(options, "critic_model"),
        "specify": not options["as_is"],
        "planner": options["planner"],
        "critic": options["critic"],
        "max_turns": options["max_turns"],
        "words": options["words"],
        "checks": not options["no_checks"],
        "limits": LIMITS if seconds is None else replace(LIMITS, seconds=seconds),
        "folder": folder.resolve() if folder else None,
        "sandbox": options["sandbox"],
        "offline": options["offline"],
    }


def tools_of(options: dict[str, Any]) -> list[Any]:
    """Return the assistant's tools."""
    from cogitate.cli.run import chosen_tools

    names = tuple(options["tools"]) or TOOLS
    if names == ("none",):
        return []
    return chosen_tools(
        names, True, folder=options["folder"] is not None, offline=options["offline"]
    )


def load(options: dict[str, Any], name: str | None) -> "BaseChatModel":
    """Return a model, fetched with a bar when it is not here; none is needed for a replay."""
    if options.get("absent"):
        from cogitate.agents.absent import absent_model
        from cogitate.runs.record import kept
        from cogitate.runs.store import RunStore

        store = RunStore()
        return absent_model(kept(store.root / store.find(options["absent"])))
    from cogitate.cli.models import progress_bar
    from cogitate.llm import load_model

    with progress_bar() as report:
        return load_model(
            name,
            offline=options["offline"],
            report=report,
            announce=lambda line: click.echo(f"cogitate: {line}", err=True),
            seed=options["seed"],
            temperature=options["temperature"],
        )


def _other(options: dict[str, Any], key: str) -> "BaseChatModel | None":
    return None if options[key] is None else load(options, options[key])


def _role(text: str) -> "Role":
    from cogitate.agents.roleplay import Role, read_persona

    return read_persona(Path(text)) if text.endswith(".toml") else Role(name=text)


def _scene(options: dict[str, Any], origin: dict[str, Any]) -> "Staged":
    from cogitate.agents.roleplay import Staged, read_scene

    if options["human"]:
        raise click.UsageError("--human and --scene do not go together")
    scene = read_scene(options["scene"])
    return Staged(scene=scene, model=load(options, options["model"]), origin=origin)


def _plain(name: str, value: Any) -> Any:
    """Return a setting as plain data that means the same in another folder."""
    if isinstance(value, tuple):
        return [_plain(name, part) for part in value]
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, str) and name.endswith("model") and value.startswith(SCRIPTED):
        return SCRIPTED + str(Path(value.removeprefix(SCRIPTED)).absolute())
    files = name in ("assistant", "user", "tools") or name.endswith("model")
    is_file = isinstance(value, str) and files and Path(value).suffix and Path(value).is_file()
    return str(Path(value).absolute()) if is_file else value


async def again(
    origin: dict[str, Any],
    going: "Going",
    *,
    stop: asyncio.Event | None = None,
    ask: "Ask | None" = None,
) -> AsyncIterator["Event"]:
    """Yield the events of a recorded session or scene that goes on, made from its origin."""
    options: dict[str, Any] = {**origin, "absent": going.run if going.mode == "replay" else None}
    for name in ("scene", "folder", "out"):
        options[name] = Path(options[name]) if options[name] else None
    async for event in make(options).stream(stop=stop, ask=ask, going=going):
        yield event


def _view(made: "RolePlay | Staged | None", quiet: bool) -> "RolePlayView":
    from cogitate.cli.roleplay_view import RolePlayView

    left = getattr(getattr(made, "user_role", None), "name", "")
    return RolePlayView(None if quiet else sys.stderr, left=left)


async def drive(made: "RolePlay | Staged", *, quiet: bool = False) -> "Play | Talk":
    """Return what a session or a scene came to, drawn as it goes; Ctrl-C ends it in order.

    Raises:
        SetupError: it ended without a result.
    """
    from cogitate.cli.run import drive as drive_run

    kept: list[Any] = []
    await drive_run(_Listed(made, kept), "", _view(made, quiet))
    if not kept:
        raise SetupError("the session ended without a result; `cogitate trace show last` has it")
    found: Play | Talk = kept[0]
    return found


class _Listed:
    """A session as `cogitate run` drives an agent: it has its goal already."""

    def __init__(self, made: Any, kept: list[Any]) -> None:
        self._made = made
        self._kept = kept

    def stream(self, goal: str, *, history: Any = (), **more: Any) -> Any:
        return self._made.stream(keep=partial(list.append, self._kept), **more)


def finish(found: "Play | Talk", *, as_json: bool, out: Path | None) -> None:
    """Print the result, the paths of the transcript, and why it ended."""
    from cogitate.agents.roleplay.transcript import MARKDOWN

    paths = found.result.artefacts
    written = next((path for path in paths if Path(path).name == MARKDOWN), None)
    if out is not None and written is not None:
        try:
            out.write_bytes(Path(written).read_bytes())
        except OSError as error:
            raise SetupError(f"cannot write {str(out)!r} ({error.strerror})") from error
    if as_json:
        write_json(found.as_dict())
    else:
        write_text(found.summary)
    ended = f"ended: {found.termination or found.result.stopped} ({found.why})"
    click.echo(f"cogitate: {ended}", err=True)
    for path in paths:
        click.echo(f"cogitate: wrote {path}", err=True)


def exit_code(result: "Result") -> int:
    """Return the exit code of a session."""
    from cogitate.cli.run import EXIT_CODES

    return EXIT_CODES[result.stopped]


@roleplay.command()
@click.option("--assistants", type=FILE, required=True, help="Roles: a name a line, or JSONL.")
@click.option("--users", type=FILE, required=True, help="Roles of the other side.")
@click.option("--tasks", type=click.IntRange(min=1), required=True, help="For each pair of roles.")
@click.option("--parallel", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="roleplay-data",
    show_default=True,
    help="Where the data set is kept; a generation there goes on.",
)
@click.option(
    "--min-turns",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Least turns of a session that is exported.",
)
@click.option(
    "--licence",
    default="see the model's licence",
    show_default=True,
    help="What the card and each row say.",
)
@play_options
def generate(**options: Any) -> None:
    """Make a data set: every pair of roles, so many tasks each.

    It goes on where it was ended, however it was ended. Finished sessions are filtered, split by
    task and exported in chat format with a card.
    """
    from cogitate.cli.roleplay_generate import generate_all

    click.get_current_context().exit(asyncio.run(generate_all(options)))
