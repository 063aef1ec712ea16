"""Embedding all texts anew, for another embedder. Killed, it goes on where it was.

The old vectors serve until all new ones are there; then they are exchanged in one transaction.
What this module does not know: indexes.
"""

from collections.abc import Callable

import numpy as np

from cogitate.llm.embed import Embedder
from cogitate.memory.storage.store import Store

TOGETHER = 64
"""Texts that are embedded between two transactions."""
Progress = Callable[[int, int], None]
_TEXTS = (
    "SELECT row, context, text FROM records "
    "WHERE row NOT IN (SELECT row FROM vectors_next) ORDER BY row LIMIT ?"
)


def rebuild(store: Store, embedder: Embedder, progress: Progress | None = None) -> int:
    """Give every record a vector of `embedder`; return how many were embedded by this call.

    `progress(done, total)` is called after each batch.
    """
    _begin(store, f"{embedder.name}|{embedder.dimension}")
    embedded = 0
    while True:
        with store.reading() as sql:
            found = sql.execute(_TEXTS, (TOGETHER,)).fetchall()
        if not found:
            if _exchanged(store, embedder):
                return embedded
            continue
        texts = [f"{context}\n{text}" if context else text for _, context, text in found]
        matrix = np.asarray(embedder.embed_documents(texts), np.float32)
        blobs = [(row, matrix[n].tobytes(), row) for n, (row, _, _) in enumerate(found)]
        with store.writing() as sql:
            sql.executemany(
                "INSERT OR REPLACE INTO vectors_next "
                "SELECT ?, ? WHERE EXISTS (SELECT 1 FROM records WHERE row = ?)",
                blobs,
            )
            done = sql.execute("SELECT count(*) FROM vectors_next").fetchone()[0]
        embedded += len(found)
        if progress is not None:
            progress(done, len(store))


def _begin(store: Store, target: str) -> None:
    """Keep the new vectors that are there already when they are of the same embedder."""
    with store.writing() as sql:
        if store.setting("rebuilding") != target:
            sql.execute("DELETE FROM vectors_next")
        store.set({"rebuilding": target})


def _exchanged(store: Store, embedder: Embedder) -> bool:
    """Put the new vectors in place, unless a record came meanwhile."""
    with store.writing() as sql:
        if sql.execute(_TEXTS, (1,)).fetchone():
            return False
        sql.execute("DELETE FROM vectors")
        sql.execute("INSERT INTO vectors SELECT row, vector FROM vectors_next")
        sql.execute("DELETE FROM vectors_next")
        store.set({"embedder": embedder.name, "dimension": str(embedder.dimension)})
        store.set({"rebuilding": ""})
        rows = [row for (row,) in sql.execute("SELECT row FROM records")]
        store.log(rows, "text")
    return True
