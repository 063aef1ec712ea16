"""compute: one Python program as text, run in the confined process, one sentence from its output.

Program-aided: 11 of 11 computing goals on a 1.5B model, where JSON calls in one general loop
solved 1 of 8. A program whose numbers or names come from nowhere is no evidence.
"""

import ast
import re
from dataclasses import dataclass
from decimal import Decimal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.grounding import numbers_in, sources_of
from cogitate.planners.ways.saying import call, say

COMPUTE_PROMPT = """\
You write a short Python program that works out the answer to a question and prints it.
Use every fact of the question and no others, one named variable each. Let the program do all \
counting, rounding and date arithmetic. The standard library, sympy, numpy and pandas are there; \
files, input and network are not. "Divided by" is /, a remainder is %. At most 15 lines. End with \
print(...) of the result alone. A sample standard deviation is statistics.stdev."""

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

PROGRAMS = 4
"""Most programs for one goal. The first is the likeliest and most often right; it is taken when
another one, drawn close to it, agrees. Drawn further away, they are wrong more often than it."""
NEAR, FAR = 0.3, 0.7
"""Temperatures of a program that is to confirm, and of one that is to be different."""
PROGRAM_TOKENS = 300
SOUND = 3
"""Most sound programs: three that all differ show that the model cannot tell."""

LABEL = 8
"""A text of a program longer than this is more than a unit or a name."""
NOTHING = frozenset(("none", "nan", "inf", "[]", "{}", "()", "''"))

CONSTANTS = frozenset(
    "0.5 0.25 3.14 3.1416 3.14159 3.141592653589793 2.71828 1.8 0.5556 "
    "273.15 459.67 9.8 9.81 9.80665 299792458 1.609 1.60934 1.609344 0.621371 0.6214 0.3048 "
    "3.28084 3.281 2.54 0.0254 0.9144 0.45359237 0.453592 0.4536 2.20462 2.2046 2.205 28.3495 "
    "28.35 3.78541 3.785411784 3.785 0.264172 4.54609 0.40468564 4046.86 2.471 4.184 4.1868 "
    "101.325 101325 1.852 463 6371 6371.0 1013.25 0.02832 745.7 735.5 6.02214076 1.38 8.314 "
    "0.44704 0.447 2.23694 2.237 1609 1609.34 3.6 0.514444 1.15078 29.5735 473.176 946.353 236.588 "
    "0.946353 0.473176 6.35029 14.5038 3.412 907.185 31.1035 25.4 30.48 91.44 0.3861 0.000621371 "
    "6378 384400 149597870 343 0.277778 4186 37.78 149.6 "
    "60 90 100 120 180 360 365 365.25 366 400 1000 1024 1440 3600 86400 604800 10000 1000000 "
    "52 24 32 212 37 64 128 256 512 1e-6 1e-9 0.0001 0.00001 500 15 16 20 30 48 50".split()
)
"""Numbers that a program may use although the question does not name them."""
FREE = 31
"""Whole numbers up to this may be used: days, hours, months, indices."""
FREE_FACTS = frozenset((0, 1, 2, 7, 12, 24))
"""Whole numbers that may be given a name: a named one is a fact, and facts come from the goal."""


@dataclass(frozen=True)
class Ran:
    """One program that was run, what came of it, and what is wrong with it."""

    code: str
    text: str
    fault: str
    """What is wrong with it, in a line; empty when the program is sound."""
    request: str = ""
    """What the model is told, so that it writes another one."""


async def compute(turn: Turn) -> AIMessage:
    """Write programs until two agree, and say what they printed.

    The first one is the likeliest; the others are drawn, with the fault of the last one shown
    to the model when it had one.
    """
    ran = _ran(turn)
    sound = [program for program in ran if not program.fault]
    if sound and not isinstance(turn.model, ChatLlama):
        return await say(turn, sound[0].text)  # agreement is for small models
    if sound and any(agree(sound[0].text, later.text) for later in sound[1:]):
        return await say(turn, sound[0].text)
    if turn.last or len(ran) >= PROGRAMS or len(sound) >= SOUND:
        if turn.last and len(sound) == 1:
            return await say(turn, sound[0].text)  # there is no turn for a second opinion
        failed = ran[-1].fault if ran else ""
        why = (
            f"{len(sound)} programs gave different results"
            if sound
            else f"programs failed: {failed}"
        )
        return no_evidence(" ".join(why.split())[:200] if ran else "no program was run")
    return await _write(turn, ran)


def _ran(turn: Turn) -> list[Ran]:
    """Return the programs of this step with what came of them, in order."""
    codes = {
        c["id"]: str(c["args"].get("code", ""))
        for m in turn.messages
        if isinstance(m, AIMessage)
        for c in m.tool_calls
    }
    found = []
    for result in turn.results:
        code, text = codes.get(result.tool_call_id, ""), str(result.text).strip()
        found.append(Ran(code, text, *_fault(turn, code, text, result.status == "error")))
    return found


