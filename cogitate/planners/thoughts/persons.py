"""A person picks the branches of a search, where one can be asked."""

import re
from collections.abc import Sequence

from cogitate.planners.base import Turn
from cogitate.planners.thoughts.thought import Thought
from cogitate.runs.context import current
from cogitate.runs.events import Noted

MOST_SHOWN = 9


async def picked(turn: Turn, b: int, thoughts: Sequence[Thought]) -> list[Thought]:
    """Return the thoughts that the person names by number; the best when nobody is there."""
    if len(thoughts) <= 1:
        return list(thoughts[:b])
    shown = thoughts[:MOST_SHOWN]
    listed = "\n".join(f"{i}) {t.text}  [{_score(t)}]" for i, t in enumerate(shown, start=1))
    question = f"Which branches shall I follow? Up to {b} numbers; nothing for the best.\n{listed}"
    reply = await current().put(question)
    if reply is None:
        current().emit(Noted(text="thoughts: nobody can be asked; the best branches are kept"))
        return list(thoughts[:b])
    numbers = [int(n) for n in re.findall(r"\d+", reply)]
    chosen = [shown[n - 1] for n in dict.fromkeys(numbers) if 1 <= n <= len(shown)]
    return chosen[:b] or list(thoughts[:b])


def _score(thought: Thought) -> str:
    return "not judged" if thought.score is None else f"{thought.score:.3g}"
