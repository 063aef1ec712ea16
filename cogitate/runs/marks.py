"""The kinds of a journal's rows that are no outcomes, and which rows a stop takes back.

What it does not know: where rows are kept, and how they are given back.
"""

from collections.abc import Sequence

from cogitate.runs.rows import Row

RUN = "run"
STOP = "stop"
HALT = "halt"
RESUMED = "resumed"
ASKING = "asking"
BEGUN = "begun"
END = "end"
MARKS = frozenset({RUN, STOP, RESUMED, ASKING, BEGUN, END})
"""Kinds of rows that are no outcome: nobody asks for them."""
STOPS = frozenset({STOP, HALT})
"""Kinds of rows that say that the run began to stop."""
LASTING = frozenset({"tool", "ask", BEGUN, RESUMED, RUN})
"""Kinds of rows that a stop does not take back."""


def superseded(rows: list[Row]) -> set[int]:
    """Return the rows that a run which went on has left behind: the last words of its stops.

    What tools did and what persons said is never left behind.
    """
    over: set[int] = set()
    for row in rows:
        if row.kind == RESUMED:
            past = rows[row.data["from"] - 1 : row.seq - 1]
            over.update(r.seq for r in past if r.kind in (STOP, END) or not lasts(r))
    return over


def lasts(row: Row) -> bool:
    """Return whether a stop before it does not take a row back.

    What was called inside of a program or of a task has rows of its own: these two happen anew.
    """
    return row.kind in LASTING and row.data.get("of") != 0


def up_to(rows: Sequence[Row], turn: int) -> list[Row]:
    """Return the rows up to the end of a turn, without the last words of a stop there."""
    kept: list[Row] = []
    for row in rows:
        if row.turn > turn:
            break
        kept.append(row)
    begun = max((row.seq for row in kept if row.kind == RESUMED), default=0)
    over = (*STOPS, END)
    stop = next((r.seq for r in kept if r.seq > begun and r.kind in over), len(kept) + 1)
    return kept[: stop - 1]
