"""Depth first: the best child first, back where it leads nowhere. One turn goes into one state.

The stack is data, so the search is taken up where it was left.
"""

from collections.abc import Sequence

from cogitate.planners.base import Turn
from cogitate.planners.thoughts.engine import evaluate, generate, ranked
from cogitate.planners.thoughts.methods import Settings, evaluator, generator
from cogitate.planners.thoughts.search import Search
from cogitate.planners.thoughts.thought import Thought

THRESHOLDS = {"program": 0.0, "value": 0.1, "logprob": 0.1}
"""Scores up to these are not gone into."""


async def go_deeper(turn: Turn, search: Search, settings: Settings) -> None:
    """Take the top state off the stack and put its best children there, unless it is the end."""
    top = search.thoughts[search.stack[-1]]
    depth = settings.levels or search.task.levels
    if search.task.is_terminal(top.state) or top.depth >= depth:
        search.push([])
        return
    made = await generate(turn, search, generator(settings, search.task), [top])
    how = evaluator(settings, search.task)
    judged = await evaluate(turn, search, how, made)
    limit = THRESHOLDS.get(how.mode, -1.0) if settings.threshold is None else settings.threshold
    kept = _hopeful(search, judged, limit)
    search.count("branches that were cut off", len(judged) - len(kept))
    search.push([t.id for t in ranked(kept)[: settings.beam]])


def _hopeful(search: Search, judged: Sequence[Thought], limit: float) -> list[Thought]:
    """Return the thoughts above the threshold; errors are negative and are not cut off."""
    if search.task.improves:
        return list(judged)
    return [t for t in judged if t.solved or (t.score or 0.0) > limit]
