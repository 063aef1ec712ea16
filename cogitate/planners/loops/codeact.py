"""codeact: the next move is a program whose functions are the tools (CodeAct, Wang et al. 2024).

Variables live from turn to turn, so a loop over a tool's results costs no further turn. Models
of 1.5B and less do better with JSON calls one at a time; the measured figures are in the docs.
What it does not know: how a program is run and a tool called from it. The hidden tool
`run_code` does both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

from cogitate.llm.decide import complete
from cogitate.llm.llama import ChatLlama
from cogitate.llm.signatures import signature
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.grounding import missing_support
from cogitate.planners.ways.programs import foreign_values, names_of, told
from cogitate.planners.ways.saying import call, is_chinese, own_language

RUN_CODE = "run_code"
NOT_FOR_CODE = frozenset(("python", RUN_CODE))

ACT_PROMPT = """\
You work on a goal by writing Python. Each reply is one short program. What it prints comes back, \
and its variables are kept for the next program. Call the functions that are listed, with values \
from the goal or from results. Print what you need to see. When you know the answer, call \
done(answer)."""

GOAL_PROMPT = """\
Functions:
{functions}
done(answer)  # give the answer in {language} and end

Goal: {goal}"""
RESULT_PROMPT = """\
Result:
{result}
Variables: {names}"""
REMIND_PROMPT = "Reply with one Python program in a ```python block, or with done(answer) in one."
FOREIGN_PROMPT = "These values are neither in the goal nor in a result: {values}. Look them up."
UNFOUNDED_PROMPT = "No result says so. Call another function, or the same one with other values."

FENCE = "```python\n"
CODE_TOKENS = 300
TURNS, ERRORS, SILENT = 10, 3, 2
LONGEST_RESULT = 1_200
_FENCED = re.compile(r"```[\w+-]*\n(.*?)(?:```|\Z)", re.DOTALL)

_EXAMPLE_TOOLS = """\
weight(parcel: str) -> float  # Return the weight of a parcel in kilograms."""
EXAMPLE = [
    HumanMessage(
        GOAL_PROMPT.format(
            functions=_EXAMPLE_TOOLS,
            language="English",
            goal="Which is heavier, parcel A7 or B2, and by how much?",
        )
    ),
    AIMessage(
        '```python\na, b = weight("A7"), weight("B2")\n'
        'heavier = "A7" if a > b else "B2"\n'
        'done(f"{heavier} is heavier by {abs(a - b)} kg")\n```'
    ),
]
CHINESE_EXAMPLE = [
    HumanMessage(
        GOAL_PROMPT.format(
            functions=_EXAMPLE_TOOLS, language="Chinese", goal="包裹 C1 和 C2 一共多重？"
        )
    ),
    AIMessage('```python\ntotal = weight("C1") + weight("C2")\ndone(f"一共重 {total} 公斤")\n```'),
]


