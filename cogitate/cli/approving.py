"""Asking a person whether a tool may run: the whole call, with nothing hidden in it.

Every character that does not show itself is written as its code, and words that look like others
are named: letters of several alphabets in one word, letters of another alphabet that look Latin,
and styled or full-width letters. What it does not know: which calls need a yes, and what a yes
comes to.
"""

import json
import os
import re
import shlex
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CHOICES = "[y]es  [n]o  [e]dit  [a]lways for this run  [s]top"
WHY = "why? (may be left empty)"
EDIT = "the arguments as one line of JSON (empty: leave them)"
MOST_LINES, MOST_COLUMNS = 400, 4_000
"""Of one argument; what is left out is counted, and `edit` shows it."""
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Characters that count as letters or symbols and draw nothing."""
_WORD = re.compile(r"[^\W_]+(?:[^\W_]|[.@_-])*")
_LIKE_LATIN = dict(
    zip(
        "аеорсухівјѕԁһӏԛԝАВЕКМНОРСТУХІЈЅαορνικτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxibjsdhlqwABEKMHOPCTYXIJSaopviktuABEZHIKMNOPTYX",
        strict=True,
    )
)
_TOGETHER = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "DIGIT"))
"""Scripts that stand beside Latin letters without a blank in ordinary text."""
_QUESTION = re.compile(r"May ([\w.-]+) run with (\{.*\})\?(?: (.*))?", re.DOTALL)


def call_in(question: str) -> tuple[str, dict[str, Any], str] | None:
    """Return tool, arguments and reason of a question about a call; None for another question."""
    tool = getattr(question, "tool", None)
    if tool is not None:
        return str(tool), dict(question.arguments), str(question.why)  # type: ignore[attr-defined]
    found = _QUESTION.fullmatch(question)
    if found is None:
        return None
    try:
        return found[1], dict(json.loads(found[2])), found[3] or ""
    except (ValueError, TypeError):
        return None


def shown(tool: str, arguments: Mapping[str, Any], why: str = "") -> list[str]:
    """Return the lines that show a call in full."""
    lines = [f"May {escaped(tool)} run?"]
    for name, value in arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines += _argument(escaped(str(name)), text)
    if not arguments:
        lines.append("  (without arguments)")
    everything = " ".join([tool, *arguments, json.dumps(dict(arguments), ensure_ascii=False)])
    lines += [f"  ! {warning}" for warning in warnings_of(everything)]
    return [*lines, *([f"  ! {escaped(why)}"] if why else [])]


def escaped(text: str) -> str:
    """Return text in which each character shows itself: others are written as their codes."""
    return "".join(c if c == "\n" or _shows(c) else _code(c) for c in text.replace("\r\n", "\n"))


def warnings_of(text: str) -> list[str]:
    """Return what a reader could take for something else, one line each, ten at most."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text):
        for warning in _doubts(match.group()):
            found.setdefault(warning)
    hidden = [c for c in text if c != "\n" and not _shows(c)]
    if hidden:
        found.setdefault(f"{len(hidden)} characters that do not show, written as \\u codes above")
    return list(found)[:10]


def edited(arguments: Mapping[str, Any]) -> str | None:
    """Return what a person made of the arguments in their editor, None without an editor."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        return None
    with tempfile.TemporaryDirectory(prefix="cogitate-") as folder:
        path = Path(folder) / "arguments.json"
        path.write_text(json.dumps(dict(arguments), ensure_ascii=True, indent=2) + "\n", "utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(path)], check=False)
            return path.read_text("utf-8")
        except (OSError, ValueError):
            return None


def reply_for_edit(text: str) -> str | None:
    """Return the reply that changed arguments make; None when they are no JSON object."""
    try:
        changed = json.loads(text)
    except ValueError:
        return None
    return f"edit: {json.dumps(changed, ensure_ascii=False)}" if isinstance(changed, dict) else None


def _argument(name: str, text: str) -> list[str]:
    lines = escaped(text).split("\n")
    cut = [line[:MOST_COLUMNS] for line in lines[:MOST_LINES]]
    left = sum(map(len, lines)) - sum(map(len, cut))
    more = [f"    ({left:,} more characters; [e]dit shows them)"] if left else []
    if len(cut) == 1:
        return [f"  {name} = {cut[0]}", *more]
    return [f"  {name} =", *(f"    | {line}" for line in cut), *more]


def _shows(character: str) -> bool:
    if character in _BLANK or unicodedata.category(character) in _HIDDEN:
        return False
    if unicodedata.category(character) == "Zs":
        return character == " "
    return not 0xFE00 <= ord(character) <= 0xFE0F and not 0xE0100 <= ord(character) <= 0xE01EF


def _code(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _doubts(word: str) -> Iterator[str]:
    """Yield why a word may be taken for another one."""
    scripts = {script for script in map(_script, word) if script} - _TOGETHER
    plain = unicodedata.normalize("NFKC", word)
    if len(scripts) > 1:
        names = " and ".join(sorted(name.title() for name in scripts))
        yield f"{escaped(word)!r} mixes {names} letters: {_spelled(word)}"
    elif (
        "LATIN" not in scripts and scripts and all(c in _LIKE_LATIN or not _script(c) for c in word)
    ):
        like = "".join(_LIKE_LATIN.get(c, c) for c in word)
        yield f"{escaped(word)!r} looks like {like!r} and is {scripts.pop().title()}"
    elif plain != word and any(c.isascii() and c.isalpha() for c in plain):
        yield f"{escaped(word)!r} is written in styled letters; plain it is {plain!r}"


def _spelled(word: str) -> str:
    """Return a word with the letters that are not ASCII as codes."""
    return word.encode("ascii", "backslashreplace").decode("ascii")


def _script(character: str) -> str:
    """Return the script of a letter, such as LATIN; empty for what is no letter."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    name = unicodedata.name(character, "")
    first = name.split(" ")[0] if name else ""
    if first in ("FULLWIDTH", "MATHEMATICAL", "MODIFIER", "HALFWIDTH", "DOUBLE-STRUCK", "SCRIPT"):
        return ""  # told by their plain form
    return first


__all__ = ["CHOICES", "EDIT", "WHY", "call_in", "edited", "escaped", "reply_for_edit", "shown"]
