"""compute: one Python program as text, run in the confined process, one sentence from its output.

Program-aided: 11 of 11 computing goals on a 1.5B model, where JSON calls in one general loop
solved 1 of 8. A program whose numbers or names come from nowhere is no evidence.
"""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete, complete_each
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.evidence import asks_measurement
from cogitate.planners.grounding import sources_of
from cogitate.planners.ways.programs import (
    computes,
    foreign_values,
    measures,
    told,
    with_imports,
)
from cogitate.planners.ways.saying import say
from cogitate.planners.ways.votes import HEATS, Try, ballot, ranked, rounds_of, tries_of
from cogitate.planners.ways.worked import worked

COMPUTE_PROMPT = """\
You write a short Python program that works out the answer to a question and prints it.
Use every fact of the question and no others, one named variable each. Let the program do all \
counting, rounding and date arithmetic. The standard library, sympy, numpy and pandas are there; \
files, input and network are not. "Divided by" is /, a remainder is %. At most 15 lines. End with \
print(...) of the result alone."""

EXAMPLE = [
    HumanMessage("A car drives 150 km in 2.5 hours. What is its speed in m/s, to one decimal?"),
    AIMessage(
        "```python\ndistance_km = 150\nhours = 2.5\n"
        "speed = distance_km * 1000 / (hours * 3600)\nprint(round(speed, 1))\n```"
    ),
    HumanMessage("A farm has hens and cows, 30 heads and 86 legs in all. How many cows is that?"),
    AIMessage(
        "```python\nfor cows in range(31):\n    hens = 30 - cows\n"
        "    if cows * 4 + hens * 2 == 86:\n        print(cows)\n```"
    ),
    HumanMessage("2023年10月5日之后的第100天是星期几？"),
    AIMessage(
        "```python\nfrom datetime import date, timedelta\n"
        "day = date(2023, 10, 5) + timedelta(days=100)\n"
        'print(day, "星期" + "一二三四五六日"[day.weekday()])\n```'
    ),
]

FENCE = "```python\n"

FIX_PROMPT = "It did not work:\n{error}\nWrite another program that avoids this."
FOREIGN_PROMPT = """\
These values are not in the question: {values}. Write the program again with the facts of the \
question only."""
NOTES_PROMPT = "Known:\n{notes}\n\n{goal}"

ENOUGH = 3
"""Programs that must print the same: of five, two agree by chance or by the same mistake."""
ROUNDS = 2
"""Most times that programs are written; the second time with what was wrong with the first."""
TIMED_ROUNDS = 3
"""The same where a time is measured, and programs run one by one."""
PROGRAM_TOKENS = 220

_OUTSIDE = re.compile(r"\b(import|from) (requests|urllib|httpx|socket|http)\b|\bopen\(")

NOTHING = frozenset(("none", "nan", "inf", "[]", "{}", "()", "''"))


async def compute(turn: Turn) -> AIMessage:
    """Write programs side by side, run them, and say what most of them printed.

    When too many programs failed the round is repeated once, with the fault that was found.
    Where sound ones differ, the model cannot tell: it is given up.
    """
    tries = tries_of(turn, "code")
    faults = [fault_of(turn, t) for t in tries]
    sound = [t for t, (fault, _) in zip(tries, faults, strict=True) if not fault]
    enough = ENOUGH if isinstance(turn.model, ChatLlama) else 1  # votes are for small models
    best, votes = next(iter(ranked(sound, text_of)), (None, 0))
    if best is not None and (votes >= enough or (turn.last and votes > 1)):
        return await say(turn, text_of(best))
    measured = next((t for t in sound if measures(turn.task.goal, t.written)), None)
    if measured is not None:
        return await say(turn, text_of(measured))
    undecided = sum(t.votes for t in sound) >= enough  # they all differ: more would too
    rounds = TIMED_ROUNDS if asks_measurement(turn.task.goal) else ROUNDS
    if turn.last or undecided or rounds_of(turn) >= rounds:
        return no_evidence(_why(sound, faults))
    return await _write(turn, tries, faults)


def _why(sound: Sequence[Try], faults: Sequence[tuple[str, str]]) -> str:
    if not faults:
        return "no program was run"
    if not sound:
        return " ".join(f"programs failed: {faults[-1][0]}".split())[:200]
    return f"{sum(t.votes for t in sound)} programs gave {len(ranked(sound, text_of))} results"


def text_of(one: Try) -> str:
    """Return what a program printed."""
    return str(one.message.text).strip()


def fault_of(turn: Turn, one: Try) -> tuple[str, str]:
    """Return what is wrong with a program, and what the model is told of it."""
    code, text = one.written, text_of(one)
    timed = measures(turn.task.goal, code)
    if (outside := _OUTSIDE.search(code)) and not (timed and outside[0] == "open("):
        why = f"{outside[0]!r} is not possible: there is no network, and no file"
        return why, FIX_PROMPT.format(error=why)
    if one.message.status == "error":
        return text.split("\n")[-1][:160], FIX_PROMPT.format(error=text[-500:])
    foreign = [] if timed else foreign_values(code, sources_of(turn.task, []))
    if foreign:
        values = ", ".join(foreign)
        return f"values from nowhere: {values}", FOREIGN_PROMPT.format(values=values)
    if not computes(code) or not text or text.lower() in NOTHING or told(code, text):
        why = f"it computed nothing: {text[:80]!r}"
        return why, FIX_PROMPT.format(error=why)
    return "", ""


async def _write(turn: Turn, tries: list[Try], faults: list[tuple[str, str]]) -> AIMessage:
    """Return the calls of the next programs, each program once."""
    shown = head_of(turn)
    failed = next((i for i, (fault, request) in enumerate(faults) if fault), None)
    if failed is not None and "SyntaxError" not in faults[failed][1]:
        shown.append(AIMessage(f"{FENCE}{tries[failed].written}\n```"))
        shown.append(HumanMessage(faults[failed][1]))
    form: dict[str, Any] = {"purpose": "program", "opening": FENCE, "stop": ["```"]}
    if isinstance(turn.model, ChatLlama) and asks_measurement(turn.task.goal):
        # Side by side they would disturb each other's times, and write to the same files.
        form.update(max_tokens=2 * PROGRAM_TOKENS, seed=len(tries), temperature=HEATS[len(tries)])
        codes = [await complete(turn.model, shown, **form)]
    elif isinstance(turn.model, ChatLlama):
        form.update(max_tokens=PROGRAM_TOKENS, seed=len(tries))
        codes = await complete_each(turn.model, shown, temperatures=HEATS, **form)
    else:
        codes = [await complete(turn.model, shown, **form)]
    move = ballot("python", "code", [with_imports(code) for code in codes], tries)
    return move if move.tool_calls else no_evidence("the model wrote no program")


def head_of(turn: Turn) -> list[BaseMessage]:
    """Return the messages that every program of this run begins with."""
    goal, notes = turn.task.goal, "\n".join(turn.task.notes)
    question = NOTES_PROMPT.format(notes=notes, goal=goal) if notes else goal
    return [SystemMessage(COMPUTE_PROMPT), *EXAMPLE, *worked(goal), HumanMessage(question)]
