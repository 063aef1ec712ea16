"""remembered: an answer from what the person or an earlier run left in memory.

The tool `recall` searches; the model is asked note by note whether it says what the goal asks
for, as `read` does with lines of files; the note that does is put into words, and its day said.
"""

import re

from langchain_core.messages import AIMessage

from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.gates import holds
from cogitate.planners.ways.saying import call, is_chinese, say

ENOUGH = 0.0
"""Log-odds from which a note says what is asked for."""
MOST_ASKED = 5
_DATED = re.compile(r"(\d{4}-\d\d-\d\d): (.*)", re.DOTALL)


async def remembered(turn: Turn) -> AIMessage:
    """Recall, and answer from the note that says it."""
    goal = turn.task.goal
    if not turn.results:
        return call("recall", query=goal)
    notes = [
        note
        for result in turn.good
        if isinstance(result.artifact, dict)
        for note in result.artifact.get("notes", [])
    ]
    scored = [(await holds(turn.model, _text(n), goal), n) for n in notes[:MOST_ASKED]]
    odds, best = max(scored, key=lambda item: item[0], default=(ENOUGH - 1, ""))
    if odds < ENOUGH:
        return no_evidence("nothing that was remembered says it")
    said = await say(turn, _text(best), values=False)
    return AIMessage(f"{said.text} {_day(best, goal)}".strip())


def _text(note: str) -> str:
    found = _DATED.match(note)
    return found[2] if found else note


def _day(note: str, goal: str) -> str:
    found = _DATED.match(note)
    if not found:
        return ""
    return f"（{found[1]} 记下）" if is_chinese(goal) else f"(remembered on {found[1]})"
