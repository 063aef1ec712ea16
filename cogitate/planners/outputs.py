"""Whether a goal asks that a file be written, and what it is to be called."""

import re
from pathlib import PurePath

from cogitate.values import Survey
from cogitate.words import content_words

_NAMED = re.compile(
    r"(?:\b(?:to|into|in|as|called|named|file)\s+|[到为成入叫]\s*)[`\"'“]?"
    r"(?P<name>[\w-]+(?:\.[\w-]+)*\.(?:md|txt|html|csv|tsv|json|xml|yaml|svg|py|sql))\b",
    re.IGNORECASE,
)
_SAVES = re.compile(
    r"\b(write|save|store|put|record|export|create|draft|produce|make)\b|写|保存|存|记录|生成|导出",
    re.IGNORECASE,
)

_FOUND = re.compile(
    r"\b(results?|answers?|findings?|everything|both|down|finally|then|after that)\b|"
    r"结果|答案|都|最后|然后|[把并将]",
    re.IGNORECASE,
)


def named_output(goal: str, survey: Survey | None) -> str:
    """Return the name of the file that a goal asks to be written, empty where it names none.

    A file that is in the folder already is one to be read.
    """
    there = {file["path"] for file in survey["files"]} if survey else set()
    for match in _NAMED.finditer(goal):
        if match["name"] not in there and _SAVES.search(goal[: match.start()]):
            return PurePath(match["name"]).name
    return ""


def only_saves(text: str) -> bool:
    """Return whether a part of a goal asks for nothing but that what was found is written down."""
    match = _NAMED.search(text)
    if match is None or not _SAVES.search(text[: match.start()]):
        return False
    rest = _SAVES.sub(" ", text.replace(match[0], " "))
    return not set(content_words(_FOUND.sub(" ", rest)))


__all__ = ["named_output", "only_saves"]
