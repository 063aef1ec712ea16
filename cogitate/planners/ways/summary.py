"""summary: what texts of the folder say as a whole, in few sentences.

A text of one page is told by the model first. A small model likes to name what kinds of things a
text holds instead of what it says, so a sentence counts only when each number and name of it, and
enough of its words, stand in the text, and when it gives one of them. Where too few sentences are
left, or the text is long, sentences of the text itself are taken: the model is asked of each
whether a summary must say it, which it answers better than it writes.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.gates import worth_telling
from cogitate.planners.grounding import unsupported_names, unsupported_numbers
from cogitate.planners.ways.saving import conclude, concluded
from cogitate.planners.ways.saying import is_chinese
from cogitate.planners.ways.texts import (
    Text,
    asked_in_chinese,
    read_on,
    sentences_of,
    texts_of,
    unread,
    weight,
)
from cogitate.planners.ways.translation import same_numbers, translated
from cogitate.words import content_words

SUMMARY_PROMPT = """\
You tell somebody who has not read a text what it says: who, what, when and how much, the most \
important first, in sentences of your own. Do not list what kinds of things it holds, and do not \
copy it whole. Copy names and numbers exactly and add nothing. Keep to the length that is asked \
for. Write in the language that is named."""

_TEXT = """\
# Spring fair

## Money
- Ben keeps the budget, which is 900 euros.
- The town pays 300 of it in March.

## Open
- The fair is on 4 May in the town hall; two helpers for the stand are missing.
- Ada asks the school whether it lends the van."""
_TEXT_CHINESE = """\
值班会议
时间：2024年3月5日
参加人：李强、赵敏

一、会议室
三楼会议室可坐20人，使用前请在前台登记，每次最多两小时。
二、钥匙
钥匙由赵敏保管，丢失一把赔偿五十元。
下次会议：2024年4月2日。"""


def _asked(title: str, text: str, length: int, language: str) -> HumanMessage:
    task = f"Tell what it says in {length} sentences.\nLanguage: {language}"
    return HumanMessage(f"Text of {title}:\n{text}\n\n{task}")


SUMMARY_EXAMPLE = [
    _asked("fair.md", _TEXT, 2, "English"),
    AIMessage(
        "The spring fair is on 4 May in the town hall, with a budget of 900 euros that Ben keeps "
        "and of which the town pays 300. Two helpers and a van, about which Ada asks the school, "
        "are still missing."
    ),
    _asked("值班.txt", _TEXT_CHINESE, 2, "Chinese"),
    AIMessage(
        "李强和赵敏在2024年3月5日开会，说明三楼会议室可坐20人，使用前要登记，每次最多两小时。"
        "钥匙由赵敏保管，丢失一把赔五十元；下次会议在4月2日。"
    ),
]

PAGE = 3_600
"""Most characters of a text that the model is shown whole; Chinese ones count three times."""
USUAL = 3
"""Sentences of a summary where nothing is said of its length."""
MOST_ASKED = 48
"""Sentences of a text about which the model is asked."""
SHORTEST = 18
"""Characters of a line that is more than a title; Chinese ones count three times."""
LONG = 150
"""The same of one sentence that may stand for two."""
MOST_TOKENS = 240
SHARED = 0.3
"""Least share of a sentence's words that its text holds, where both are of one language."""

NEARLY_ALL = 0.75
"""The same of a sentence without a number or a name."""

_LENGTH = re.compile(
    r"\b(one|two|three|four|five|a single|\d) (?:(?:short|main|key) )?"
    r"(?:sentences?|points?|lines?|bullets?)\b|([一两二三四五\d])[句点条个](?!人|月)",
    re.IGNORECASE,
)
_COUNTS = dict(zip("一两二三四五", (1, 2, 2, 3, 4, 5), strict=True)) | {
    word: number for number, word in enumerate("one two three four five".split(), start=1)
}
_TELLING = re.compile(r"\d|(?<=[a-z,;] )[A-Z][a-z]+|[一二三四五六七八九十]+[月日点号]")


