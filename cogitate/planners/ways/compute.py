"""compute: one Python program as text, run in the confined process, one sentence from its output.

Program-aided: 11 of 11 computing goals on a 1.5B model, where JSON calls in one general loop
solved 1 of 8. A program whose numbers or names come from nowhere is no evidence.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete, complete_each
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.evidence import asks_measurement
from cogitate.planners.grounding import sources_of, unsupported_numbers
from cogitate.planners.outputs import named_output
from cogitate.planners.ways.programs import (
    computes,
    foreign_values,
    left_out,
    lists_instead,
    measures,
    told,
    with_imports,
)
from cogitate.planners.ways.saving import written_to
from cogitate.planners.ways.saying import say
from cogitate.planners.ways.votes import HEATS, Try, agree, ballot, ranked, rounds_of, tries_of
from cogitate.planners.ways.worked import FACTS_EXAMPLE, FACTS_PROMPT, worked

COMPUTE_PROMPT = """\
You write a short Python program that works out the answer to a question and prints it.
Use every fact of the question and no others, one named variable each. Let the program do all \
counting, rounding and date arithmetic. The standard library, sympy, numpy and pandas are there; \
files, input and network are not. "Divided by" is /, a remainder is %. At most 15 lines. End with \
print(...) of the result alone."""

SAVE_PROMPT = """\
You write a short Python program that works out what is asked, writes it into the file that is \
named, with open(...), and prints it as well. The program computes each value: never list values \
that you know. Use every fact of the question and no others. The standard library, sympy, numpy \
and pandas are there; input and network are not. At most 15 lines. End with print(...) of the \
result."""

SAVE_EXAMPLE = [
    HumanMessage("Which numbers from 1 to 20 are divisible by 6? Save them in sixes.txt."),
    AIMessage(
        "```python\nnumbers = [n for n in range(1, 21) if n % 6 == 0]\n"
        'with open("sixes.txt", "w", encoding="utf-8") as file:\n'
        '    file.write("\\n".join(str(n) for n in numbers))\nprint(*numbers)\n```'
    ),
    HumanMessage("1到30里有多少个平方数？把它们写到 squares.txt 里。"),
    AIMessage(
        "```python\nsquares = [n for n in range(1, 31) if int(n**0.5) ** 2 == n]\n"
        'with open("squares.txt", "w", encoding="utf-8") as file:\n'
        '    file.write("\\n".join(str(n) for n in squares))\nprint(len(squares))\n```'
    ),
]

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
FOREIGN = "values from nowhere"
LEFT_OUT_PROMPT = "The program leaves out of the question: {values}. Write it again with that."
NOTES_PROMPT = "Known:\n{notes}\n\n{goal}"

ENOUGH = 3
"""Programs that must print the same: of five, two agree by chance or by the same mistake."""
MOST_OF_BOTH = 5
"""The same of ten, after an answer was turned down: five are written in each of two ways, so that
neither the answer nor what was held against it has the word; at a tie the answer stands."""
ROUNDS = 2
"""Most times that programs are written; the second time with what was wrong with the first."""
TIMED_ROUNDS = 3
"""The same where a time is measured, and programs run one by one."""
PROGRAM_TOKENS, FACTS_TOKENS = 220, 300

_NETWORK = re.compile(r"\b(import|from) (requests|urllib|httpx|socket|http)\b")
_OPENS = re.compile(r"\bopen\(")

SILENT = "The program ran but printed nothing"
NOTHING = frozenset(("none", "nan", "inf", "[]", "{}", "()", "''"))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What sets one use of programs apart from another."""

    head: Callable[[Turn], list[BaseMessage]]
    """The messages that every program begins with."""
    fault: Callable[[Turn, Try], tuple[str, str]]
    """What is wrong with a program, and what the model is told of it."""


async def compute(turn: Turn) -> AIMessage:
    """Work out what the goal gives all numbers for."""
    return await by_programs(turn, Kind(head=head_of, fault=fault_of))


async def by_programs(turn: Turn, kind: Kind) -> AIMessage:
    """Write programs side by side, run them, and say what most of them printed.

    When too many programs failed the round is repeated once, with the fault that was found.
    Where sound ones differ, the model cannot tell: it is given up.
    """
    tries = tries_of(turn, "code")
    faults = [kind.fault(turn, t) for t in tries]
    sound = [t for t, (fault, _) in zip(tries, faults, strict=True) if not fault]
    enough = _enough(turn)
    best, votes = next(iter(ranked(sound, text_of)), (None, 0))
    if best is not None and named_output(turn.task.goal, turn.task.survey):
        votes += _confirmed(best, tries, faults)  # small models like to list what goes into a file
    if best is not None and (votes >= enough or (turn.last and votes > 1)):
        return await _conclude(turn, best, tries[-1])
    measured = next((t for t in sound if measures(turn.task.goal, t.written)), None)
    if measured is not None:
        return await say(turn, text_of(measured))
    undecided = sum(t.votes for t in sound) >= enough  # they all differ: more would too
    rounds = TIMED_ROUNDS if asks_measurement(turn.task.goal) else ROUNDS
    if turn.last or undecided or rounds_of(turn) >= rounds:
        return no_evidence(_why(sound, faults))
    return await _write(turn, kind.head(turn), tries, faults)


