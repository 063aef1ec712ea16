"""Search over the lines of the folder's text: exact phrases first, then lines by shared words.

Lines are ranked by BM25 (Robertson and Zaragoza, 2009) over stems of content words. English
and other spaced scripts count by word, Chinese, Japanese and Korean by pairs of characters.
What it does not know: meaning. `meaning.py` finds lines that say the same in other words.
"""

import bisect
import heapq
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cogitate.errors import ToolFailure
from cogitate.tools.folder import Folder, read_text
from cogitate.values import Around, Hit
from cogitate.words import CJK, content_words, word_stem

MOST_TOTAL = 50_000_000
"""Most characters that one search reads."""
NOT_LINES = (".parquet", ".xlsx")
MOST_KEPT = 200_000
"""Most candidate lines that one search ranks."""
LONGEST_TEXT = 500
"""Most characters of a line in a `Hit`."""
PHRASE = 100.0
"""Added for the whole phrase; above any sum of word scores in practice."""
NAME = 0.3
"""What a word in the file's name counts, against one in the line."""
K1, B = 1.2, 0.3
"""BM25's saturation and length terms; lines are short, so length counts little."""


MOST_ABOVE = 60
"""How far above a line its heading is looked for."""
_HEADING = re.compile(r"\s*(#{1,6} |第.{1,4}[章节条]|[一二三四五六七八九十]{1,3}、|.{2,30}[:：]$)")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found, and what it did not read."""

    hits: list[Hit]
    paths: list[str]
    """The files that were searched."""
    stopped: str = ""
    """Why not everything was read; empty when all of it was."""


@dataclass(frozen=True)
class _Line:
    """A line that holds some word of the query: how often which, its length, a phrase or not."""

    path: str
    number: int
    text: str
    counts: dict[str, int]
    together: bool


@dataclass
class _Candidates:
    """The lines to rank, and of how many lines each word is part."""

    lines: list[_Line] = field(default_factory=list)
    seen_in: Counter[str] = field(default_factory=Counter)
    total: int = 0


def search_lines(folder: Folder | Path, words: list[str] | str, *, limit: int = 20) -> list[Hit]:
    """Return the best lines for `words`, the best first; see `search` for how far it reads."""
    return search(folder, words, limit=limit).hits


def search(
    folder: Folder | Path,
    words: list[str] | str,
    *,
    under: str = "",
    limit: int = 20,
    most: int = MOST_TOTAL,
) -> Found:
    """Return the best lines for `words` in text files and the raw lines of CSV and JSON tables.

    Args:
        folder: where to search.
        words: a phrase or question, or several of them.
        under: a file or a folder in it; empty for all.
        limit: most hits.
        most: most characters to read; 2 MB of each file at most.

    Raises:
        ToolFailure: `under` is not there.
    """
    folder = folder if isinstance(folder, Folder) else Folder(folder)
    phrases = [words] if isinstance(words, str) else list(words)
    folded = [phrase for phrase in (_folded(each) for each in phrases) if len(phrase) > 1]
    terms = content_words(" ".join(phrases)) or " ".join(folded).split()
    paths = paths_under(folder, under)
    if not terms:
        return Found(hits=[], paths=paths)
    finder, candidates, read, stopped = _Finder(terms, folded), _Candidates(), 0, ""
    for count, path in enumerate(paths):
        if read >= most or len(candidates.lines) >= MOST_KEPT:
            stopped = f"stopped after {count} of {len(paths)} files; search one file by its path"
            break
        try:
            text = read_text(folder.root / path)
        except ToolFailure:  # not text after all, or not readable: nothing to search
            continue
        read += len(text)
        _collect(path, text, finder, candidates)
    return Found(hits=_ranked(candidates, terms, limit), paths=paths, stopped=stopped)


def around(folder: Folder, hit: Hit) -> Around:
    """Return the heading that a line stands under, and the lines before and after it."""
    try:
        lines = read_text(folder.root / hit["path"]).splitlines()
    except ToolFailure:
        lines = []
    at = hit["line"] - 1
    above = [line for line in lines[max(0, at - MOST_ABOVE) : max(at, 0)] if line.strip()]
    below = [line for line in lines[at + 1 : at + 3] if line.strip()]
    return Around(
        heading=next((line.strip() for line in reversed(above) if is_heading(line)), ""),
        before=above[-1].strip()[:LONGEST_TEXT] if above else "",
        after=below[0].strip()[:LONGEST_TEXT] if below else "",
    )


def is_heading(line: str) -> bool:
    """Return whether a line looks like the heading of those below it."""
    return bool(_HEADING.match(line))


def paths_under(folder: Folder, under: str) -> list[str]:
    """Return the files of the folder that hold lines, or those of them below `under`."""
    paths = [
        info["path"]
        for info in folder.files()
        if info["kind"] != "other" and not info["path"].lower().endswith(NOT_LINES)
    ]
    if not under.strip(" ./"):
        return paths
    start = folder.resolve(under)
    return [path for path in paths if (folder.root / path).resolve().is_relative_to(start)]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip("?!.。\"'“”")


class _Finder:
    """Finds where a text holds the words and phrases of a query."""

    def __init__(self, terms: list[str], phrases: list[str]) -> None:
        self._wanted = frozenset(terms)
        words = sorted((t for t in terms if t.isalpha() and not _is_cjk(t)), key=len, reverse=True)
        # A word begins after a non-letter or at a hump, and goes on to the next of these.
        begin = r"(?:(?<![^\W\d_])|(?<=[a-z])(?=[A-Z]))"
        rest = r"(?:[A-Z]+(?![a-z])|[^\W\d_A-Z]*)"
        numbers = [re.escape(term) for term in terms if not term.isalpha()]
        number = rf"(?<!\d)(?<!\d[.,])(?:{'|'.join(numbers)})(?![.,]?\d)"
        parts = [f"{begin}(?i:{'|'.join(words)}){rest}"] if words else []
        self._words = _pattern([*parts, *([number] if numbers else [])])
        pairs = [re.escape(term) for term in terms if _is_cjk(term)]
        # Pairs of characters overlap, so each is looked for without moving past it.
        self._pairs = _pattern([f"(?=({'|'.join(pairs)}))"] if pairs else [])
        self._phrases = _pattern([r"[ \t]+".join(map(re.escape, p.split())) for p in phrases])

    def counts(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield where each word of the query stands in `text`, and which it is."""
        if self._words is not None:
            for match in self._words.finditer(text):
                found = match.group().casefold()
                word = found if found in self._wanted else word_stem(found)
                if word in self._wanted:
                    yield match.start(), word
        if self._pairs is not None:
            for match in self._pairs.finditer(text):
                yield match.start(), match.group(1)

    def together(self, text: str) -> Iterator[int]:
        """Yield where a whole phrase stands in `text`."""
        if self._phrases is not None:
            for match in self._phrases.finditer(text):
                yield match.start()


