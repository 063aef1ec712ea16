"""Whether an answer makes 24 of the given numbers, by exact rational arithmetic.

An answer holds one expression; of several the last counts, so that a list of guesses earns
nothing more than its last line. No text is evaluated as a program: the syntax tree may hold
whole numbers, + - * / and brackets only.
"""

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

TARGET = 24
MOST_CHARACTERS = 200

_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "（": "(", "）": ")"})
_EXPRESSION = re.compile(r"[(\d][\d\s+\-*/().]*[\d)]")
_CHANGES: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def expression_in(answer: str) -> str | None:
    """Return the last arithmetic expression of a text, without what it is said to equal."""
    text = re.sub(r"\\[()\[\]]", " ", answer)  # LaTeX's marks of a formula
    text = re.sub(r"\\(times|cdot)", "*", text).replace("\\div", "/").translate(_SIGNS)
    text = re.sub(r"(?<=[\d)\s])[xX](?=[\d(\s])", "*", text)
    found = [part.strip() for line in text.splitlines() for part in _EXPRESSION.findall(line)]
    worked = [part for part in found if re.search(r"\d\)*\s*[+\-*/]\s*\(*\d", part)]
    return worked[-1] if worked else None


def makes_24(expression: str, numbers: Sequence[int]) -> bool:
    """Return whether the expression equals 24 and uses each number exactly once."""
    if len(expression) > MOST_CHARACTERS:
        return False
    used: list[int] = []
    try:
        value = _value(ast.parse(expression.strip(), mode="eval").body, used)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return False
    return value == TARGET and Counter(used) == Counter(numbers)


def _value(node: ast.AST, used: list[int]) -> Fraction:
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            used.append(number)
            return Fraction(number)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _CHANGES:
            return _CHANGES[type(op)](_value(left, used), _value(right, used))
    raise ValueError(f"{type(node).__name__} has no place in a game of 24")
