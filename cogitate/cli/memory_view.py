"""Records and what a search found, drawn for a person, and as plain data for JSON.

All texts are made visible first: what a memory holds may come from anywhere.
"""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from cogitate.cli.output import is_utf, visible, write_table, write_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from cogitate.memory.records import Hit, Recalled, Record

SHOWN = 100
"""Characters of a text in a list."""
BAR = 8
"""Columns of a bar whose part is as great as a part can be."""
PIPED = 160
"""Columns of a table where no terminal says how many there are."""


def write_records(records: "Sequence[Record]") -> None:
    """Write a line for each record: id, day, kind, importance, marks, text."""
    rows = [
        (r.id, _day(r.created), r.kind, f"{r.weight:g}", _marks(r), _short(r.text)) for r in records
    ]
    write_table([("ID", "CREATED", "KIND", "IMP", "", "TEXT"), *rows])


def write_hits(found: "Recalled") -> None:
    """Write a line for each hit: id, score, day, text."""
    write_table(
        [
            (hit.record.id, f"{hit.score:.3f}", _day(hit.record.created), _short(hit.text))
            for hit in found
        ]
    )


def write_record(record: "Record") -> None:
    """Write all that is known of a record, its text last."""
    data = record.as_dict()
    text = data.pop("text")
    for name in ("created", "last_access", "valid_from", "valid_to"):
        data[name] = _moment(data[name])
    first = ("id", "kind", "status", "importance", "created", "last_access", "uses", "pinned")
    order = [*first, *(name for name in data if name not in first)]
    rows = [
        (f"{name}:", _plain(data[name])) for name in order if data[name] not in ("", None, [], {})
    ]
    write_table(rows)
    write_text(f"\n{text}")


def as_data(found: "Recalled") -> dict[str, Any]:
    """Return what a search found as plain data."""
    from dataclasses import asdict

    def plain(hit: "Hit") -> dict[str, Any]:
        parts = asdict(hit.parts)
        return {"score": hit.score, "parts": parts, "record": hit.record.as_dict()}

    return {
        "proven": found.proven,
        "hits": [plain(hit) for hit in found],
        "below": [plain(hit) for hit in found.below],
    }


def write_explained(found: "Recalled", stream: IO[str] | None = None) -> None:
    """Draw each hit with a bar for each part of its score, then what just missed the cut."""
    from rich.table import Table
    from rich.text import Text

    console = _console(sys.stdout if stream is None else stream)
    weights = dict(found[0].parts.weights)
    shares = {
        "meaning": weights["relevance"] * weights["dense"],
        "words": weights["relevance"] * (1 - weights["dense"]),
        "importance": weights["importance"],
        "recency": weights["recency"],
    }
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "score", *shares):
        table.add_column(name, justify="right" if name == "score" else "left", no_wrap=True)
    table.add_column("text", overflow="fold", min_width=24, ratio=1)
    for number, hit in enumerate((*found.hits, *found.below), 1):
        below = number > len(found)
        if number == len(found) + 1:
            table.add_row("", "", *[""] * len(shares), Text("just below the cut:", "yellow"))
        parts = [
            _bar(console, getattr(hit.parts, _FIELD[name]), share, max(shares.values()))
            for name, share in shares.items()
        ]
        score = f"{hit.score:.3f}"
        text = f"{hit.record.id}  {_short(hit.text)}"
        table.add_row(str(number), score, *parts, text, style="dim" if below else "")
    console.print(table)
    given = ", ".join(f"{name} {share:g}" for name, share in shares.items())
    sure = "proven: no other record scores higher" if found.proven else "not proven"
    console.print(Text(f"weights: {given}; {sure}", "dim"))
    if not any(hit.score for hit in found):
        console.print(Text("all that was searched is equal in each part: these count 0", "dim"))


_FIELD = {
    "meaning": "dense",
    "words": "lexical",
    "importance": "importance",
    "recency": "recency",
}
"""Which field of `Parts` each column draws."""


def _console(stream: IO[str]) -> "Console":
    from rich.console import Console

    width = None if stream.isatty() else PIPED
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=width)


def _bar(console: "Console", part: float, share: float, most: float) -> "Text":
    """Return a bar as long as what a part adds to the score, and that number."""
    from rich.text import Text

    full, half = ("█", "▌") if is_utf(console.file) else ("#", "")
    halves = max(round(2 * BAR * part * share / most), 0) if most else 0
    drawn = full * (halves // 2) + half * (halves % 2)
    return Text.assemble((f"{drawn:<{BAR}}", "cyan"), f" {abs(part * share):.2f}")


def _marks(record: "Record") -> str:
    marks = ["pinned"] if record.pinned else []
    marks += [record.status] if record.status != "active" else []
    return ",".join(marks)


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}={each}" for name, each in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short(text: str) -> str:
    line = " ".join(visible(text).split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN].rstrip()}..."


def _day(seconds: float | None) -> str:
    return (_moment(seconds) or "")[:10]


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return f"{seconds:g} s"  # the clock of a simulation
