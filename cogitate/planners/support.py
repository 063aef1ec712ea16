"""What a sentence says that its sources do not: quotes, codes, names, numbers, units, words.

What it does not know: answers of several sentences, and which passage is cited.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from decimal import Decimal

from cogitate.planners.grounding import numbers_in
from cogitate.words import CJK, STOP_WORDS, content_words, stem

NEW_SHARE = 0.65
"""Share of what a sentence says beyond the question that its passages must hold."""
PLAIN_SHARE = 0.5
"""Share that they must hold of a sentence that says nothing beyond the question."""
FEW = 4
"""A text with fewer Chinese characters is none in Chinese."""
_QUOTE = re.compile(r"[\"“「『《]([^\"”」』》]{2,})[\"”」』》]")
_CODE = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|"
    r"\d+(?:\.\d+){2,}|(?<![\w-])(?=[A-Za-z0-9_-]*[A-Za-z])(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{2,}"
)
"""What is compared as it is written: times, dates, versions, and codes such as B-47."""
_SUFFIXED = re.compile(r"(\d)(?:st|nd|rd|th|km|kg|cm|mm|m|g|h|s|k|min|ms|GB|MB|KB)\b")
_RANGE = re.compile(r"(?<=\d)\s?[-–—−~]\s?(?=\d)")
_IDIOM = re.compile(
    "十分(?!钟|之)|万一|万能|一[些般直样起定切]|[统唯第之]一|千万(?=别|不|要)|四周(?!年)"
)
_NUMERAL = re.compile("[零〇一二两三四五六七八九十百千万亿]{2,}")
_ONE = frozenset({"one", "一"})
_NAME = re.compile(r"(?<![\w'’])[A-Z][\w&'’-]*[\w]")
_WORD = re.compile(r"[^\W_]+")
_PLAIN = frozenset(
    "am pm it its the there these those she her his they we you yes no and or but if of for by to "
    "from with according based mr mrs ms dr i a an in on at that this total about around after "
    "before each every all both most some since until than while when where who what how as so "
    "also only up over under more most less no there here now then together once later earlier "
    "not according however therefore monday tuesday wednesday thursday friday saturday "
    "sunday january february march april may june july august september october november "
    "december".split()
)
_UNIT = re.compile(rf"\s?(%|[^\W\d_{CJK}]+|[{CJK}]{{1,2}})")
_DIGITS = re.compile(r"(?<![\w.:/-])\d[\d,]*(?:\.\d+)?(?![\d:/])")


def problems(
    text: str, bodies: Sequence[str], *, heads: Sequence[str] = (), question: str = ""
) -> list[str]:
    """Return what a sentence says that its sources do not.

    Args:
        text: the sentence, without marks.
        bodies: the texts that it cites.
        heads: what stands above them: titles, sections and paths.
        question: what was asked.
    """
    text, body = _plain(text), _plain("\n".join(bodies))
    known = f"{body}\n{_plain(chr(10).join(heads))}"
    found = [f"no passage holds {word!r}" for word in _missing(text, known)]
    found += [f"no passage holds the number {n}" for n in _missing_numbers(text, known, question)]
    found += [f"a passage says another number of {unit!r}" for unit in _other_units(text, body)]
    if not found and (weak := _unfounded(text, known, body, _plain(question))):
        found.append(f"no passage speaks of {', '.join(weak[:4])}")
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'")


# ----------------------------------------------------------------------- what must be verbatim


def _missing(text: str, known: str) -> list[str]:
    """Return the quotes, codes and names of a sentence that its sources lack."""
    flat = _flat(known)
    words = {word.casefold() for word in _WORD.findall(known)}
    quotes = [q.strip(" .,;。，；") for q in _QUOTE.findall(text)]
    missing = [q for q in quotes if q and _flat(q) not in flat]
    missing += [code for code in _CODE.findall(_SUFFIXED.sub(r"\1", text)) if not _has(code, known)]
    for match in _NAME.finditer(text):
        parts = [part.casefold() for part in _WORD.findall(match[0].removesuffix("'s"))]
        begins = not re.search(r"\w", text[: match.start()])
        if not all(_is_known(part, words, begins) for part in parts):
            missing.append(match[0])
    return list(dict.fromkeys(missing))


def _is_known(part: str, words: Collection[str], begins: bool) -> bool:
    if part in words or part in _PLAIN or part.isdigit() or len(part) < 2:
        return True
    # The first word of a sentence has a capital anyway; a form of a word will do.
    return begins and (part in STOP_WORDS or stem(part) in {stem(word) for word in words})


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def _has(code: str, known: str) -> bool:
    whole = rf"(?<![\w]){re.escape(code)}(?![\w])"
    return bool(re.search(whole, known, re.IGNORECASE)) or _as_date(code, known)


def _as_date(code: str, known: str) -> bool:
    """Return whether a date in digits is the same date as one that is written otherwise."""
    if not re.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}", code):
        return False
    parts = [str(int(part)) for part in re.split(r"[-/.]", code)]
    return bool(re.search(rf"(?<!\d){parts[0]}\D0?{parts[1]}\D0?{parts[2]}(?!\d)", known))


# ------------------------------------------------------------------------------------ numbers


def _values(text: str) -> list[tuple[Decimal, str]]:
    """Return the numbers of a text as values, each with how it is written."""
    text = _IDIOM.sub(" ", _RANGE.sub(" to ", _SUFFIXED.sub(r"\1 ", text)))
    return [(n.value, n.text) for n in numbers_in(text) if n.text not in _ONE]


def _missing_numbers(text: str, known: str, question: str) -> list[str]:
    """Return the numbers that no source holds, exactly.

    A number of the question may be said again where another one has support.
    """
    given = _known_values(known, {value for value, _ in _values(text)})
    missing = [(v, t) for v, t in _values(text) if v not in given and not _code_part(t, text)]
    if len(missing) < len(_values(text)):
        asked = {value for value, _ in _values(_plain(question))}
        missing = [(value, written) for value, written in missing if value not in asked]
    return [written for _, written in missing]


def _known_values(known: str, said: Collection[Decimal]) -> set[Decimal]:
    """Return the numbers of the sources; those inside a time or a date only with another of it."""
    found = {value for value, _ in _values(_CODE.sub(" ", known))}
    for code in _CODE.findall(known):
        parts = {value for value, _ in _values(re.sub(r"[:/.-]", " ", code))}
        if len(parts & set(said)) > 1 and max(parts) in said:  # the year, or the minutes
            found |= parts
    return found


def _code_part(written: str, text: str) -> bool:
    """Return whether a number is said only inside of codes, which are looked at by themselves."""
    return written not in _CODE.sub(" ", text) and written.strip("-") in text


def _other_units(text: str, body: str) -> list[str]:
    """Return units whose number in the sentence is another one than all of theirs in the body."""
    there = _with_units(body)
    units = {unit for _, unit in there if unit}
    found = []
    for value, unit in _with_units(text):
        if unit in units and (value, unit) not in there and any(v == value for v, _ in there):
            found.append(unit)
    return found


def _with_units(text: str) -> set[tuple[Decimal, str]]:
    found = set()
    for match in _DIGITS.finditer(_SUFFIXED.sub(r"\1 ", text)):
        after = _UNIT.match(_SUFFIXED.sub(r"\1 ", text), match.end())
        unit = stem(after[1].casefold()) if after else ""
        unit = unit[:1] if re.match(f"[{CJK}]", unit) else unit
        found.add((Decimal(match[0].replace(",", "")), "" if unit in STOP_WORDS else unit))
    return found


# -------------------------------------------------------------------------------------- words


def _unfounded(text: str, known: str, body: str, question: str) -> list[str]:
    """Return the words that are too many to be without support; nothing when enough have it."""
    said, asked = content_words(_NUMERAL.sub(" ", text)), set(content_words(question))
    if not said:
        return []
    if _other_script(text, body):
        # Only numbers, codes and names can be compared; there must be one.
        tied = bool(_values(text)) or any(m.start() for m in _NAME.finditer(text))
        return [] if tied else said
    there = set(content_words(known))
    new = [word for word in said if word not in asked]
    words, share = (new, NEW_SHARE) if new else (said, PLAIN_SHARE)
    lacking = [word for word in words if word not in there]
    return lacking if len(words) - len(lacking) < share * len(words) else []


def _other_script(text: str, body: str) -> bool:
    """Return whether the words of a sentence cannot be in its sources: one Chinese, one not."""
    if _is_cjk(text):
        return len(re.findall(f"[{CJK}]", body)) < FEW
    return _is_cjk(body)


def _is_cjk(text: str) -> bool:
    wide = len(re.findall(f"[{CJK}]", text))
    return wide * 4 >= len(re.findall(r"[A-Za-z]", text)) and wide > 0
