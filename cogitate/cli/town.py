"""`cogitate town`: let a small town live, look at it, ask its people, fork and replay it.

The live map goes to stderr, what was asked for to stdout. What it does not know: how a day goes.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.cli.output import write_json, write_text
from cogitate.cli.town_live import lived

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from langchain_core.language_models import BaseChatModel

    from cogitate.agents.running import Going
    from cogitate.agents.town import Town
    from cogitate.runs.context import Ask
    from cogitate.runs.events import Event

FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
MODEL = click.option("--model", help="A model's name; the embedded default when left out.")
OFFLINE = click.option("--offline/--online", default=False, help="No download of a model.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one object instead.")
UNTIL = click.option("--until", metavar="HH:MM", help="Stop at this time of the last day.")
DAYS = click.option(
    "--days", type=click.IntRange(1, 30), help="The last day, counted from the first."
)
QUIET = click.option("--quiet", "-q", is_flag=True, help="Show nothing while it runs.")


@click.group()
def town() -> None:
    """Let a small town of people live for a day, and look into it.

    A town is a TOML file with places, people and news; what happens is kept in a folder.
    """


@town.command("run")
@click.argument("file", metavar="TOWN.toml", type=click.Path(path_type=Path))
@DAYS
@click.option("--agents", type=click.IntRange(min=1), help="How many of its people live there.")
@MODEL
@OFFLINE
@click.option("--seed", type=int, default=0, show_default=True, help="Changes what is said.")
@click.option("--out", type=click.Path(path_type=Path), help="The town's folder; a new one.")
@UNTIL
@QUIET
@AS_JSON
def run_town(
    file: Path,
    days: int | None,
    agents: int | None,
    model: str | None,
    offline: bool,
    seed: int,
    out: Path | None,
    until: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Let the town of TOWN.toml live for a day, or until a time of it.

    Ctrl-C stops it after the present ten minutes; `cogitate town resume DIR` goes on.
    """
    from cogitate.agents.town import Town
    from cogitate.agents.town.clock import last_moment
    from cogitate.agents.town.settings import read_town

    # What is wrong is said before a model is loaded and a folder made.
    last_moment(days, until, read_town(file, agents).constants.tick)
    chosen = _model(model, offline)
    new = Town.load(file, model=chosen, seed=seed, folder=out, people=agents)
    if model is not None:
        new.kept.change(model=model)
    return lived(new, days or 1, until, quiet=quiet, as_json=as_json)


