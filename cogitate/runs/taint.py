"""Where the arguments of a call come from: the person, or text from outside.

A run hears trusted text (what the person wrote, what trusted tools gave) and untrusted text (web
pages, documents, answers of tool servers). Once it has heard untrusted text, an argument counts
as derived from it unless it can be traced to trusted text:

- addresses, paths, numbers and other exact values must stand in trusted text as they are; a month
  that is named is its number, and three in the afternoon is 15;
- of its content words each, and in a long text at least three of four, must stand there;
- in a long text no run of four words may come from untrusted text alone;
- true, false, null and the choices that a tool lists itself need no source;
- a call with nothing that can be traced counts as derived.

So text that was translated, shortened or decoded counts as derived too: it is in no trusted
text. What the test does not know: meaning. An instruction from outside whose arguments the
person's own words hold passes it; that is for the policy.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cogitate.words import MONTHS, words

LONG = 12
"""Content words from which an argument counts as a long text."""
UNKNOWN = 0.25
"""Share of the words of a long text that may stand in no trusted text."""
RUN = 4
"""Words in a row that show that a text was copied."""
SHOWN = 60
OUTSIDE = "(from outside)"
"""Marks a remembered line whose text came from outside."""
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s<>\"'，。；）)]+|[^\s<>\"'@，。：:；,;(（]+@[\w.-]+\w"
)
_DOMAIN = re.compile(r"\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s<>\"'，。；）)]*)?")
_PATH = re.compile(
    r"(?:~|\.{1,2}|[\w.-]+)?(?:[/\\][\w.%~-]+)+[/\\]?|\b[\w-]+\.[a-z][a-z0-9]{0,4}\b"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MONTHS = {name.lower(): number for number, name in enumerate(MONTHS, start=1)} | {"sept": 9}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()}
_UNIT_NAMES = "one two three four five six seven eight nine ten eleven twelve".split()
_UNITS = {name: number for number, name in enumerate(_UNIT_NAMES, start=1)} | {"noon": 12}
_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九", start=1)} | {"两": 2}
_CHINESE = re.compile(r"([一二三四五六七八九]?)(十?)([一二三四五六七八九两]?)")
_LATE = re.compile(r"\bp\.?m\b|\bafternoon\b|\bevening\b|\btonight\b|下午|傍晚|晚上")
_LETTER = re.compile(r"[^\W\d_]")
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w{3,}\b")
_ATOMS = (_ADDRESS, _DOMAIN, _PATH, _CODE)


@dataclass(frozen=True, kw_only=True)
class Derived:
    """One argument that comes from outside."""

    argument: str
    what: str
    """The part that no trusted text holds, in words."""


@dataclass(kw_only=True)
class Sources:
    """What a run has heard so far."""

    names: list[str] = field(default_factory=list)
    """Where untrusted text came from, each once, in order."""
    _heard: list[tuple[bool, str]] = field(default_factory=list)
    """Texts that were not looked at yet, and whether each is trusted: most runs never need it."""
    _words: set[str] = field(default_factory=set)
    _numbers: set[str] = field(default_factory=set)
    _trusted: list[str] = field(default_factory=list)
    _runs: set[tuple[str, ...]] = field(default_factory=set)
    _outside: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def untrusted(self) -> bool:
        """Whether the run has heard text from outside."""
        return bool(self.names)

    def trust(self, text: str) -> None:
        """Take in text of the person, or of a tool whose results are trusted."""
        self._heard.append((True, text))

    def distrust(self, text: str, name: str) -> None:
        """Take in text from outside.

        Args:
            text: what was heard.
            name: where it came from, such as the name of a tool.
        """
        if name not in self.names:
            self.names.append(name)
        self._heard.append((False, text))

    def derived(
        self, arguments: Mapping[str, Any], choices: Mapping[str, Sequence[Any]] | None = None
    ) -> list[Derived]:
        """Return the arguments that come from outside; none before such text was heard.

        Args:
            arguments: what a tool is to be called with.
            choices: by argument, the values among which the tool lets choose.
        """
        if not self.untrusted:
            return []
        self._take_in()
        found, looked_at = [], 0
        for name, value in arguments.items():
            listed = (choices or {}).get(name, ())
            for leaf in _leaves(value):
                if leaf in listed:
                    continue
                looked_at += 1
                if what := self._foreign(leaf):
                    found.append(Derived(argument=name, what=what))
        if not looked_at:
            found.append(Derived(argument="", what="nothing in it can be traced to you"))
        return found

    def _take_in(self) -> None:
        """Look at the texts that were heard since this was last done."""
        for trusted, text in self._heard:
            shown = _plain(text)
            found = words(shown)
            if not trusted:
                self._outside.update(_in_a_row(found))
                continue
            self._trusted.append(shown)
            self._words.update(found)
            self._numbers.update(_numbers(shown), _worded(shown))
            self._runs.update(_in_a_row(found))
        self._heard.clear()

    def _foreign(self, value: str) -> str:
        """Return the part of a value that trusted text does not hold; empty when it holds all."""
        shown = _plain(value).strip()
        if not shown or self._holds(shown):
            return ""
        for pattern in _ATOMS:
            for match in pattern.finditer(shown):
                if not self._holds(match.group()):
                    return _short(match.group())
        for number in _numbers(shown):
            if number not in self._numbers:
                return _short(number)
        said = [word for word in words(shown) if _LETTER.search(word)]
        unknown = [word for word in said if word not in self._words]
        if len(said) < LONG:
            odd = not said and _LETTER.search(shown)
            return _short(" ".join(unknown)) if unknown else (_short(shown) if odd else "")
        copied = (_in_a_row(said) & self._outside) - self._runs
        if copied:
            return _short(" ".join(min(copied)))
        return _short(" ".join(unknown)) if len(unknown) > UNKNOWN * len(said) else ""

    def _holds(self, part: str) -> bool:
        """Return whether trusted text holds `part`, not as a piece of a longer word."""
        begin = r"(?<![a-z0-9_])" if re.match(r"[a-z0-9_]", part) else ""
        end = r"(?![a-z0-9_])" if re.search(r"[a-z0-9_]\Z", part) else ""
        pattern = re.compile(begin + re.escape(part) + end)
        return any(pattern.search(text) for text in self._trusted)


def _plain(text: str) -> str:
    """Return text as it is compared: width and case folded, nothing invisible, single blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Mn") or c in "\n\t")
    return " ".join(seen.split())


