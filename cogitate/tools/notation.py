"""Arithmetic as people write it, put into the plain form that Python's grammar reads.

Every token keeps its place in the original, so that an error can point at what was written.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from cogitate.errors import ToolFailure

LONGEST = 2_000
"""Characters of an expression."""

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width ASCII
_SIGNS = str.maketrans("−–—×✕⋅·∙÷∶，、【】［］｛｝", "---*****//,,()[]()")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_WORDS = {
    "of": "*", "mod": "%", "times": "*", "plus": "+", "minus": "-",
    "的": "*", "加": "+", "加上": "+", "减": "-", "减去": "-", "乘": "*", "乘以": "*",
    "除以": "/", "π": "pi", "≤": "<=", "≥": ">=", "≠": "!=", "^": "**", "=": "==",
    "x": "*", "X": "*",
}  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<space>[\s$€£¥￥]+)
    |(?P<number>
        (?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])|[0-9][0-9_]*)(?:\.[0-9]*)?|\.[0-9]+)
        (?:[eE][+-]?[0-9]+)?)
    |(?P<super>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    |(?P<sign>\*\*|//|<=|>=|==|!=|[-+*/%^()\[\],<>=!≤≥≠√π])
    |(?P<word>加上|减去|乘以|除以|[的加减乘]|[A-Za-z_][A-Za-z_0-9]*)""",
    re.VERBOSE,
)


@dataclass
class Source:
    """An expression in plain form, `text`, that knows what was `written` for each part of it."""

    written: str
    text: str = ""
    percent_added: bool = False
    """Whether a percentage was added or subtracted, which people read in two ways."""
    _starts: list[int] = field(default_factory=list)
    _places: list[int] = field(default_factory=list)

    def add(self, token: str, place: int) -> None:
        """Append `token`, which stands for what was written at `place`."""
        self._starts.append(len(self.text))
        self._places.append(place)
        self.text += f"{token} "

    def failure(self, reason: str, offset: int) -> ToolFailure:
        """Return the failure that names the place written for `offset` of the plain text."""
        index = bisect_right(self._starts, max(offset, 0)) - 1
        ended = offset >= len(self.text) or index < 0
        return _failure(self.written, reason, len(self.written) if ended else self._places[index])


def plain(written: str) -> Source:
    """Return `written` in plain form.

    Raises:
        ToolFailure: it is empty, too long, or holds a sign that is not arithmetic.
    """
    if len(written) > LONGEST:
        raise ToolFailure(f"the expression is longer than {LONGEST:,} characters; do it in parts")
    tokens = _tokens(written)
    while tokens and tokens[-1][1] in ("=", "==", "?"):
        tokens.pop()
    if not tokens:
        raise ToolFailure(f"no expression in {written!r}; write one such as (3 + 4) * 2")
    return _assemble(Source(written), tokens)


def _failure(written: str, reason: str, place: int) -> ToolFailure:
    if place >= len(written):
        return ToolFailure(f"{reason}, at the end of {written!r}")
    return ToolFailure(f"{reason}, at character {place + 1}: {written[place : place + 40]!r}")


def _tokens(written: str) -> list[tuple[str, str, int]]:
    """Return (kind, token, place) for each token; commas in a call always part arguments."""
    text = written.translate(_WIDE).translate(_SIGNS)
    found: list[tuple[str, str, int]] = []
    calls: list[bool] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if text[place] in "?." and not text[place + 1 :].strip(" ?=."):
                break
            raise _failure(written, f"{text[place]!r} is not arithmetic", place)
        kind, token = match.lastgroup or "", match.group()
        if kind == "number" and any(calls):
            token = token.split(",")[0]
        if token in ("(", "["):
            calls.append(token == "[" or bool(found and found[-1][0] == "word"))
        elif token in (")", "]") and calls:
            calls.pop()
        if kind != "space":
            found.append((kind, token, place))
        place += len(token)
    return found


def _assemble(source: Source, tokens: list[tuple[str, str, int]]) -> Source:
    """Write the tokens in plain form, one by one."""
    root = False
    for index, (kind, token, place) in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        percent = token == "%" and _is_percent(before, place, after)
        if kind == "number":
            _add_number(source, tokens[index], _suffix(tokens, index), root=root)
        elif kind == "super":
            source.add("**" + token.translate(_SUPERSCRIPTS), place)
        elif token == "√":
            source.add("sqrt", place)
        elif percent and before and before[0] != "number":
            raise _failure(source.written, "write (...)/100 for a percentage of a bracket", place)
        elif percent:
            source.percent_added |= _beside_sum(tokens, index)
        elif not (token == "!" and before and before[0] == "number"):
            source.add(_plain_word(token, before, after), place)
        root = token == "√"
    return source


def _plain_word(token: str, before: tuple[str, str, int] | None, after: object) -> str:
    if token in ("x", "X") and not (before and after):
        return token
    return _WORDS.get(token if token in _WORDS else token.lower(), token.lower())


def _add_number(source: Source, number: tuple[str, str, int], suffix: str, *, root: bool) -> None:
    """Add a number, in the brackets that a √ before it, or a ! or % after it, asks for."""
    _, token, place = number
    digits = token.replace(",", "").replace("_", "").lstrip("0")
    digits = digits if digits[:1].isdigit() else "0" + digits
    written = {"!": f"factorial({digits})", "%": f"({digits}/100)"}.get(suffix, digits)
    source.add(f"({written})" if root else written, place)


def _suffix(tokens: list[tuple[str, str, int]], index: int) -> str:
    """Return the ! or the percent sign that belongs to the number at `index`, if one does."""
    after, following = [*tokens[index + 1 : index + 3], None, None][:2]
    if after is None or after[1] not in ("!", "%"):
        return ""
    percent = after[1] == "%" and _is_percent(tokens[index], after[2], following)
    return after[1] if percent or after[1] == "!" else ""


def _is_percent(
    before: tuple[str, str, int] | None, place: int, after: tuple[str, str, int] | None
) -> bool:
    """Return whether a % is a hundredth (15%, 15% of 80, 15%+1) and not the remainder sign."""
    if before is None or not (before[0] == "number" or before[1] == ")"):
        return False
    if after is None or after[1] in ("+", "-"):
        return after is None or before[2] + len(before[1]) == place
    return after[0] not in ("number",) and after[1] not in ("(", "√", "π") and not _is_name(after)


def _is_name(token: tuple[str, str, int]) -> bool:
    return token[0] == "word" and token[1].lower() not in _WORDS


def _beside_sum(tokens: list[tuple[str, str, int]], index: int) -> bool:
    """Return whether the percentage that ends at `index` is added or subtracted as it stands."""
    after = tokens[index + 1][1] if index + 1 < len(tokens) else ""
    before = tokens[index - 2][1] if index >= 2 else ""
    return before in ("+", "-", "加", "减", "加上", "减去") and after in ("", ")", "+", "-")
