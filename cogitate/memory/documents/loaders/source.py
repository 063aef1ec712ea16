"""Source code: a part for each top-level definition, and for the methods of classes.

Definitions are found by the look of their first lines, so that code which does not parse, and
languages that few know, are read too. What it does not know: scopes and what a name means.
"""

import re
from pathlib import PurePath

from cogitate.memory.documents.clean import verbatim
from cogitate.memory.documents.document import CannotRead, Part

LONGEST_AVERAGE_LINE = 1_000
"""Code whose lines are longer on average was written by a machine for a machine."""

ENDINGS = frozenset(
    ".py .pyi .js .mjs .cjs .ts .tsx .jsx .java .kt .kts .scala .c .h .cc .cpp .cxx .hpp .hh .cs "
    ".go .rs .rb .php .swift .m .mm .lua .pl .pm .r .jl .dart .ex .exs .erl .hs .ml .clj .sql .sh "
    ".bash .zsh .ps1 .bat .vue .css .scss .less .proto .tex .json .jsonl .ndjson .yaml .yml .toml "
    ".ini .cfg .conf .properties .xml .xsd .cmake .gradle .tf .mk".split()
)
NAMES = frozenset({"makefile", "dockerfile", "cmakelists.txt", "gemfile", "rakefile"})
_DATA = frozenset(".json .jsonl .ndjson .yaml .yml .toml .ini .cfg .conf .properties .xml".split())
_DEFINES = re.compile(
    r"(?:@\w|\[\w|#\[)|(?:(?:export|default|public|private|protected|internal|static|abstract|"
    r"final|sealed|open|override|async|unsafe|extern|inline|virtual|data|partial|pub(?:\([^)]*\))?)"
    r"\s+)*(?:def|class|function|func|fn|struct|enum|union|interface|trait|impl|type|module|mod|"
    r"namespace|object|record|macro_rules!|defmodule|defp?|sub|proc|create\s+(?:or\s+replace\s+)?"
    r"(?:table|view|function|procedure))\b",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"(?:export\s+)?(?:const|let|var|val)\s+\w+\s*=\s*(?:async\b|function\b|\()")
_C_LIKE = re.compile(r"[A-Za-z_][\w\s*&:<>,~]*\([^;{}]*\)?[^;]*$")
_C_ENDINGS = frozenset(".c .h .cc .cpp .cxx .hpp .hh .cs .java .m .mm .dart".split())
_COMMENT = re.compile(r"\s*(?:#(?!\[)|//|/\*|\*|--|;;|\"\"\"|%)")
_NOT_CALLED = re.compile(r"(?:if|for|while|switch|else|return|catch|do|try)\b")
_INSIDE = re.compile(
    r"(?: {2,4}|\t)(?:@\w|(?:(?:public|private|protected|static|async|override|pub|final|virtual)"
    r"\s+)*(?:def|class|function|func|fun|fn)\b)"
)


def source_parts(text: str, path: str) -> list[Part]:
    """Return the definitions of a source file in order, each with its heading.

    Raises:
        CannotRead: the code is minified.
    """
    text = verbatim(text)
    ending = PurePath(path).suffix.lower()
    if len(text) > 20_000 and len(text) > LONGEST_AVERAGE_LINE * (text.count("\n") + 1):
        raise CannotRead("minified or generated: hardly any line ends; index what it is made from")
    if ending in _DATA:
        return [Part(text=text, form="lines")]
    lines = _lines(text)
    parts: list[Part] = []
    begins = [0, *_beginnings(lines, ending)]
    for first, after in zip(begins, [*begins[1:], len(lines)], strict=True):
        if first < after:
            parts += _definition(lines, first, after)
    return parts


def _lines(text: str) -> list[str]:
    # Not splitlines(): it also cuts at form feeds, which are no line ends to an editor.
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _definition(lines: list[str], first: int, after: int) -> list[Part]:
    """Return a top-level definition as parts: its head, and each of its methods."""
    name = _name(lines[first:after])
    headings = (name,) if name else ()
    inner = _method_beginnings(lines, first + 1, after) if name else []
    begins = [first, *inner]
    parts = []
    for start, end in zip(begins, [*begins[1:], after], strict=True):
        method = _name(lines[start:end]) if start != first else ""
        path = (*headings, method) if method else headings
        text = "".join(lines[start:end])
        parts.append(Part(text=text, headings=path, line=start + 1, form="lines"))
    return parts


def _beginnings(lines: list[str], ending: str) -> list[int]:
    found: list[int] = []
    attached = False
    for index, line in enumerate(lines):
        if not _defines(line, ending):
            attached = False if line.strip() else attached
            continue
        if not attached:
            found.append(_with_comment(lines, index, found[-1] + 1 if found else 0))
        # A decorator belongs to the definition below it.
        attached = line.startswith(("@", "[", "#["))
    return [index for index in found if index > 0]


def _defines(line: str, ending: str) -> bool:
    if not line.strip() or line[0] in " \t})":
        return False
    if _DEFINES.match(line) or _ASSIGNED.match(line):
        return True
    return ending in _C_ENDINGS and bool(_C_LIKE.match(line)) and not _NOT_CALLED.match(line)


def _with_comment(lines: list[str], index: int, least: int) -> int:
    while index > least and _COMMENT.match(lines[index - 1]):
        index -= 1
    return index


def _method_beginnings(lines: list[str], first: int, after: int) -> list[int]:
    found: list[int] = []
    attached = lines[first - 1].startswith("@")
    for index in range(first, after):
        line = lines[index]
        if not _INSIDE.match(line):
            attached = False if line.strip() else attached
            continue
        if not attached:
            found.append(index)
        attached = line.lstrip().startswith("@")
    return found


def _name(lines: list[str]) -> str:
    """Return the line that names a definition, without what opens its body."""
    for line in lines:
        text = line.strip()
        if text and not _COMMENT.match(text) and text[0] not in "@[#":
            is_head = _DEFINES.match(text) or _ASSIGNED.match(text) or "(" in text
            return re.sub(r"[\s{:=]+$", "", text)[:120] if is_head else ""
    return ""
