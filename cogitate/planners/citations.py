"""Whether each sentence of an answer says what the passages say that it cites. All of it is code.

A sentence that cites a passage must find there its numbers with their units, its times, dates
and codes, its names and quotes, and most of what it says beyond the question. What this does
not see: a wrong relation between right words, such as a negation that the passage lacks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cogitate.passages import Passage
from cogitate.planners.support import problems
from cogitate.words import CJK, content_words

MARKED = {False: "(not supported)", True: "（无出处）"}
"""What is put after a sentence without support, in English and in Chinese."""
FILLER = 2
"""A sentence without citation may have so many content words when another one has support."""
_MARK = re.compile(r"\s*[\[［【]\s*(\d{1,3}(?:\s*[,，、;]\s*\d{1,3})*)\s*[\]］】]")
_MARKS = rf"((?:{_MARK.pattern.replace('(', '(?:', 1)})+)"
_BEHIND = re.compile(rf"([.!?。！？]+[\"”’」』)）]*){_MARKS}")
_END = re.compile(r"(?<=[。！？])\s*|(?<=[!?])\s+|\n+|(?<=[.])\s+(?=[^\sa-z])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Fig|Eq|Sec|Ch|Vol|pp?|vs|etc|cf|al|"
    r"approx|Inc|Ltd|Co|Corp|e\.g|i\.e|ca)\.$"
)
_NAME = re.compile(r"(?<![\w'’])[A-Z][\w&'’-]*[\w]")


@dataclass(frozen=True)
class Claim:
    """One sentence of an answer, without its marks, and what is wrong with it."""

    text: str
    cites: tuple[int, ...]
    """Numbers of the passages it cites, from 1."""
    problems: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems


@dataclass(frozen=True)
class Checked:
    """An answer sentence by sentence."""

    claims: tuple[Claim, ...]

    @property
    def supported(self) -> tuple[Claim, ...]:
        """The sentences that the passages bear out and that cite one."""
        return tuple(claim for claim in self.claims if claim.supported and claim.cites)

    @property
    def abstain(self) -> bool:
        """Whether nothing is left to answer with."""
        return not self.supported

    @property
    def cited(self) -> tuple[int, ...]:
        """Numbers of the passages that sentences with support cite, in order."""
        return tuple(dict.fromkeys(n for claim in self.supported for n in claim.cites))

    def text(self, *, mark: bool = False) -> str:
        """Return the answer without the sentences that lack support, or with these marked."""
        if self.abstain and not mark:
            return ""
        kept = [claim for claim in self.claims if claim.supported or mark]
        return " ".join(_written(claim) for claim in kept)


def check(answer: str, passages: Sequence[Passage], question: str = "") -> Checked:
    """Return the sentences of `answer`, each checked against the passages that it cites.

    Args:
        answer: text with marks such as [1] or [1, 3]; they count for the sentence they end.
        passages: what [1], [2] and so on stand for.
        question: what was asked. Its words need no support, but its names and numbers do.
    """
    claims = [_checked(text, cites, passages, question) for text, cites in _sentences(answer)]
    if any(claim.supported for claim in claims if claim.cites):
        claims = [claim if claim.cites else _filler(claim) for claim in claims]
    return Checked(tuple(claims))


def _written(claim: Claim) -> str:
    marks = "".join(f"[{n}]" for n in claim.cites)
    end = claim.text[-1:] if claim.text[-1:] in "。！？.!?" else ""
    text = f"{claim.text.removesuffix(end)} {marks}{end}" if marks else claim.text
    chinese = bool(re.search(f"[{CJK}]", claim.text))
    return text if claim.supported else f"{text} {MARKED[chinese]}"


def _sentences(answer: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield each sentence without its marks, and the numbers in them."""
    inside = _BEHIND.sub(lambda m: f" {m[2].strip()}{m[1]} ", answer.strip())
    held = ""
    for part in _END.split(inside):
        held = f"{held} {part}".strip() if held else part.strip()
        if not held or _ABBREVIATION.search(_MARK.sub("", held)):
            continue
        yield from _sentence(held)
        held = ""
    yield from _sentence(held)


def _sentence(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    cites = [int(n) for found in _MARK.findall(text) for n in re.findall(r"\d+", found)]
    bare = re.sub(r"\s+([.!?,;。！？，；])", r"\1", _MARK.sub("", text)).strip()
    if re.search(r"\w", bare):
        yield bare, tuple(dict.fromkeys(cites))


def _filler(claim: Claim) -> Claim:
    """Return a sentence without citation, which may stand when it says next to nothing."""
    names = [m for m in _NAME.finditer(claim.text) if m.start()]
    plain = not names and not re.search(r"\d", claim.text)
    few = len(content_words(claim.text)) <= FILLER
    return Claim(claim.text, ()) if plain and few else claim


def _checked(
    text: str, cites: tuple[int, ...], passages: Sequence[Passage], question: str
) -> Claim:
    if not cites:
        return Claim(text, cites, ("no passage is cited",))
    unknown = [n for n in cites if not 1 <= n <= len(passages)]
    if unknown:
        return Claim(text, cites, tuple(f"there is no passage [{n}]" for n in unknown))
    bodies = [passages[n - 1]["text"] for n in cites]
    heads = [_head(passages[n - 1]) for n in cites]
    return Claim(text, cites, tuple(problems(text, bodies, heads=heads, question=question)))


def _head(passage: Passage) -> str:
    return f"{passage['title']}\n{passage['section']}\n{passage['path']}"
