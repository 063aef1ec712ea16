"""`calculate`: exact arithmetic, read the way people write it.

The text is put into plain form (full-width signs, ×, 15 % of 80, 1,234), parsed by Python's
own grammar and worked out over fractions; nothing is ever executed. What is not exact (roots,
logarithms, sines, pi) is a float and shown with ≈.

What it does not know: variables, units and symbols; that is the python tool's work.
"""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from cogitate.errors import ToolFailure
from cogitate.tools.arithmetic import (
    CONSTANTS,
    FUNCTIONS,
    Number,
    closest,
    multiply,
    number_of,
    power,
    shown,
)
from cogitate.tools.base import tool
from cogitate.tools.notation import Source, plain

Value = Number | bool

OPERATIONS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda a, b: number_of(a // b),
    ast.Mod: operator.mod,
    ast.Pow: power,
}

COMPARISONS: dict[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


@tool(effect="read", timeout=10)
def calculate(expression: str) -> str:
    """Work out an arithmetic expression exactly and return its value.

    It knows + - * / // % ^, comparisons, 15% of 80, and sqrt, abs, round, min, max, sum, mean,
    floor, ceil, factorial, gcd, lcm, comb, perm, log, ln, log10, log2, exp, sin, cos, tan, pi, e.

    Args:
        expression: only numbers, signs and those functions, for example (1234 + 5.5) * 3 / 7
    """
    source = plain(expression)
    try:
        tree = ast.parse(source.text, mode="eval")
        value = _Evaluator(source).value(tree.body)
        return _shown(value, source)
    except SyntaxError as error:
        raise source.failure("this cannot be read", (error.offset or 1) - 1) from error
    except (RecursionError, MemoryError) as error:
        raise ToolFailure("the expression is nested too deeply; do it in parts") from error


def _shown(value: Value, source: Source) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    note = " (a % was read as a hundredth: 15% is 0.15)" if source.percent_added else ""
    return shown(value) + note


@dataclass(frozen=True)
class _Evaluator:
    """Works out a parsed expression; every refusal names its place in what was written."""

    source: Source

    def value(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Compare):
            return self._compare(node)
        return self.number(node)

    def number(self, node: ast.expr) -> Number:
        try:
            match node:
                case ast.Constant():
                    return self._constant(node)
                case ast.Name():
                    return self._name(node)
                case ast.UnaryOp(op=ast.USub()):
                    return -self.number(node.operand)
                case ast.UnaryOp(op=ast.UAdd()):
                    return self.number(node.operand)
                case ast.BinOp() if type(node.op) in OPERATIONS:
                    left, right = self.number(node.left), self.number(node.right)
                    return number_of(OPERATIONS[type(node.op)](left, right))
                case ast.Call():
                    return self._call(node)
        except ZeroDivisionError as error:
            raise self._refused("division by zero", node) from error
        except OverflowError as error:
            raise self._refused("the number is too large", node) from error
        except ValueError as error:
            raise self._refused(str(error), node) from error
        raise self._refused("this is not arithmetic", node)

    def _constant(self, node: ast.Constant) -> Fraction:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self._refused("this is not a number", node)
        written = ast.get_source_segment(self.source.text, node) or ""
        _, _, exponent = written.lower().partition("e")
        if abs(int(exponent or 0)) > 4_000:
            raise self._refused("the exponent of the number is above 4,000", node)
        return Fraction(written)

    def _name(self, node: ast.Name) -> float:
        if node.id not in CONSTANTS:
            raise self._refused(f"unknown name {node.id!r}{closest(node.id)}", node)
        return CONSTANTS[node.id]

    def _call(self, node: ast.Call) -> Number:
        if not isinstance(node.func, ast.Name):
            raise self._refused("a * is missing before the bracket", node)
        name = node.func.id
        if name not in FUNCTIONS:
            raise self._refused(f"unknown function {name!r}{closest(name)}", node)
        if node.keywords:
            raise self._refused(f"{name} takes plain numbers only", node)
        items: list[ast.expr] = []
        for argument in node.args:
            inside = isinstance(argument, ast.List | ast.Tuple)
            items.extend(
                argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]
            )
            if inside and not items:
                raise self._refused(f"{name} of an empty list", node)
        least, most, function = FUNCTIONS[name]
        if not least <= len(items) <= most:
            many = (
                f"{least}"
                if least == most
                else f"{least} to {most}"
                if most < 99
                else f"{least} or more"
            )
            text = f"{name} takes {many} numbers, not {len(items)}"
            hint = "; inside a function write 1234, not 1,234" if len(items) > most else ""
            raise self._refused(text + hint, node)
        return number_of(function(*[self.number(item) for item in items]))

    def _compare(self, node: ast.Compare) -> bool:
        values = [self.number(item) for item in (node.left, *node.comparators)]
        for index, sign in enumerate(node.ops):
            if type(sign) not in COMPARISONS:
                raise self._refused("this is not a comparison of numbers", node)
            if not COMPARISONS[type(sign)](values[index], values[index + 1]):
                return False
        return True

    def _refused(self, text: str, node: ast.expr) -> ToolFailure:
        return self.source.failure(text, node.col_offset)
