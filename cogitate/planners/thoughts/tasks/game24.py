"""The game of 24: four numbers, + - * /, each number once.

A thought is one move: two numbers become one. Code knows every legal move and checks the
solution exactly; a model may propose moves and say which numbers look promising.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.planners.thoughts.tasks.base import Unchecked
from cogitate.planners.thoughts.tasks.expressions import TARGET, can_make, check_expression, joined
from cogitate.planners.thoughts.thought import Move
from cogitate.planners.ways.saying import is_chinese

PROPOSE_PROMPT = """\
You play the game of 24. From the numbers left you pick two and one of + - * /; the result takes \
their place. Aim at 24. One move a line, in the form: a op b"""

PROPOSE_EXAMPLE = [
    HumanMessage("Numbers left: 2 8 8 14\nWrite 8 different moves."),
    AIMessage("2 + 8\n8 / 2\n14 + 2\n2 * 8\n8 - 2\n14 - 8\n14 / 2\n14 - 2"),
    HumanMessage("Numbers left: 4 6\nWrite 1 move."),
    AIMessage("4 * 6"),
]

VALUE_PROMPT = """\
Can the numbers be turned into 24 with + - * /, each number used once? Answer {options}."""

_VALUED = (
    ("10 14", "sure"),
    ("11 12", "impossible"),
    ("4 4 10", "sure"),
    ("5 7 8", "maybe"),
    ("1 3 3", "impossible"),
    ("3 8", "sure"),
    ("10 10 11", "impossible"),
    ("2 3 4", "sure"),
    ("5 6 6", "maybe"),
)
_AS_YES_NO = {"sure": "yes", "maybe": "yes", "impossible": "no"}

_BETWEEN = r"(?:\s*(?:[,\u3001\uff0c;\uff1b]|\band\b|和|与)\s*(?:and\s+)?|\s+(?:and\s+)?)"
_SEQUENCE = re.compile(
    rf"(?<![\d.])(\d{{1,6}}){_BETWEEN}(\d{{1,6}}){_BETWEEN}(\d{{1,6}}){_BETWEEN}(\d{{1,6}})(?!\d|\.\d)"
)
_ASKS = re.compile(
    r"\bmakes?\b|\bget\b|\breach|\bgame\b|\bequals?\b|\bobtain|\bgive|\bform\b|\bbring|=|"
    r"点|得到|算出|等于|凑|得出|变成|算",
    re.IGNORECASE,
)
_TWENTY_FOUR = re.compile(r"(?<!\d)(?:24|twenty-four|二十四)(?!\d)", re.IGNORECASE)
_EXAMPLE = re.compile(
    r"\b(?:such as|for (?:example|instance)|e\.g\.|like)\b[^.?!;]*|(?:例如|比如)[^。？！；]*",
    re.IGNORECASE,
)
"""What an answer may look like; its numbers are not those of the game."""
_MOVE = re.compile(r"(-?\d+(?:/\d+)?)\s*([-+*/x\u00d7\u00f7\u2212])\s*(-?\d+(?:/\d+)?)(?![\d/])")
_SIGN = {"x": "*", "\u00d7": "*", "\u00f7": "/", "\u2212": "-"}


def numbers_of_game(goal: str) -> tuple[int, ...] | None:
    """Return the four numbers when a goal is a game of 24, in English or Chinese."""
    found = _SEQUENCE.search(goal)
    if found is None:
        return None
    around = f"{goal[: found.start()]} ; {goal[found.end() :]}"
    if not _TWENTY_FOUR.search(around) or not _ASKS.search(around):
        return None
    others = re.findall(r"\d+", _TWENTY_FOUR.sub("", _EXAMPLE.sub(" ", around)))
    if len([n for n in others if n not in ("4", "1")]) > 0:
        return None  # more numbers than the game has: another kind of task
    return tuple(int(n) for n in found.groups())


class GameOf24(Unchecked):
    """One game. A state is the numbers left, each with the expression that made it."""

    name = "game24"
    levels = 3
    stop: tuple[str, ...] = ("\n",)
    tokens = 24
    exact = True

    def __init__(self, goal: str, numbers: Sequence[int]) -> None:
        self.goal = goal
        self.numbers = tuple(numbers)

    def initial(self) -> Any:
        """Return the four numbers."""
        texts = [str(n) for n in self.numbers]
        return {"left": texts, "made": texts}

    def is_terminal(self, state: Any) -> bool:
        """Return whether one number is left."""
        return len(state["left"]) == 1

    def render(self, state: Any) -> str:
        """Return the numbers left."""
        return f"Numbers left: {' '.join(state['left'])}"

    def canonical(self, state: Any) -> str:
        """Return the numbers left in order of size: how they were made is the same for all."""
        return " ".join(str(n) for n in _sorted(state))

    def answer(self, state: Any) -> str:
        """Return the equation of a finished game."""
        done = self.is_terminal(state) and Fraction(state["left"][0]) == TARGET
        return f"{_bare(state['made'][0])} = 24" if done else ""

    def given(self, state: Any) -> str:
        """Return the equation."""
        return self.answer(state)

    def prompt(self, state: Any, several: int = 0) -> list[BaseMessage]:
        """Return the numbers left after worked examples."""
        wanted = f"Write {several} different moves." if several > 1 else "Write 1 move."
        asked = HumanMessage(f"{self.render(state)}\n{wanted}")
        return [SystemMessage(PROPOSE_PROMPT), *PROPOSE_EXAMPLE, asked]

    def read(self, state: Any, text: str) -> list[Move]:
        """Return the legal moves among the lines of a model's text, each once."""
        legal = {move.text.partition(" = ")[0]: move for move in self._steps(state)}
        found = []
        for a, sign, b in _MOVE.findall(text):
            move = legal.get(f"{a} {_SIGN.get(sign, sign)} {b}")
            if move is not None and move not in found:
                found.append(move)
        return found

    def judging(self, state: Any, options: Sequence[str]) -> list[BaseMessage]:
        """Return the question whether the numbers can still make 24."""
        shown = " ".join(str(n) for n in _sorted(state))
        turns: list[BaseMessage] = [SystemMessage(VALUE_PROMPT.format(options=_listed(options)))]
        for numbers, label in _VALUED:
            said = label if label in options else _AS_YES_NO[label]
            turns += [HumanMessage(f"Numbers: {numbers}"), AIMessage(said)]
        return [*turns, HumanMessage(f"Numbers: {shown}")]

    def legal_steps(self, state: Any) -> list[Move] | None:
        """Return every move, states that are the same once."""
        moves = {self.canonical(move.state): move for move in reversed(self._steps(state))}
        return list(moves.values())[::-1]

    def _steps(self, state: Any) -> list[Move]:
        """Return every move, in each way in which it can be written."""
        left, made = state["left"], state["made"]
        moves = []
        for i in range(len(left)):
            for j in range(i + 1, len(left)):
                rest = [k for k in range(len(left)) if k not in (i, j)]
                for first, sign, value in joined(Fraction(left[i]), Fraction(left[j])):
                    pairs = [(i, j), (j, i)] if sign in "+*" else [(i, j) if first == 0 else (j, i)]
                    for a, b in pairs:
                        new = {
                            "left": [*(left[k] for k in rest), str(value)],
                            "made": [*(made[k] for k in rest), f"({made[a]} {sign} {made[b]})"],
                        }
                        said = f"{left[a]} {sign} {left[b]} = {value}"
                        moves.append(
                            Move(state=new, text=f"{said} | left: {' '.join(new['left'])}")
                        )
        return moves

    def check_step(self, state: Any, move: Move) -> bool | None:
        """Return whether a move is one of the legal ones."""
        known = {self.canonical(step.state) for step in self._steps(state)}
        return self.canonical(move.state) in known

    def verify(self, state: Any) -> bool | None:
        """Return whether the expression itself, read anew, uses each number once and makes 24."""
        return check_expression(state["made"][0], self.numbers)

    def program_score(self, state: Any) -> float | None:
        """Return 1 when 24 can still be made, else 0: by trying everything."""
        return float(can_make(tuple(_sorted(state))))

    def hopeless(self) -> str:
        """Return that 24 cannot be made, when that is so."""
        if can_make(tuple(sorted(Fraction(n) for n in self.numbers))):
            return ""
        shown = ", ".join(str(n) for n in self.numbers)
        if is_chinese(self.goal):
            return f"用 {shown} 算不出 24：所有算法都试过了。"
        return f"24 cannot be made from {shown}: every way was tried."


def _listed(options: Sequence[str]) -> str:
    """Return options as a sentence lists them."""
    return f"{', '.join(options[:-1])} or {options[-1]}"


def _sorted(state: Any) -> list[Fraction]:
    return sorted(Fraction(n) for n in state["left"])


def _bare(expression: str) -> str:
    """Return an expression without the brackets around all of it."""
    return expression[1:-1] if expression.startswith("(") else expression
