"""Which tasks ask for the same, which results say nothing new, and which bear on a task.

Vectors propose, and something else decides: with multilingual-e5-small pairs of tasks that ask for
the same lay between 0.91 and 0.98, and pairs that do not between 0.85 and 0.98, so that a cosine
alone can not tell "the highest sales" from "the lowest". A model that is asked about one pair told
23 of 23 apart.
"""

import asyncio
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage

from cogitate.llm.embed import CachedEmbedder, load_embeddings
from cogitate.planners.gates import yes_or_no
from cogitate.planners.loops.babyagi.board import BoardTask
from cogitate.runs.context import current
from cogitate.words import content_words

SAME_PROMPT = "Do both tasks ask for the same thing? Answer yes or no."


def _pair(one: str, other: str) -> str:
    return f"Task A: {one}\nTask B: {other}"


SAME_EXAMPLE = [
    HumanMessage(_pair("How old is Ben?", "Find out Ben's age.")),
    AIMessage("yes"),
    HumanMessage(_pair("How old is Ben?", "Where does Ben live?")),
    AIMessage("no"),
    HumanMessage(_pair("五月份卖了多少把椅子？", "六月份卖了多少把椅子？")),
    AIMessage("no"),
    HumanMessage(_pair("会议室在几楼？", "查出会议室在哪一层。")),
    AIMessage("yes"),
    HumanMessage(_pair("What did the cheapest chair cost?", "What did the dearest chair cost?")),
    AIMessage("no"),
]

NEAR = 0.85
"""Cosine from which two tasks may be the same; the model is then asked."""
STALE = 0.95
"""Cosine above which a result may say what an earlier one said."""
LATEST = 3
"""Results in a row that must say nothing new."""
BY_TASK, BY_OBJECTIVE = 3, 2
SNIPPET = 300


def _embedder() -> CachedEmbedder:
    return current().opened("task vectors", _load)


def _load() -> CachedEmbedder:
    found = load_embeddings()
    return found if isinstance(found, CachedEmbedder) else CachedEmbedder(found)


async def cosines(text: str, others: Sequence[str]) -> list[float]:
    """Return how near `text` is to each of the others."""
    if not others:
        return []

    def work() -> list[float]:
        rows = _embedder().embed_documents([text, *others])
        return [float(value) for value in rows[1:] @ rows[0]]

    asked = [text, *others]
    near: list[float] = await current().outcome("cosines", asked, lambda: asyncio.to_thread(work))
    return near


async def twin_of(model: BaseChatModel, name: str, others: Sequence[BoardTask]) -> BoardTask | None:
    """Return the task among `others` that asks for the same as `name`, if there is one."""
    plain = _plain(name)
    for task in others:
        if _plain(task.name) == plain:
            return task
    near = await cosines(name, [task.name for task in others])
    ranked = sorted(zip(near, others, strict=True), key=lambda pair: -pair[0])
    for cosine, task in ranked[:2]:
        pair = _pair(task.name, name)
        if cosine > NEAR and await yes_or_no(model, SAME_PROMPT, SAME_EXAMPLE, pair, "same?") > 0:
            return task
    return None


def _plain(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


async def nothing_new(results: Sequence[str]) -> bool:
    """Return whether each of the last results only says what older ones have said."""
    older, latest = list(results[:-LATEST]), results[-LATEST:]
    if not older:
        return False
    for result in latest:
        known = {word for text in older for word in content_words(text)}
        near = max(await cosines(result, older))
        if near <= STALE or not set(content_words(result)) <= known:
            return False
    return True


async def context_for(task: str, objective: str, done: Sequence[BoardTask]) -> list[str]:
    """Return the results that bear on a task: nearest to it, then nearest to the objective."""
    chosen: dict[str, BoardTask] = {}
    texts = [f"{each.name} {each.result[:SNIPPET]}" for each in done]
    for query, most in ((task, BY_TASK), (objective, BY_OBJECTIVE)):
        left = [(t, each) for t, each in zip(texts, done, strict=True) if each.id not in chosen]
        near = await cosines(query, [text for text, _ in left])
        ranked = sorted(zip(near, left, strict=True), key=lambda item: -item[0])
        chosen |= {each.id: each for _, (_, each) in ranked[:most]}
    kept = [each for each in done if each.id in chosen]  # oldest first
    return [f"{each.name} -> {' '.join(each.result.split())[:SNIPPET]}" for each in kept]
