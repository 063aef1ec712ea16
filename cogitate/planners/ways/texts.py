"""Texts of the folder, read page by page: which of them a goal means, and what they hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from langchain_core.messages import AIMessage

from cogitate.planners.base import Turn
from cogitate.planners.ways.saying import call, is_chinese
from cogitate.values import Around, Hit, Survey
from cogitate.words import CJK_CHARACTER, content_words

PAGE_LINES = 80
MOST_PAGES = 12
"""Pages that are read in one step, of all texts together."""
MOST_FILES = 4
WRAPPED = 50
"""Characters of a line from which it may have been wrapped."""

_LINE = re.compile(r"^(\d+): ?(.*)$", re.MULTILINE)
_WHERE = re.compile(r"\n?\(lines \d+ to (\d+) of (\d+) of [^\n]*\)\s*$")
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(*`])|(?<=[。！？])\s*")
_WRAPPED = re.compile(r"(?<=[\w,;])\n\s*(?=[a-z(`])")
_ENDED = re.compile(r"[.!?:;。！？：；]\W*$")
_MARK = re.compile(r"^\s*(?:[-*+>]|\d+[.)])\s+")
_NO_TEXT = ("#", "|", "```")
_HEADING = re.compile(r"\s*(#{1,6} |[一二三四五六七八九十]{1,3}、[^。！？；，,]{1,16}$)")


@dataclass(frozen=True)
class Text:
    """What was read of a file."""

    path: str
    text: str
    next: int = 0
    """The line from which there is more, 0 when that is all of it."""


def read_on(turn: Turn) -> AIMessage | None:
    """Return the calls that read what a goal means; None when no more is to be read."""
    if turn.last:
        return None
    if not turn.results:
        pages = [(path, 1) for path in wanted(turn.task.goal, turn.task.survey)]
    else:
        pages = [(text.path, text.next) for text in texts_of(turn) if text.next]
    return _reading(pages) if pages and len(turn.results) < MOST_PAGES else None


def wanted(goal: str, survey: Survey | None) -> list[str]:
    """Return the text files that a goal means: those that it names, else all where they are few."""
    return _meant(goal, survey)[:MOST_FILES]


def _meant(goal: str, survey: Survey | None) -> list[str]:
    if survey is None:
        return []
    texts = [file["path"] for file in survey["files"] if file["kind"] == "text"]
    return texts_named(goal, survey) or texts


def texts_named(goal: str, survey: Survey, *, fully: bool = False) -> list[str]:
    """Return the text files that a goal names: in full, without their ending, or by a word.

    Args:
        goal: what the person wants.
        survey: what there is.
        fully: whether a word of a name is too little.
    """
    texts = [PurePath(file["path"]) for file in survey["files"] if file["kind"] == "text"]
    said, words = goal.lower(), set(content_words(goal))
    for named in (
        [path for path in texts if path.name.lower() in said],
        [path for path in texts if path.stem.lower() in said],
        [path for path in texts if not fully and words & set(content_words(path.stem))],
    ):
        if named:
            return [path.as_posix() for path in named]
    return []


def _reading(pages: Sequence[tuple[str, int]]) -> AIMessage:
    moves = [call("read_file", path=path, start=start, lines=PAGE_LINES) for path, start in pages]
    return AIMessage("", tool_calls=[made for move in moves for made in move.tool_calls])


def texts_of(turn: Turn) -> list[Text]:
    """Return what was read of each text, without the numbers of its lines."""
    asked = {
        made["id"]: str(made["args"].get("path", ""))
        for message in turn.messages
        if isinstance(message, AIMessage)
        for made in message.tool_calls
    }
    lines: dict[str, dict[int, str]] = {}
    more: dict[str, int] = {}
    for result in turn.good:
        path = asked.get(result.tool_call_id, "")
        read = {int(match[1]): match[2] for match in _LINE.finditer(result.text)}
        lines.setdefault(path, {}).update(read)
        where = _WHERE.search(result.text)
        end = max(read, default=0)
        # Without its last line the result was cut, and the line before that may be cut, too.
        whole = not read or (where is not None and where[1] == where[2])
        more[path] = 0 if whole else end + (where is not None or len(read) == 1)
    return [Text(path, "\n".join(read.values()), more[path]) for path, read in lines.items()]


def unread(turn: Turn) -> str:
    """Return what was not read of the texts that a goal means, in its language; empty for none."""
    goal, texts = turn.task.goal, texts_of(turn)
    cut = ", ".join(text.path for text in texts if text.next)
    more = len(_meant(goal, turn.task.survey)) - MOST_FILES
    if asked_in_chinese(goal, *(text.path for text in texts)):
        parts = [f"（{cut} 只读了开头。）"] * bool(cut) + [f"（还有 {more} 个文件没有读。）"] * (
            more > 0
        )
    else:
        parts = [f"(Only the beginning of {cut} was read.)"] * bool(cut)
        parts += [f"({more} more files were not read.)"] * (more > 0)
    return "\n".join(parts)


def wording(goal: str, path: str) -> str:
    """Return a goal without the name of a file, which may be of another language."""
    for name in (PurePath(path).name, PurePath(path).stem):
        goal = goal.replace(name, " ")
    return goal


def asked_in_chinese(goal: str, *paths: str) -> bool:
    """Return whether a goal is Chinese, whatever the names of the files in it are."""
    for path in paths:
        goal = wording(goal, path)
    return is_chinese(goal)


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text, without headings and marks of lists."""
    lines = _WRAPPED.sub(" ", text.strip()).split("\n")
    plain = [_MARK.sub("", line).strip() for line in lines if not line.startswith(_NO_TEXT)]
    return [part.strip() for line in plain for part in _END.split(line) if part.strip()]


def whole(hit: Hit) -> str:
    """Return the sentences of which a line holds a part: a line of wrapped prose is none itself.

    What the lines before and after it do not complete is left out.
    """
    line = hit["text"].strip()
    around = hit.get("around") or Around(heading="", before="", after="")
    before = around["before"] if _goes_on(around["before"], line) else ""
    after = around["after"] if _goes_on(line, around["after"]) else ""
    if not (before or after):
        return line
    begin, text = len(before) + bool(before), f"{before} {line} {after}".strip()
    found, at = [], 0
    for part in _END.split(text):
        start, at = text.index(part, at), text.index(part, at) + len(part)
        cut = (before and start == 0 and before[:1].islower()) or (
            after and not _ENDED.search(part)
        )
        if start < begin + len(line) and at > begin and not cut:
            found.append(part.strip())
    return " ".join(found) or text


def unmarked(line: str) -> str:
    """Return a line without the mark or number that it has in a list: that is none of its facts."""
    return _MARK.sub("", line, count=1)


def is_heading(line: str) -> bool:
    """Return whether a line only names what those below it are about."""
    return bool(_HEADING.match(line.rstrip()))


def under(hit: Hit) -> str:
    """Return where a line stands: its file, and the heading that it is under, if any."""
    heading = hit["around"]["heading"].strip("# ") if "around" in hit else ""
    return f"{hit['path']} ({heading})" if heading else hit["path"]


def _goes_on(line: str, other: str) -> bool:
    """Return whether a line of prose was wrapped and goes on in the other one."""
    wrapped = len(line) >= WRAPPED and not _ENDED.search(line) and bool(other)
    return wrapped and not _MARK.match(other) and not other.startswith(_NO_TEXT)


def weight(text: str) -> int:
    """Return how long a text is for a model: its characters, Chinese ones three times."""
    return len(text) + 2 * len(CJK_CHARACTER.findall(text))
