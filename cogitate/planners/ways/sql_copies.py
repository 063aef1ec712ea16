"""Example values of the prompt that a query asks for although the goal does not speak of them.

A small model that is shown "paid_by e.g. Ada" likes to ask for what Ada paid. Whether the goal
speaks of a value, in whatever language, a gate of its own tells better than the prompt prevents.
"""

import re
from collections.abc import Collection, Sequence

from langchain_core.language_models import BaseChatModel

from cogitate.llm.llama import ChatLlama
from cogitate.planners.gates import speaks_of
from cogitate.values import Table

SPOKEN_OF = -0.9
"""Log-odds below which a goal does not speak of a text: measured, what it speaks of in another
language began at -0.6, and what had only been copied from the prompt ended at -1.2 mostly."""

_CONDITION = re.compile(
    r"\s+AND\s+(?:\"[^\"]+\"|[\w.]+)\s*(?:=|\bIN\b|\bI?LIKE\b)\s*(?:\([^()]*\)|'(?:[^']|'')*')"
    r"(?!\s+OR\b)",
    re.IGNORECASE,
)
_TEXT = re.compile(r"'((?:[^']|'')*)'")


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


__all__ = ["copied_texts", "unspoken", "without"]
