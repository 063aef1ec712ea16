"""Reflection: conclusions from what has happened, each with the records that it stands on.

When the importance of new records adds up to a threshold, the latest records give 3 questions,
each question recalls records, and these give conclusions (Park et al. 2023, section 4.2). What
a conclusion stands on is found by nearness, not by the model's word: small models name the
notes 1, 2, 3 whatever these say. How far it is stands in the store: killed or cancelled, the
next call goes on there, and two processes never keep the same step twice. What this module does
not know: when it is called.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, Field

from cogitate.errors import ModelError
from cogitate.llm.decide import decide
from cogitate.memory.learning.borne import is_borne, is_drawn, may_bear
from cogitate.memory.learning.relations import shown as worked
from cogitate.memory.learning.telling import first_sentence, lines_of, of_the_user, tells
from cogitate.memory.records import Note, Record
from cogitate.memory.scoring.score import Weights
from cogitate.memory.storage.store import Filter, Store
from cogitate.words import CJK_CHARACTER

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

QUESTIONS_PROMPT = """\
You are shown notes. Ask 3 questions that several notes together answer: what somebody is like, \
what somebody wants or worries about, how people stand to each other, what is changing. Each \
question names who and what it is about, never "you"; who says "I" in the notes is the user. Do \
not ask what one note says. Ask in the language of the notes."""

QUESTIONS_EXAMPLES = (
    (
        "- Ben watered the tomatoes before work.\n- Ben bought a book on soil.\n"
        "- Eva asked Ben for seeds.\n- Eva's balcony faces north.\n- Ben gave Eva a pot of mint.",
        '{"questions": ["What does Ben care about?", "How do Ben and Eva stand to each other?", '
        '"How is the balcony of Eva coming along?"]}',
    ),
    (
        "- 我每天练字。\n- 我退休了。\n- 孙子让我教他写字。\n- 我买了两支新毛笔。",
        '{"questions": ["用户退休以后看重什么？", "用户和孙子的关系怎么样？", '
        '"孙子对什么感兴趣？"]}',
    ),
)

INSIGHTS_PROMPT = """\
You are shown notes and a question. Draw 1 or 2 conclusions that help to answer the question. Each \
is one short sentence that names who it is about; who says "I" in the notes is the user. It says \
what several notes mean together, not what one of them says, and nothing that they do not bear. \
Use the language of the notes."""

INSIGHTS_EXAMPLES = (
    (
        "- Ben watered the tomatoes before work.\n- It rained on Monday.\n"
        "- Ben bought a book on soil.\n- Ben gave Eva a pot of mint.\n"
        "- Eva asked Ben for seeds.\n"
        "Question: What does Ben care about?",
        '{"insights": ["Ben takes gardening seriously.", "Ben shares his plants with Eva."]}',
    ),
    (
        "- 我退休了。\n- 我每天练字。\n- 孙子让我教他写字。\n- 我买了两支新毛笔。\n"
        "问题：用户退休以后看重什么？",
        '{"insights": ["用户退休后把书法当作主要的爱好。"]}',
    ),
)

QUESTIONS = 3
RECALLED = 10
"""Records that a question recalls."""
INSIGHTS = 2
"""Most conclusions for a question."""
EVIDENCE = 4
"""Most records that a conclusion stands on."""
NEAR = 0.5
"""How near a record must be to a conclusion, as a share of the nearest one, to be evidence."""
KINDS = ("observation", "chat", "plan", "fact", "reflection")
_SUM = (
    "SELECT coalesce(sum(coalesce(importance, 3)), 0), coalesce(max(row), 0) FROM records "
    "WHERE row > ? AND scope = ? AND kind NOT IN ('reflection', 'document')"
)


class Insights(BaseModel):
    """Conclusions from notes."""

    insights: list[Annotated[str, Field(max_length=160)]] = Field(max_length=INSIGHTS)


class Questions(BaseModel):
    """The questions that are worth answering."""

    questions: list[Annotated[str, Field(max_length=120)]] = Field(
        min_length=QUESTIONS, max_length=QUESTIONS
    )


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """When to reflect, and on what."""

    threshold: float
    scope: str = "default"
    most: int = 100


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far reflection is, as the store keeps it."""

    upto: int = 0
    """The last record that has been counted by a finished reflection."""
    target: int = 0
    """The last record that the one under way counts; 0 when none is under way."""
    shown: list[int] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    done: int = 0
    """Questions that have been answered."""


