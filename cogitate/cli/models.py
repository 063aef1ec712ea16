"""`cogitate models`: the models that are known by name, and getting them here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cogitate.llm.catalogue import ModelEntry
    from cogitate.llm.sources import Progress


@click.group()
def models() -> None:
    """List, download and look up the models that are known by name."""


@models.command("list")
def list_models() -> None:
    """List the models: name, size, licence, and whether they are here."""
    from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL

    rows = [("NAME", "SIZE", "LICENCE", "STATE", "")]
    for entry in CATALOGUE.values():
        mark = "default" if entry.name == DEFAULT_MODEL else ""
        rows.append((entry.name, _size(entry.size), entry.licence, _state(entry), mark))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


@models.command("pull")
@click.argument("name")
@click.option("--force", is_flag=True, help="Download it again, even if a file is in its place.")
def pull(name: str, force: bool) -> None:
    """Download the model NAME, or check it if it is here, and print its path."""
    from cogitate.llm.catalogue import find, model_path
    from cogitate.llm.download import fetch, is_here

    entry = find(name)
    if force or not is_here(entry):
        click.echo(f"fetching {entry.name} ({_size(entry.size)}) to {model_path(entry)}", err=True)
    with progress_bar() as report:
        path = fetch(entry, report=report, force=force)
    click.echo(str(path))


@models.command("info")
@click.argument("name")
def info(name: str) -> None:
    """Show what is known of the model NAME."""
    from cogitate.llm.catalogue import find, model_path
    from cogitate.llm.probe import known

    entry = find(name)
    first, last = (entry.wheels[0], entry.wheels[-1]) if entry.wheels else ("none", "none")
    facts = {
        "name": entry.name,
        "note": entry.note,
        "licence": entry.licence,
        "state": _state(entry),
        "path": str(model_path(entry)),
        "size": f"{entry.size:,} bytes",
        "sha256": entry.sha256,
        "context": f"{entry.context_length:,} tokens",
        "template": entry.chat_template,
        "wheels": f"{len(entry.wheels)}, from {first} to {last}",
        "hub": entry.hub_repo,
    }
    for key, value in facts.items():
        click.echo(f"{key + ':':<10}{value}")
    if probed := known(model_path(entry)):
        click.echo("\nprobed on this machine:")
        _show(probed.lines())


@models.command("probe")
@click.argument("name")
def probe_model(name: str) -> None:
    """Try what the model NAME can do: forms, tools, restraint, speed; kept for `models info`.

    NAME is one of the list or a path to a .gguf file; it must be here.
    """
    from cogitate.errors import SetupError
    from cogitate.llm.llama import ChatLlama
    from cogitate.llm.load import load_model
    from cogitate.llm.probe import probe

    model = load_model(name, offline=True)
    if not isinstance(model, ChatLlama):
        raise SetupError(f"{name!r} is not an embedded model; name one, or a path to a .gguf file")
    click.echo(f"probing {model.name}: about a minute", err=True)
    _show(probe(model).lines())


def _show(facts: dict[str, str]) -> None:
    for key, value in facts.items():
        click.echo(f"{key + ':':<11}{value}")


@models.command("path")
@click.argument("name")
def path(name: str) -> None:
    """Print the path of the model NAME, if it is here."""
    from cogitate.errors import UnavailableError
    from cogitate.llm.catalogue import find, model_path
    from cogitate.llm.download import is_here

    entry = find(name)
    if not is_here(entry):
        raise UnavailableError(
            f"model {entry.name!r} is not here; run: cogitate models pull {entry.name}"
        )
    click.echo(str(model_path(entry)))


@contextmanager
def progress_bar() -> Iterator["_LineReport | _BarReport"]:
    """Give a function that draws the progress of a download on stderr.

    Nothing is drawn before it is called, so the bar may stand around code that seldom
    downloads. Where stderr is not a terminal, it writes a line at each tenth.
    """
    if not sys.stderr.isatty():
        yield _LineReport()
        return
    report = _BarReport()
    try:
        yield report
    finally:
        report.bar.stop()


class _BarReport:
    """Draws a bar on stderr: what is done, bytes, speed and the time that is left."""

    def __init__(self) -> None:
        from rich import progress as parts
        from rich.console import Console

        self.stage = ""
        self.bar = parts.Progress(
            parts.TextColumn("{task.description}"),
            parts.BarColumn(),
            parts.DownloadColumn(),
            parts.TransferSpeedColumn(),
            parts.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("", visible=False)

    def __call__(self, progress: "Progress") -> None:
        """Draw `progress`; a new stage starts its own measure of speed."""
        stage, done = progress.source.partition(",")[0], progress.done_bytes
        if stage != self.stage:
            self.stage = stage
            self.bar.start()
            self.bar.reset(self.task, total=progress.total_bytes, completed=done, visible=True)
        self.bar.update(self.task, description=progress.source, completed=done)


class _LineReport:
    """Writes a line on stderr when a stage begins and at each tenth of it."""

    def __init__(self) -> None:
        self.last: tuple[str, int] = ("", -1)

    def __call__(self, progress: "Progress") -> None:
        """Write a line if `progress` is a tenth further than the last line."""
        tenth = 10 * progress.done_bytes // max(progress.total_bytes, 1)
        now = (progress.source.partition(",")[0], tenth)
        if now != self.last:
            self.last = now
            click.echo(f"{now[0]}: {10 * tenth} % of {_size(progress.total_bytes)}", err=True)


def _state(entry: "ModelEntry") -> str:
    """Return in words whether the file is here, from its size alone."""
    from cogitate.llm.catalogue import model_path
    from cogitate.llm.sources import beside

    place = model_path(entry)
    if place.is_file():
        return "here" if place.stat().st_size == entry.size else "damaged"
    part = beside(place, ".part")
    if part.is_file():
        return f"{100 * part.stat().st_size // entry.size} % here"
    return "not here"


def _size(count: int) -> str:
    """Return a number of bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