@town.command("resume")
@FOLDER
@DAYS
@UNTIL
@MODEL
@OFFLINE
@QUIET
@AS_JSON
def resume_town(
    folder: Path,
    days: int | None,
    until: str | None,
    model: str | None,
    offline: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Go on with the town in DIR where it stopped, or was stopped, also by a kill."""
    return lived(_opened(folder, model, offline), days, until, quiet=quiet, as_json=as_json)


@town.command("interview")
@FOLDER
@click.argument("name")
@click.argument("question")
@click.option(
    "--mask",
    type=click.Choice(["full", "no-reflection", "no-reflection-plan", "none"]),
    default="full",
    show_default=True,
    help="Which memories the person has when asked.",
)
@MODEL
@OFFLINE
@AS_JSON
def interview_town(
    folder: Path,
    name: str,
    question: str,
    mask: str,
    model: str | None,
    offline: bool,
    as_json: bool,
) -> None:
    """Ask somebody in the town in DIR something; it never comes into a memory."""
    from dataclasses import asdict

    asked = _opened(folder, model, offline)
    found = asyncio.run(asked.interview(name, question, mask))
    if as_json:
        write_json(asdict(found))
    else:
        write_text(found.answer)


@town.command("whisper")
@FOLDER
@click.argument("name")
@click.argument("thought")
def whisper_town(folder: Path, name: str, thought: str) -> None:
    """Give somebody in the town in DIR a thought; it comes to them when the town goes on."""
    from cogitate.agents.town import Town

    known = Town.open(folder, model=_nobody())
    person = known.person(name)
    known.whisper(person.id, thought)
    click.echo(f"{person.name} will think of it; go on with `cogitate town resume {folder}`")


@town.command("fork")
@FOLDER
@click.option("--at", metavar="HH:MM", help="The time of a checkpoint; default: the last one.")
@click.option("--day", type=click.IntRange(min=1), help="The day of it.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The new folder.")
@click.option("--seed", type=int, help="Another seed from there on.")
def fork_town(folder: Path, at: str | None, day: int | None, out: Path, seed: int | None) -> None:
    """Copy the town in DIR, as it stood at a full hour, into another folder."""
    from cogitate.agents.town import Town

    Town.open(folder, model=_nobody()).fork(out, at=at, day=day, seed=seed)
    click.echo(f"go on with `cogitate town resume {out}`")


@town.command("replay")
@FOLDER
@click.option("--at", metavar="HH:MM", help="Begin at this checkpoint instead of the beginning.")
@click.option("--day", type=click.IntRange(min=1), help="The day of it.")
@AS_JSON
def replay_town(folder: Path, at: str | None, day: int | None, as_json: bool) -> int:
    """Live the days of the town in DIR again from the record, without a model, and compare."""
    from dataclasses import asdict

    found = asyncio.run(_opened(folder, None, True).replay(at, day))
    if as_json:
        write_json(asdict(found))
    elif found.identical:
        write_text(f"identical: {found.lines} lines of the log")
    else:
        write_text(f"different: {found.difference}")
    return 0 if found.identical else 1


@town.command("metrics")
@FOLDER
@click.option("--interviews", is_flag=True, help="Ask everybody what news they know.")
@click.option(
    "--ablation",
    type=click.IntRange(0, 25),
    default=0,
    help="Ask everybody N questions under each mask, and rate the masks.",
)
@MODEL
@OFFLINE
@AS_JSON
def metrics_town(
    folder: Path,
    interviews: bool,
    ablation: int,
    model: str | None,
    offline: bool,
    as_json: bool,
) -> None:
    """Say what came of the days in DIR: news, acquaintances, plans kept, calls and tokens.

    --interviews and --ablation ask the model, and take minutes on a small machine.
    """
    from cogitate.agents.town.ablation import ablate, claims
    from cogitate.agents.town.counts import read_counts
    from cogitate.agents.town.diary import read_log
    from cogitate.agents.town.metrics import metrics
    from cogitate.cli.town_view import ablation_lines, metrics_lines

    needs_model = interviews or ablation > 0
    seen = _opened(folder, model, offline) if needs_model else _looked_at(folder)
    said = asyncio.run(claims(seen)) if interviews else None
    found = metrics(seen.file, list(read_log(seen.kept.log)), said)
    cost = read_counts(seen.kept.counts)
    table = None
    if ablation:
        told = None if as_json else _asked_so_far
        table = asyncio.run(ablate(seen, ablation, told)).as_dict()
    if as_json:
        write_json({**found.as_dict(), "cost": cost.as_dict(), "ablation": table})
        return
    write_text("\n".join(metrics_lines(found, cost)))
    if table:
        write_text("\n".join(ablation_lines(table)))


def _asked_so_far(who: str) -> None:
    click.echo(f"asked {who}", err=True)


async def again(
    origin: dict[str, Any],
    going: "Going",
    *,
    stop: asyncio.Event | None = None,
    ask: "Ask | None" = None,
) -> "AsyncIterator[Event]":
    """Let the town of a run go on from its folder; nobody is asked anything.

    Raises:
        SetupError: it is to be replayed or forked, which towns do from their folders.
    """
    from cogitate.agents.town.clock import DAY, end_of
    from cogitate.errors import SetupError

    folder, end = Path(origin["folder"]), int(origin["end"])
    if going.mode != "resume":
        raise SetupError(
            f"a town is kept in its own folder; use `cogitate town {going.mode} {folder}`"
        )
    days, until = (end - 1) // DAY + 1, end_of((end - 1) % DAY + 1)
    async for event in _opened(folder, None, False).stream(days, until, stop=stop, going=going):
        yield event


# ---------------------------------------------------------------------------------- inside


def _opened(folder: Path, model: str | None, offline: bool) -> "Town":
    from cogitate.agents.town import Town
    from cogitate.agents.town.checkpoint import TownFolder

    begun: Any = TownFolder(folder).about()["model"]
    return Town.open(folder, model=_model(model or begun, offline))


def _looked_at(folder: Path) -> "Town":
    from cogitate.agents.town import Town

    return Town.open(folder, model=_nobody())


def _model(name: str | None, offline: bool) -> "BaseChatModel":
    from cogitate.cli.models import progress_bar
    from cogitate.llm import load_model

    with progress_bar() as report:
        return load_model(
            name,
            offline=offline,
            report=report,
            announce=lambda line: click.echo(f"cogitate: {line}", err=True),
        )


def _nobody() -> "BaseChatModel":
    """Return a model that is never asked: for what needs none."""
    from cogitate.llm import ScriptedModel

    return ScriptedModel(replies=[])
