"""What a stream does with a model: rate, reflect and learn facts; and what these build on.

`MemoryStream` inherits these methods. What this module does not know: prompts.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from langchain_core.language_models import BaseChatModel

from cogitate.memory.learning.importance import rate, weighed
from cogitate.memory.records import Note, Record, checked
from cogitate.memory.storage.store import Store

if TYPE_CHECKING:
    from cogitate.llm.embed import Embedder
    from cogitate.memory.keep import Keeper
    from cogitate.memory.learning.facts import Change, Exchange
    from cogitate.memory.scoring.live import LiveIndex
    from cogitate.memory.stream import MemoryStream

THRESHOLD = 150.0
"""The summed importance of new records that calls for a reflection (Park et al. 2023)."""


class Thinking:
    """The half of a stream that works with a model."""

    store: Store
    clock: Callable[[], float]
    _lock: threading.RLock
    _open: "Callable[[], tuple[Embedder, LiveIndex, Keeper]]"

    async def rate(self, model: BaseChatModel, limit: int = 100) -> int:
        """Let the model say how much records matter that no rule knows; return how many.

        They counted 3 until then. May be cancelled at any time.
        """
        return await rate(self.store, model, limit)

    async def reflect(
        self,
        model: BaseChatModel,
        *,
        threshold: float = THRESHOLD,
        scope: str = "default",
        most: int = 100,
    ) -> list[Record]:
        """Draw conclusions when enough has happened since the last time, and return them.

        Killed or cancelled, it goes on where it was when called again; `reflect.py` says how.

        Args:
            model: who is asked.
            threshold: the summed importance of new records of the scope that calls for it.
            scope: whose records.
            most: how many of the latest records are looked at.
        """
        from cogitate.memory.learning.reflect import Bounds, reflect

        bounds = Bounds(threshold=threshold, scope=scope, most=most)
        return await reflect(cast("MemoryStream", self), model, bounds)

    async def learn(self, model: BaseChatModel | None, exchange: "Exchange") -> "list[Change]":
        """Keep what a person said that is worth keeping, at most 3 facts; return the changes.

        Without a model only plain forms such as "my name is" are understood.
        """
        from cogitate.memory.learning.facts import learn

        return await learn(cast("MemoryStream", self), model, exchange)

    # ------------------------------------------------------------------------ what these need

    async def nearest(
        self, text: str, k: int = 5, *, kind: str = "fact", scope: str = "default"
    ) -> list[tuple[Record, float]]:
        """Return the active records that are nearest in meaning, with their cosines.

        They do not count as accessed, nor as given out.
        """

        def work() -> list[tuple[Record, float]]:
            embedder, live, _ = self._open()
            vector = embedder.embed_documents([text])[0]
            with self._lock:
                found = live.nearest(vector, (kind, scope), k)
                records = self.store.of_rows([row for row, _ in found])
            return [(records[row], cosine) for row, cosine in found if row in records]

        return await asyncio.to_thread(work)

    async def add(self, note: Note) -> Record:
        """Keep a note that is known to be worth it: only an equal record is refreshed instead."""
        whole = checked(weighed(note))

        def work() -> Record:
            vectors = self._open()[0].embed_documents([whole.indexed])
            with self._lock:
                return self.store.add([whole], vectors, self.clock())[0]

        return await asyncio.to_thread(work)

    async def settle(
        self, notes: Sequence[Note], key: str, before: str | None, after: str
    ) -> list[Record] | None:
        """Keep notes and set a setting in one transaction, if that still is `before`.

        Returns None, and keeps nothing, when another one has set it meanwhile.
        """
        whole = [checked(note) for note in notes]

        def work() -> list[Record] | None:
            embedder, _, keeper = self._open()
            if whole:  # the embedder's cache has them for the transaction
                embedder.embed_documents([note.indexed for note in whole])
            with self._lock, self.store.writing():
                if self.store.setting(key) != before:
                    return None
                kept = keeper.keep(whole, self.clock()) if whole else []
                self.store.set({key: after})
            return kept

        return await asyncio.to_thread(work)


__all__ = ["THRESHOLD", "Thinking"]
