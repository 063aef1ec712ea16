"""inline: tool calls inside running text, in the manner of Toolformer (Schick et al. 2023).

The model writes on until a mark such as [[calc: 14*36]] is closed; then it pauses, the tool runs,
its result is put into the mark, and the text goes on. No weights were changed: this is a way of
asking, and a model of this size is shown it by two worked examples.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
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

_MARK = re.compile(r"\[\[\s*(\w+)\s*:\s*([^\[\]]+)\]\]\s?")
_OPEN = re.compile(r"\[\[\s*(\w+)\s*:\s*([^\[\]]*)$")


async def inline(turn: Turn) -> AIMessage:
    """Write on up to the next call, or to the end of the answer."""
    marks = marks_of(turn.tools)
    text, asked = _so_far(turn)
    for _ in range(PIECES):
        closed = turn.last or turn.closing or len(asked) >= CALLS or not marks
        piece = await _write(turn, text, [] if closed else ["]]"])
        found = _OPEN.search(piece)
        if closed or found is None:
            return _answer(text + piece)
        mark, what = found[1], found[2].partition("->")[0].strip()
        before = piece[: found.start()]
        if mark in marks and what and (mark, what) not in asked:
            kept = f"{before}[[{mark}: {what}"
            return go_on(calling(mark, what, marks), text=kept, mark=mark, what=what)
        text += before  # an unknown or repeated call is left out, and the text goes on
    return _answer(text)


def _so_far(turn: Turn) -> tuple[str, set[tuple[str, str]]]:
    """Return the text with the results that tools gave, and what was asked of them."""
    text, asked = "", set()
    for thought, result in zip(turn.thoughts, turn.results, strict=False):
        shown = shortened(result.text)
        given = shown if result.status != "error" else f"ERROR {shown}"
        text += f"{thought['text']} -> {given}]]"
        asked.add((thought["mark"], thought["what"]))
    return text, asked


async def _write(turn: Turn, text: str, stop: Sequence[str]) -> str:
    marks = listed(marks_of(turn.tools), turn.tools) or "none"
    known = "\n".join(turn.task.notes)
    goal = f"Known:\n{known}\n\n{turn.task.goal}" if known else turn.task.goal
    shown: list[BaseMessage] = [
        SystemMessage(INLINE_PROMPT.format(marks=marks)),
        *EXAMPLE,
        HumanMessage(goal),
    ]
    piece = await complete(
        turn.model, shown, purpose="inline", opening=text, stop=stop, max_tokens=TOKENS
    )
    return piece.partition("]]")[0] if stop else piece  # for models that know no stop strings


def _answer(text: str) -> AIMessage:
    """Return the text without its marks; what was only begun is no part of it."""
    said = _MARK.sub("", text).partition("[[")[0]
    said = " ".join(said.split())
    return AIMessage(said) if said else no_evidence("nothing was written")
