"""pal: the answer is what a program printed (PAL, Gao et al. 2022; Program of Thoughts, Chen 2022).

One program by default; several side by side vote. A program that fails is shown its error and
written again, until the same error comes twice. What distinguishes it from `compute`, with
which it shares the reading of programs: each line is preceded by what it means in words, as the
paper has it; no sentence is put around the output; and where no program runs, the next way (a
chain of thought) is told so: `no_program`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete, complete_each
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.ways.compute import FENCE, FIX_PROMPT, NOTES_PROMPT, fault_of, text_of
from cogitate.planners.ways.programs import with_imports, with_names
from cogitate.planners.ways.saying import is_chinese
from cogitate.planners.ways.votes import Try, ballot, ranked, rounds_of, tries_of
from cogitate.planners.ways.worked import worked

PAL_PROMPT = """\
You solve a problem by a short Python program. Go through the problem step by step: before each \
line a comment says in words what the line works out, and from which facts. Use the facts of the \
problem only. The standard library and sympy are there; files, input and network are not. End \
with print(...) of the one value that is asked for."""

EXAMPLE = [
    HumanMessage(
        "A school with 28 pupils gives each of them 3 pencils. 10 pencils are left over from last "
        "year. Pencils come in packs of 12 at 3.50 a pack. What do the packs cost?"
    ),
    AIMessage(
        "```python\n# pencils that 28 pupils need, 3 each\nneeded = 28 * 3\n"
        "# 10 are there already, the others must be bought\nto_buy = needed - 10\n"
        "# whole packs of 12 pencils\npacks = -(-to_buy // 12)\n"
        "# asked: the cost of all packs, 3.50 each\ncost = packs * 3.50\nprint(cost)\n```"
    ),
    HumanMessage(
        "Ana and Ben share 96 stickers in the ratio 5:3. Ben gives a quarter of his to Ana, and "
        "she then loses 10% of all that she has. How many stickers does Ana have left?"
    ),
    AIMessage(
        "```python\n# the ratio 5:3 makes 5 + 3 equal parts of 96 stickers\n"
        "part = 96 / (5 + 3)\n# Ana has 5 parts\nana = 5 * part\n# Ben has 3 parts\n"
        "ben = 3 * part\n# a quarter of Ben's stickers is added to Ana's\n"
        "ana_then = ana + ben / 4\n# asked: what is left of that after 10% of it is lost\n"
        "left = ana_then - ana_then * 10 / 100\nprint(left)\n```"
    ),
    HumanMessage(
        "Lea reads 30 pages on each of the 5 weekdays and twice as many on each day of the "
        "weekend. Her book has 540 pages. After how many weeks is it finished?"
    ),
    AIMessage(
        "```python\n# pages of the 5 weekdays, 30 a day\nweekdays = 5 * 30\n"
        "# pages of the 2 days of the weekend, twice 30 a day\nweekend = 2 * (30 * 2)\n"
        "# pages of a week\nweek = weekdays + weekend\n# asked: weeks for 540 pages\n"
        "weeks = 540 / week\nprint(weeks)\n```"
    ),
    HumanMessage("Which day of the week is the 100th day after 5 October 2023?"),
    AIMessage(
        "```python\nfrom datetime import date, timedelta\n# the day that is 100 days later\n"
        "day = date(2023, 10, 5) + timedelta(days=100)\n# asked: its day of the week\n"
        'print(day.strftime("%A"))\n```'
    ),
]
CHINESE_EXAMPLE = [
    HumanMessage("小李比小王大4岁。三年前小王9岁。五年后小李几岁？"),
    AIMessage(
        "```python\n# 三年前小王9岁，所以现在大3岁\nwang = 9 + 3\n"
        "# 小李比小王大4岁，小李现在的年龄\nli = wang + 4\n# 问：五年后小李的年龄\n"
        "li_later = li + 5\nprint(li_later)\n```"
    ),
    HumanMessage(
        "学校有28名学生，每人发3支铅笔，去年剩下10支。铅笔每盒12支，一盒3.5元。买铅笔要多少钱？"
    ),
    AIMessage(
        "```python\n# 28名学生，每人3支，一共需要的铅笔\nneeded = 28 * 3\n"
        "# 已有10支，其余要买\nto_buy = needed - 10\n# 每盒12支，要买整盒\n"
        "packs = -(-to_buy // 12)\n# 问：所有盒子的钱，一盒3.5元\ncost = packs * 3.5\n"
        "print(cost)\n```"
    ),
    HumanMessage("2023年10月5日之后的第100天是星期几？"),
    AIMessage(
        "```python\nfrom datetime import date, timedelta\n# 从2023年10月5日起数100天\n"
        "day = date(2023, 10, 5) + timedelta(days=100)\n# 问：那天是星期几\n"
        'print(day, "星期" + "一二三四五六日"[day.weekday()])\n```'
    ),
]
"""In the language of the goal: shown both, a small model comments English goals in Chinese."""

NEGATIVE_PROMPT = "it printed {text}; a difference was taken the wrong way round, or misread"
PROGRAM_TOKENS = 400
"""With a comment before each line."""

HEAT = 0.4
"""Temperature of the programs that vote, the first apart, which is the likeliest."""
HOTTER = 0.3
"""What each repair adds: at the same temperature the same program comes back."""
NO_PROGRAM = "no_program: {why}"

_COUNTED = re.compile(
    r"\bhow (many|much|old|far|long|fast|tall)\b|[多几]少|[多]大|几[个只岁天次]", re.IGNORECASE
)
_SIGNED = re.compile(
    r"-\s?\d|\bdifference|\bchange|\bnegative|\btemperature|\bbelow\b|[差负温亏]|\bloss"
)
"""What says that a number may be below zero."""
_NEGATIVE = re.compile(r"-\d[\d.,]*")
_PLACE = re.compile(r"line \d+[^\n]*:\n\s*([^\n]*)\n")


@dataclass(frozen=True, kw_only=True)
class Pal:
    """The way of one program and its repairs, or of a vote among several."""

    programs: int = 1
    """How many are written side by side in each attempt; the output of most is the answer."""
    attempts: int = 3
    """Most times that programs are written."""

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the output of the best program, or the calls of the next ones."""
        if not any(tool.name == "python" for tool in turn.tools):
            return no_evidence(NO_PROGRAM.format(why="there is no python tool"))
        tries = tries_of(turn, "code")
        faults = [_fault(turn, t) for t in tries]
        sound = [t for t, (fault, _) in zip(tries, faults, strict=True) if not fault]
        if sound:
            return AIMessage(text_of(ranked(sound, text_of)[0][0]))
        attempts = rounds_of(turn)
        if turn.last or attempts >= self.attempts or _stuck(turn, tries, faults):
            why = faults[-1][0] if faults else "no program was run"
            return no_evidence(NO_PROGRAM.format(why=" ".join(why.split())[:200]))
        codes = await self._written(turn, _shown(turn, tries, faults), attempts)
        move = ballot("python", "code", [with_imports(with_names(code)) for code in codes], tries)
        return move if move.tool_calls else no_evidence(NO_PROGRAM.format(why="none was written"))

    async def _written(self, turn: Turn, shown: list[BaseMessage], attempt: int) -> list[str]:
        """Return the programs of one attempt."""
        form: dict[str, Any] = {"purpose": "program", "opening": FENCE, "stop": ["```"]}
        if not isinstance(turn.model, ChatLlama):
            return [await complete(turn.model, shown, **form) for _ in range(self.programs)]
        heats = [HOTTER * attempt + (HEAT if number else 0.0) for number in range(self.programs)]
        form |= {"max_tokens": PROGRAM_TOKENS, "seed": attempt}
        if self.programs == 1:
            return [await complete(turn.model, shown, temperature=heats[0], **form)]
        return await complete_each(turn.model, shown, temperatures=heats, **form)


