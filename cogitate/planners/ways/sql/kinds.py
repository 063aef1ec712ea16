"""Whether a query groups by the kind of thing that a goal asks which one of.

Asked "which language do most of our books have" of a table without languages, a small model
groups by the subject, and says of its query that it gives what was asked. Of the column by
itself it knows better.
"""

import re
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage

from cogitate.llm.llama import ChatLlama
from cogitate.planners.gates import speaks_of, yes_or_no
from cogitate.values import Table

KIND_PROMPT = (
    "Does the column hold the kind of thing that the question asks which one of? Answer yes or no."
)
KIND_EXAMPLE = [
    HumanMessage(
        "Question: In which city do the most people live?\nColumn: city, such as Rome, Lyon"
    ),
    AIMessage("yes"),
    HumanMessage(
        "Question: Which colour is ordered most often?\nColumn: size, such as small, large"
    ),
    AIMessage("no"),
    HumanMessage("Question: 谁的销售额最高？\nColumn: staff, such as Ana, Ben"),
    AIMessage("yes"),
    HumanMessage("Question: 哪个国家的客户最多？\nColumn: 产品, such as 椅子, 桌子"),
    AIMessage("no"),
]
OTHER_KIND = -1.25
"""Sum of the two log-odds below which a column holds another kind of thing: of 40 columns those
asked for ended at -0.8, and eleven of twelve others began at -1.7."""
SHOWN = 2
"""Example values of a column that are shown."""

_WHICH = re.compile(r"\b(which|who|what)\b|哪|谁|什么", re.IGNORECASE)
_GROUPED = re.compile(
    r"\bGROUP BY\s+(?:\w+\.)?(?:\"(?P<quoted>[^\"]+)\"|(?P<plain>\w+))\s*"
    r"(?=$|;|\)|\b(?:ORDER|HAVING|LIMIT)\b)",
    re.IGNORECASE,
)


async def another_kind(model: BaseChatModel, sql: str, goal: str, tables: Sequence[Table]) -> str:
    """Return the column by which a query groups although the goal asks for another kind of thing.

    Empty where it is the right kind, or nothing tells. Only a small model is asked.

    Args:
        model: who is asked.
        sql: the query.
        goal: what the person asked.
        tables: the tables that the query was written for.
    """
    match = _GROUPED.search(sql)
    if match is None or not _WHICH.search(goal) or not isinstance(model, ChatLlama):
        return ""
    name = match["quoted"] or match["plain"]
    known = [c for t in tables for c in t["columns"] if c["name"].lower() == name.lower()]
    values = ", ".join(known[0]["examples"][:SHOWN]) if known else ""
    if not values:
        return ""
    shown = f"Question: {goal}\nColumn: {name}, such as {values}"
    odds = await yes_or_no(model, KIND_PROMPT, KIND_EXAMPLE, shown, "kind?")
    odds += await speaks_of(model, name, goal)
    return name if odds < OTHER_KIND else ""


__all__ = ["another_kind"]
