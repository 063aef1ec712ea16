"""What a query asks for although the goal does not speak of it: values copied from the prompt.

A small model that is shown "paid_by e.g. Ada" likes to ask for what Ada paid. Whether the goal
speaks of a value, in whatever language, a gate of its own tells better than the prompt prevents.
Days that a goal without any word of time does not name are taken out by code.
"""

import re
from collections.abc import Collection, Sequence

from langchain_core.language_models import BaseChatModel

from cogitate.llm.llama import ChatLlama
from cogitate.planners.gates import speaks_of
from cogitate.values import Table
from cogitate.words import MONTHS

SPOKEN_OF = -0.9
"""Log-odds below which a goal does not speak of a text: measured, what it speaks of in another
language began at -0.6, and what had only been copied from the prompt ended at -1.2 mostly."""

_CONDITION = re.compile(
    r"\s+AND\s+(?:\"[^\"]+\"|[\w.]+)\s*(?:=|\bIN\b|\bI?LIKE\b)\s*(?:\([^()]*\)|'(?:[^']|'')*')"
    r"(?!\s+OR\b)",
    re.IGNORECASE,
)
_TEXT = re.compile(r"'((?:[^']|'')*)'")

_DAY = r"(?:DATE\s*)?'\d{4}-\d\d(?:-\d\d)?'"
_DATED = re.compile(
    rf"(?<!\()\b(?P<head>WHERE|AND)\s+(?:(?:\"[^\"]+\"|[\w.]+)\s*"
    rf"(?:BETWEEN\s+{_DAY}\s+AND\s+{_DAY}|[<>]?=?\s*{_DAY}|LIKE\s+'\d{{4}}[-\d%]*%')|"
    r"(?:year|month)\([^()]*\)\s*=\s*\d+)"
    r"(?!\s+OR\b|\d|\s*(?:::|[-+*)]))(?P<next>\s+AND\b)?\s*",
    re.IGNORECASE,
)
_TIME = re.compile(
    rf"\d|\b({'|'.join(MONTHS)}|{'|'.join(month[:3] for month in MONTHS)}|sept|last|past|this|next|"
    r"recent(ly)?|today|yesterday|tomorrow|tonight|now|ago|since|before|after|until|during|(over)?due|"
    r"days?|weeks?|weekends?|months?|quarters?|years?|spring|summer|autumn|fall|winter|\w+day|"
    r"christmas|easter|holidays?)\b|[年月日周季春夏秋冬节]|星期|[今昨明前后]天|上个|最近|近来|目前|以[前后来]|"
    r"[之当]前|期|国庆|元旦",
    re.IGNORECASE,
)


def copied_texts(sql: str, goal: str, tables: Sequence[Table]) -> list[str]:
    """Return the texts of a query that are example values of the prompt and not of the goal."""
    shown = {v.lower() for t in tables for c in t["columns"] for v in c["examples"]}
    texts = re.findall(r"'([^'%\n]{2,60})'", sql)
    return [t for t in texts if t.lower() in shown and t.lower() not in goal.lower()]


async def unspoken(
    model: BaseChatModel, queries: Sequence[str], goal: str, tables: Sequence[Table]
) -> list[str]:
    """Return the example values that queries ask for and the goal does not speak of.

    Only a small model is asked: others do not copy them.
    """
    if not isinstance(model, ChatLlama):
        return []
    copied = dict.fromkeys(text for sql in queries for text in copied_texts(sql, goal, tables))
    named = [text for text in copied if not re.search(r"\d", text)]
    return [text for text in named if await speaks_of(model, text, goal) < SPOKEN_OF]


def without(sql: str, texts: Collection[str]) -> str:
    """Return a query without those further conditions that ask for nothing but some texts.

    Its first condition stays: without any it would answer another question.
    """

    def shorter(match: re.Match[str]) -> str:
        asked = _TEXT.findall(match[0])
        return "" if asked and all(text in texts for text in asked) else match[0]

    return _CONDITION.sub(shorter, sql)


def undated(sql: str, goal: str) -> str:
    """Return a query without days that a goal does not name, where it says nothing of time at all.

    The prompt shows how days are written, and a small model likes to copy that.
    """
    while not _TIME.search(goal) and (match := _DATED.search(sql)):
        head = f"{match['head']} " if match["next"] else ""
        sql = f"{sql[: match.start()]}{head}{sql[match.end() :]}".rstrip()
    return sql


__all__ = ["copied_texts", "undated", "unspoken", "without"]