async def summary(turn: Turn) -> AIMessage:
    """Read the texts that are meant, and say what they say."""
    if answer := concluded(turn):
        return answer
    if more := read_on(turn):
        return more
    texts = [text for text in texts_of(turn) if text.text]
    if not texts:
        return no_evidence("the files that are meant hold no text")
    length = length_of(turn.task.goal) or USUAL
    lines = []
    for text in texts:
        said = await _told(turn, text, length)
        source = (
            f"（{text.path}）" if asked_in_chinese(turn.task.goal, text.path) else f"({text.path})"
        )
        lines.append(f"{said} {source}" if said else "")
    if not any(lines):
        return no_evidence("no sentence could be held to the texts")
    return conclude(turn, AIMessage("\n".join(filter(None, [*lines, unread(turn)]))))


def length_of(goal: str) -> int | None:
    """Return how many sentences or points are asked for, None where nothing is said of it."""
    match = _LENGTH.search(goal)
    if match is None:
        return None
    word = (match[1] or match[2]).lower()
    return max(1, int(word)) if word.isdecimal() else _COUNTS.get(word, 1)


async def _told(turn: Turn, text: Text, length: int) -> str:
    """Return what a text says in so many sentences: the model's, else the text's own."""
    chinese = asked_in_chinese(turn.task.goal, text.path)
    said = []
    if weight(text.text) <= PAGE:
        said = [s for s in await _worded(turn, text, length, chinese) if is_chinese(s) == chinese]
    if len(said) < min(length, 2) and weight("".join(said)) < LONG:
        said = [s for s in sentences_of(text.text) if weight(s) >= SHORTEST]
    said = await _most_telling(turn, text.path, said, length)
    if said and is_chinese(" ".join(said)) != chinese:
        return await _translated(turn, said, chinese)
    return ("" if chinese else " ").join(said)


async def _worded(turn: Turn, text: Text, length: int, chinese: bool) -> list[str]:
    """Return what the model says of a text, without the sentences that tell nothing of it."""
    shown: list[BaseMessage] = [SystemMessage(SUMMARY_PROMPT), *SUMMARY_EXAMPLE]
    shown.append(_asked(text.path, text.text, length, "Chinese" if chinese else "English"))
    said = await complete(
        turn.model, shown, purpose="summary", stop=["```"], max_tokens=MOST_TOKENS
    )
    sentences = dict.fromkeys(sentences_of(said))
    return [sentence for sentence in sentences if _tells(sentence, text)]


def _tells(sentence: str, text: Text) -> bool:
    """Return whether a sentence says what stands in its text, and not only of what it speaks."""
    sources = [text.text, text.path]
    if unsupported_numbers(sentence, sources, small=2) or unsupported_names(sentence, sources):
        return False
    words, known = set(content_words(sentence)), set(content_words(" ".join(sources)))
    share = len(words & known) / max(len(words), 1)
    if is_chinese(sentence) != is_chinese(text.text):
        share = SHARED  # translated: only its numbers and names can be held to the text
    return share >= (SHARED if _TELLING.search(sentence) else NEARLY_ALL)


async def _most_telling(turn: Turn, title: str, sentences: Sequence[str], length: int) -> list[str]:
    """Return the sentences that a summary must say, so many of them, in their order."""
    step = max(1, -(-len(sentences) // MOST_ASKED))
    asked = list(dict.fromkeys(sentences[::step]))
    if len(asked) <= length:
        return asked
    odds = [await worth_telling(turn.model, title, sentence) for sentence in asked]
    best = sorted(range(len(asked)), key=lambda at: -odds[at])[:length]
    return [asked[at] for at in sorted(best)]


async def _translated(turn: Turn, sentences: Sequence[str], chinese: bool) -> str:
    """Return sentences in the other language, each with its own words beside it."""
    language = "Chinese" if chinese else "English"
    told = []
    for sentence in sentences:
        text = await translated(turn, sentence, language)
        names = unsupported_names(text, [sentence, turn.task.goal])
        sound = text and "\n" not in text and not names and same_numbers(sentence, text)
        told.append(f"{text} “{sentence}”" if sound else f"“{sentence}”")
    return "\n".join(told)


__all__ = ["length_of", "summary"]
