"""The exact check of an arithmetic expression, and what four numbers can make.

All numbers are fractions, so 8 / (3 - 8 / 3) is 24 and nothing is rounded.
"""

import ast
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

TARGET = Fraction(24)
MOST_CHARACTERS = 200

_SIGNS = str.maketrans({0xD7: "*", 0xF7: "/", 0x2212: "-", 0xFF08: "(", 0xFF09: ")", 0xFF0B: "+"})


def check_expression(text: str, numbers: Sequence[int], target: Fraction = TARGET) -> bool:
    """Return whether an expression uses each number exactly once and makes the target.

    Only whole numbers as they are given, + - * / and brackets are let through: no powers, no
    signs before a number, no digits joined together.

    Args:
        text: such as `(10 - 4) * (5 - 1)`; an ending such as `= 24` is ignored.
        numbers: what must be used.
        target: what it must make.
    """
    try:
        used, value = value_of(text)
    except (ValueError, ZeroDivisionError):
        return False
    return sorted(used) == sorted(numbers) and value == target


def value_of(text: str) -> tuple[list[int], Fraction]:
    """Return the numbers of an expression in order, and its exact value.

    Raises:
        ValueError: it is no such expression.
        ZeroDivisionError: it divides by zero.
    """
    body = text.translate(_SIGNS).split("=")[0].strip().strip("`$")
    if not body or len(body) > MOST_CHARACTERS:
        raise ValueError(f"no expression: {text[:40]!r}")
    try:
        tree = ast.parse(body, mode="eval")
    except (SyntaxError, SystemError, RecursionError, MemoryError) as error:
        raise ValueError(f"no expression: {text[:40]!r}") from error
    used: list[int] = []
    return used, _walk(tree.body, used)


def _walk(node: ast.expr, used: list[int]) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        used.append(node.value)
        return Fraction(node.value)
    if not isinstance(node, ast.BinOp):
        raise ValueError("only + - * / and whole numbers")
    left, right = _walk(node.left, used), _walk(node.right, used)
    match node.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case _:
            raise ValueError("only + - * /")


def joined(a: Fraction, b: Fraction) -> Iterator[tuple[int, str, Fraction]]:
    """Yield what two numbers can make: which stands first, the sign, the value."""
    yield 0, "+", a + b
    yield 0, "*", a * b
    yield 0, "-", a - b
    yield 1, "-", b - a
    if b:
        yield 0, "/", a / b
    if a:
        yield 1, "/", b / a


@lru_cache(maxsize=200_000)
def can_make(numbers: tuple[Fraction, ...], target: Fraction = TARGET) -> bool:
    """Return whether the numbers, sorted, can make the target; by trying everything."""
    if len(numbers) == 1:
        return numbers[0] == target
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            rest = numbers[:i] + numbers[i + 1 : j] + numbers[j + 1 :]
            for _, _, value in joined(numbers[i], numbers[j]):
                if can_make(tuple(sorted((*rest, value))), target):
                    return True
    return False
