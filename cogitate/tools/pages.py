"""Two tools over a collection of pages: `search` opens a page by its title, `lookup` reads on.

With an answer they are the three actions of ReAct (Yao et al. 2022, section 3.1) over any local
corpus. What is open, and how far it was looked up, belongs to the run.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from langchain_core.tools import BaseTool

from cogitate.errors import SetupError, ToolFailure
from cogitate.runs.context import current
from cogitate.tools.base import tool
from cogitate.words import content_words

SHOWN = 5
"""Sentences of a page that `search` gives."""
SIMILAR = 5
"""Titles that are offered when there is no such page."""
ENDINGS = (".txt", ".md", ".rst")
LARGEST = 2_000_000
"""Bytes of a file that is still a page."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(A-Z0-9])|(?<=[。！？])|\n+")


@dataclass(frozen=True)
class Pages:
    """A collection of pages: the text of each by its title."""

    texts: Mapping[str, str]
    _titles: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.texts:
            raise SetupError("there are no pages to search in; give at least one title and text")
        self._titles.update({_plain(title): title for title in self.texts})

    def titled(self, title: str) -> str | None:
        """Return the title that is meant: the same words, or the longest that is a part of it."""
        wanted = _plain(title)
        if wanted in self._titles:
            return self._titles[wanted]
        held = [known for known in self._titles if f" {known} " in f" {wanted} "]
        longest = max(map(len, held), default=0)
        best = [known for known in held if len(known) == longest]
        return self._titles[best[0]] if len(best) == 1 else None

    def similar(self, title: str) -> list[str]:
        """Return titles that are like `title` or share words with it, the nearest first."""
        wanted = _plain(title)
        close = get_close_matches(wanted, self._titles, n=SIMILAR, cutoff=0.5)
        words = set(content_words(title))
        sharing = [t for t in self._titles if words & set(content_words(self._titles[t]))]
        return [self._titles[t] for t in dict.fromkeys([*close, *sharing])][:SIMILAR]


def read_pages(folder: Path | str) -> Pages:
    """Return each text file of a folder as a page, titled by its name without the ending.

    Raises:
        SetupError: there is no such folder, or no text file in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SetupError(f"{str(folder)!r} is not a folder; name one with text files")
    files = [p for p in sorted(folder.rglob("*")) if p.suffix in ENDINGS and p.is_file()]
    texts = {
        path.stem: path.read_text(encoding="utf-8", errors="replace")
        for path in files
        if path.stat().st_size <= LARGEST
    }
    if not texts:
        raise SetupError(f"{str(folder)!r} holds no page: no file that ends in {ENDINGS!r}")
    return Pages(texts)


@dataclass
class _Reading:
    """What a run has open, and how far it has looked up."""

    sentences: Sequence[str] = ()
    words: str = ""
    position: int = 0

    def next(self, words: str) -> str:
        """Return the next sentence that holds `words`; other words begin anew."""
        if not self.sentences:
            raise ToolFailure("no page is open; search for a page first")
        wanted = words.strip().casefold()
        if not wanted:
            raise ToolFailure("the words are empty; name what is to be found on the page")
        hits = [s for s in self.sentences if wanted in s.casefold()]
        if wanted != self.words:
            self.words, self.position = wanted, 0
        if self.position >= len(hits):
            raise ToolFailure(f"no {'more ' if hits else ''}results for {words!r} on this page")
        self.position += 1
        return f"(result {self.position} of {len(hits)}) {hits[self.position - 1]}"


def page_tools(pages: Pages | Mapping[str, str]) -> list[BaseTool]:
    """Return the tools `search` and `lookup` over `pages`."""
    known = pages if isinstance(pages, Pages) else Pages(pages)

    @tool(effect="read")
    def search(title: str) -> str:
        """Open the page with this title and return its first sentences.

        Args:
            title: the name of a thing or person, as short as a page title.
        """
        found = known.titled(title)
        if found is None:
            near = ", ".join(known.similar(title)) or "none"
            raise ToolFailure(f"there is no page {title!r}. Similar titles: {near}")
        reading = _reading()
        reading.sentences, reading.words, reading.position = sentences(known.texts[found]), "", 0
        return f"{found}: " + " ".join(reading.sentences[:SHOWN])

    @tool(effect="read")
    def lookup(words: str) -> str:
        """Return the next sentence of the open page that holds these words.

        Args:
            words: one or two words to look for on the page that was opened last.
        """
        return _reading().next(words)

    # There is nothing to look up before a page is open.
    lookup.metadata = {**(lookup.metadata or {}), "after": "search"}
    return [search, lookup]


def _reading() -> _Reading:
    """Return what the present run has open."""
    return current().opened("pages", _Reading)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, without blank ones."""
    return [part for raw in _SENTENCE.split(text) if (part := " ".join(raw.split()))]


def _plain(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))
