"""What the results of calls say of the goal, by the odds that a small model gives them."""

from langchain_core.messages import AIMessage, ToolMessage

from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn
from cogitate.planners.gates import holds

ENOUGH = 1.0
"""Log-odds from which the last result is taken to answer the goal."""

SAYS = 0.0
"""Log-odds below which a result says nothing of what the goal asks for."""
LONGEST = 600
"""Characters of a result that can be judged."""
NOTHING = "calculate(expression=1 + 1) = 2"
CLEAR = -2.5
"""Log-odds of NOTHING up to which a model can judge. A 1.5B gives -3.4 to -4.8, a 0.5B -1.8."""


async def answers(turn: Turn) -> bool:
    """Return whether a small model finds the goal answered by the last result."""
    if not isinstance(turn.model, ChatLlama):
        return False
    return await holds(turn.model, _latest(turn), turn.task.goal) >= ENOUGH


async def says_nothing(turn: Turn) -> bool:
    """Return whether a small model finds that no result says what the goal asks for.

    What was done is no question, and of long results only a part could be judged. A model that
    says no to NOTHING but faintly is not believed.
    """
    if not isinstance(turn.model, ChatLlama) or not turn.good or _did_something(turn):
        return False
    told = [_told(turn, result) for result in turn.good]
    told += ["\n".join(told)] if len(told) > 1 else []
    for text in reversed(told):
        if len(text) > LONGEST or await holds(turn.model, text, turn.task.goal) >= SAYS:
            return False
    return await holds(turn.model, NOTHING, turn.task.goal) <= CLEAR


def _did_something(turn: Turn) -> bool:
    """Return whether a call that went well was for more than finding out."""
    reads = {t.name for t in turn.tools if (t.metadata or {}).get("effect") == "read"}
    return any(result.name not in reads | {"python"} for result in turn.good)


def _latest(turn: Turn) -> str:
    """Return the last result as a text with the tool and the arguments that gave it."""
    return _told(turn, turn.results[-1])


def _told(turn: Turn, result: ToolMessage) -> str:
    """Return a result as a text with the tool and the arguments that gave it."""
    calls = [c for m in turn.messages if isinstance(m, AIMessage) for c in m.tool_calls]
    given = next((c["args"] for c in calls if c["id"] == result.tool_call_id), {})
    args = ", ".join(f"{key}={value}" for key, value in given.items())
    return f"{result.name}({args}) = {result.text}"
