"""A question that is answered by programs: a thought is a program and what it printed."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.planners.thoughts.tasks.base import Unchecked
from cogitate.planners.thoughts.thought import Move
from cogitate.planners.ways.compute import COMPUTE_PROMPT, EXAMPLE, FENCE, FIX_PROMPT
from cogitate.planners.ways.programs import with_imports
from cogitate.planners.ways.worked import worked


class Programs(Unchecked):
    """One question. A state is a program and, once it was run, its output or its fault."""

    name = "programs"
    stop: tuple[str, ...] = ("```",)
    opening = FENCE
    tokens = 220

    def __init__(self, goal: str, notes: Sequence[str] = ()) -> None:
        self.goal = goal
        self._notes = tuple(notes)

    def initial(self) -> Any:
        """Return no program."""
        return {"code": ""}

    def is_terminal(self, state: Any) -> bool:
        """Return whether there is a program."""
        return bool(state["code"])

    def render(self, state: Any) -> str:
        """Return the program, or the question before there is one."""
        return str(state["code"]) or self.goal

    def canonical(self, state: Any) -> str:
        """Return the program."""
        return str(state["code"])

    def given(self, state: Any) -> str:
        """Return what the program printed."""
        return str(state.get("output", ""))

    def answer(self, state: Any) -> str:
        """Return what the program printed."""
        return self.given(state)

    def prompt(self, state: Any, several: int = 0) -> list[BaseMessage]:
        """Return the question after worked programs."""
        known = "Known:\n" + "\n".join(self._notes) + "\n\n" if self._notes else ""
        asked = HumanMessage(f"{known}{self.goal}")
        return [SystemMessage(COMPUTE_PROMPT), *EXAMPLE, *worked(self.goal), asked]

    def read(self, state: Any, text: str) -> list[Move]:
        """Return the program that a model wrote."""
        code = with_imports(text.strip().removeprefix(FENCE).strip())
        return [Move(state={"code": code}, text=code.splitlines()[-1][:120])] if code else []

    def judging(self, state: Any, options: Sequence[str]) -> list[BaseMessage]:
        """Return the question whether a program answers the question."""
        words = " or ".join(options)
        asked = f"Question: {self.goal}\n{state['code']}\nDoes the program answer it? {words}"
        return [SystemMessage("You check programs."), HumanMessage(asked)]

    def mending(self, state: Any) -> list[BaseMessage] | None:
        """Return the program with its fault; None when it has none."""
        if not state.get("fault"):
            return None
        written = AIMessage(f"{FENCE}{state['code']}\n```")
        fixed = HumanMessage(FIX_PROMPT.format(error=state["fault"]))
        return [*self.prompt(state), written, fixed]
