"""Passages from what can be asked as a memory is, and how a record becomes a passage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cogitate.passages import Passage


class Recalls(Protocol):
    """What can be asked as a memory is, such as a LangChain retriever in its adapter."""

    async def recall(self, query: str, k: int = 5) -> Any:
        """Return hits, the best first: each with `record` and `score`."""
        ...


@dataclass(frozen=True)
class RecalledPassages:
    """Passages from whatever can be asked as a memory is, such as a LangChain retriever."""

    source: Recalls

    async def passages(
        self, query: str, k: int = 5, *, path: str = "", since: float | None = None
    ) -> list[Passage]:
        """Return the `k` best passages in the source's order.

        Filters are applied to what the source gives: `path` to its path or `source`, `since` to
        `modified` in seconds. What does not say its date is left out when there is a `since`.
        """
        hits = await self.source.recall(query, k=k if not path and since is None else 10 * k)
        found = []
        for hit in hits:
            meta = {**hit.record.meta}
            meta["path"] = str(meta.get("path") or meta.get("source") or "")
            modified = meta.get("modified")
            dated = since is None or (isinstance(modified, int | float) and modified >= since)
            if dated and (not path or meta["path"].startswith(path)):
                found.append(passage_of(hit.record.text, meta, float(hit.score)))
        return found[:k]


def passage_of(
    text: str, meta: Mapping[str, Any], score: float, around: tuple[str, str] = ("", "")
) -> Passage:
    """Return a passage of `text` whose place is in `meta`, as indexing or LangChain names it."""

    def number(*names: str) -> int:
        values = (meta.get(name) for name in names)
        return next((v for v in values if isinstance(v, int) and v > 0), 0)

    page, line = number("page"), number("line_start", "line")
    return Passage(
        path=str(meta.get("path", "")),
        title=str(meta.get("title") or ""),
        section=str(meta.get("section") or ""),
        text=text,
        page=page,
        last_page=number("last_page") or page,
        line=line,
        last_line=number("line_end", "last_line") or line,
        before=around[0],
        after=around[1],
        score=round(score, 4),
    )
