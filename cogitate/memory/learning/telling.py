"""What a model is shown of notes when it reflects, and how what it says is taken.

Few and short notes, because a small model reads 25 to 60 tokens a second on a busy machine.
What this module does not know: prompts and how notes are kept.
"""

import re
from collections.abc import Sequence

from cogitate.memory.learning.borne import FIRST_PERSON
from cogitate.memory.records import Record
from cogitate.words import CJK_CHARACTER, words

SHOWN_TOKENS = 1_200
"""Tokens of notes that a prompt may hold, by estimate."""
SHOWN_CHARACTERS = 240
"""Characters of one note in a prompt."""
_YOU = re.compile(r"(?i)\byou(r?)\b|[你您]们?(的?)")
_SENTENCE = re.compile(r".{8,}?(?:[.!?](?=\s|$)|[。！？]|$)")
_ASKED = re.compile(r"[^.!?。！？\n]*[?？]")


def tells(record: Record) -> bool:
    """Return whether a record says more than a greeting or a question."""
    return len({*words(_ASKED.sub(" ", record.text))}) >= (4 if record.kind == "chat" else 2)


def _line(record: Record) -> str:
    text = " ".join(record.text.split())
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def lines_of(records: Sequence[Record]) -> list[str]:
    """Return the first records as lines, as many as a prompt has room for."""
    found: list[str] = []
    tokens = 0.0
    for record in records:
        line = f"- {_line(record)}"
        chinese = len(CJK_CHARACTER.findall(line))
        tokens += chinese + (len(line) - chinese) / 4 + 2
        if tokens > SHOWN_TOKENS:
            break
        found.append(line)
    return found


def of_the_user(question: str, notes: str) -> str:
    """Return a question with the user in place of "you"; empty if no note is by the user.

    Small models ask "you" whatever they are told.
    """
    if not _YOU.search(question) or FIRST_PERSON.search(notes):
        user = "用户" if CJK_CHARACTER.search(question) else "the user"
        return _YOU.sub(lambda found: user + ("'s" if found[1] else found[2] or ""), question)
    return ""


def first_sentence(text: str) -> str:
    """Return the first sentence of a text on one line."""
    # The last of several may be cut off.
    found = _SENTENCE.match(" ".join(text.split()))
    return found.group().strip() if found else ""
