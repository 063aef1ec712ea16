"""inline: tool calls inside running text, in the manner of Toolformer (Schick et al. 2023).

The model writes on until a mark such as [[calc: 14*36]] is closed; then it pauses, the tool runs,
its result is put into the mark, and the text goes on. No weights were changed: this is a way of
asking, and a model of this size is shown it by two worked examples.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete, place_of
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.loops.marks import calling, listed, marks_of, shortened

INLINE_PROMPT = """\
Answer in one or two sentences, in the language of the question. When a number must be computed or \
a fact looked up, write [[name: what]] just before you need it; the result is put in for you. \
Names: {marks}."""

EXAMPLE = [
    HumanMessage("A shelf holds 14 boxes of 36 screws. How many screws are there?"),
    AIMessage("With 14 boxes of 36 screws there are [[calc: 14*36 -> 504]] 504 screws."),
    HumanMessage("谁负责仓库盘点？"),
    AIMessage("[[find: 仓库盘点 -> 记录.txt, line 4: 王建国负责仓库盘点]] 王建国负责仓库盘点。"),
]

CALLS = 3
"""Most calls of one answer."""
TOKENS = 160
PIECES = 8
"""Most times that the text is taken up again."""

BEGIN = "[["
ENDS = ".!?。！？"
_ENDED = re.compile(r"[.!?]\s+|[。！？]\s*|\n\s*")
"""The end of a sentence within a text, with the blanks after it."""
_MARK = re.compile(r"\[\[\s*\w+\s*:.*?\]\](?!\])\s?", re.DOTALL)
_OPEN = re.compile(r"\[\[\s*(\w+)\s*:\s*((?:(?!\[\[).)*)$", re.DOTALL)
_BEGUN = re.compile(r"\[\[\s*\w*\s*(?::.*)?$", re.DOTALL)
"""A whole mark, whose text may hold brackets; the call that a text ends with; a mark that was
only begun."""


@dataclass(frozen=True, kw_only=True)
class Inline:
    """The way, with its setting."""

    start_within: int = 0
    """A call is begun where a sentence begins and the mark of a call is among so many likeliest
    tokens, as Toolformer does; 0: where the model begins one by itself. For embedded models."""

    async def __call__(self, turn: Turn) -> AIMessage:
        """Write on up to the next call, or to the end of the answer."""
        marks = marks_of(turn.tools)
        begun, asked = _so_far(turn)
        text, tried = begun, set[str]()
        for _ in range(PIECES):
            closed = turn.last or turn.closing or len(asked) >= CALLS or not marks
            piece = await _write(turn, text, [] if closed else ["]]"])
            if not closed and self.start_within:
                piece = await self._begun(turn, text, piece, tried)
            found = _OPEN.search(piece)
            if closed or found is None:
                return _answer(text + piece)
            mark, what = found[1], _whole(found[2].partition("->")[0].strip())
            before = piece[: found.start()]
            text += f"{before}[[{mark}: {what}"
            if mark in marks and what and (mark, what) not in asked:
                kept = text[len(begun) :]
                return go_on(calling(mark, what, marks), text=kept, mark=mark, what=what)
            # It is not called, and what it says instead keeps the model from writing it again.
            given = asked.get((mark, what), f"ERROR there is no {mark}" if what else "ERROR")
            text += f" -> {given}]]"
        return _answer(text)

    async def _begun(self, turn: Turn, text: str, piece: str, tried: set[str]) -> str:
        """Return the piece, or one that calls where its first sentence that should begins."""
        free = piece.partition(BEGIN)[0]
        starts = [0] if not text or text.rstrip()[-1:] in ENDS else []
        starts += [found.end() for found in _ENDED.finditer(free) if found.end() < len(free)]
        for start in starts:
            before = text + piece[:start]
            if before in tried:
                continue
            tried.add(before)
            mark = f" {BEGIN}" if before[-1:] in ENDS[:3] and before else BEGIN
            place = await place_of(
                turn.model, _shown(turn), mark, purpose="inline-start", opening=before
            )
            if place is not None and place <= self.start_within:
                head = piece[:start] + mark
                return head + await _write(turn, text + head, ["]]"])
        return piece


inline = Inline()


def _so_far(turn: Turn) -> tuple[str, dict[tuple[str, str], str]]:
    """Return the text with the results that tools gave, and what was asked of them."""
    text, asked = "", dict[tuple[str, str], str]()
    for thought, result in zip(turn.thoughts, turn.results, strict=False):
        shown = shortened(result.text)
        given = shown if result.status != "error" else f"ERROR {shown}"
        text += f"{thought['text']} -> {given}]]"
        asked[thought["mark"], thought["what"]] = given
    return text, asked


def _whole(text: str) -> str:
    """Return a call's text with the bracket that the end of its mark has taken from it."""
    return text + "]" * max(text.count("[") - text.count("]"), 0)


def _shown(turn: Turn) -> list[BaseMessage]:
    """Return what the model is shown; its own text follows."""
    marks = listed(marks_of(turn.tools), turn.tools) or "none"
    known = "\n".join(turn.task.notes)
    goal = f"Known:\n{known}\n\n{turn.task.goal}" if known else turn.task.goal
    return [SystemMessage(INLINE_PROMPT.format(marks=marks)), *EXAMPLE, HumanMessage(goal)]


async def _write(turn: Turn, text: str, stop: Sequence[str]) -> str:
    piece = await complete(
        turn.model, _shown(turn), purpose="inline", opening=text, stop=stop, max_tokens=TOKENS
    )
    return piece.partition("]]")[0] if stop else piece  # for models that know no stop strings


def _answer(text: str) -> AIMessage:
    """Return the text without its marks; what was only begun is no part of it."""
    said = _BEGUN.sub("", _MARK.sub("", text))
    said = " ".join(said.split())
    return AIMessage(said) if said else no_evidence("nothing was written")