def _pattern(parts: list[str]) -> re.Pattern[str] | None:
    # Phrases ignore case as a whole; in words the humps are told by it.
    if not parts:
        return None
    ignore = re.IGNORECASE if not any("(?i:" in part for part in parts) else re.NOFLAG
    return re.compile("|".join(parts), ignore)


def _is_cjk(term: str) -> bool:
    return re.match(f"[{CJK}]", term) is not None


def _collect(path: str, text: str, finder: _Finder, into: _Candidates) -> None:
    """Add the lines of `text` that hold any word or phrase of the query."""
    shown = text.split("\n")
    normal = unicodedata.normalize("NFKC", text)
    starts = [0, *(match.end() for match in re.finditer("\n", normal))]
    into.total += len(shown)
    counts: dict[int, dict[str, int]] = {}
    for place, word in finder.counts(normal):
        line = counts.setdefault(bisect.bisect_right(starts, place), {})
        line[word] = line.get(word, 0) + 1
    together = {bisect.bisect_right(starts, place) for place in finder.together(normal)}
    for words in counts.values():
        into.seen_in.update(words.keys())
    for number in sorted(counts.keys() | together):
        line = counts.get(number, {})
        into.lines.append(_Line(path, number, shown[number - 1], line, number in together))


def _ranked(candidates: _Candidates, terms: list[str], limit: int) -> list[Hit]:
    lines = candidates.lines
    if not lines:
        return []
    total = max(candidates.total, len(lines))
    weights = {
        term: math.log(1 + (total - seen + 0.5) / (seen + 0.5))
        for term in terms
        for seen in [candidates.seen_in[term]]
    }
    average = sum(len(line.text) for line in lines) / len(lines) or 1.0
    named = {
        path: NAME * sum(weights[term] for term in weights.keys() & set(content_words(path)))
        for path in {line.path for line in lines}
    }

    def score(line: _Line) -> float:
        slack = K1 * (1 - B + B * len(line.text) / average)
        words = sum(weights[term] * n * (K1 + 1) / (n + slack) for term, n in line.counts.items())
        return round(named[line.path] + words + (PHRASE if line.together else 0.0), 4)

    scored = ((-score(line), line.path, line.number, line.text) for line in lines)
    return [
        Hit(path=path, line=number, text=text.strip()[:LONGEST_TEXT], score=-value)
        for value, path, number, text in heapq.nsmallest(limit, scored)
    ]
