"""Programs that thoughts hold are run by the python tool, and judged by what they print."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, ToolMessage

from cogitate.planners.base import Turn
from cogitate.planners.grounding import sources_of
from cogitate.planners.thoughts.search import Search
from cogitate.planners.thoughts.thought import Thought
from cogitate.planners.ways.programs import computes, foreign_values, told

_NOTHING = frozenset(("none", "nan", "inf", "[]", "{}", "()", "''"))


def run_programs(turn: Turn, search: Search, given: Sequence[Thought]) -> AIMessage | None:
    """Return the calls that run what was not run yet; None once all results are taken in.

    Equal programs are run once.
    """
    results = {m.tool_call_id: m for m in turn.results}
    first: dict[str, str] = {}
    for thought in given:
        first.setdefault(str(thought.state["code"]), thought.id)
    missing = {code: name for code, name in first.items() if _call_id(name) not in results}
    missing = {c: n for c, n in missing.items() if "output" not in search.thoughts[n].state}
    if missing and not turn.last:
        calls = [
            {"name": "python", "args": {"code": code}, "id": _call_id(name)}
            for code, name in missing.items()
        ]
        # The same output again is what is hoped for, not a loop.
        return AIMessage("", tool_calls=calls, additional_kwargs={"confirms": True})
    for thought in given:
        _take(turn, search, thought, results.get(_call_id(first[str(thought.state["code"])])))
    return None


def _call_id(name: str) -> str:
    return f"python-{name}"


def _take(turn: Turn, search: Search, thought: Thought, result: ToolMessage | None) -> None:
    """Note what a program printed, or what is wrong with it."""
    if "output" in thought.state:
        return
    text = "it was not run" if result is None else str(result.text).strip()
    fault = _fault(turn, str(thought.state["code"]), text, result)
    state = {**thought.state, "output": "" if fault else text, "fault": fault}
    search.restate(thought.id, state, f"it failed: {fault}" if fault else f"it printed {text}")
    search.mark(thought.id, score=0.0 if fault else 1.0, valid=not fault)


def _fault(turn: Turn, code: str, text: str, result: ToolMessage | None) -> str:
    if result is None or result.status == "error":
        return text[-300:]
    foreign = foreign_values(code, sources_of(turn.task, []))
    if foreign:
        return f"these values are not in the question: {', '.join(foreign)}"
    nothing = not computes(code) or not text or text.lower() in _NOTHING or told(code, text)
    return f"it computed nothing: {text[:80]!r}" if nothing else ""