def _numbers(text: str) -> list[str]:
    """Return the numbers of a text in one form: 1,200.50 and 1200.5 are the same."""
    found = []
    for match in _NUMBER.findall(text):
        plain = match.replace(",", "")
        whole, dot, rest = plain.partition(".")
        rest = rest.rstrip("0") if "." not in rest else rest
        found.append((whole.lstrip("0") or "0") + (f"{dot}{rest}" if rest else ""))
    return found


def _worded(text: str) -> set[str]:
    """Return the numbers that a text gives in words: months, small numbers, hours after noon."""
    said = re.findall(r"[a-z]+", text)
    found = {_UNITS[word] for word in said if word in _UNITS}
    for tens, ten, unit in _CHINESE.findall(text):
        value = (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(unit or tens * (not ten), 0)
        found |= {value} if value else set()
    if _LATE.search(text):
        hours = {int(number) for number in _numbers(text) if number.isdecimal()} | found
        found |= {hour + 12 for hour in hours if hour < 12}
    found |= {_MONTHS[word] for word in said if word in _MONTHS}
    return {str(number) for number in found}


def _in_a_row(found: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(found[i : i + RUN]) for i in range(len(found) - RUN + 1)}


def _leaves(value: object) -> Iterator[str]:
    """Yield the texts and numbers of an argument; keys inside it too, a model writes them."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(str(key))
            yield from _leaves(item)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield value
    else:
        yield json.dumps(value, default=str)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


__all__ = ["OUTSIDE", "Derived", "Sources"]
