"""Which files a question names: by the words of their titles and paths, rare words first.

A question names what it is about, and a file about that often has the name in its title only,
while other files mention it in passing. What this does not know: texts and meanings.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from cogitate.words import content_words

_JOINTS = re.compile(r"[/\\_.-]+")


def name_words(title: str, path: str) -> list[str]:
    """Return the content words of a title and of a path without its ending."""
    stem = path.rpartition(".")[0] or path
    return content_words(f"{title} {_JOINTS.sub(' ', stem)}")


def rarity(count: int, total: int) -> float:
    """Return how much a word tells that `count` of `total` texts have."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


class Names:
    """The titles and paths of a collection, to be asked which of them a question names."""

    def __init__(self, files: Iterable[tuple[str, str]]) -> None:
        """Take in pairs of path and title; paths relative to what all have in common."""
        self._with: dict[str, set[str]] = defaultdict(set)
        self.count = 0
        for path, title in files:
            self.count += 1
            for word in name_words(title, path):
                self._with[word].add(path)

    def shares(self, words: Sequence[str]) -> dict[str, float]:
        """Return, for each path that has some of `words`, which share of their weight it has."""
        weights = {word: rarity(len(self._with.get(word, ())), self.count) for word in words}
        total = sum(weights.values())
        found: dict[str, float] = {}
        for word in words:
            for path in self._with.get(word, ()):
                found[path] = found.get(path, 0.0) + weights[word] / total
        return found
