"""Numbers that stay exact as long as they can, and the functions over them.

A number is a `Fraction`, or a `float` once something was not exact. Everything is bounded, so
that no expression takes longer than a moment.
"""

import difflib
import math
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction

Number = Fraction | float

BITS = 13_000
"""Most bits of a numerator or denominator: about 3,900 digits."""

DIGITS = 12
"""Significant digits of what is not shown in full."""

CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}


def number_of(value: complex | Fraction) -> Number:
    """Return `value` as a number of ours, checked against the bounds.

    Raises:
        ValueError: it is not a real number.
        OverflowError: it is too large.
    """
    if isinstance(value, complex):
        raise ValueError("the result is not a real number")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OverflowError
        return value
    exact = Fraction(value)
    if max(_bits(exact)) > BITS:
        raise OverflowError
    return exact


def _bits(value: Fraction) -> tuple[int, int]:
    return value.numerator.bit_length(), value.denominator.bit_length()


def multiply(a: Number, b: Number) -> Number:
    """Return the product."""
    return a * b


def power(base: Number, exponent: Number) -> Number:
    """Return `base` to the power of `exponent`, exact where it can be, refused when too large."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        if exponent.denominator == 1:
            if abs(exponent.numerator) * (max(_bits(base)) - 1) > BITS:
                raise OverflowError
            return number_of(base**exponent.numerator)
        root = _root(base, exponent.denominator)
        if root is not None:
            return power(root, Fraction(exponent.numerator))
    return number_of(float(base) ** float(exponent))


def _root(value: Fraction, degree: int) -> Fraction | None:
    """Return the root when it is exact; None when it is not, or is not looked for."""
    if value < 0 or degree > 64:
        return None
    roots = []
    for part in (value.numerator, value.denominator):
        if degree == 2:
            root = math.isqrt(part)
        elif part < 2**52:
            root = round(part ** (1 / degree))
        else:
            return None
        if root**degree != part:
            return None
        roots.append(root)
    return Fraction(*roots)


def _sqrt(value: Number) -> Number:
    if value < 0:
        raise ValueError("the root of a negative number")
    exact = _root(value, 2) if isinstance(value, Fraction) else None
    return math.sqrt(value) if exact is None else exact


def _round(value: Number, places: Number = Fraction(0)) -> Fraction:
    """Round halves away from zero, as people do."""
    digits = _whole(places, "round")
    if abs(digits) > 1_000:
        raise ValueError("round to at most 1,000 places")
    scale = Fraction(10) ** digits
    size = math.floor(abs(Fraction(value)) * scale + Fraction(1, 2)) / scale
    return Fraction(size if value >= 0 else -size)


def _whole(value: Number, name: str, most: int = 10**400) -> int:
    if isinstance(value, float) or value.denominator != 1:
        raise ValueError(f"{name} takes whole numbers")
    if abs(value) > most:
        raise ValueError(f"{name} takes at most {most:,}")
    return int(value)


def _whole_function(
    name: str, function: Callable[..., int], most: int = 10**400
) -> Callable[..., Number]:
    return lambda *values: Fraction(function(*[_whole(value, name, most) for value in values]))


def _factorial(number: int) -> int:
    if number < 0:
        raise ValueError("the factorial of a negative number")
    return math.factorial(number)


def _total(*values: Number) -> Number:
    return sum(values, Fraction(0))


def _log(value: Number, base: Number | None = None) -> float:
    if value <= 0 or (base is not None and (base <= 0 or base == 1)):
        raise ValueError("the logarithm is of numbers above zero, to a base above zero but 1")
    if base == 10:
        return _log_of(value, math.log10)
    if base == 2:
        return _log_of(value, math.log2)
    whole = _log_of(value, math.log)
    return whole if base is None else whole / _log_of(base, math.log)


def _log_of(value: Number, function: Callable[[int | float], float]) -> float:
    """Return the logarithm of numbers that are too large for a float, too."""
    if isinstance(value, float):
        return function(value)
    return function(value.numerator) - function(value.denominator)


def _real(function: Callable[[float], float]) -> Callable[[Number], float]:
    return lambda value: function(float(value))


FUNCTIONS: dict[str, tuple[int, int, Callable[..., Number]]] = {
    "abs": (1, 1, abs),
    "acos": (1, 1, _real(math.acos)),
    "asin": (1, 1, _real(math.asin)),
    "atan": (1, 1, _real(math.atan)),
    "avg": (1, 1_000, lambda *values: _total(*values) / len(values)),
    "ceil": (1, 1, lambda value: Fraction(math.ceil(value))),
    "comb": (2, 2, _whole_function("comb", math.comb, 10_000)),
    "cos": (1, 1, _real(math.cos)),
    "degrees": (1, 1, _real(math.degrees)),
    "exp": (1, 1, _real(math.exp)),
    "factorial": (1, 1, _whole_function("factorial", _factorial, 1_000)),
    "floor": (1, 1, lambda value: Fraction(math.floor(value))),
    "gcd": (1, 1_000, _whole_function("gcd", math.gcd)),
    "lcm": (1, 1_000, _whole_function("lcm", math.lcm)),
    "ln": (1, 1, _log),
    "log": (1, 2, _log),
    "log10": (1, 1, lambda value: _log(value, Fraction(10))),
    "log2": (1, 1, lambda value: _log(value, Fraction(2))),
    "max": (1, 1_000, max),
    "mean": (1, 1_000, lambda *values: _total(*values) / len(values)),
    "min": (1, 1_000, min),
    "perm": (1, 2, _whole_function("perm", math.perm, 10_000)),
    "pow": (2, 2, power),
    "radians": (1, 1, _real(math.radians)),
    "round": (1, 2, _round),
    "sin": (1, 1, _real(math.sin)),
    "sqrt": (1, 1, _sqrt),
    "sum": (1, 1_000, _total),
    "tan": (1, 1, _real(math.tan)),
}
"""Name -> fewest and most arguments, and the function. `log` is natural; angles are radians."""


def closest(name: str) -> str:
    """Return a hint at the known names nearest to `name`."""
    close = difflib.get_close_matches(name, [*FUNCTIONS, *CONSTANTS], n=2)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; known are {', '.join(FUNCTIONS)}, {', '.join(CONSTANTS)}"


def shown(value: Number) -> str:
    """Return `value` in full when it ends, else 12 digits and the fraction; ≈ when inexact."""
    if isinstance(value, float):
        return f"≈ {_digits(Decimal(value))}"
    if value.denominator == 1:
        return str(value.numerator)
    ending = _ending(value)
    if ending is not None:
        return ending
    numerator, denominator = value.numerator, value.denominator
    rounded = _digits(Context(prec=DIGITS).divide(Decimal(numerator), Decimal(denominator)))
    fraction = f"{numerator}/{denominator}"
    return f"≈ {rounded} (exactly {fraction})" if len(fraction) <= 80 else f"≈ {rounded}"


def _ending(value: Fraction) -> str | None:
    """Return the decimal form when it ends within 40 places."""
    for places in range(1, 41):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).zfill(places + 1)
            return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    return None


def _digits(value: Decimal) -> str:
    rounded = Context(prec=DIGITS).plus(value)
    if rounded and not -7 <= rounded.adjusted() <= 20:
        return str(rounded.normalize(Context(prec=DIGITS)))
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
