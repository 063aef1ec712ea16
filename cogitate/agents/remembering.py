"""What a run takes from memory before it plans, and what it leaves there afterwards.

Any `Memory` gives notes that share words with the goal and keeps the pair of goal and answer.
A long-term one is asked more strictly: a model reads each note before it is used, facts that
the person stated are learned, and conclusions are drawn when the answer has been given.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from cogitate.agents.state import Parts
from cogitate.llm.llama import ChatLlama
from cogitate.memory.base import LongTerm
from cogitate.planners.gates import helps, tells
from cogitate.planners.ways.saying import is_chinese
from cogitate.runs.context import current
from cogitate.runs.taint import OUTSIDE
from cogitate.tools.recall import recall_tool
from cogitate.words import content_words

MOST_NOTES = 5
LOOKED_AT = 10
"""Hits that are looked through for notes."""
USED = ("fact", "observation", "reflection", "plan")
"""Kinds of records that may bear on an answer; what was said before is no evidence of it."""
LONGEST_EPISODE = 1_000
LONGEST_TOLD = 600
MOSTLY = 0.7
"""Share of a goal that must be statements."""
TOLD = 0.2
"""Log-odds from which a goal about the person is taken to be something that is only told."""
_PERSONAL = re.compile(r"(?i)\b(i|i'm|my|we|our|us|me)\b|[我咱]")
KNOWN = 0.5
"""Share of a correction's words that what it corrects must hold."""
_CORRECTS = re.compile(
    r"(?i)^\W*(sorry|correction|actually|oops|no|wait)\b[,:. ]|"
    r"^(对不起|抱歉|不好意思|更正|不对|说错了|其实)[，,：:。]"
)
HELPFUL = 0.0
"""Log-odds from which a note is taken to help."""


def hands(parts: Parts) -> Sequence[BaseTool]:
    """Return the tools of a run: the agent's, and `recall` where there is a long-term memory."""
    if not isinstance(parts.memory, LongTerm) or any(t.name == "recall" for t in parts.tools):
        return parts.tools
    memory = parts.memory

    async def search(query: str, most: int) -> list[str]:
        return [dated(hit.record) for hit in await memory.recall(query, most, kinds=USED)]

    return [*parts.tools, recall_tool(search)]


async def only_tells(parts: Parts, goal: str) -> bool:
    """Return whether the person tells something to be remembered, and asks for nothing."""
    memory = parts.memory
    if not isinstance(memory, LongTerm) or not isinstance(parts.model, ChatLlama):
        return False
    if goal.rstrip().endswith(("?", "？")) or len(goal) > LONGEST_TOLD:
        return False
    from cogitate.memory.learning.statements import statements

    told = statements(goal)
    if not told or sum(len(s.text) for s in told) < MOSTLY * len(goal.strip()):
        return False
    if any(statement.asked_for for statement in told):
        return True
    if (correction := _CORRECTS.match(goal)) and statements(goal[correction.end() :]):
        known = await current().outcome("corrects", goal, lambda: _is_known(memory, goal))
        return bool(known)
    return bool(_PERSONAL.search(goal)) and await tells(parts.model, goal) >= TOLD


async def _is_known(memory: LongTerm, goal: str) -> bool:
    """Return whether memory holds what a goal speaks of."""
    hits = await memory.recall(goal, MOST_NOTES, kinds=USED, touch=False)
    words = set(content_words(goal))
    return any(_shared(words, hit.text) >= KNOWN * len(words) for hit in hits)


async def recalled(parts: Parts, goal: str) -> list[str]:
    """Return the notes that bear on a goal; others only mislead."""
    found: list[str] = await current().outcome("recall", goal, lambda: _recalled(parts, goal))
    return found


async def _recalled(parts: Parts, goal: str) -> list[str]:
    if not isinstance(parts.memory, LongTerm):
        words = set(content_words(goal))
        found = [hit.text for hit in await parts.memory.recall(goal, MOST_NOTES)]
        return [n for n in found if _shared(words, n) >= max(1.0, len(words) / 2)]
    hits = await parts.memory.recall(goal, LOOKED_AT, kinds=USED, touch=False)
    notes: list[str] = []
    for hit in hits[:MOST_NOTES]:
        if await _is_helpful(parts, hit.text, goal):
            notes.append(dated(hit.record))
    return notes


async def _is_helpful(parts: Parts, note: str, goal: str) -> bool:
    if isinstance(parts.model, ChatLlama):
        return await helps(parts.model, note, goal) >= HELPFUL
    return _shared(set(content_words(goal)), note) > 0


def _shared(words: set[str], note: str) -> int:
    return len(words & set(content_words(note)))


def dated(record: Any) -> str:
    """Return a record as a line with the day it was kept on."""
    day = time.strftime("%Y-%m-%d", time.localtime(record.created))
    outside = f" {OUTSIDE}" if record.untrusted else ""
    return f"{day}{outside}: {record.text}"


async def keep(parts: Parts, run: str, goal: str, answer: str, asked: str) -> Sequence[Any]:
    """Leave in memory what this run was about; return the facts that it learned.

    Args:
        parts: the agent's parts.
        run: the run's id.
        goal: what the person said.
        answer: the accepted answer; empty when there was none, or when memory itself gave it.
        asked: what was said before it, in a chat.
    """

    async def kept() -> list[list[str]]:
        changes = await _kept(parts, run, goal, answer, asked)
        return [[change.action, change.text] for change in changes]

    # In one piece: a replay leaves the memory alone.
    told = {"goal": goal, "answer": answer, "asked": asked}
    return [Change(*one) for one in await current().outcome("keep", told, kept)]


@dataclass(frozen=True)
class Change:
    """What became of a fact: `add`, `update` or `retract`, and its words."""

    action: str
    text: str


async def _kept(parts: Parts, run: str, goal: str, answer: str, asked: str) -> Sequence[Any]:
    memory = parts.memory
    if not isinstance(memory, LongTerm):
        if answer:
            await memory.remember(f"{goal} -> {answer}")
        return []
    from cogitate.memory.learning.facts import Exchange
    from cogitate.memory.learning.sensitive import secrets_in

    if answer and not secrets_in(f"{goal} {answer}"):
        # What happened, to be reflected on; it is no evidence for later answers.
        said = f"{goal} -> {answer}"[:LONGEST_EPISODE]
        outside = current().safety.sources.untrusted
        await memory.remember(said, kind="chat", origin="agent", run=run, untrusted=outside)
    return await memory.learn(parts.model, Exchange(said=goal, asked=asked, run=run))


def what_changed(changes: Sequence[Any], goal: str) -> str:
    """Return what became of what a person told, in brackets; empty when nothing did."""
    from cogitate.memory.learning.sensitive import secrets_in

    chinese = is_chinese(goal)
    kept = [change.text for change in changes if change.action in ("add", "update")]
    gone = [change.text for change in changes if change.action == "retract"]
    said = []
    if kept:
        said.append(("记下：" if chinese else "kept: ") + "; ".join(kept))
    if gone:
        said.append(("撤回：" if chinese else "taken back: ") + "; ".join(gone))
    if not changes and secrets_in(goal):
        said.append("没有记下：像是密码" if chinese else "not kept: it looks like a secret")
    if not said:
        return ""
    return f"（{'；'.join(said)}）" if chinese else f"({', '.join(said)})"


__all__ = ["dated", "hands", "keep", "only_tells", "recalled", "what_changed"]