def _fault(turn: Turn, one: Try) -> tuple[str, str]:
    """Return what is wrong with a program, and what the model is told of it."""
    fault = fault_of(turn, one)
    goal, text = turn.task.goal, text_of(one)
    if fault[0] or not _COUNTED.search(goal) or _SIGNED.search(goal):
        return fault
    if _NEGATIVE.fullmatch(text):
        why = NEGATIVE_PROMPT.format(text=text[:80])
        return why, FIX_PROMPT.format(error=why)
    return fault


def _shown(
    turn: Turn, tries: Sequence[Try], faults: Sequence[tuple[str, str]]
) -> list[BaseMessage]:
    """Return the prompt: the question, and the last program with what was wrong with it."""
    goal, notes = turn.task.goal, "\n".join(turn.task.notes)
    question = NOTES_PROMPT.format(notes=notes, goal=goal) if notes else goal
    example = CHINESE_EXAMPLE if is_chinese(goal) else EXAMPLE
    shown = [SystemMessage(PAL_PROMPT), *example, *worked(goal), HumanMessage(question)]
    if tries:
        shown.append(AIMessage(f"{FENCE}{tries[-1].written.strip()}\n```"))
        shown.append(HumanMessage(faults[-1][1]))
    return shown


def _stuck(turn: Turn, tries: Sequence[Try], faults: Sequence[tuple[str, str]]) -> bool:
    """Return whether the last attempt failed just as the one before it."""
    calls = [m for m in turn.messages if isinstance(m, AIMessage) and m.tool_calls]
    if len(calls) < 2:
        return False
    signatures = []
    for move in calls[-2:]:
        ids = {made["id"] for made in move.tool_calls}
        pairs = zip(tries, faults, strict=True)
        signatures.append(
            {_signature(t, f) for t, (f, _) in pairs if t.message.tool_call_id in ids}
        )
    return signatures[0] == signatures[1]


def _signature(one: Try, fault: str) -> str:
    """Return what an error is known by: its type and the text of its line, or what is wrong."""
    artifact = one.message.artifact
    kind = artifact.get("error_type", "") if isinstance(artifact, dict) else ""
    places = _PLACE.findall(one.message.text)
    return f"{kind} at {places[-1].strip()}" if kind and places else fault


pal = Pal()
