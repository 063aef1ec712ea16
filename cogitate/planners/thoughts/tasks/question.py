"""Any question: thoughts are answers, whole chains of reasoning, or single steps of one."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.answers import vote_words
from cogitate.planners.thoughts.tasks.base import Unchecked
from cogitate.planners.thoughts.thought import Move

Style = Literal["answer", "chain", "steps"]

ANSWER_PROMPT = """\
Answer the question at once, without reasoning. Write one line: Answer: <value>. Use the language \
of the question."""

CHAIN_PROMPT = """\
Solve the question step by step. Keep each step to one line. The last line is: Answer: <value>. \
Use the language of the question."""

STEP_PROMPT = """\
You solve a question one step at a time. Write only the next step, in one line. When the steps \
give the answer, write: Answer: <value>. Use the language of the question."""

STEPS_PROMPT = """\
You solve a question one step at a time. Write different next steps, each in a line of its own. A \
line that gives the answer is: Answer: <value>. Use the language of the question."""

JUDGE_PROMPT = """\
You check the last step of a solution: is it right, and does it lead to the answer? Answer with \
one of the words that are named."""

COMBINE_PROMPT = """\
Combine the partial results into one answer to the question. Keep everything that is right, drop \
repeats. Write in the language of the question; the last line is: Answer: <the answer>."""

PART_PROMPT = """\
{goal}

