r"""Whether an answer in free words holds what is right: numbers, words, a file and a line.

It reads full-width digits, grouped thousands, Chinese units (1.2万) and Chinese numerals
(十五). What it does not know: whether an answer also says something false, but for the
`no_words` of a goal and for other files and lines than the asked one.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from cogitate.values import Result

RELATIVE = 1e-3
"""How far off a number may be when its goal does not say."""
UNITS = {
    "万亿": 1e12,
    "亿": 1e8,
    "千万": 1e7,
    "百万": 1e6,
    "十万": 1e5,
    "万": 1e4,
    "千": 1e3,
    "billion": 1e9,
    "million": 1e6,
    "thousand": 1e3,
    "k": 1e3,
}
DIGITS = {name: value for value, name in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
PLACES = {"十": 10, "百": 100, "千": 1000}
CJK = r"[㐀-鿿]"
_GAP = re.compile(rf"(?<={CJK})\s+|\s+(?={CJK})")
_THIN_SPACE = re.compile(r"(?<=\d)[\u00a0\u202f\u2009'’](?=\d{3}(?!\d))")
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]])[-−])?(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<rest>\.\d+)?"
    r"(?P<power>e[+-]?\d+)?\s*(?P<unit>万亿|[千百十]?万|亿|千(?!克|米|瓦|卡)"
    r"|(?:billion|million|thousand|k)(?![a-z]))?"
)
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_MEASURE = "个人天次种本家件位年月日号点条行张间小元块岁度分"
"""What follows a Chinese numeral of one sign that counts something; 统一 counts nothing."""
_FILE = re.compile(r"[\w-]+\.(?:md|txt|csv|tsv|jsonl|xlsx|log|py)(?![a-z0-9_])")


def normal(text: str) -> str:
    """Return `text` in one form of letters, digits and spaces, in lower case."""
    text = unicodedata.normalize("NFKC", _THIN_SPACE.sub(",", text)).casefold()
    return _GAP.sub("", " ".join(text.replace("*", "").replace("`", "").split()))


def numeral(text: str) -> int:
    """Return the value of a Chinese numeral such as 一百二十三万."""
    total, section, digit = 0, 0, 0
    for sign in text:
        if sign in DIGITS:
            digit = digit * 10 + DIGITS[sign] if digit else DIGITS[sign]
        elif sign in PLACES:
            section, digit = section + (digit or 1) * PLACES[sign], 0
        else:
            factor = 10_000 if sign == "万" else 100_000_000
            total, section, digit = (total + section + digit) * factor, 0, 0
    return total + section + digit


def numbers_in(text: str) -> Iterator[float]:
    """Yield the numbers that `text` names, in digits and in Chinese numerals."""
    text = normal(text)
    for match in _NUMBER.finditer(text):
        value = match["digits"].replace(",", "") + (match["rest"] or "") + (match["power"] or "")
        sign = -1 if match["sign"] else 1
        yield sign * float(value) * UNITS.get(match["unit"] or "", 1.0)
    for match in _NUMERAL.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        counts = len(match[0]) > 1 or (after and after in _MEASURE)
        if counts and not before.isdigit():
            yield float(numeral(match[0]))


def has_number(wanted: Any, text: str) -> bool:
    """Return whether `text` names a number; of a list of numbers, any one.

    Args:
        wanted: a number, {"value": number, "within": how far off it may be}, or a list of these.
        text: the answer.
    """
    if isinstance(wanted, list):
        return any(has_number(one, text) for one in wanted)
    if isinstance(wanted, dict):
        value, within = wanted["value"], wanted["within"]
    else:
        value, within = wanted, abs(wanted) * RELATIVE
    return any(abs(found - value) <= within + 1e-9 * abs(value) for found in numbers_in(text))


def has_word(word: str, text: str) -> bool:
    """Return whether `text` holds `word`, not inside another Latin word or number.

    Up to two letters may follow it, as in a plural.
    """
    word = normal(word)
    start = r"(?<![a-z0-9])" if re.match("[a-z0-9]", word) else ""
    end = r"(?![0-9])" if word[-1].isdigit() else r"(?![a-z]{3})" if word[-1].isascii() else ""
    return re.search(start + re.escape(word) + end, normal(text)) is not None


def has_place(file: str, line: int, text: str) -> bool:
    """Return whether `text` names that file and that line, and no other file or line."""
    text, name = normal(text), normal(file).rpartition("/")[2]
    named = _FILE.findall(text)
    if not named or not all(found.endswith(name) for found in named):
        return False
    return lines_named(text) == {line}


def lines_named(text: str) -> set[int]:
    """Return the line numbers that `text` names, which is in normal form."""
    text = re.sub(
        r"(?<=第)[一二三四五六七八九十百]+(?=行)", lambda match: str(numeral(match[0])), text
    )
    after_file = rf"{_FILE.pattern}\W{{1,6}}(\d+)"
    after_word = (
        r"(?:\bline|行号|行数|第)(?: ?number| ?no\.?| is)?\W{0,4}(\d+)(?!\s*(?:条|章|项|次))"
    )
    before_word = r"(?<![\d.:-])(\d+)(?:st|nd|rd|th)? ?(?:行|lines?\b)"
    patterns = (after_file, after_word, before_word)
    return {int(found) for pattern in patterns for found in re.findall(pattern, text)}


def check(accept: dict[str, Any], result: Result) -> bool:
    """Return whether a run's result is right.

    Args:
        accept: what the answer must hold: `numbers` (each), `words` (one of each group) and
            `place` (file and line), and must not: `no_words`; or `not_answered`, where only a
            run that ends without standing by an answer is right.
        result: what the run left behind.
    """
    if accept.get("not_answered"):
        return not result.ok
    if not result.ok:
        return False
    text = result.answer
    place = accept.get("place")
    return (
        all(has_number(number, text) for number in accept.get("numbers", []))
        and all(any(has_word(w, text) for w in group) for group in accept.get("words", []))
        and not any(has_word(word, text) for word in accept.get("no_words", []))
        and (place is None or has_place(place["file"], place["line"], text))
    )
