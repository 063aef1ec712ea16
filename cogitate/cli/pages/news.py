"""The way of a town's news, and what else came of its days, as the page tells it.

What this module does not know: how it is found out; `cogitate.agents.town.metrics` counts it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cogitate.agents.town.diary import Line
from cogitate.agents.town.metrics import Metrics
from cogitate.agents.town.settings import TownFile, parse_town
from cogitate.cli.pages.contract import Fact, NewsWay, Table

BEFORE = -1
ATTENDED = ("accepted", "came")
KEPT = "metrics.json"
"""What `cogitate town metrics DIR --json` printed, where somebody kept it."""


def town_of(folder: Path) -> TownFile:
    """Return the town as it was begun in `folder`."""
    kept = json.loads((folder / "town.json").read_text(encoding="utf-8"))
    return parse_town(kept["source"], kept.get("people"))


def ways_of(
    town: TownFile,
    found: Metrics,
    lines: Sequence[Line],
    who: Mapping[str, int],
    at: Callable[[str], int],
) -> list[NewsWay]:
    """Return the way of each piece of news through the talks of a log.

    Args:
        town: the town, whose file says by which words news is recognised.
        found: what was counted of the log.
        lines: the log.
        who: the number of each person by id.
        at: the number of a time.
    """
    talks = {line["id"]: line for line in lines if line["kind"] == "talked"}
    ways: list[NewsWay] = []
    for news, way in zip(town.news, found.diffusion, strict=True):
        knows = [(BEFORE, who[each], BEFORE) for each in way.knew if each in who]
        for each, talk in way.heard.items():
            teller = next(other for other in talks[talk]["between"] if other != each)
            knows.append((at(talks[talk]["time"]), who[each], who[teller]))
        ways.append({"text": news.text, "knows": sorted(knows)})
    return ways


def figures(found: Metrics) -> list[Fact]:
    """Return what is counted of a town's days."""
    kept = found.coherence.values()
    return [
        ("talks", found.talks),
        ("turns", found.turns),
        ("reflections", found.reflections),
        ("coherence", f"{sum(kept) / len(kept):.0%}" if kept else "-"),
    ]


def attendance(found: Metrics, names: Mapping[str, str]) -> Table:
    """Return who agreed to come to what, and who came."""
    return {
        "title": "attendance",
        "head": ["event", "accepted", "came"],
        "rows": [
            [event, *(", ".join(names[who] for who in each[kind]) or "-" for kind in ATTENDED)]
            for event, each in found.attendance.items()
        ],
    }


def asked(folder: Path) -> tuple[list[Fact], list[Table]]:
    """Return what interviews brought, where it was kept in `metrics.json`; else nothing."""
    path = folder / KEPT
    if not path.exists():
        return [], []
    told = json.loads(path.read_text(encoding="utf-8"))
    facts: list[Fact] = []
    if told.get("hallucination") is not None:
        facts.append(("hallucination", f"{told['hallucination']:.0%}"))
    table = told.get("ablation")
    if not table:
        return facts, []
    columns = list(next(iter(table.values())))
    rows = [[f"mask_{mask}", *(row[name] for name in columns)] for mask, row in table.items()]
    return facts, [{"title": "interviews", "head": ["condition", *columns], "rows": rows}]