Answer only this part of it: {part}"""

_BOOKS = "A shelf holds 4 rows of 6 books. 9 books are lent out. How many are left?"
_SHOP = "小店上午卖出12个面包，下午卖出的是上午的2倍。一共卖出多少个？"

CHAIN_EXAMPLE = [
    HumanMessage(_BOOKS),
    AIMessage("The shelf holds 4 * 6 = 24 books.\n24 - 9 = 15 books are left.\nAnswer: 15"),
    HumanMessage(_SHOP),
    AIMessage("下午卖出 12 * 2 = 24 个。\n一共 12 + 24 = 36 个。\nAnswer: 36"),
]
ANSWER_EXAMPLE = [
    HumanMessage(_BOOKS),
    AIMessage("Answer: 15"),
    HumanMessage(_SHOP),
    AIMessage("Answer: 36"),
]
STEP_EXAMPLE = [
    HumanMessage(f"Question: {_BOOKS}\nSteps so far: none\nNext:"),
    AIMessage("The shelf holds 4 * 6 = 24 books."),
    HumanMessage(f"Question: {_SHOP}\nSteps so far:\n1. 下午卖出 12 * 2 = 24 个。\nNext:"),
    AIMessage("一共 12 + 24 = 36 个。"),
    HumanMessage(
        f"Question: {_BOOKS}\nSteps so far:\n1. The shelf holds 4 * 6 = 24 books.\n"
        "2. 24 - 9 = 15 books are left.\nNext:"
    ),
    AIMessage("Answer: 15"),
]
JUDGE_EXAMPLE = [
    HumanMessage(f"Question: {_BOOKS}\n1. The shelf holds 4 + 6 = 10 books.\nyes or no?"),
    AIMessage("no"),
    HumanMessage(f"Question: {_BOOKS}\n1. The shelf holds 4 * 6 = 24 books.\nyes or no?"),
    AIMessage("yes"),
    HumanMessage(
        f"Question: {_SHOP}\n1. 下午卖出 12 * 2 = 24 个。\n2. 一共 24 * 2 = 48 个。\n"
        "sure or maybe or impossible?"
    ),
    AIMessage("impossible"),
]

HINT_24 = (
    "Write the answer as an expression that uses each of the numbers once, such as 4 * (7 - 1)."
)

_ANSWER = re.compile(
    r"(?:\banswer\b|答案)\s*(?:is|是|为)?\s*[:\uff1a]?\s*(?:is|是)?\s*(.+)", re.IGNORECASE
)
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
_MARKS = re.compile(r"^\W*(?:step\s*\d+[:.)]|\d+[.)](?!\d)|[-*]\s)\s*", re.IGNORECASE)


class Question(Unchecked):
    """One question, or a part of one. A state is the steps so far and the answer."""

    name = "question"

    def __init__(
        self,
        goal: str,
        *,
        style: Style,
        notes: Sequence[str] = (),
        hint: str = "",
        check: Callable[[str], bool] | None = None,
    ) -> None:
        self.goal = goal
        self._style = style
        self._notes = tuple(notes)
        self._hint = hint
        self._check = check
        self.levels = 6 if style == "steps" else 1
        self.stop = ("\n",) if style in ("steps", "answer") else ()
        self.tokens = {"answer": 60, "chain": 320, "steps": 90}[style]

    def initial(self) -> Any:
        """Return the question without a step."""
        return {"part": self.goal, "steps": []}

    def is_terminal(self, state: Any) -> bool:
        """Return whether there is an answer."""
        return "answer" in state

    def render(self, state: Any) -> str:
        """Return the steps so far, numbered; the question when there are none."""
        lines = [f"{i}. {step}" for i, step in enumerate(state["steps"], start=1)]
        lines += [f"Answer: {state['answer']}"] if "answer" in state else []
        return "\n".join(lines) or str(state["part"])

    def canonical(self, state: Any) -> str:
        """Return the normalised words of all steps."""
        return f"{state['part']} | {vote_words(self.render(state))}"

    def normalise(self, answer: str) -> str:
        """Return an answer on one line, without the marks around it."""
        boxed = _BOXED.search(answer)
        return " ".join((boxed.group(1) if boxed else answer).split()).strip("*_`$ .\u3002")

    def given(self, state: Any) -> str:
        """Return the answer to the question or to its part."""
        return str(state.get("answer", ""))

    def answer(self, state: Any) -> str:
        """Return the answer to the whole question."""
        return self.given(state) if state["part"] == self.goal else ""

    # --------------------------------------------------------------------- what models see

    def _asked(self, part: str) -> str:
        question = part if part == self.goal else PART_PROMPT.format(goal=self.goal, part=part)
        known = "Known:\n" + "\n".join(self._notes) + "\n\n" if self._notes else ""
        return f"{known}{question}{' ' + self._hint if self._hint else ''}"

    def prompt(self, state: Any, several: int = 0) -> list[BaseMessage]:
        """Return the question after worked examples, with the steps so far in its own style."""
        asked = self._asked(state["part"])
        if self._style == "answer":
            return [SystemMessage(ANSWER_PROMPT), *ANSWER_EXAMPLE, HumanMessage(asked)]
        if self._style == "chain":
            return [SystemMessage(CHAIN_PROMPT), *CHAIN_EXAMPLE, HumanMessage(asked)]
        so_far = f"\n{self.render(state)}" if state["steps"] else " none"
        shown = f"Question: {asked}\nSteps so far:{so_far}\n"
        if several > 1:
            return [SystemMessage(STEPS_PROMPT), HumanMessage(f"{shown}{several} next steps:")]
        return [SystemMessage(STEP_PROMPT), *STEP_EXAMPLE, HumanMessage(f"{shown}Next:")]

    def read(self, state: Any, text: str) -> list[Move]:
        """Return the steps that a model wrote, as one move; in single steps each line is one."""
        lines = [_MARKS.sub("", line).strip() for line in text.splitlines()]
        lines = [line[:500] for line in lines if line]
        if self._style != "steps":
            return self._whole(state, lines)
        return [self._step(state, line) for line in lines]

    def _whole(self, state: Any, lines: list[str]) -> list[Move]:
        """Return the move of a whole chain: its last line that names an answer, or its last."""
        if not lines:
            return []
        named = [(at, found) for at, line in enumerate(lines) if (found := _ANSWER.search(line))]
        at, match = named[-1] if named else (len(lines) - 1, None)
        answer = self.normalise(match.group(1) if match else lines[-1])
        new = {"part": state["part"], "steps": lines[:at][:20], "answer": answer}
        valid = None if self._check is None else self._check(answer)
        return [Move(state=new, text=f"Answer: {answer}", valid=valid)] if answer else []

    def _step(self, state: Any, line: str) -> Move:
        found = _ANSWER.match(line.lstrip("*_ "))
        if found and self.normalise(found.group(1)):
            return Move(state={**state, "answer": self.normalise(found.group(1))}, text=line)
        return Move(state={**state, "steps": [*state["steps"], line]}, text=line)

    def judging(self, state: Any, options: Sequence[str]) -> list[BaseMessage]:
        """Return the steps with the question whether the last one is right."""
        words = " or ".join(options)
        asked = f"Question: {self._asked(state['part'])}\n{self.render(state)}\n{words}?"
        return [SystemMessage(JUDGE_PROMPT), *JUDGE_EXAMPLE, HumanMessage(asked)]

    def check_step(self, state: Any, move: Move) -> bool | None:
        """Return False for a step that is there already: it leads nowhere."""
        steps = move.state["steps"]
        return False if len(set(map(vote_words, steps))) < len(steps) else None

    def verify(self, state: Any) -> bool | None:
        """Return what the given check says of the answer."""
        return None if self._check is None else self._check(self.answer(state))

    def merging(self, states: Sequence[Any]) -> list[BaseMessage]:
        """Return the question with what was found out of its parts."""
        found = "\n".join(
            f"{i}) {state['part']}\n   {self.given(state) or self.render(state)}"
            for i, state in enumerate(states, start=1)
        )
        asked = f"Question: {self._asked(self.goal)}\nParts:\n{found}"
        return [SystemMessage(COMBINE_PROMPT), HumanMessage(asked)]

    def merged(self, states: Sequence[Any], text: str) -> list[Move]:
        """Return the answer to the whole question."""
        lines = [_MARKS.sub("", line).strip() for line in text.splitlines()]
        return self._whole(self.initial(), [line[:500] for line in lines if line])
