"""documents: passages of the person's documents, read one by one, answered from and cited.

Searching is the tool's. Then code takes the passages apart into sentences, rows and lines, and
the model is asked of one after the other whether it says what the goal asks for: one forward
pass each, and a second one, the other way round, for the best. Of a row of a table its cells are
asked about. Another model than an embedded one copies the sentence instead, which costs fewer
calls. The best is put into words, the words are checked against it, and it is cited; words that
lose something give way to the sentence as it stands. When nothing was found the goal is
translated, once, and passages in the other language are read.
"""

import asyncio
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.llm.embed import Embedder, load_embeddings
from cogitate.llm.llama import ChatLlama
from cogitate.passages import Passage, heading, place
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.citations import check
from cogitate.planners.gates import holds, yes_or_no
from cogitate.planners.kin import is_meant
from cogitate.planners.quotable import about, asked_cells, keeps, meant, named_row, rows, units
from cogitate.planners.ways.read import TRANSLATE_PROMPT
from cogitate.planners.ways.saying import call, is_chinese, say
from cogitate.runs.context import current

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

SAYS_PROMPT = "Does the text say what the question asks for? Answer yes or no."
_FAIR = "Question: Who looks after the money for the Miller fair?\nText: "
SAYS_EXAMPLE = [
    HumanMessage(f"{_FAIR}The Miller fair > Plans\nBen keeps the budget for it."),
    AIMessage("yes"),
    HumanMessage(f"{_FAIR}The Harbour fair > Plans\nRosa keeps the budget for it."),
    AIMessage("no"),
    HumanMessage(
        "Question: In which year was the Miller fair founded?\n"
        "Text: The Miller fair > Plans\nThe 30 stands cost 20 euros each."
    ),
    AIMessage("no"),
    HumanMessage("Question: 三号楼开会的地方在哪里？\nText: 三号楼须知\n会议室在二层东侧。"),
    AIMessage("yes"),
    HumanMessage("Question: 三号楼的会议室是什么颜色的？\nText: 三号楼须知\n会议室在二层东侧。"),
    AIMessage("no"),
]

WHOLE = 2
"""Passages of which every sentence is asked about; of the others those nearest in meaning."""
OTHERS = 14
"""Sentences of the other passages that are asked about."""
FEW = 6
"""The best of them are asked about once more, the text before the question."""
ENOUGH = 0.2
"""Sum of both log-odds from which a sentence answers. Measured on a 1.5B model and 30 questions in
two languages: right sentences began at 0.22, and of 16 questions without an answer the best
sentence about the right thing had at most 0.13, but for one with 0.49."""
TRANSLATED = 1.0
"""What more it must be for passages in another language than the goal's."""
MOST_READ = 4
"""Passages from which a sentence is copied, where the model is no embedded one."""
FIT = 3.0
"""What the score of a passage counts beside the log-odds: siblings say the same of others."""
LONGEST = 1_600
MOST_QUOTED = 3
"""Sentences of one answer, where the goal asks for several things."""

_SEVERAL = re.compile(
    r"\band (on |in |at |by |to )?(what|who|when|where|how|which)\b|"
    r"(多少|什么|哪|几|谁).*[,，;；?？和].*(多少|什么|哪|几|谁)",
    re.IGNORECASE,
)


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
    read = [passage["text"] for passages in earlier for passage in passages]
    unread = [passage for passage in found if passage["text"] not in read]
    if earlier:  # those in the goal's own language had their turn
        unread = [p for p in unread if is_chinese(p["text"]) != is_chinese(goal)]
    quotes = await _quotes(turn, unread, _query(turn))
    if quotes:
        return await _answer(turn, quotes)
    if rounds == 1 and not turn.last:
        return await _translated(turn)
    return no_evidence("no passage that was read says what is asked for")


def _passages(artifact: object) -> list[Passage]:
    return list(artifact.get("passages", [])) if isinstance(artifact, dict) else []


def _query(turn: Turn) -> str:
    """Return what was searched for last: the goal, or its translation."""
    artifact = turn.results[-1].artifact
    return str(artifact.get("query", "")) if isinstance(artifact, dict) else ""


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


async def _quotes(turn: Turn, passages: Sequence[Passage], query: str) -> list[Quote]:
    """Return the sentences that answer the goal, the surest first."""
    translated = query != turn.task.goal
    if isinstance(turn.model, ChatLlama):
        found = await sifted(turn, passages, query=query, whole=0 if translated else WHOLE)
    else:
        found = await _copies(turn, passages)
    least = ENOUGH + TRANSLATED * translated
    fit = [
        quote
        for quote in found
        if quote.odds >= least and is_meant(query, quote.text, quote.passage, passages)
    ]
    return sorted(fit, key=lambda quote: -quote.odds - _fit(quote.passage, passages))


