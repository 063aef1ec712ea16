"""One person's memory: the memory stream of the package, with a page of the log beside it.

Memories have names in the log that repeat from run to run: the person's id and the number of
the memory, such as `anna-12`. What this module does not know: what is worth remembering.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from cogitate.agents.town.clock import Clock
from cogitate.agents.town.diary import Page
from cogitate.llm.embed import Embedder
from cogitate.memory.records import Hit, Kind, Note, Record
from cogitate.memory.scoring.score import PRESETS
from cogitate.memory.stream import MemoryStream

SHOWN = 200
"""Characters of one memory in a prompt."""
ALL: tuple[Kind, ...] = ("observation", "chat", "plan", "reflection")


class Mind:
    """What a person remembers, and what the log says of it."""

    def __init__(
        self, path: Path, who: str, clock: Clock, embedder: Embedder, weights: str
    ) -> None:
        self.path = path
        self.page = Page(clock, who)
        self.last = 0
        """The number of the newest memory."""
        self._who = who
        self._clock = clock
        self._embedder = embedder
        self._weights = PRESETS[weights]
        self._stream = self._made()

    def _made(self) -> MemoryStream:
        return MemoryStream(
            self.path,
            embeddings=self._embedder,
            weights=self._weights,
            clock=self._clock.seconds,
        )

    async def open(self) -> None:
        """Open the file, anew after it was closed, and find out how many memories there are."""
        self._stream = self._made()
        newest = await self._stream.list(limit=1)
        self.last = newest[0].row if newest else 0

    def close(self) -> None:
        """Close the file, with all that was recalled written into it."""
        self._stream.close()

    def name_of(self, record: Record) -> str:
        """Return the name by which the log knows a memory."""
        return f"{self._who}-{record.row}"

    async def keep(
        self,
        text: str,
        kind: Kind = "observation",
        *,
        importance: float | None = None,
        evidence: Sequence[Record] = (),
        meta: Mapping[str, Any] | None = None,
    ) -> Record:
        """Remember something; what is known word for word is refreshed."""
        note = Note(
            text=text,
            kind=kind,
            origin="agent",
            importance=importance,
            evidence=tuple(record.id for record in evidence),
            meta=dict(meta or {}),
        )
        record = await self._stream.add(note)
        if record.row > self.last:
            self.last = record.row
            self.page.add("remembered", memory=await self._told(record))
        else:
            self.page.add("refreshed", memory=self.name_of(record))
        return record

    async def recall(
        self,
        query: str,
        k: int,
        *,
        purpose: str,
        kinds: Collection[str] = ALL,
        weights: str | None = None,
    ) -> list[Hit]:
        """Return the memories that bear on a query, and log how each was scored."""
        hits = list(await self._stream.recall(query, k, kinds=kinds, weights=weights))
        self.page.add(
            "retrieved", purpose=purpose, query=query, hits=[self._scored(hit) for hit in hits]
        )
        return hits

    async def looked_up(
        self, query: str, k: int, kinds: Collection[str], weights: str
    ) -> list[Hit]:
        """Return what bears on a query without a trace: not logged, not counted as accessed."""
        if not kinds:
            return []
        options = {"kinds": kinds, "weights": weights}
        return list(await self._stream.recall(query, k, touch=False, **options))  # type: ignore[arg-type]

    async def rated(self, model: BaseChatModel, waiting: Sequence[int]) -> None:
        """Let the model say how much the memories matter that no rule knows."""
        await self._stream.rate(model)
        records = {record.row: record for record in await self._stream.list(limit=50)}
        for row in waiting:
            if row in records:
                self.page.add(
                    "rated",
                    memory=self.name_of(records[row]),
                    importance=round(records[row].weight, 2),
                )

    async def reflect(self, model: BaseChatModel, threshold: float) -> list[Record]:
        """Conclude from what happened when enough did, and log what each conclusion stands on."""
        kept = await self._stream.reflect(model, threshold=threshold)
        found = list({record.row: record for record in kept}.values())
        for record in found:
            self.last = max(self.last, record.row)
        if found:
            told = [await self._told(record) for record in found]
            self.page.add("reflected", insights=told)
        return found

    async def every(self) -> Sequence[Record]:
        """Return all memories, the oldest first."""
        return await self._stream.list(newest=False)

    def shown(self, hits: Sequence[Hit]) -> list[str]:
        """Return memories as lines for a prompt, each with its time."""
        return [f"[{self._when(hit.record)}] {shortened(hit.text)}" for hit in hits]

    def _when(self, record: Record) -> str:
        moment = self._clock.moment_of(record.created or 0.0)
        stamp = self._clock.stamp(moment)
        today = stamp[:10] == self._clock.stamp()[:10]
        return stamp[11:] if today else stamp.replace("T", " ")

    async def _told(self, record: Record) -> dict[str, Any]:
        """Return a memory as the log shows it."""
        sources = [await self._stream.get(each) for each in record.evidence]
        return {
            "id": self.name_of(record),
            "kind": record.kind,
            "text": record.text,
            "importance": None if record.importance is None else round(record.importance, 2),
            "depth": record.depth,
            "evidence": [self.name_of(each) for each in sources if each is not None],
            "created": self._clock.stamp(self._clock.moment_of(record.created or 0.0)),
            **{key: record.meta[key] for key in ("question", "talk") if key in record.meta},
        }

    def _scored(self, hit: Hit) -> dict[str, Any]:
        parts = hit.parts
        return {
            "memory": self.name_of(hit.record),
            "text": hit.text,
            "score": round(hit.score, 3),
            "relevance": round(parts.relevance, 3),
            "importance": round(parts.importance, 3),
            "recency": round(parts.recency, 3),
            "weights": {key: parts.weights[key] for key in ("relevance", "importance", "recency")},
        }


def shortened(text: str) -> str:
    """Return a text on one line, cut where it is too long for a prompt."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."
