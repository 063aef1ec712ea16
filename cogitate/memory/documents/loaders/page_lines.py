"""On which lines of a page's file the text stands that was taken from it.

What it does not know: tags and layout; it compares characters, spaces left out.
"""

import html
import re
from bisect import bisect_right

KEY = 60
"""How many characters of a line are looked for in the file."""
MOST_MISSES = 200
"""How many lines may be looked for in the whole file before that is given up."""
_TAG = re.compile(r"<[^<>]*>")


class Finder:
    """Finds the lines of the file that text of the page comes from, mostly in order."""

    def __init__(self, source: str) -> None:
        bare = _TAG.sub(lambda match: "\n" * match[0].count("\n"), _without_scripts(source))
        self._starts: list[int] = []
        pieces: list[str] = []
        at = 0
        for line in bare.split("\n"):
            self._starts.append(at)
            pieces.append("".join(html.unescape(line).split()))
            at += len(pieces[-1])
        self._text = "".join(pieces)
        self._at = 0
        self._last = (1, 1)
        self._misses = 0

    def lines(self, said: str) -> tuple[int, int]:
        """Return the first and last line of `said`; those of the text before when not found."""
        compact = "".join(said.removeprefix("- ").replace(" | ", "").split())
        key = compact[:KEY]
        found = self._text.find(key, self._at)
        if found < 0 and self._misses < MOST_MISSES:
            self._misses += 1
            found = self._text.find(key)
        if not key or found < 0:
            return self._last
        self._at = found + len(key)
        tail = compact[-KEY:]
        # A little room: marks between the words may have been left out of the article.
        end = self._text.find(tail, found, found + 2 * len(compact) + KEY)
        last = (end if end >= 0 else found) + len(tail) - 1
        self._last = self._line(found), max(self._line(found), self._line(last))
        return self._last

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)


def _without_scripts(source: str) -> str:
    """Return the source with scripts, styles and comments replaced by their line ends."""
    lower = source.lower()
    if len(lower) != len(source):  # a few letters change length; then positions do not fit
        return source
    for opening, closing in (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->")):
        pieces, at = [], 0
        while (begin := lower.find(opening, at)) >= 0:
            end = lower.find(closing, begin)
            if end < 0:
                break
            pieces += [source[at:begin], "\n" * source.count("\n", begin, end)]
            at = end + len(closing)
        source = "".join([*pieces, source[at:]])
        lower = source.lower()
    return source
