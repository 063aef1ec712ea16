"""What can be seen wrong with a program by reading it: values from nowhere, nothing worked out."""

import ast
import builtins
import re
from decimal import Decimal

from cogitate.planners.grounding import numbers_in

IMPORTED = {
    "sympy": "Eq Rational solve symbols",
    "datetime": "date datetime timedelta",
    "itertools": "combinations permutations product",
    "collections": "Counter defaultdict",
    "fractions": "Fraction",
    "decimal": "Decimal",
    "math": "ceil comb factorial floor gcd isqrt perm pi sqrt",
}
"""Names that small programs use without importing them, by the module they are of."""
MODULES = frozenset("math statistics itertools datetime calendar collections re random".split())

LABEL = 8
"""A text of a program longer than this is more than a unit or a name."""
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


_PRICE = re.compile(
    r"charge|price|cost|fee(?!t)|fare|salar|wage|income|revenue|budget|价|费|钱|薪|工资|收入|成本",
    re.IGNORECASE,
)
"""Names of what no constant of nature is: the goal gives it, or nobody does."""
_FIGURE = re.compile(r"\bhow (?:many|much)\b|多少|几[个次天年月种件人台张]", re.IGNORECASE)
_SHOWS = re.compile(
    r"\b(list|which|what|print|show|write|name|each|every)\b|列|哪|写|[打输]|每|各", re.I
)
_NUMBER_LINE = re.compile(r"\s*-?\d+(?:\.\d+)?\s*")
MOST_FIGURES = 5
"""Lines of one number each that may answer how many there are."""


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
    texts = [part for node in ast.walk(tree) if (part := _text(node)) is not None]
    for part in sorted(texts, key=len, reverse=True):
        if len(part) > LABEL:
            text = text.replace(part.strip(), "")
    return not re.search(r"\w", text)


def _text(node: ast.AST) -> str | None:
    """Return the text that a literal, or a sum of literals, is; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    return None


_TIMED = re.compile(
    r"\b(measured?|timings?|benchmark|run ?time|how (long|fast|many (milli)?seconds))\b|"
    r"计时|耗时|多长时间|用时|测量.*时间",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(perf_counter|process_time|monotonic|timeit|time\.time)\b")


def asks_timing(goal: str) -> bool:
    """Return whether a goal asks how long something takes, which a program may measure."""
    return bool(_TIMED.search(goal))


def measures(goal: str, code: str) -> bool:
    """Return whether a program measures the time that a goal asks for.

    Its data are of its own making, it may write files, and no two of them print the same.
    """
    return asks_timing(goal) and bool(_CLOCK.search(code))


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
        foreign += _made_up_prices(node, known, shares="%" in text or "percent" in text)
        if isinstance(node, ast.Constant) and _is_foreign_number(node.value, known, digits):
            foreign.append(str(node.value))
        if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            foreign += _foreign_words(node, text)
    return list(dict.fromkeys(foreign))[:6]


def names_of(code: str) -> tuple[set[str], set[str]]:
    """Return the names that a program uses as they were before it, and those that it changes."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, SystemError):  # CPython 3.11 parses in one thread at a time
        return set(), set()
    used: dict[str, int] = {}
    changed: dict[str, int] = {}
    inner: set[str] = set()  # parameters and names of comprehensions end with them
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            inner.add(node.arg)
        if isinstance(node, ast.comprehension):
            inner |= {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.AugAssign):
            used.setdefault(_base(node.target), line)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used[node.id] = min(line, used.get(node.id, line))
        elif name := _changed(node):
            changed[name] = min(line, changed.get(name, line))
    before = {name for name, line in used.items() if line <= changed.get(name, line)}
    return before - inner, changed.keys() - inner


def _changed(node: ast.AST) -> str:
    """Return the name that a node binds, or whose value it may alter: x = 1, x[0] = 1, x.add(1)."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        node = node.value.func
        return _base(node) if isinstance(node, ast.Attribute) else ""
    stored = isinstance(getattr(node, "ctx", None), ast.Store)
    return _base(node) if stored else ""


def _base(node: ast.AST) -> str:
    """Return the name that `x`, `x[0]` and `x.y` begin with; empty where there is none."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _made_up_prices(node: ast.AST, known: set[Decimal], *, shares: bool) -> list[str]:
    """Return the numbers of no source that are assigned, alone or reckoned with, to a price.

    Where `shares` of it are spoken of, a price may be taken to be 100.
    """
    if not isinstance(node, ast.Assign):
        return []
    parts = list(ast.walk(node.value))
    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    if not any(map(_PRICE.search, names)) or any(isinstance(p, ast.Name | ast.Call) for p in parts):
        return []
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    numbers = [v for v in values if isinstance(v, int | float) and v not in FREE_FACTS]
    free = {form for n in known for form in (n, n / 100, n * 100)}
    free |= {Decimal(100)} if shares else set()
    return [str(v) for v in numbers if Decimal(str(v)) not in free]


def lists_instead(goal: str, text: str) -> bool:
    """Return whether a program printed many numbers where the goal asks how many there are."""
    lines = text.splitlines()
    asked = _FIGURE.search(goal) and not _SHOWS.search(goal)
    return bool(asked) and len(lines) > MOST_FIGURES and all(map(_NUMBER_LINE.fullmatch, lines))


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


def left_out(code: str, goal: str) -> list[str]:
    """Return the numbers of a goal that a program does not use; small ones need not be there.

    Where more is known than the goal says, a small model works with that alone.
    """
    used = " ".join(re.findall(r"\d+", code))
    asked = (n for n in numbers_in(goal) if abs(n.value) > FREE and n.text.strip("-−").isdigit())
    return list(dict.fromkeys(n.text for n in asked if n.text.strip("-−") not in used))


def _foreign_words(node: ast.AST, text: str) -> list[str]:
    """Return the strings of a literal collection that no source holds, when most are such."""
    words = [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) > 2
    ]
    strange = [word for word in words if word.lower() not in text]
    return strange if len(strange) >= 3 and len(strange) > len(words) / 2 else []


def with_imports(code: str) -> str:
    """Return a program with the imports that it forgot, for names that can mean one thing only."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, SystemError):  # CPython 3.11 parses in one thread at a time
        return code
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    free = {n.id for n in names} - bound
    if "*" in bound:
        return code
    lines = [f"import {name}" for name in sorted(free & MODULES - {"datetime"})]
    for module, text in IMPORTED.items():
        wanted = sorted(free & set(text.split()))
        lines += [f"from {module} import {', '.join(wanted)}"] if wanted else []
    return "\n".join([*lines, code])


def with_names(code: str) -> str:
    """Return a program whose names are bound where they differ in nothing but capitals.

    A small model writes `samantha = 31` and then `Samantha - 6`.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, SystemError):  # CPython 3.11 parses in one thread at a time
        return code
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    meant = {name.lower(): name for name in bound}
    if len(meant) < len(bound):
        return code  # two names differ in capitals alone: both are meant
    lines = [line.encode() for line in code.split("\n")]
    for node in sorted(names, key=lambda n: -n.col_offset):
        right = meant.get(node.id.lower(), node.id)
        if node.id in bound or right == node.id or node.id in dir(builtins):
            continue
        line, old = lines[node.lineno - 1], node.id.encode()
        head, rest = line[: node.col_offset], line[node.col_offset :]
        if rest.startswith(old):  # within an f-string the place may be another one
            lines[node.lineno - 1] = head + right.encode() + rest[len(old) :]
    return "\n".join(line.decode() for line in lines)
