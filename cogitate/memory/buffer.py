"""Memory that lives as long as the process.

It ranks by what a note shares with the query: words, and pairs of characters where a language
writes no spaces. A term that few notes hold counts more. What it does not know: meaning,
synonyms and age.
"""

from collections import Counter
from dataclasses import dataclass, field

from cogitate.memory.base import Kept
from cogitate.words import content_words


@dataclass
class BufferMemory:
    """Keep notes in a list and rank them by the terms that they share with the query."""

    notes: list[str] = field(default_factory=list)

    async def recall(self, query: str, k: int = 5) -> list[Kept]:
        """Return at most `k` notes, the most relevant first and among equals the newest."""
        held = [set(content_words(note)) for note in self.notes]
        spread = Counter(term for terms in held for term in terms)
        wanted = set(content_words(query))
        scores = [sum(1 / spread[term] for term in wanted & terms) for terms in held]
        order = sorted(range(len(held)), key=lambda index: (-scores[index], -index))
        found = [Kept(self.notes[index]) for index in order if scores[index] > 0]
        return found[: max(k, 0)]

    async def remember(self, note: str) -> None:
        """Keep `note`. A note already kept is kept once; a blank one is not kept."""
        if note.strip() and note not in self.notes:
            self.notes.append(note)
