"""No evidence, no answer: whether the numbers and names of a text come from somewhere.

All of it is code; no model judges its own work. A number is supported when a source holds it,
up to rounding, percent and scale words; small whole numbers need no support.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from langchain_core.messages import BaseMessage, ToolMessage

from cogitate.values import Task, Verdict
from cogitate.words import MONTHS

SMALL = 12
"""Whole numbers up to this need no support: "two files", "the 3 largest"."""

FREE_WAYS = frozenset(
    "reply noted ps standard cot sc sc-sure tot got reflexion translation".split()
)
"""Ways whose answers rest on no tool, or are held to their text by the way itself: greetings,
rewriting, what the person said, reasoning, translation (names change with the language)."""
MODEL_WAYS = frozenset({"act", "react", "react-briefly", "executor", "inline", "art"})
"""Ways in which the model itself decides whether a tool is needed."""

CALLING_WAYS = frozenset({"tools", *MODEL_WAYS})
"""Ways that may call several tools and put their results together."""
MOST_RESULTS, MOST_FIGURES = 6, 8

_NUMBER = re.compile(
    # A comma belongs to a number where groups of digits follow: 5,10 are two, 5,100 is one.
    r"(?<![A-Za-z0-9_.])[-−]?(?:\d{1,3}(?:,\d{2,4})*,\d{3}(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
    r"|[-−]?\.\d+"
)
_SCALE = {
    "k": 10**3,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "千": 10**3,
    "万": 10**4,
    "亿": 10**8,
    "百万": 10**6,
}
_SCALED = re.compile(r"\s?(thousand|million|billion|k\b|百万|千|万|亿)", re.IGNORECASE)
_NUMBER_SCALED = re.compile(r"\d[\d.,]*\s?(?:thousand|million|billion)")
_CHINESE = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE_UNIT = {"十": 10, "百": 100, "千": 1000}
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
).split()
_TENS = dict(
    zip(
        "thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen".split(),
        (30, 40, 50, 60, 70, 80, 90, 100, 1000, 10**6, 12),
        strict=True,
    )
)
_NAME = re.compile(r"(?<![\w'’])[A-Z][A-Za-z0-9&'’-]+")
_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})\b")
_SENTENCE = re.compile(r"(?:^|[.!?:;。！？：；\n]\s*|[\"“(「]\s*)$")
_PLAIN_NAMES = frozenset(
    "AM PM Celsius Fahrenheit Kelvin Euro Euros Dollar Dollars Yuan Pound Pounds Kilometer "
    "Kilometers "
    "Kilometre Kilometres Meter Meters Metre Metres Kilogram Kilograms Hour Hours Minute Minutes "
    "English Chinese GB MB KB "
    "I The A An In On At It This That There These Those He She They We You No Yes And Or But If "
    "Of For By To From With According Based Total Average Mr Mrs Ms Dr USD EUR SQL CSV "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
).union(MONTHS)


@dataclass(frozen=True)
class Number:
    """A number in a text: its value and how many decimals were written."""

    value: Decimal
    decimals: int
    text: str


def numbers_in(text: str) -> list[Number]:
    """Return the numbers of a text: digits, Chinese numerals and English number words."""
    text = text.translate(str.maketrans("０１２３４５６７８９．，％−", "0123456789.,%-"))
    found = [n for match in _NUMBER.finditer(text) for n in _digits(match, text)]
    for match in _CHINESE_NUMBER.finditer(text):
        value = _chinese(match.group())
        if value is not None:
            found.append(Number(Decimal(value), 0, match.group()))
    alone = _NUMBER_SCALED.sub(" ", text.lower())
    for word in re.findall(r"[a-z]+", alone):
        if word in _WORDS or word in _TENS:
            value = _WORDS.index(word) if word in _WORDS else _TENS[word]
            found.append(Number(Decimal(value), 0, word))
    return found


def _digits(match: re.Match[str], text: str) -> list[Number]:
    raw = match.group().replace(",", "")
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return []
    decimals = len(raw.partition(".")[2])
    scale = _SCALED.match(text, match.end())
    if scale:
        factor = _SCALE[scale.group(1).lower()]
        return [Number(value * factor, -len(str(factor)) + 1 + decimals, match.group())]
    return [Number(value, decimals, match.group())]


def _chinese(text: str) -> int | None:
    """Return the value of a Chinese numeral, None for a word such as 一些 or a lone unit."""
    if text[0] in "百千万亿":
        return None
    if len(text) > 1 and all(c in _CHINESE for c in text):
        return int("".join(str(_CHINESE[c]) for c in text))
    total = part = digit = 0
    for char in text:
        if char in _CHINESE:
            digit = _CHINESE[char]
        elif char in _CHINESE_UNIT:
            part += (digit or 1) * _CHINESE_UNIT[char]
            digit = 0
        else:
            total = (total + part + digit) * (10**4 if char == "万" else 10**8)
            part = digit = 0
    return total + part + digit


def unsupported_numbers(text: str, sources: Iterable[str], small: int = SMALL) -> list[str]:
    """Return the numbers of `text` that no source holds, as they are written.

    Whole numbers up to `small` are not looked at.
    """
    known = [n.value for source in sources for n in numbers_in(source)]
    missing = []
    for number in numbers_in(text):
        value = abs(number.value)
        if value == value.to_integral_value() and value <= small:
            continue
        if not any(_same(number, source) for source in known):
            missing.append(number.text)
    return missing


def missing_values(result: str, sentence: str) -> list[str]:
    """Return the numbers of a result that a sentence does not give, rounded or not.

    A month that is named is its number: 2025-05-06 is May 6, 2025.
    """
    named = [MONTHS.index(word) + 1 for word in _MONTH.findall(sentence)]
    said = [*numbers_in(sentence), *(Number(Decimal(n), 0, str(n)) for n in named)]
    return [n.text for n in numbers_in(result) if not any(_same(s, n.value) for s in said)]


def _same(number: Number, source: Decimal) -> bool:
    """Return whether `number` is `source`, rounded as written, or as a percentage of it."""
    value, source = abs(number.value), abs(source)
    for candidate in (source, source * 100):
        if value == candidate:
            return True
        step = Decimal(1).scaleb(-number.decimals)
        # Rounding to whole tens or hundreds counts only when a scale word was written.
        close = abs(value - candidate) <= step / 2 + Decimal("1e-12")
        if close and (number.decimals != 0 or candidate >= 1):
            return True
    return False


def unsupported_names(text: str, sources: Iterable[str]) -> list[str]:
    """Return the capitalised words inside the sentences of `text` that no source holds."""
    known = " ".join(sources).lower()
    missing = []
    for match in _NAME.finditer(text):
        word = (
            match.group().rstrip("'’s") if match.group().endswith(("'s", "’s")) else match.group()
        )
        begins = _SENTENCE.search(text[: match.start()])
        if word in _PLAIN_NAMES or begins or word.lower() in known:
            continue
        missing.append(word)
    return missing


def sources_of(task: Task, messages: Sequence[BaseMessage]) -> list[str]:
    """Return the texts that an answer may rest on: goal, notes, and results that went well."""
    results = [m.text for m in messages if isinstance(m, ToolMessage) and m.status != "error"]
    return [task.goal, *task.notes, *results]


def missing_support(task: Task, messages: Sequence[BaseMessage], answer: str) -> list[str]:
    """Return the numbers and names of `answer` that come from nowhere."""
    sources = sources_of(task, messages)
    return unsupported_numbers(answer, sources) + unsupported_names(answer, sources)


def _derived(results: Sequence[str]) -> str:
    """Return the sums and differences of the figures of two results, which code can vouch for."""
    each = [[n.value for n in numbers_in(text)][:MOST_FIGURES] for text in results[-MOST_RESULTS:]]
    pairs = [
        (one, other)
        for at, first in enumerate(each)
        for second in each[at + 1 :]
        for one in first
        for other in second
    ]
    return " ; ".join(f"{abs(one - other)} ; {one + other}" for one, other in pairs)


def ground(task: Task, way: str, messages: Sequence[BaseMessage], answer: str) -> Verdict:
    """Return whether the evidence of a step supports its answer.

    Args:
        task: the step's task.
        way: the way of working that gave the answer.
        messages: calls and results of the step.
        answer: what is to be said to the person.
    """
    if way in FREE_WAYS:
        return Verdict(accepted=True)
    results = [m for m in messages if isinstance(m, ToolMessage)]
    if not results and way not in MODEL_WAYS:
        return Verdict(accepted=False, advice="no tool was called", score=0.0)
    if results and all(m.status == "error" for m in results):
        failed = results[-1].text.strip().split("\n")[-1][:160]
        return Verdict(accepted=False, advice=f"no tool call went well: {failed}", score=0.0)
    missing = missing_support(task, messages, answer) if results else []
    if missing and way in CALLING_WAYS:
        derived = _derived([m.text for m in results if m.status != "error"])
        missing = unsupported_names(answer, sources_of(task, messages)) + unsupported_numbers(
            answer, [*sources_of(task, messages), derived]
        )
    if missing:
        what = ", ".join(repr(m) for m in missing[:4])
        return Verdict(accepted=False, advice=f"nothing that was read holds {what}", score=0.0)
    return Verdict(accepted=True)
