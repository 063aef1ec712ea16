"""translation: a text of the folder in another language, in pieces, its figures checked.

A piece whose numbers are not those of its original is translated once more line by line; a line
that is still not right is left as it is, and that is said.
"""

import re

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.grounding import numbers_in
from cogitate.planners.ways.saving import conclude, concluded
from cogitate.planners.ways.texts import (
    asked_in_chinese,
    read_on,
    texts_of,
    unread,
    weight,
    wording,
)
from cogitate.words import MONTHS

TRANSLATION_PROMPT = """\
You translate a text line by line into the language that is named. Keep the order and the marks of \
the lines, and all numbers and dates. Write nothing but the translation."""
TRANSLATION_EXAMPLE = [
    HumanMessage(
        "Into Chinese:\n# The fair\n- Ben keeps the budget of 900 euros.\n- It opens on 4 May."
    ),
    AIMessage("# 集市\n- 本保管900欧元的预算。\n- 集市于5月4日开放。"),
    HumanMessage("Into English:\n三、会议室\n会议室在三楼，可坐20人。"),
    AIMessage("3. Meeting room\nThe meeting room is on the 3rd floor and seats 20 people."),
]
PIECE = 700
"""Most characters of one piece; Chinese ones count three times."""
MOST_TOKENS = 500

_INTO = re.compile(r"\b(?:in)?to ([A-Z][a-z]+)|(?:成|为|到)\s*([一-鿿]{1,3}[文语])", re.IGNORECASE)
_QUOTED = re.compile(r"\"([^\"]{2,})\"|“([^”]{2,})”|「([^」]{2,})」|(?<!\w)'(.{2,}?)'(?!\w)")
_SAID_IN = re.compile(
    r"\bhow (?:do|would) (?:you|i|we) say\b.*\bin (?P<one>[A-Z][a-z]+)|"
    r"\btranslate\b.*\b(?:in)?to (?P<two>[A-Z][a-z]+)|"
    r"用?(?P<three>[一-鿿]{1,2}[语文])怎么[说写]|翻?译[成为](?P<four>[一-鿿]{1,2}[语文])",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = [name.lower() for name in MONTHS]
_MONTH = re.compile(rf"(?:\d\s+)({'|'.join(_MONTHS)})\b|\b({'|'.join(_MONTHS)})\s+\d")
_DAY = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天]")


async def translation(turn: Turn) -> AIMessage:
    """Read the texts that are meant, and translate them piece by piece."""
    if said := concluded(turn):
        return said
    if more := read_on(turn):
        return more
    texts = [text for text in texts_of(turn) if text.text]
    if not texts:
        return no_evidence("the files that are meant hold no text")
    told, kept = [], 0
    for text in texts:
        language = language_of(turn.task.goal, text.path)
        for piece in pieces_of(text.text):
            lines, left = await _checked(turn, piece, language)
            told.append(lines)
            kept += left
    chinese = asked_in_chinese(turn.task.goal, *(text.path for text in texts))
    notes = []
    if kept:
        notes.append(
            f"（{kept} 行保留原文。）" if chinese else f"({kept} lines are left as they were.)"
        )
    if left_out := unread(turn):
        notes.append(left_out)
    whole = "\n".join(told)
    return conclude(turn, AIMessage("\n".join([whole, *notes])), whole)


def language_of(goal: str, path: str) -> str:
    """Return the language into which a goal asks for a translation: English where it names none."""
    match = _INTO.search(wording(goal, path))
    return (match[1] or match[2]) if match else "English"


def phrase_of(goal: str) -> tuple[str, str] | None:
    """Return what a goal quotes to be said in another language, and the language; else None."""
    match, quoted = _SAID_IN.search(goal), _QUOTED.findall(goal)
    if match is None or len(quoted) != 1:
        return None
    language = next(name for name in match.groups() if name)
    return next(part for part in quoted[0] if part), language


def pieces_of(text: str) -> list[str]:
    """Return a text in pieces that a small model translates well, cut between its lines."""
    pieces: list[list[str]] = [[]]
    size = 0
    for line in text.split("\n"):
        if size and size + weight(line) > PIECE:
            pieces.append([])
            size = 0
        pieces[-1].append(line)
        size += weight(line)
    return ["\n".join(lines) for lines in pieces]


async def _checked(turn: Turn, piece: str, language: str) -> tuple[str, int]:
    """Return a piece in the language, and how many of its lines are left as they were."""
    text = await translated(turn, piece, language)
    if same_numbers(piece, text):
        return text, 0
    lines, left = [], 0
    for line in piece.split("\n"):
        said = await translated(turn, line, language) if line.strip() else ""
        sound = same_numbers(line, said) and "\n" not in said
        left += not sound
        lines.append(said if sound else line)
    return "\n".join(lines), left


async def translated(turn: Turn, piece: str, language: str) -> str:
    """Return a piece of a text in a language, as the model has it: unchecked."""
    if not piece.strip():
        return piece
    shown = [SystemMessage(TRANSLATION_PROMPT), *TRANSLATION_EXAMPLE]
    shown.append(HumanMessage(f"Into {language}:\n{piece}"))
    said = await complete(
        turn.model, shown, purpose="translate", stop=["```"], max_tokens=MOST_TOKENS
    )
    return said.strip()


def same_numbers(text: str, translated: str) -> bool:
    """Return whether a translation has the numbers of its text; names of months are numbers."""
    return _numbers(text) == _numbers(translated)


def _numbers(text: str) -> set[str]:
    found = {str(number.value.normalize()) for number in numbers_in(_DAY.sub(" ", text))}
    months = {match[1] or match[2] for match in _MONTH.finditer(text.lower())}
    found |= {str(_MONTHS.index(month) + 1) for month in months}
    return found - {"0", "1"}


__all__ = ["language_of", "phrase_of", "pieces_of", "same_numbers", "translated", "translation"]
