"""What of a passage can be quoted as an answer: its sentences, rows of tables, lines of code.

Also which sentence a model copied, and whether an answer in other words keeps what it says.

What it does not know: which of them answers a question. Only the row of a table that a question
names is found here, by its words: in tables a small model slips by a row.
"""

import re

from cogitate.passages import Passage, heading
from cogitate.words import CJK_CHARACTER, content_words

ALIKE = 0.6
"""Share of the words of what the model copied that a sentence must hold to be meant."""
LEAST = 2
"""Content words that a sentence must have."""
KEPT = 0.5
"""Share of what a sentence says beyond the question that an answer in other words must hold."""
CODE_LINES = 3
"""Lines of a passage that must look like a program's for it to be read as one."""

_ENDS = re.compile(r"(?<=[。！？])|(?<=[.!?])\s+(?=[^\sa-z])|\n\s*\n")
_WRAPPED = re.compile(r"\s*\n\s*")
_ROW = re.compile(r"\w: .*; .*\w: |\|.*\|")
"""A row of a table as indexing writes it: `column: value; column: value`, or between bars."""
_CELL = re.compile(r";\s+(?=[^;:]+: )")
_CODE = re.compile(
    r"^\s*([\w.]+(: ?[\w\[\], |]+)? ?= ?[^=]|(async )?def \w|class \w|import \w|from [\w.]+ import|"
    r"(for|if|while|with|else|elif|try)\b.*:$|return\b|@\w|(const|let|var|func|fn) \w|[{}]$)",
    re.MULTILINE,
)
_TOLD = re.compile(r"""\s*("{3}|'{3}|#|//|/\*|(async )?(def|class) \w|[\w.]+(:[^=]+)? ?= ?[^=])""")
"""What tells something in a program: remarks, definitions, assignments; other lines only do."""
_COMMENT = re.compile(r"\s*(\"\"\"|'''|#|//|/\*)")
_NEGATED = re.compile(
    r"\b(not|no|never|none|nobody|nothing|neither|nor|without|except|cannot|\w+n't)\b|"
    r"[不没无未非勿莫]|禁止|除外|别(?=[再去把动])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_MARKUP = re.compile(r"#{1,6} ")


def units(passage: Passage) -> list[str]:
    """Return what of a passage can be quoted, in order, without its headings."""
    text = passage["text"]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if table := rows(passage):
        return table
    if _is_code(text):
        found = _with_comments(lines)
        return [line for line in found if _TOLD.match(line) and content_words(line)]
    parts = [_WRAPPED.sub(_joint(part), part).strip() for part in _ENDS.split(text)]
    heads = {*heading(passage).split(" > "), *(f"# {h}" for h in heading(passage).split(" > "))}
    return [
        part
        for part in dict.fromkeys(parts)
        if part not in heads and not _MARKUP.match(part) and len(content_words(part)) >= LEAST
    ]


def about(passage: Passage) -> str:
    """Return what stands above a passage; of a program the remark that opens it, as well."""
    above = heading(passage)
    text = passage["text"].strip()
    opening = _COMMENT.match(text)
    if not opening or not _is_code(text):
        return above
    remark = text.split("\n", 1)[0][opening.end() :].strip(" \"'*/")
    return f"{above}: {remark}" if above and remark else above or remark


def _is_code(text: str) -> bool:
    return len(_CODE.findall(text)) >= CODE_LINES


def rows(passage: Passage) -> list[str]:
    """Return the rows of a passage that is one of a table; none of other text."""
    lines = [line.strip() for line in passage["text"].split("\n") if line.strip()]
    found = [line for line in lines if _ROW.search(line)]
    # The first line of a table may list its columns.
    return found if len(found) >= max(len(lines) - 1, 1) else []


def named_row(goal: str, passage: Passage) -> str:
    """Return the row that has more words of the goal than any other; empty where none has."""
    about = set(content_words(f"{heading(passage)} {passage['path']}"))
    words = set(content_words(goal)) - about
    held = [(len(words & set(content_words(row))), row) for row in rows(passage)]
    held.sort(key=lambda item: -item[0])
    if not held or not held[0][0] or (len(held) > 1 and held[1][0] == held[0][0]):
        return ""
    return held[0][1]


def cells(row: str) -> list[str]:
    """Return the cells of a row, each with its column: `in stock: 5`; the row where it has none."""
    found = [cell.strip() for cell in _CELL.split(row)]
    return found if all(": " in cell for cell in found) else [row]


def _with_comments(lines: list[str]) -> list[str]:
    """Return lines of a program, each with the remark that stands below it."""
    found: list[str] = []
    for line in lines:
        if found and _COMMENT.match(line) and not _COMMENT.match(found[-1]):
            found[-1] += f" {line}"
        else:
            found.append(line)
    return found


def asked_cells(goal: str, row: str) -> list[str]:
    """Return each cell of a row beside the one that the goal names: `part: bolt; in stock: 5`."""
    found = cells(row)
    words = set(content_words(goal))
    key = max(found, key=lambda cell: len(words & set(content_words(cell.partition(": ")[2]))))
    return [f"{key}; {cell}" for cell in found if cell != key] or [row]


def meant(copied: str, text: str) -> str:
    """Return the sentence or line of `text` that was copied, as it stands there; empty for none."""
    words = set(content_words(copied))
    if not words or copied.strip().upper().startswith("NONE"):
        return ""
    best, most = "", ALIKE
    for part in sentences(text):
        there = set(content_words(part))
        if len(there) < LEAST:  # a heading
            continue
        both = len(words & there)
        # What was copied stands in the sentence, and the sentence is not much more than that.
        share = both / len(words) * (0.8 + 0.2 * both / max(len(there), 1))
        if share > most:
            best, most = part, share
    return best


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, with wrapped lines joined, and its lines."""
    joined = [_WRAPPED.sub(_joint(text), part).strip() for part in _ENDS.split(text)]
    lines = [line.strip() for line in text.split("\n")]
    return list(dict.fromkeys(part for part in [*joined, *lines] if part))


def _joint(text: str) -> str:
    return "" if len(CJK_CHARACTER.findall(text[:400])) >= LEAST else " "


def keeps(text: str, said: str, goal: str) -> bool:
    """Return whether an answer in other words still says what a sentence says.

    Its numbers must be there and a negation, and, where it has no numbers, half of the words that
    the goal does not have.
    """
    numbers = set(_NUMBER.findall(text)) - set(_NUMBER.findall(goal))
    if numbers - set(_NUMBER.findall(said)):
        return False
    if bool(_NEGATED.search(text)) != bool(_NEGATED.search(said)):
        return False
    new = set(content_words(text)) - set(content_words(goal))
    return bool(numbers) or len(new & set(content_words(said))) >= KEPT * len(new)
