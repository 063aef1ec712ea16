"""What is worth a record of its own: neither a repetition nor an echo of what was recalled.

A note that says again what a record says refreshes it. Nearness of vectors alone cannot tell:
between turns of one conversation thousands of pairs have a cosine above 0.92, and so do "my
flight is at 7" and "my flight is at 8". So a near-duplicate must also add nothing: no word,
number, name, person or negation. What this module does not know: stores and indexes.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cogitate.memory.records import Note
from cogitate.words import CJK, words

Vectors = NDArray[np.float32]
Near = list[tuple[int, float]]
"""Rows with their cosines, the nearest first."""

Block = tuple[NDArray[np.int64], Vectors, Sequence[tuple[str, str]]]
"""Rows, their vectors, and the label of each: only equal labels are compared."""

NEAR_MOST = 4
"""How many near records a note is compared with."""
GIVEN_MOST = 5_000
"""How many recalled texts are kept in mind."""
WHOLE = 0.95
"""What part of a text must stand in another for it to be quoted in full."""
FRAME = frozenset(
    words(
        "memory memories remember remembered remembering recall recalled note noted notes earlier "
        "previously before said mentioned reminder known already relevant context "
        "记得 记忆 回忆 之前"
    )
)
"""Words that frame a quotation and add nothing to it."""
SHINGLE = 3
"""Words in a row that make a quotation."""
_TOKEN = re.compile(rf"[{CJK}]|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’]\w+)?")
_NEGATION = re.compile(
    r"(?i)\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b"
)
_CHINESE_NEGATION = re.compile("[不没沒无無非未别別勿]")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_PERSONS = {
    form: person
    for person, forms in {
        "I": "i me my mine myself 我",
        "we": "we us our ours 我们 咱们",
        "you": "you your yours 你 您",
        "he": "he him his 他",
        "she": "she her hers 她",
        "they": "they them their theirs 他们 她们",
    }.items()
    for form in forms.split()
}
_PERSON = re.compile(
    "|".join([r"\b[a-z]+\b", *sorted((f for f in _PERSONS if not f.isascii()), key=len)[::-1]])
)


@dataclass(frozen=True)
class Bars:
    """How near, by cosine, two texts must be."""

    near: float
    """Where the new text has no word that the old one lacks."""
    paraphrase: float
    """Where it has one such word."""


def bars_of(embedder: str) -> Bars:
    """Return what counts as near for the embedder of this name.

    Hashed n-grams see spelling only, so that one other word can never be a paraphrase.
    """
    return Bars(0.95, 1.01) if "hash" in embedder else Bars(0.92, 0.98)


def says_the_same(new: str, old: str, cosine: float, bars: Bars) -> bool:
    """Return whether `new` says nothing that `old` does not say."""
    if cosine <= bars.near or _particulars(new, old) != _particulars(old, new):
        return False
    told, held = words(new), words(old)
    added = set(told) - set(held)
    # "Man bites dog" is news after "dog bites man"; "at noon I rest" after "I rest at noon" is not.
    rest = iter(held + held)
    if not all(word in rest for word in told if word not in added):
        return False
    return not added or (cosine >= bars.paraphrase and len(added) == 1 and new.isascii())


def _particulars(text: str, other: str) -> tuple[object, ...]:
    """Return what must be equal: names and numbers in order, persons, negations.

    A word with a capital is a name unless the other text has it without one.
    """
    plain = {word for word in _WORD.findall(other) if not word[0].isupper()}
    capital = [word for word in _WORD.findall(text) if word[0].isupper()]
    names = [word for word in capital if word.casefold() not in plain]
    folded = text.casefold()
    persons = {_PERSONS[form] for form in _PERSON.findall(folded) if form in _PERSONS}
    negations = len(_NEGATION.findall(text)) + len(_CHINESE_NEGATION.findall(text))
    content = [name for name in names if words(name)]
    return content, _NUMBER.findall(text), persons, negations


class Given:
    """The texts that memory has given out, so that they are not stored as something new."""

    def __init__(self) -> None:
        self._texts: OrderedDict[int, tuple[str, frozenset[int]]] = OrderedDict()
        self._rows: dict[int, set[int]] = {}

    def add(self, row: int, text: str) -> None:
        """Keep in mind that the text of a row was given out."""
        held = self._texts.get(row)
        if held is not None and held[0] == text:
            self._texts.move_to_end(row)
            return
        self.drop(row)
        self._texts[row] = (text, _shingles(text))
        for shingle in self._texts[row][1]:
            self._rows.setdefault(shingle, set()).add(row)
        if len(self._texts) > GIVEN_MOST:
            self.drop(next(iter(self._texts)))

    def drop(self, row: int) -> None:
        """Keep a row in mind no longer."""
        _, shingles = self._texts.pop(row, ("", frozenset()))
        for shingle in shingles:
            self._rows[shingle].discard(row)
            if not self._rows[shingle]:
                del self._rows[shingle]

    def quoted_by(self, text: str) -> int | None:
        """Return the row that `text` repeats, or of which it is mostly a quotation.

        Several rows may be quoted in full one after the other; the longest of them is returned.
        """
        own = _shingles(text)
        if not own or not self._texts:
            return None
        shared = Counter(row for shingle in own for row in self._rows.get(shingle, ()))
        whole: list[int] = []
        covered: frozenset[int] = frozenset()
        for row, count in shared.most_common(20):
            shingles = self._texts[row][1]
            inside = count >= WHOLE * len(own) or count >= WHOLE * len(shingles)
            if inside and shingles & own - covered:
                whole.append(row)
                covered |= shingles
        quoted = " ".join(self._texts[row][0] for row in whole)
        return whole[0] if whole and _adds_nothing(text, quoted) else None


def _adds_nothing(text: str, quoted: str) -> bool:
    """Return whether `text` has hardly a word that `quoted` lacks, and no more negations."""
    own = set(words(text))
    added = own - set(words(quoted)) - FRAME
    if len(added) > 0.1 * len(own) or any(each.isdigit() for each in added):
        return False
    return all(
        len(pattern.findall(text)) <= len(pattern.findall(quoted))
        for pattern in (_NEGATION, _CHINESE_NEGATION)
    )


def _shingles(text: str) -> frozenset[int]:
    tokens = [token.casefold() for token in _TOKEN.findall(text)]
    last = max(len(tokens) - SHINGLE + 1, 1)
    return (
        frozenset(hash(tuple(tokens[i : i + SHINGLE])) for i in range(last))
        if tokens
        else frozenset()
    )


def is_gated(note: Note) -> bool:
    """Return whether a note may turn out to be a repetition: chunks of documents never are."""
    return note.kind != "document"


def near_rows(
    vectors: Vectors,
    labels: Sequence[tuple[str, str]],
    blocks: Iterable[Block],
    bar: float,
    before: Sequence[int] | None = None,
) -> list[Near]:
    """Return for each vector the rows of the same label that are nearer than `bar`.

    With `before`, each vector has a number, and only rows of lower numbers count.
    """
    codes = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    own = np.array([codes[label] for label in labels], np.int64)
    limits = None if before is None else np.array(before, np.int64)
    found: list[Near] = [[] for _ in labels]
    for rows, matrix, others in blocks:
        theirs = np.array([codes.get(label, -1) for label in others], np.int64)
        cosines = vectors @ matrix.T
        for at in np.flatnonzero((cosines > bar).any(axis=1)):
            close = np.flatnonzero((cosines[at] > bar) & (theirs == own[at]))
            if limits is not None:
                close = close[rows[close] < limits[at]]
            best = close[np.argsort(-cosines[at][close], kind="stable")][:NEAR_MOST]
            found[at] += [(int(rows[n]), float(cosines[at][n])) for n in best]
    return [sorted(near, key=lambda pair: -pair[1])[:NEAR_MOST] for near in found]
