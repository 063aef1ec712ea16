"""Finding the record that a person means by an id, or by the start of one."""

from asyncio import to_thread
from datetime import datetime
from typing import TYPE_CHECKING

from cogitate.errors import SetupError

if TYPE_CHECKING:
    from cogitate.memory.records import Record
    from cogitate.memory.storage.store import Store
    from cogitate.memory.stream import MemoryStream

CLOSEST = 3
"""How many ids are offered in place of one that is not known."""
COMPARED = 20_000
"""Among how many of the newest ids the closest are looked for."""


async def find(stream: "MemoryStream", record_id: str) -> "Record":
    """Return the record of an id, or the only one whose id begins so.

    Raises:
        SetupError: there is none, or several; names those that are close.
    """
    return await to_thread(_find, stream.store, record_id.strip().lower())


def _find(store: "Store", record_id: str) -> "Record":
    exact = store.get([record_id])
    if exact:
        return exact[0]
    with store.reading() as sql:
        query = "SELECT id FROM records WHERE substr(id, 1, ?) = ? LIMIT ?"
        values = (len(record_id), record_id, CLOSEST + 1)
        beginning = [found for (found,) in sql.execute(query, values)] if record_id else []
    if len(beginning) == 1:
        return store.one(beginning[0])
    if beginning:
        shown = ", ".join(beginning[:CLOSEST])
        raise SetupError(f"several ids begin with {record_id!r}: {shown}; give more of it")
    raise SetupError(_unknown(store, record_id))


def _unknown(store: "Store", record_id: str) -> str:
    for identity, _, reason, when in store.tombstones():
        if identity == record_id:
            day = datetime.fromtimestamp(when).strftime("%Y-%m-%d %H:%M")
            return f"memory {record_id!r} was forgotten at {day} ({reason}); it cannot come back"
    from difflib import get_close_matches

    with store.reading() as sql:
        query = "SELECT id FROM records ORDER BY row DESC LIMIT ?"
        ids = [found for (found,) in sql.execute(query, (COMPARED,))]
    if not ids:
        return f"there is no memory {record_id!r}: nothing is remembered here yet"
    near = get_close_matches(record_id, ids, n=CLOSEST, cutoff=0.5)
    if near:
        return f"there is no memory {record_id!r}; the closest ids are {', '.join(near)}"
    return f"there is no memory {record_id!r}; `cogitate memory list` shows the ids"