async def sifted(
    turn: Turn, passages: Sequence[Passage], *, query: str = "", whole: int = WHOLE
) -> list[Quote]:
    """Return the likeliest sentences, rows and lines of the passages, asked about one by one.

    Args:
        turn: the goal and the model.
        passages: what was found, the best first.
        query: what it was found for; the goal when empty.
        whole: of so many of them everything is asked about.
    """
    goal = turn.task.goal
    look = partial(asyncio.to_thread, _candidates, query or goal, passages, whole)
    told = {"query": query or goal, "passages": passages, "whole": whole}
    candidates = await current().outcome("candidates", told, look)
    asked = [Quote(text, p, await says(turn, text, p)) for text, p in candidates]
    asked.sort(key=lambda quote: -quote.odds - _fit(quote.passage, passages))
    return [
        Quote(q.text, q.passage, q.odds + await holds(turn.model, _headed(q.text, q.passage), goal))
        for q in asked[:FEW]
    ]


def _fit(passage: Passage, passages: Sequence[Passage]) -> float:
    """Return what it counts how well a document fits: as its best passage does."""
    return FIT * max(p["score"] for p in passages if p["path"] == passage["path"])


async def says(turn: Turn, text: str, passage: Passage) -> float:
    """Return the log-odds that a text says what the goal asks for, which stands before it.

    So the model reads the question once for all texts.
    """
    question = f"Question: {turn.task.goal}\nText: {_headed(text, passage)[:600]}"
    return await yes_or_no(turn.model, SAYS_PROMPT, SAYS_EXAMPLE, question, "says?")


def _headed(text: str, passage: Passage) -> str:
    return f"{about(passage)}\n{text}"


def _candidates(goal: str, passages: Sequence[Passage], whole: int) -> list[tuple[str, Passage]]:
    """Return what is asked about: all of the best passages, of the others what is nearest."""

    def meant_of(some: Sequence[Passage]) -> list[tuple[str, Passage]]:
        parts = [(text, p) for p in some for text in _parts(goal, p)]
        return [(text, p) for text, p in parts if is_meant(goal, text, p, passages)]

    first, rest = meant_of(passages[:whole]), meant_of(passages[whole:])
    # A row that no word of the goal names is asked about only when its meaning is near.
    rest += [(row, p) for p in passages if not named_row(goal, p) for row in rows(p)]
    if len(rest) > OTHERS:
        embedder = _embedder()
        near = embedder.embed_documents([_headed(text, p) for text, p in rest])
        scores = near @ embedder.embed_query(goal)
        order = sorted(range(len(rest)), key=lambda n: -scores[n] - 0.3 * rest[n][1]["score"])
        rest = [rest[n] for n in order[:OTHERS]]
    return list({(p["path"], text): (text, p) for text, p in [*rest, *first]}.values())


@functools.cache
def _embedder() -> Embedder:
    return load_embeddings()


def _parts(goal: str, passage: Passage) -> Iterator[str]:
    """Yield what of a passage is asked about: of a table the cells of the row that is named."""
    if not rows(passage):
        yield from units(passage)
    elif row := named_row(goal, passage):
        yield from asked_cells(goal, row)


async def _copies(turn: Turn, passages: Sequence[Passage]) -> list[Quote]:
    """Return what a model that cannot be asked for odds takes for the answer."""
    found: list[Quote] = []
    for passage in passages[:MOST_READ]:
        goal = turn.task.goal
        row = named_row(goal, passage)
        for text in dict.fromkeys([await _copied(turn, passage), row]):
            if text and all(text != quote.text for quote in found):
                odds = await holds(turn.model, _headed(text, passage), goal)
                found.append(Quote(text, passage, odds))
        if any(quote.odds >= ENOUGH for quote in found) and not _SEVERAL.search(goal):
            break
    return found


async def _copied(turn: Turn, passage: Passage) -> str:
    """Return the sentence of a passage that the model takes for the answer; empty for none."""
    goal = turn.task.goal
    text = f"Text: {heading(passage)}\n{passage['text'][:LONGEST]}"
    asked = f"{text}\n问题：{goal}" if is_chinese(goal) else f"{text}\nQuestion: {goal}"
    shown = [SystemMessage(QUOTE_PROMPT), *QUOTE_EXAMPLE, HumanMessage(asked)]
    copied = await complete(turn.model, shown, purpose="quote", stop=["\n"], max_tokens=90)
    return meant(copied, passage["text"])


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
        # Words that the passage does not bear out, or that lose some of it, give way to its own.
        whole = len(checked.supported) == len(checked.claims) and said != result
        whole = whole and keeps(quote.text, said, goal)
        parts.append(checked.text() if whole else f"{quote.text.rstrip()} [{number}]")
    return AIMessage("\n".join([" ".join(dict.fromkeys(parts)), *_sources(goal, cited)]))


def _sources(goal: str, cited: Sequence[Passage]) -> list[str]:
    chinese = is_chinese(goal)
    return [
        "来源：" if chinese else "Sources:",
        *(f"[{n}] {place(p, chinese=chinese)}" for n, p in enumerate(cited, 1)),
    ]
