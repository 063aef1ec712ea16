"""Several sources of passages asked as one: each is asked, and what they give is put in one order.

The scores of two sources cannot be compared: each scales nearness over its own candidates. So
what they give is measured anew, all of it alike: nearness in meaning, scaled over all of it,
and what share of the question's words a passage, its headings and its path hold, where words
that few of the passages hold weigh more. Within one source its own order stays. What this
module does not know: how a source finds its passages.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence

from cogitate.errors import SetupError
from cogitate.llm.embed import Embedder
from cogitate.passages import Passage, heading
from cogitate.tools.retrieve import PassageSource
from cogitate.words import content_words

MOST_ASKED = 8
"""Most sources that are asked for one question."""
COVERED = 1.5
"""What shared words count; nearness in meaning counts 1. In a `Library` the words of a passage
and those of its file's name count as much together."""
LONGEST = 1_600


class Together:
    """Several named sources, to be asked for passages as one."""

    def __init__(self, sources: Mapping[str, PassageSource], embedder: Embedder) -> None:
        """Ask each of `sources`.

        Args:
            sources: what is asked, by name.
            embedder: by which passages of different sources are compared.

        Raises:
            SetupError: there is no source, or there are more than 8.
        """
        if not 1 <= len(sources) <= MOST_ASKED:
            raise SetupError(
                f"{len(sources)} collections cannot be asked at once; name 1 to {MOST_ASKED}"
            )
        self.sources = dict(sources)
        self._embedder = embedder

    async def passages(
        self, query: str, k: int = 5, *, path: str = "", since: float | None = None
    ) -> list[Passage]:
        """Return the `k` passages of all sources that fit best, the best first.

        Args:
            query: what is looked for, in words of any kind.
            k: how many passages.
            path: a file or a folder, as passages name it; empty for all.
            since: only files that were changed at this moment or later, in seconds.

        Raises:
            SetupError: no source has a file at `path`, or the query is empty.
        """
        found: list[list[Passage]] = []
        failed: list[SetupError] = []
        for source in self.sources.values():
            try:
                found.append(await source.passages(query, k, path=path, since=since))
            except SetupError as error:  # a path is in one source and not in the next
                failed.append(error)
        if not found and failed:
            raise failed[0]
        if len(self.sources) == 1:
            return found[0]
        return (await asyncio.to_thread(self._merged, query, found))[:k]

    def _merged(self, query: str, found: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Return the passages of all lists with scores that can be compared, the best first."""
        flat = [passage for passages in found for passage in passages]
        if not flat:
            return []
        scores = iter(self._scores(query, flat))
        merged: list[Passage] = []
        for passages in found:
            own = sorted((next(scores) for _ in passages), reverse=True)
            merged += [{**p, "score": round(s, 4)} for p, s in zip(passages, own, strict=True)]
        merged.sort(key=lambda passage: -passage["score"])
        return _each_once(merged)

    def _scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        """Return how well each passage fits, 0 to 1."""
        texts = [f"{heading(p)}\n{p['text'][:LONGEST]}" for p in passages]
        near = self._embedder.embed_documents(texts) @ self._embedder.embed_query(query)
        low, span = float(near.min()), float(near.max() - near.min())
        held = [
            set(content_words(f"{p['path']}\n{text}"))
            for p, text in zip(passages, texts, strict=True)
        ]
        weights = {
            word: math.log((len(held) + 1) / (sum(word in there for there in held) + 0.5))
            for word in content_words(query)
        }
        total = sum(weights.values())
        return [
            (
                ((float(one) - low) / span if span > 1e-9 else 0.0)
                + COVERED
                * (sum(w for word, w in weights.items() if word in there) / total if total else 0.0)
            )
            / (1 + COVERED)
            for one, there in zip(near, held, strict=True)
        ]


def _each_once(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages without repeats: the same file may be in two collections."""
    return list({" ".join(p["text"].split()): p for p in reversed(passages)}.values())[::-1]
