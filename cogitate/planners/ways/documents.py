"""documents: passages of the person's documents, read one by one, answered from and cited.

Searching is the tool's. Then the model copies from one passage after the other, the likeliest
first, the sentence that answers; code sees that the sentence stands there, and one forward pass
says whether it answers the goal. The best one is put into words, the words are checked against
the passage, and it is cited. When nothing was found the goal is translated, once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.passages import Passage, heading, place
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.citations import check
from cogitate.planners.gates import holds
from cogitate.planners.ways.read import TRANSLATE_PROMPT
from cogitate.planners.ways.saying import call, is_chinese, say
from cogitate.words import content_words

TOOL = "retrieve"

QUOTE_PROMPT = """\
Copy the one sentence of the text that answers the question, word for word. The text is about \
what its first line says. If no sentence answers the question, write NONE."""
_PARTY = (
    "Text: The Miller fair\nA stand costs 20 euros. The tea is free. Ben keeps the budget for it.\n"
)
QUOTE_EXAMPLE = [
    HumanMessage(f"{_PARTY}Question: Who looks after the money for the Miller fair?"),
    AIMessage("Ben keeps the budget for it."),
    HumanMessage(f"{_PARTY}Question: In which year was the Miller fair founded?"),
    AIMessage("NONE"),
    HumanMessage(
        "Text: 三号楼须知\n用完请关灯。会议室在二层东侧。钥匙放在前台。\n"
        "问题：三号楼开会的地方在哪里？"
    ),
    AIMessage("会议室在二层东侧。"),
]

MOST_READ = 4
"""Passages that are read in one round, the likeliest first."""
CERTAIN = 2.5
"""Log-odds at which no further passage is read."""
ENOUGH = 0.0
"""Log-odds from which a sentence answers the goal."""
FIT = 5.0
"""What the score of a passage counts beside the log-odds: siblings say the same of others."""
LONGEST = 1_600
ALIKE = 0.6
"""Share of the words of what the model copied that a sentence must hold to be meant."""
LEAST = 2
"""Content words that a sentence must have."""
MOST_QUOTED = 3
"""Sentences of one answer, where the goal asks for several things."""

_SEVERAL = re.compile(
    r"\band (on |in |at |by |to )?(what|who|when|where|how|which)\b|"
    r"(多少|什么|哪|几|谁).*[,，;；?？和].*(多少|什么|哪|几|谁)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(?<=[。！？])|(?<=[.!?])\s+(?=[^\sa-z])|\n\s*\n")
_ROW = re.compile(r"\w: .*; .*\w: |\|.*\|")
"""A row of a table as indexing writes it: `column: value; column: value`, or between bars."""
_WRAPPED = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class Quote:
    """A sentence that may answer, its passage, and the log-odds that it does."""

    text: str
    passage: Passage
    odds: float


async def documents(turn: Turn) -> AIMessage:
    """Search, read, and answer with citations; search once more, translated, when in vain."""
    goal = turn.task.goal
    rounds = len(turn.results)
    if not rounds:
        return call(TOOL, query=goal)
    *earlier, found = [_passages(result.artifact) for result in turn.results]
    read = [passage["text"] for passages in earlier for passage in passages[:MOST_READ]]
    unread = [passage for passage in found[:MOST_READ] if passage["text"] not in read]
    quotes = await _quotes(turn, unread)
    if quotes:
        return await _answer(turn, quotes)
    if rounds == 1 and not turn.last:
        return await _translated(turn)
    return no_evidence("no passage that was read says what is asked for")


def _passages(artifact: object) -> list[Passage]:
    return list(artifact.get("passages", [])) if isinstance(artifact, dict) else []


async def _translated(turn: Turn) -> AIMessage:
    """Return the call that searches in the other language."""
    goal = turn.task.goal
    language = "English" if is_chinese(goal) else "Chinese"
    prompt = TRANSLATE_PROMPT.format(language=language, goal=goal)
    text = await complete(
        turn.model, [HumanMessage(prompt)], purpose="translate", stop=["\n"], max_tokens=60
    )
    if not text.strip() or text.strip() == goal:
        return no_evidence("no passage that was read says what is asked for")
    return call(TOOL, query=text.strip())


async def _quotes(turn: Turn, passages: Sequence[Passage]) -> list[Quote]:
    """Return the sentences that answer the goal, the surest first."""
    found: list[Quote] = []
    for passage in passages:
        texts = [await _copied(turn, passage), telling(turn.task.goal, passage)]
        for text in dict.fromkeys(texts):
            if text and all(text != quote.text for quote in found):
                odds = await holds(turn.model, f"{heading(passage)}\n{text}", turn.task.goal)
                found.append(Quote(text, passage, odds))
        sure = any(quote.odds >= CERTAIN for quote in found)
        if sure and not _SEVERAL.search(turn.task.goal):
            break
    found = [quote for quote in found if quote.odds >= ENOUGH]
    return sorted(found, key=lambda q: -q.odds - FIT * q.passage["score"])


async def _copied(turn: Turn, passage: Passage) -> str:
    """Return the sentence of a passage that the model takes for the answer; empty for none."""
    goal = turn.task.goal
    text = f"Text: {heading(passage)}\n{passage['text'][:LONGEST]}"
    asked = f"{text}\n问题：{goal}" if is_chinese(goal) else f"{text}\nQuestion: {goal}"
    shown = [SystemMessage(QUOTE_PROMPT), *QUOTE_EXAMPLE, HumanMessage(asked)]
    copied = await complete(turn.model, shown, purpose="quote", stop=["\n"], max_tokens=90)
    return meant(copied, passage["text"])


def telling(goal: str, passage: Passage) -> str:
    """Return the row or line that alone has a word of the goal: in tables a model slips by a row.

    Empty for prose, and where no line of the passage stands out.
    """
    lines = [line.strip() for line in passage["text"].split("\n") if line.strip()]
    if not all(_ROW.search(line) for line in lines):
        return ""
    words = set(content_words(goal)) - set(content_words(f"{heading(passage)} {passage['path']}"))
    held = {word: [line for line in lines if word in content_words(line)] for word in words}
    marked = [there[0] for there in held.values() if len(there) == 1]
    return max(marked, key=marked.count) if marked else ""


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
    return "" if is_chinese(text[:400]) else " "


async def _answer(turn: Turn, quotes: Sequence[Quote]) -> AIMessage:
    """Put the surest sentences into words, check these, and add where they stand."""
    goal = turn.task.goal
    several = bool(_SEVERAL.search(goal))
    used = quotes[: MOST_QUOTED if several else 1]
    cited = list(
        {quote.passage["path"] + quote.passage["text"]: quote.passage for quote in used}.values()
    )
    parts = []
    for quote in used:
        number = cited.index(quote.passage) + 1
        result = f"{quote.passage['title']}: {quote.text}" if quote.passage["title"] else quote.text
        said = " ".join(str((await say(turn, result, values=False)).text).split())
        checked = check(f"{said} [{number}]", cited, goal)
        # Words that the passage does not bear out give way to its own.
        whole = len(checked.supported) == len(checked.claims) and said != result
        parts.append(checked.text() if whole else f"{quote.text.rstrip()} [{number}]")
    return AIMessage("\n".join([" ".join(dict.fromkeys(parts)), *_sources(goal, cited)]))


def _sources(goal: str, cited: Sequence[Passage]) -> list[str]:
    chinese = is_chinese(goal)
    return [
        "来源：" if chinese else "Sources:",
        *(f"[{n}] {place(p, chinese=chinese)}" for n, p in enumerate(cited, 1)),
    ]
