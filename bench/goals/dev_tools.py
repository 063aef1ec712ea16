"""The two tools of the library whose files lie in `dev_folder/`."""

import hashlib
from typing import Literal

from cogitate import tool


@tool(effect="read")
def overdue_fine(days: int, kind: Literal["book", "film", "game"]) -> str:
    """Return the fine for something brought back late, in euros.

    Args:
        days: how many days it is late.
        kind: what was lent: book (图书), film (影碟) or game (桌游).
    """
    rate, most = {"book": (0.15, 6.0), "film": (0.45, 9.0), "game": (0.35, 12.0)}[kind]
    return f"{min(most, 0.5 + rate * days):.2f} EUR"


@tool(effect="once")
def reserve_desk(desk: int, date: str) -> str:
    """Reserve a reading desk for a day and return the slip number.

    Args:
        desk: number of the desk, 1 to 12.
        date: the day, as YYYY-MM-DD.
    """
    digest = hashlib.sha256(f"desk {desk} {date.strip()}".encode()).hexdigest()
    return f"Desk {desk} is yours. Slip: {int(digest[:5], 16):07d}"
