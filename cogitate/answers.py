"""When two answers are the same: normalised words, numbers, and the vote of several answers.

Loops that vote and suites that score share these. Numbers are digits, also full-width ones, with
thousands separators, signs and exponents; number words such as "twelve" or 十二 are not read, and
units are not converted.
"""

import re
import string
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

LEAST_DIFFERENCE = Decimal("0.000001")
SHARE_OF_RIGHT = Decimal("0.001")

Number = Decimal | int | float | str

_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    0xFF0E: ".",
    0xFF0D: "-",
    0x2212: "-",
    0x2013: "-",
    0xFF04: "$",
    0xFF05: "%",
    0xFFE5: "¥",
}
"""Full-width digits and signs, and the minus and dash that are no hyphens."""
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?|\.\d+"
_EXPONENT = r"(?:[eE][+-]?\d{1,3}(?!\d|\.\d))?"
_NUMBER = re.compile(rf"(?:(?<![\w.)])[-+]\s?)?[$€£¥]?\s?(?:{_DIGITS}){_EXPONENT}")
_FRACTION = re.compile(r"([-+]?\d{1,15})\s*/\s*(\d{1,15})")
_MEASURED = re.compile(
    rf"[-+]?\s?[$€£¥]?\s?[-+]?(?:{_DIGITS}){_EXPONENT}\s*(?P<unit>%|[^\W\d]\D{{0,19}})?"
)
_SEVERAL_SENTENCES = re.compile(r"[.!?]\s+\S|[。！？]\s*\S|\n")
_DELETED = str.maketrans("", "", string.punctuation)
_WIDE_MARKS = dict.fromkeys(
    map(
        ord,
        "\u3002\uff0c\u3001\uff1b\uff1a\uff1f\uff01\u201c\u201d\u2018\u2019\u300a\u300b\uff08\uff09\u3010\u3011",
    )
)
"""Chinese punctuation."""


def normalise_answer(text: str) -> str:
    """Return `text` in the form in which SQuAD and HotpotQA compare answers.

    Lower case, then ASCII punctuation deleted, then the words a, an and the, then blanks
    collapsed (Rajpurkar et al. 2016, evaluation script).
    """
    plain = text.lower().translate(_DELETED)
    return " ".join(_ARTICLES.sub(" ", plain).split())


def last_number(text: str) -> Decimal | None:
    """Return the last number in free text, or None; currency, commas and % are ignored."""
    found = _NUMBER.findall(text.translate(_WIDE))
    return _decimal(found[-1]) if found else None


def number_answered(text: str, question: str) -> Decimal | None:
    """Return the number that an answer to a question gives, or None.

    Of one sentence it is the one number that the question does not hold: "It will be 8 cm shorter
    after burning from 1:00 to 5:00." answers 8. Of anything else it is the last.
    """
    if not _SEVERAL_SENTENCES.search(text.strip()):
        asked = [_decimal(number) for number in _NUMBER.findall(question.translate(_WIDE))]
        found = [_decimal(number) for number in _NUMBER.findall(text.translate(_WIDE))]
        new = {number for number in found if number not in asked}
        if len(new) == 1:
            return new.pop()
    return last_number(text)


def number_of(value: Number) -> Decimal | None:
    """Return `value` as a number, or None: text that is one as a whole, or the last one in it."""
    if not isinstance(value, str):
        return _decimal(str(value))
    text = value.translate(_WIDE).strip().rstrip(".\u3002")
    fraction = _FRACTION.fullmatch(text)
    if fraction and int(fraction.group(2)):
        return Decimal(int(fraction.group(1))) / Decimal(int(fraction.group(2)))
    return last_number(text)


def same_number(a: Number, b: Number) -> bool:
    """Return whether `a` is the number `b`, by the rule that `numbers_equal_rule` names.

    Args:
        a: the answer; of free text the last number counts.
        b: the right one.
    """
    given, right = number_of(a), number_of(b)
    if given is None or right is None or not (given.is_finite() and right.is_finite()):
        return False
    if _is_whole(right):
        return given == right
    return abs(given - right) <= max(LEAST_DIFFERENCE, SHARE_OF_RIGHT * abs(right))


def numbers_equal_rule(right: Number) -> str:
    """Return the rule by which answers are compared with `right`, in words for a report."""
    value = number_of(right)
    if value is None:
        return "no number"
    if _is_whole(value):
        return "exact, since the right number is whole"
    return f"within the larger of {LEAST_DIFFERENCE} and {SHARE_OF_RIGHT} of the right number"


def majority(answers: Sequence[str]) -> tuple[str, int]:
    """Return the answer that most give, as it was first written, and its votes.

    Numbers are compared by value (3, 3.0 and $3 are one answer; so are 3 and "3 apples" unless
    others of the same number name another unit), other answers by their normalised words.
    Empty answers have no vote; of equal votes the answer that was seen first wins.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    measured = [_measure(answer) for answer in answers]
    for answer, (number, unit) in zip(answers, measured, strict=True):
        if not answer.strip():
            continue
        units = [u for n, u in measured if n == number and u]
        one = unit or next(iter(units), "")
        key = ("words", vote_words(answer)) if number is None else ("number", str(number), one)
        groups.setdefault(key, []).append(answer)
    if not groups:
        return "", 0
    most = max(groups.values(), key=len)  # max keeps the first of equals
    return most[0], len(most)


def vote_words(text: str) -> str:
    """Return the normalised words of an answer; Chinese marks are deleted too."""
    plain = normalise_answer(text.translate(_WIDE_MARKS))
    return plain or " ".join(text.split())


def _measure(answer: str) -> tuple[Decimal | None, str]:
    """Return the number that an answer is, without trailing zeros, and its unit."""
    text = answer.translate(_WIDE).strip().rstrip(".!\u3002\uff01")
    if _FRACTION.fullmatch(text):
        return _bare(number_of(text)), ""
    found = _MEASURED.fullmatch(text)
    if found is None:
        return None, ""
    unit = normalise_answer((found.group("unit") or "").replace("%", ""))
    return _bare(last_number(text)), unit.removesuffix("s")


def _bare(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.normalize() + 0


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value()


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(re.sub(r"[\s,$€£¥]", "", text))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