@dataclass(frozen=True, kw_only=True)
class CodeAct:
    """The way whose moves are programs. Its limits end it before those of the run do."""

    turns: int = TURNS
    """Most programs."""
    errors: int = ERRORS
    """Programs in a row that may fail."""

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the next program as a call, or the answer that the last one gave."""
        found, faults = _answer(turn), _faults(turn)
        if found is not None and not faults[-1]:
            return AIMessage(found)
        if why := self._over(turn, faults):
            return no_evidence(why)
        written = await _written(turn, faults)
        code = _code_of(turn, written)
        if code:
            return call(RUN_CODE, code=_distinct(turn, code))
        if turn.good and written.strip():
            return AIMessage(written.strip())
        return go_on(said=written[:600])

    def _over(self, turn: Turn, faults: Sequence[str]) -> str:
        """Return why no further program is written; empty when one is."""
        silent = len(turn.thoughts)
        if silent >= SILENT:
            return "the model wrote no program, and was reminded once"
        if turn.last or len(faults) >= self.turns:
            return f"no answer after {len(faults)} programs"
        failed = faults[-self.errors :]
        if len(failed) == self.errors and all(failed):
            return f"{self.errors} programs in a row failed: {_line(failed[-1])}"
        return ""


def _answer(turn: Turn) -> str | None:
    """Return what the last program gave to `done`."""
    if not turn.results or not isinstance(turn.results[-1].artifact, dict):
        return None
    done = turn.results[-1].artifact.get("done")
    return str(done).strip() if done is not None and str(done).strip() else None


def _faults(turn: Turn) -> list[str]:
    """Return what is wrong with each program, in order; an empty text for nothing.

    A program failed, or it gave an answer that rests on values from nowhere: its own, or those
    of variables that an earlier program made up. What a program printed counts as a source for
    later ones only when its own values come from somewhere.
    """
    written = {c["id"]: str(c["args"].get("code", "")) for c in _calls(turn)}
    sources = [turn.task.goal, *turn.task.notes]
    faults: list[str] = []
    found = False  # whether a tool has given anything
    foreign: list[str] = []  # since the last fault: an answer may rest on any program since
    invented: dict[str, list[str]] = {}  # a variable: the values from nowhere that it rests on
    for result in turn.results:
        code = written.get(result.tool_call_id, "")
        artifact = result.artifact if isinstance(result.artifact, dict) else {}
        lines = [str(line) for line in artifact.get("calls", [])]
        sources += lines
        found = found or any(") -> error: " not in line for line in lines)
        used, changed = names_of(code)
        strange = foreign_values(code, sources)
        strange += [value for name in used & invented.keys() for value in invented[name]]
        invented = {name: values for name, values in invented.items() if name not in changed}
        invented |= dict.fromkeys(changed, strange) if strange else {}
        foreign += strange
        done = artifact.get("done")
        if result.status == "error":
            faults.append(result.text)
        elif done is None:
            faults.append("")
        elif faults and all(faults) and not found and _words_only(code, str(done)):
            faults.append(UNFOUNDED_PROMPT)
        else:
            seen = [ToolMessage("\n".join(sources), tool_call_id="seen")]
            unsaid = missing_support(turn.task, seen, str(done)) if told(code, str(done)) else []
            values = ", ".join(dict.fromkeys([*foreign, *unsaid]))
            faults.append(FOREIGN_PROMPT.format(values=values) if values else "")
        sources += [] if strange or done is not None else [result.text]
        foreign = [] if faults[-1] else foreign
    return faults


def _words_only(code: str, answer: str) -> bool:
    """Return whether an answer stands in its program as it is, and the program does no more."""
    return names_of(code)[0] <= {"done"} and answer in code


def _calls(turn: Turn) -> list[ToolCall]:
    return [c for m in turn.messages if isinstance(m, AIMessage) for c in m.tool_calls]


async def _written(turn: Turn, faults: Sequence[str]) -> str:
    """Return what the model writes: a program, or words."""
    shown: list[BaseMessage] = [SystemMessage(ACT_PROMPT), *_example(turn), _goal(turn)]
    number = 0
    for message in turn.messages:
        if isinstance(message, ToolMessage):
            shown.append(HumanMessage(_result(message, faults[number])))
            number += 1
        elif isinstance(message, AIMessage) and message.tool_calls:
            code = str(message.tool_calls[0]["args"].get("code", "")).strip()
            shown.append(AIMessage(f"{FENCE}{code}\n```"))
        elif isinstance(message, AIMessage) and "thinking" in message.additional_kwargs:
            said = str(message.additional_kwargs["thinking"].get("said", ""))
            shown += [AIMessage(said or "..."), HumanMessage(REMIND_PROMPT)]
    if turn.hint:
        shown.append(HumanMessage(turn.hint))
    if not isinstance(turn.model, ChatLlama):
        return await complete(turn.model, shown, purpose="act")
    heat = 0.3 if faults and faults[-1] else 0.0
    return await complete(
        turn.model,
        shown,
        purpose="act",
        opening=FENCE,
        stop=["```"],
        max_tokens=CODE_TOKENS,
        temperature=heat,
        seed=len(faults),
    )


def _example(turn: Turn) -> list[BaseMessage]:
    """Return the example in the goal's language: a small model answers in the one it was shown."""
    return [*(CHINESE_EXAMPLE if is_chinese(turn.task.goal) else EXAMPLE)]


def _goal(turn: Turn) -> HumanMessage:
    """Return the goal with the functions that a program may call."""
    listed = "\n".join(signature(t) for t in turn.tools if t.name not in NOT_FOR_CODE)
    notes = "\n".join(turn.task.notes)
    goal = f"{turn.task.goal}\nKnown:\n{notes}" if notes else turn.task.goal
    language = own_language(turn.task.goal, else_="the goal's language")
    return HumanMessage(GOAL_PROMPT.format(functions=listed, language=language, goal=goal))


def _result(message: ToolMessage, fault: str) -> str:
    """Return what the model reads of a program: its result, and which variables there are."""
    artifact = message.artifact if isinstance(message.artifact, dict) else {}
    text = message.text if message.status == "error" else fault or message.text
    if len(text) > LONGEST_RESULT:
        text = f"{text[:LONGEST_RESULT]}\n(cut: {len(text)} characters in all)"
    names = ", ".join(str(name) for name in artifact.get("names", [])) or "none"
    return RESULT_PROMPT.format(result=text, names=names)


def _code_of(turn: Turn, written: str) -> str:
    """Return the program in what a model wrote; empty when there is none."""
    if isinstance(turn.model, ChatLlama):
        return written.strip("\n")
    fenced = _FENCED.search(written)
    return fenced[1].strip("\n") if fenced else ""


def _distinct(turn: Turn, code: str) -> str:
    """Return the program so that it is run again when it was run before: variables changed."""
    same = [c for c in _calls(turn) if str(c["args"].get("code", "")).strip() == code.strip()]
    return code + "\n" * len(same)


def _line(text: str) -> str:
    return " ".join(text.strip().split("\n")[-1].split())[:160]


codeact = CodeAct()
