"""A town as one sees it: a live map on a terminal, plain lines elsewhere, and its figures.

What it does not know: how things happen; it draws what the lines of the log say.
"""

from collections.abc import Mapping
from typing import IO, Any, Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cogitate.agents.town.counts import Counts
from cogitate.agents.town.metrics import Metrics
from cogitate.agents.town.settings import TownFile
from cogitate.cli.output import visible
from cogitate.cli.view import console_for
from cogitate.runs.events import Event, Happened, ModelCalled
from cogitate.values import Usage

HEARD = 6
"""Lines of talks below the map."""


class TownView:
    """Draws a town while it lives."""

    def __init__(self, town: TownFile, stream: IO[str] | None) -> None:
        self._town = town
        self._names = {persona.id: persona.name for persona in town.people}
        self._console = None if stream is None else console_for(stream)
        self._live: Live | None = None
        self._tick: Mapping[str, Any] = {}
        self._heard: list[str] = []
        self._calls = 0

    def __enter__(self) -> Self:
        """Begin to draw."""
        if self._console is not None and self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last map where it is."""
        if self._live is not None:
            self._live.stop()

    def show(self, event: Event) -> None:
        """Draw an event."""
        if self._console is None:
            return
        self.take(event)
        if self._live is not None and isinstance(event, ModelCalled | Happened):
            self._live.update(self.map(), refresh=True)

    def take(self, event: Event) -> None:
        """Take in an event without drawing the map."""
        if isinstance(event, ModelCalled):
            self._calls += 1
        elif isinstance(event, Happened):
            self._line(event.line)

    def _line(self, line: Mapping[str, Any]) -> None:
        if line["kind"] == "tick":
            self._tick = line
            if self._live is None and line["time"].endswith(":00"):
                self._say(f"{line['time'][11:]}  {self._positions(line)}")
        for text in told(line, self._names):
            self._heard = [*self._heard, text][-HEARD:]
            if self._live is None:
                self._say(f"{line['time'][11:]}  {text}")

    def _say(self, text: str) -> None:
        if self._console is not None:
            self._console.print(Text(visible(text)))

    def _positions(self, tick: Mapping[str, Any]) -> str:
        return "; ".join(
            f"{self._names[who]}: {'asleep' if at['asleep'] else at['activity']} "
            f"({at['place'].split(' > ')[0]})"
            for who, at in tick["people"].items()
        )

    def map(self) -> RenderableType:
        """Return the town as it stands: each place with who is there, and what was said last."""
        table = Table(expand=True, show_edge=False, pad_edge=False)
        table.add_column("place", style="bold", ratio=2)
        table.add_column("who is there", ratio=5)
        for arena in self._town.world.arenas.values():
            here = [
                Text.assemble(
                    (self._names[who], "dim" if at["asleep"] else "green"),
                    f" {visible(at['activity'])}",
                )
                for who, at in self._tick.get("people", {}).items()
                if at["place"] == arena.path
            ]
            table.add_row(Text(arena.path), Text("\n").join(here))
        time = self._tick.get("time", "").replace("T", "  ")
        title = f"{self._town.name}  {time}  {self._calls} model calls"
        heard = [Text(visible(line)) for line in self._heard]
        return Group(Panel(table, title=Text(title)), *heard)


def told(line: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Return a line of the log in words; nothing for what is not worth a line."""
    who = names.get(line.get("who", ""), "")
    match line["kind"]:
        case "talked":
            return [f"{names[turn['who']]}: {turn['say']}" for turn in line["turns"]]
        case "committed":
            return [f"* {who}: {line['what']}, {line['start']}-{line['end']}"]
        case "declined":
            return [f"* {who} does not come to {line['commitment']} ({line['why']})"]
        case "reflected":
            return [f"* {who} concludes: {each['text']}" for each in line["insights"]]
        case "whispered":
            return [f"* {who} thinks: {line['text']}"]
    return []


def metrics_lines(found: Metrics, cost: Counts) -> list[str]:
    """Return what came of a town's days, as lines."""
    lines = []
    for each in found.diffusion:
        ways = ", ".join(f"{who} ({talk})" for who, talk in each.heard.items()) or "nobody"
        lines.append(f"news {each.news}: known at first to {', '.join(each.knew)}; told to {ways}")
        if each.claim:
            lines.append(
                f"  in interviews {len(each.claim)} say to know it: {', '.join(each.claim)}; "
                f"not told by anybody: {', '.join(each.invented) or 'none'}"
            )
    if found.hallucination is not None:
        lines.append(f"claims without a way in the log: {found.hallucination:.1%}")
    lines.append(f"pairs who know each other: {found.density[0]:.3f} -> {found.density[1]:.3f}")
    for name, row in found.attendance.items():
        besides = f"; there besides: {', '.join(row['besides'])}" if row["besides"] else ""
        lines.append(
            f"{name}: given by {', '.join(row['host'])}, accepted by "
            f"{', '.join(row['accepted']) or 'nobody'}, came: {', '.join(row['came']) or 'nobody'}"
            f"{besides}"
        )
    shares = ", ".join(f"{who} {share:.0%}" for who, share in found.coherence.items())
    lines.append(f"time spent as planned in the morning: {shares}")
    lines.append(
        f"{found.talks} talks of {found.turns} turns, {found.reflections} reflections; "
        f"days that are not 24 hours: {', '.join(found.faults) or 'none'}; "
        f"reflections without ground: {', '.join(found.rootless) or 'none'}"
    )
    return [*lines, *cost_lines(cost)]


def cost_lines(cost: Counts) -> list[str]:
    """Return what a town's days cost, as lines."""
    lines = [
        f"{cost.total.calls} model calls in {cost.seconds:.0f} s, {cost.recorded} of them from "
        f"the record: {_tokens(cost.total)}"
    ]
    lines += [
        f"  {who}: {usage.calls} calls, {_tokens(usage)}"
        for who, usage in sorted(cost.people.items())
    ]
    return lines


def _tokens(usage: Usage) -> str:
    return f"{usage.read:,} tokens read, {usage.reused:,} reused, {usage.written:,} written"


def ablation_lines(table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the table of the masks, as lines."""
    columns = ["mu", "sigma", "mean", "self", "memory", "plans", "reactions", "reflections"]
    lines = [f"{'memories':<20}" + "".join(f"{name:>12}" for name in columns)]
    for mask, row in table.items():
        lines.append(f"{mask:<20}" + "".join(f"{row[name]:>12}" for name in columns))
    return lines