def _enough(turn: Turn) -> int:
    """Return how many programs must print the same; votes are for small models."""
    if not isinstance(turn.model, ChatLlama):
        return 1
    return MOST_OF_BOTH if turn.task.feedback else ENOUGH


async def _conclude(turn: Turn, best: Try, latest: Try) -> AIMessage:
    """Say what the chosen program printed; of those that write a file it is the last."""
    name = named_output(turn.task.goal, turn.task.survey)
    if name and not turn.last and not agree(text_of(latest), text_of(best)):
        return ballot("python", "code", [best.written], [best])
    if not name:
        return await say(turn, text_of(best))
    if text_of(best).startswith(SILENT):
        return AIMessage(written_to(turn.task.goal, name))
    said = await say(turn, text_of(best))
    return AIMessage(f"{said.text}\n{written_to(turn.task.goal, name)}")


def _confirmed(best: Try, tries: Sequence[Try], faults: Sequence[tuple[str, str]]) -> int:
    """Return how many programs that list values they know print what a sound one worked out."""
    known = (t for t, (why, _) in zip(tries, faults, strict=True) if why.startswith(FOREIGN))
    return sum(t.votes for t in known if agree(text_of(t), text_of(best)))


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
    code = one.written
    timed, name = measures(turn.task.goal, code), named_output(turn.task.goal, turn.task.survey)
    if not (timed or name) and _OPENS.search(code):
        why = "'open(' is not possible: there is no network, and no file"
        return why, FIX_PROMPT.format(error=why)
    notes = _notes(turn)
    unused = left_out(code, turn.task.goal) if notes else []
    if unused:
        values = ", ".join(unused)
        return f"left out of the goal: {values}", LEFT_OUT_PROMPT.format(values=values)
    if lists_instead(turn.task.goal, text_of(one)):
        why = f"it printed {len(text_of(one).splitlines())} numbers where one is asked for"
        return why, FIX_PROMPT.format(error=why)
    sources = sources_of(replace(turn.task, notes=notes), [])
    foreign = [] if timed else foreign_values(code, sources)
    return unsound(one, foreign, name)


def unsound(one: Try, foreign: Sequence[str], name: str) -> tuple[str, str]:
    """Return what is wrong with a program whatever it is for, and what the model is told of it.

    Args:
        one: the program and what came of it.
        foreign: its values that come from nowhere.
        name: the file that it is to write, and then need not print; empty for none.
    """
    code, text = one.written, text_of(one)
    if outside := _NETWORK.search(code):
        why = f"{outside[0]!r} is not possible: there is no network"
        return why, FIX_PROMPT.format(error=why)
    if one.message.status == "error":
        return text.split("\n")[-1][:160], FIX_PROMPT.format(error=text[-500:])
    if foreign:
        values = ", ".join(foreign)
        return f"{FOREIGN}: {values}", FOREIGN_PROMPT.format(values=values)
    if name and not _wrote(one, name):
        why = f"it wrote no file {name!r}"
        return why, FIX_PROMPT.format(error=why)
    nothing = not text or text.lower() in NOTHING or (text.startswith(SILENT) and not name)
    if nothing or not computes(code) or told(code, text):
        why = f"it computed nothing: {text[:80]!r}"
        return why, FIX_PROMPT.format(error=why)
    return "", ""


def _wrote(one: Try, name: str) -> bool:
    """Return whether a program wrote the file `name`, as the tool saw it."""
    data = one.message.artifact
    files = data.get("files", []) if isinstance(data, dict) else []
    return any(PurePath(path).name == name for path in files)


async def _write(
    turn: Turn, shown: list[BaseMessage], tries: list[Try], faults: list[tuple[str, str]]
) -> AIMessage:
    """Return the calls of the next programs, each program once."""
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
        if turn.task.feedback and not tries:  # asked the same, it would write the same
            form.update(max_tokens=FACTS_TOKENS)
            codes += await complete_each(turn.model, _by_facts(shown), temperatures=HEATS, **form)
    else:
        other = bool(turn.task.feedback) and not tries
        codes = [await complete(turn.model, _by_facts(shown) if other else shown, **form)]
    move = ballot("python", "code", [with_imports(code) for code in codes], tries)
    return move if move.tool_calls else no_evidence("the model wrote no program")


def _by_facts(shown: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return what is shown for programs that are written in the other way."""
    return [SystemMessage(FACTS_PROMPT), *FACTS_EXAMPLE, shown[-1]]


def _notes(turn: Turn) -> tuple[str, ...]:
    """Return what is known besides the goal; a time that is to be measured rests on a clock.

    Why an answer was turned down is left out where it gives a value: programs that are told one
    are bent towards it.
    """
    task = turn.task
    if asks_measurement(task.goal):
        return ()
    if not task.feedback or not unsupported_numbers(task.feedback, [task.goal]):
        return task.notes
    return tuple(note for note in task.notes if task.feedback not in note)


def head_of(turn: Turn) -> list[BaseMessage]:
    """Return the messages that every program of this run begins with."""
    goal, notes = turn.task.goal, "\n".join(_notes(turn))
    question = NOTES_PROMPT.format(notes=notes, goal=goal) if notes else goal
    if named_output(goal, turn.task.survey):
        return [SystemMessage(SAVE_PROMPT), *SAVE_EXAMPLE, HumanMessage(question)]
    own = worked(goal, notes=bool(notes))
    return [SystemMessage(COMPUTE_PROMPT), *EXAMPLE, *own, HumanMessage(question)]
