"""Vectors that were computed before, kept in a file: a text is embedded once on a machine."""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from cogitate.llm.embed import Embedder
from cogitate.llm.embedders import Vectors

MOST = 200_000
"""Most vectors in the file, 150 MB of 384 numbers each; when it is full it begins anew."""
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"


class KeptVectors:
    """The vectors of an embedder for texts, from a file where they are there already.

    A file that cannot be used costs time, not the answer: the texts are embedded again.
    """

    def __init__(self, base: Embedder, path: Path) -> None:
        self.base = base
        self.path = path

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length a text, float32."""
        keys = [self._key(text) for text in texts]
        known = self._read(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            rows = self.base.embed_documents(list(new.values()))
            fresh = dict(zip(new, rows, strict=True))
            self._write(fresh)
            known |= fresh
        return np.stack([known[key] for key in keys]) if keys else np.empty((0, 0), np.float32)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.base.name}\0{text}".encode("utf-8", "replace")).digest()

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        try:
            with closing(self._open()) as file:
                for key in set(keys):
                    row = file.execute("SELECT vector FROM vectors WHERE key = ?", (key,))
                    held = row.fetchone()
                    if held and len(held[0]) == 4 * self.base.dimension:
                        found[key] = np.frombuffer(held[0], np.float32)
        except (sqlite3.Error, OSError):
            return {}
        return found

    def _write(self, rows: dict[bytes, Vectors]) -> None:
        try:
            with closing(self._open()) as file, file:
                if file.execute("SELECT count(*) FROM vectors").fetchone()[0] > MOST:
                    file.execute("DELETE FROM vectors")
                file.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                    [(key, row.astype(np.float32).tobytes()) for key, row in rows.items()],
                )
        except (sqlite3.Error, OSError):
            return

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self.path, timeout=5.0)
        file.execute("PRAGMA journal_mode=WAL")
        file.execute(_TABLE)
        return file
