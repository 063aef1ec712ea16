"""The invented world of `corpus.py`, read from corpus_world.txt.

In that file `=` begins a kind of subject (name, language, title, opening), `?` states a fact
(section, statement, question, values), `-` is a sentence that says nothing asked for, `absent:`
names subjects that no text is about, and `!` is a question that no text answers. A statement
and its question share as few words as can be. `{n}` stands for the subject, `{v}` for the value,
`{o}` for another subject of the kind, `{a}` and `{b}` for numbers.
"""

import html
from dataclasses import dataclass, field
from pathlib import Path

WORLD = Path(__file__).with_name("corpus_world.txt")


@dataclass(frozen=True)
class Fact:
    """One thing that is stated of each subject: where, how, and how it is asked."""

    section: str
    statement: str
    question: str
    values: tuple[str, ...]
    """Choices for the value; a single `a-b` is a range of whole numbers."""


@dataclass
class Kind:
    """Subjects of one kind, of which the same things are stated."""

    name: str
    language: str
    title: str
    opening: str
    subjects: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    fillers: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    """Subjects of which nothing is written."""
    unsaid: list[str] = field(default_factory=list)
    """Questions that nothing which is written of a subject answers."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question and the passage that answers it. `line` or `page` is 0 where there is none."""

    id: str
    language: str
    question: str
    answer: str
    file: str
    """Relative to the folder of files."""
    line: int = 0
    page: int = 0
    passage: str
    """The words that state the answer."""


@dataclass(frozen=True)
class Statement:
    """What a text states, and the question that this answers."""

    section: str
    text: str
    question: str
    answer: str


@dataclass(frozen=True)
class Text:
    """A text before it is written: a title, sections of paragraphs, and what they state."""

    language: str
    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    statements: tuple[Statement, ...]


def kinds() -> list[Kind]:
    """Return the kinds of the world in order."""
    found: list[Kind] = []
    for line in WORLD.read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        parts = rest.split(" | ")
        if mark == "=":
            found.append(Kind(*parts))
        elif mark == "subjects:":
            found[-1].subjects = rest.split(", ")
        elif mark == "absent:":
            found[-1].absent = rest.split(", ")
        elif mark == "!":
            found[-1].unsaid.append(rest)
        elif mark == "?":
            section, statement, question, values = parts
            found[-1].facts.append(Fact(section, statement, question, tuple(values.split("; "))))
        elif mark == "-":
            found[-1].fillers.append(rest)
    return found


def bare(text: str) -> str:
    return "".join(text.split())


def line_of(path: Path, passage: str) -> int:
    """Return the line on which `passage` begins; 0 in a file that has no lines."""
    if path.suffix in (".pdf", ".docx"):
        return 0
    wanted, before = bare(passage), 0
    lines = html.unescape(_decoded(path)).split("\n")
    at = bare("\n".join(lines)).index(wanted)
    for number, line in enumerate(lines, 1):
        before += len(bare(line))
        if before > at:
            return number
    raise ValueError(f"{passage!r} is not in {str(path)!r}")


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")
