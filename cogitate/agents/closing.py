"""The last words of a run that a limit ended: what its results show so far.

A model is asked once, within what the limits kept for it; where that cannot be, or what it says
is not in the results, the answer is put together by code. Either way it says that it is not
finished.
"""

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from cogitate.agents.loops import limits_of
from cogitate.agents.state import Parts, State
from cogitate.agents.stops import Halted, bounded
from cogitate.errors import CogitateError
from cogitate.llm.decide import complete
from cogitate.llm.llama import ChatLlama
from cogitate.planners.grounding import unsupported_names, unsupported_numbers
from cogitate.planners.paging import tokens_in
from cogitate.runs.context import current, task_of
from cogitate.runs.events import Noted
from cogitate.runs.recorded import name_of
from cogitate.values import StopReason, Usage

WRAP_UP_PROMPT = """\
The work on a goal had to stop before it was finished. Say in one or two short sentences what the \
results below show about the goal. Say only what they show, in the language of the goal. If they \
show nothing about it, reply with: nothing"""

SHOWN_PROMPT = "Goal: {goal}\n\nResults:\n{results}"
LIMITED = ("steps", "tokens", "time", "cost", "loop", "stalled")
"""Stops after which a model may be asked once more."""
WRITTEN = 120
"""Most tokens of the last words."""
RESULTS, EACH = 4, 500
"""Results that are shown, and characters of each."""
NOTHING = ("nothing", "没有", "无")
HEAD = "Not finished. So far: {said}"


async def last_words(state: State, parts: Parts, reason: StopReason) -> str:
    """Return what a model says that the results show so far; empty when it cannot be asked."""
    good = [m for m in state["messages"] if isinstance(m, ToolMessage) and m.status != "error"]
    if reason not in LIMITED or task_of() or not good or _partial(state):
        return ""
    goal = state["goal"]
    results = "\n".join(f"- {m.name}: {m.text[:EACH]}" for m in good[-RESULTS:])
    shown = [
        SystemMessage(WRAP_UP_PROMPT),
        HumanMessage(SHOWN_PROMPT.format(goal=goal[:EACH], results=results)),
    ]
    if not _has_room(parts, sum(tokens_in(m.text) for m in shown)):
        return ""
    context = current()
    context.closing = True
    options: dict[str, Any] = {"max_tokens": WRITTEN} if isinstance(parts.model, ChatLlama) else {}
    try:
        asked = complete(parts.model, shown, purpose="wrap up", **options)
        said = " ".join((await bounded(asked, parts)).split())
    except (Halted, CogitateError) as error:
        context.emit(Noted(text=f"the last words were put together by code ({error})"))
        return ""
    finally:
        context.closing = False
    return HEAD.format(said=said) if _is_sound(said, [goal, *(m.text for m in good)]) else ""


def _is_sound(said: str, sources: list[str]) -> bool:
    """Return whether last words say something, and nothing that is not in the results."""
    if not said or said.strip(" .。").lower() in NOTHING or len(said) > 8 * WRITTEN:
        return False
    return not unsupported_numbers(said, sources) and not unsupported_names(said, sources)


def _has_room(parts: Parts, read: int) -> bool:
    """Return whether one more call of about `read` tokens fits into what the limits keep."""
    context, limits = current(), limits_of(parts)
    spent = context.usage.read + context.usage.written
    if spent + read + WRITTEN > limits.tokens or context.usage.calls >= limits.model_calls:
        return False
    if context.seconds_left() < 1.0:
        return False
    if limits.cost is None and limits.window_cost is None:
        return True
    usage, price = Usage(read=read, written=WRITTEN), context.price
    more = price(name_of(parts.model), usage) if price is not None else 0.0
    window = limits.window_cost
    if window is not None and context.spent_elsewhere + context.cost + more > window:
        return False
    return limits.cost is None or context.cost + more <= limits.cost


def partial_answer(state: State, reason: str, said: str) -> str:
    """Return the best that can be said without an answer, never dressed up as one."""
    if said:
        return "\n".join([*state["findings"], said, *_turned_down(state)])
    lines = [*state["findings"], *_partial(state), *_turned_down(state)]
    if reason == "no_evidence":
        failed = [f"- {failure}" for failure in dict.fromkeys(state["failures"])]
        head = "I found nothing that supports an answer."
        return "\n".join([*lines, head, *(["What was tried:", *failed] if failed else [])])
    results = [m for m in state["messages"] if isinstance(m, ToolMessage) and m.status != "error"]
    if results:
        text = " ".join(results[-1].text.split())[:300]
        lines.append(f"Not finished. The last result was from {results[-1].name}: {text}")
    return "\n".join(lines) or "Not finished: nothing was found out yet."


def said_at_stop(state: State) -> str:
    """Return what a way had to say when it ended the run with a stop of its own."""
    last = state["messages"][-1] if state.get("messages") else None
    stopped = isinstance(last, AIMessage) and "stop" in last.additional_kwargs
    return last.text if last is not None and stopped else ""


def _turned_down(state: State) -> list[str]:
    """Return the last answer that had evidence and that the critic turned down, marked so."""
    answer = state.get("turned_down", "")
    return [f"This answer was turned down and could not be corrected: {answer}"] if answer else []


def _partial(state: State) -> list[str]:
    """Return the best answer that a way had when it was stopped."""
    kept = [m.additional_kwargs.get("partial") for m in state["messages"][state["begun"] :]]
    best = next((text for text in reversed(kept) if text), None)
    return [f"Not finished. The best so far: {best}"] if best else []


__all__ = ["last_words", "partial_answer", "said_at_stop"]