def _fault(turn: Turn, code: str, text: str, failed: bool) -> tuple[str, str]:
    """Return what is wrong with a program, and what the model is told of it."""
    if failed:
        return text.strip().split("\n")[-1][:160], FIX_PROMPT.format(error=text[-500:])
    foreign = foreign_values(code, sources_of(turn.task, []))
    if foreign:
        values = ", ".join(foreign)
        return f"values from nowhere: {values}", FOREIGN_PROMPT.format(values=values)
    if not computes(code) or not text or text.lower() in NOTHING or told(code, text):
        why = f"it computed nothing: {text[:80]!r}"
        return why, FIX_PROMPT.format(error=why)
    return "", ""


def agree(one: str, other: str) -> bool:
    """Return whether two outputs say the same: the same numbers, or the same words."""
    first, second = numbers_in(one), numbers_in(other)
    if first and second:
        short, long = sorted((first, second), key=len)
        return all(any(_near(n.value, m.value) for m in long) for n in short)
    return " ".join(one.lower().split()) == " ".join(other.lower().split())


def _near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= abs(one) * Decimal("0.00001")


def _temperature(ran: list[Ran]) -> float:
    if not ran:
        return 0.0
    return FAR if ran[-1].fault else NEAR


async def _write(turn: Turn, ran: list[Ran]) -> AIMessage:
    """Return the call of the next program."""
    shown = _head(turn)
    if ran and ran[-1].fault and "SyntaxError" not in ran[-1].request:
        shown += [AIMessage(f"{FENCE}{ran[-1].code}\n```"), HumanMessage(ran[-1].request)]
    code = await complete(
        turn.model,
        shown,
        purpose="program",
        opening=FENCE,
        stop=["```"],
        max_tokens=PROGRAM_TOKENS,
        temperature=_temperature(ran),
        seed=len(ran),
    )
    # A comment makes a program that was already run another call: its agreement counts.
    again = any(code.strip() == program.code for program in ran)
    code = f"{code.strip()}\n# program {len(ran) + 1}" if again else code.strip()
    if not code:
        return no_evidence("the model wrote no program")
    move = call("python", code=code)
    move.additional_kwargs["confirms"] = True  # the same output again is what is hoped for
    return move


def _head(turn: Turn) -> list[BaseMessage]:
    """Return the messages that every program of this run begins with."""
    goal, notes = turn.task.goal, "\n".join(turn.task.notes)
    question = NOTES_PROMPT.format(notes=notes, goal=goal) if notes else goal
    return [SystemMessage(COMPUTE_PROMPT), *EXAMPLE, HumanMessage(question)]


def computes(code: str) -> bool:
    """Return whether a program works anything out, rather than print what it was told to say."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, SystemError):  # CPython 3.11 parses in one thread at a time
        return True
    return any(
        isinstance(
            node, ast.BinOp | ast.Compare | ast.BoolOp | ast.For | ast.While | ast.comprehension
        )
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") != "print")
        for node in ast.walk(tree)
    )


def told(code: str, text: str) -> bool:
    """Return whether an output is nothing but texts that stand in the program as they are."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, SystemError):  # CPython 3.11 parses in one thread at a time
        return False
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    for part in sorted((t for t in texts if isinstance(t, str)), key=len, reverse=True):
        if len(part) > LABEL:
            text = text.replace(part.strip(), "")
    return not re.search(r"\w", text)


def foreign_values(code: str, sources: list[str]) -> list[str]:
    """Return the numbers and the listed words of a program that come from nowhere.

    A program that was sent the wrong question invents its data; this is how it shows.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, SystemError):  # CPython 3.11 parses in one thread at a time
        return []
    known = {n.value for source in sources for n in numbers_in(source)}
    digits = {d for source in sources for d in re.findall(r"\d+", source)}
    text = " ".join(sources).lower()
    foreign: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            named = node.value.value
            if type(named) is int and named not in FREE_FACTS | {int(k) for k in known}:
                foreign += [str(named)] if str(named) not in digits | CONSTANTS else []
        if isinstance(node, ast.Constant) and _is_foreign_number(node.value, known, digits):
            foreign.append(str(node.value))
        if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            foreign += _foreign_words(node, text)
    return list(dict.fromkeys(foreign))[:6]


def _is_foreign_number(value: object, known: set[Decimal], digits: set[str]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if (abs(value) <= FREE and value == int(value)) or str(value) in CONSTANTS:
        return False
    if isinstance(value, int) and (str(value) in digits or set(str(value)) <= {"1", "0"}):
        return False
    size = abs(float(value))
    forms = [
        form for k in map(float, known) for form in (abs(k), abs(k) / 100, 1 + k / 100, 1 - k / 100)
    ]
    if isinstance(value, int) and any(abs(size - abs(float(k))) == 1 for k in known):
        return False  # the end of a range
    return not any(abs(size - form) <= 1e-9 * max(1.0, size) for form in forms)


def _foreign_words(node: ast.AST, text: str) -> list[str]:
    """Return the strings of a literal collection that no source holds, when most are such."""
    words = [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) > 2
    ]
    strange = [word for word in words if word.lower() not in text]
    return strange if len(strange) >= 3 and len(strange) > len(words) / 2 else []