async def reflect(stream: "MemoryStream", model: BaseChatModel, bounds: Bounds) -> list[Record]:
    """Reflect if it is time, and return the new reflections."""
    key = f"reflection:{bounds.scope}"
    before, progress = await asyncio.to_thread(_begun, stream.store, key, bounds)
    kept: list[Record] = []
    if progress is None:
        return kept
    if not progress.questions:
        questions = await _questions(stream, model, progress)
        after = replace(progress, questions=questions) if questions else _finished(progress)
        if await stream.settle([], key, before, _text(after)) is None:
            return kept
        before, progress = _text(after), after
    for number, question in list(enumerate(progress.questions))[progress.done :]:
        records = await _recalled(stream, question, progress.target, bounds.scope)
        notes = await _insights(stream, model, question, records) if records else []
        after = replace(progress, done=number + 1)
        if after.done == len(after.questions):
            after = _finished(after)
        new = await stream.settle(notes, key, before, _text(after))
        if new is None:  # another process was here
            return kept
        kept += [record for record in new if record.kind == "reflection"]
        before, progress = _text(after), after
    return kept


def _begun(store: Store, key: str, bounds: Bounds) -> tuple[str | None, Progress | None]:
    """Return the setting and what is under way, begun now if it is time; None when it is not."""
    with store.writing() as sql:
        before = store.setting(key)
        progress = Progress(**json.loads(before)) if before else Progress()
        if progress.target:
            return before, progress
        total, last = sql.execute(_SUM, (progress.upto, bounds.scope)).fetchone()
        if total < bounds.threshold or not last:
            return before, None
        chosen = Filter(kinds=KINDS, scopes=(bounds.scope,))
        latest = store.records(chosen, newest=True, limit=bounds.most)
        rows = [record.row for record in latest]
        progress = replace(progress, target=last, shown=rows, questions=[], done=0)
        store.set({key: _text(progress)})
    return _text(progress), progress


def _finished(progress: Progress) -> Progress:
    return Progress(upto=max(progress.target, progress.upto))


def _text(progress: Progress) -> str:
    return json.dumps(asdict(progress), ensure_ascii=False, sort_keys=True)


async def _questions(stream: "MemoryStream", model: BaseChatModel, progress: Progress) -> list[str]:
    found = await asyncio.to_thread(stream.store.of_rows, progress.shown)
    latest = [found[row] for row in progress.shown if row in found and tells(found[row])]
    if not latest:
        return []
    notes = "\n".join(lines_of(latest)[::-1])
    shown = worked(QUESTIONS_PROMPT, QUESTIONS_EXAMPLES, notes)
    try:
        decided = await decide(model, shown, Questions, purpose="memory.questions", max_tokens=300)
    except ModelError:
        return []
    asked = dict.fromkeys(of_the_user(each.strip(), notes) for each in decided.questions)
    return [question for question in asked if question]


async def _recalled(stream: "MemoryStream", question: str, target: int, scope: str) -> list[Record]:
    """Return what a question recalls of what was there before this reflection began."""
    hits = await stream.recall(question, 2 * RECALLED, kinds=KINDS, scopes=(scope,), touch=False)
    found = [hit.record for hit in hits if hit.record.row <= target]
    return [record for record in found if tells(record)][:RECALLED]


async def _insights(
    stream: "MemoryStream", model: BaseChatModel, question: str, records: Sequence[Record]
) -> list[Note]:
    """Return the conclusions that stand on records, as notes."""
    lines = lines_of(records)
    records = records[: len(lines)]
    notes = "\n".join(lines)
    ask = "问题：" if CJK_CHARACTER.search(question) else "Question: "
    shown = worked(INSIGHTS_PROMPT, INSIGHTS_EXAMPLES, f"{notes}\n{ask}{question}")
    try:
        decided = await decide(model, shown, Insights, purpose="memory.insights", max_tokens=200)
    except ModelError:
        return []
    found: list[Note] = []
    for said in dict.fromkeys(map(first_sentence, decided.insights)):
        evidence = await _evidence(stream, said, records) if said else []
        cited = [record.text for record in evidence]
        drawn = is_drawn(said, cited, [record.text for record in records])
        if drawn and await is_borne(model, cited, said):
            found.append(_note(said, evidence, question))
    return found


async def _evidence(stream: "MemoryStream", said: str, records: Sequence[Record]) -> list[Record]:
    """Return those of the records that a conclusion is nearest to, the nearest first."""
    scopes = (records[0].scope,)
    relevance = Weights(relevance=1.0, importance=0.0, recency=0.0)
    hits = await stream.recall(
        said, 5 * RECALLED, weights=relevance, kinds=KINDS, scopes=scopes, touch=False
    )
    shown = {record.id for record in records}
    near = [hit for hit in hits if hit.record.id in shown and may_bear(said, hit.text)]
    bar = NEAR * max((hit.score for hit in near), default=0.0)
    return [hit.record for hit in near if hit.score >= bar][:EVIDENCE]


def _note(said: str, evidence: Sequence[Record], question: str) -> Note:
    mean = sum(record.weight for record in evidence) / len(evidence)
    return Note(
        text=said,
        kind="reflection",
        origin="agent",
        importance=min(10.0, round(mean) + 1.0),
        evidence=tuple(record.id for record in evidence),
        depth=1 + max(record.depth for record in evidence),
        scope=evidence[0].scope,
        untrusted=any(record.untrusted for record in evidence),
        meta={"question": question},
    )


__all__ = ["Bounds", "reflect"]
