"""Reflection: conclusions from what has happened, each with the records that it stands on.

When the importance of new records adds up to a threshold, the latest records give 3 questions,
each question recalls records, and these give up to 5 conclusions (Park et al. 2023, section
4.2). How far it is stands in the store: killed or cancelled, the next call goes on there, and
two processes never keep the same step twice. What this module does not know: when it is called.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, Field, create_model

from cogitate.errors import ModelError
from cogitate.llm.decide import decide
from cogitate.memory.learning.borne import is_borne
from cogitate.memory.learning.relations import shown as worked
from cogitate.memory.records import Note, Record
from cogitate.memory.storage.store import Filter, Store
from cogitate.words import CJK, words

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

QUESTIONS_PROMPT = """\
You are shown notes. Ask 3 questions that several notes together answer: what somebody is like, \
what somebody wants or worries about, how people stand to each other, what is changing. Do not ask \
what one note says. Ask in the language of the notes."""

QUESTIONS_EXAMPLES = (
    (
        "- Ben watered the tomatoes before work.\n- Ben bought a book on soil.\n"
        "- Eva asked Ben for seeds.\n- Eva's balcony faces north.\n- Ben gave Eva a pot of mint.",
        '{"questions": ["What does Ben care about?", "How do Ben and Eva stand to each other?", '
        '"What does Eva want to do with her balcony?"]}',
    ),
    (
        "- 老周每天练字。\n- 老周退休了。\n- 孙子让老周教他写字。\n- 老周买了两支新毛笔。",
        '{"questions": ["老周退休以后看重什么？", "老周和孙子的关系怎么样？", '
        '"孙子对什么感兴趣？"]}',
    ),
)

INSIGHTS_PROMPT = """\
You are shown numbered notes and a question. Draw up to 3 conclusions that help to answer the \
question. Each has first the numbers of the 2 to 4 notes that it follows from, and then one short \
sentence that names who it is about. It says what these notes mean together, not what one of them \
says. Use the language of the notes."""

INSIGHTS_EXAMPLES = (
    (
        "1) Ben watered the tomatoes before work.\n2) It rained on Monday.\n"
        "3) Ben bought a book on soil.\n4) Ben gave Eva a pot of mint.\n"
        "5) Eva asked Ben for seeds.\n"
        "Question: What does Ben care about?",
        '{"insights": [{"because": [1, 3], "text": "Ben takes gardening seriously."}, '
        '{"because": [4, 5], "text": "Ben shares his plants with Eva."}]}',
    ),
    (
        "1) 老周退休了。\n2) 老周每天练字。\n3) 孙子让老周教他写字。\n4) 老周买了两支新毛笔。\n"
        "问题：老周退休以后看重什么？",
        '{"insights": [{"because": [1, 2, 4], "text": "老周退休后把书法当作主要的爱好。"}, '
        '{"because": [2, 3], "text": "孙子受老周影响，对写字有兴趣。"}]}',
    ),
)

QUESTIONS = 3
RECALLED = 10
"""Records that a question recalls."""
INSIGHTS = 5
SHOWN_TOKENS = 2_500
"""Tokens of notes that a prompt may hold, by estimate."""
SHOWN_CHARACTERS = 240
"""Characters of one note in a prompt."""
KINDS = ("observation", "chat", "plan", "fact", "reflection")
_SUM = (
    "SELECT coalesce(sum(coalesce(importance, 3)), 0), coalesce(max(row), 0) FROM records "
    "WHERE row > ? AND scope = ? AND kind NOT IN ('reflection', 'document')"
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"\b[A-Z][a-z]+")
_CJK = re.compile(f"[{CJK}]")


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
        notes = await _insights(model, question, records) if records else []
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
    latest = [found[row] for row in progress.shown if row in found]
    lines = [f"- {_line(record)}" for record in latest]
    shown_notes = "\n".join(_fitting(lines)[::-1])
    shown = worked(QUESTIONS_PROMPT, QUESTIONS_EXAMPLES, shown_notes)
    try:
        decided = await decide(model, shown, Questions, purpose="memory.questions", max_tokens=300)
    except ModelError:
        return []
    return list(dict.fromkeys(q.strip() for q in decided.questions if q.strip()))


async def _recalled(stream: "MemoryStream", question: str, target: int, scope: str) -> list[Record]:
    """Return what a question recalls of what was there before this reflection began."""
    hits = await stream.recall(question, 2 * RECALLED, kinds=KINDS, scopes=(scope,), touch=False)
    return [hit.record for hit in hits if hit.record.row <= target][:RECALLED]


async def _insights(model: BaseChatModel, question: str, records: Sequence[Record]) -> list[Note]:
    """Return the conclusions that stand on records, as notes."""
    lines = _fitting([f"{n}) {_line(record)}" for n, record in enumerate(records, 1)])
    records = records[: len(lines)]
    notes = "\n".join(lines)
    ask = "问题：" if _CJK.search(question) else "Question: "
    shown = worked(INSIGHTS_PROMPT, INSIGHTS_EXAMPLES, f"{notes}\n{ask}{question}")
    schema = insights_schema(len(records))
    try:
        decided: Any = await decide(model, shown, schema, purpose="memory.insights", max_tokens=500)
    except ModelError:
        return []
    found: list[Note] = []
    for each in decided.insights:
        note = _insight(each.text, each.because, records, question)
        cited = [r.text for r in records if note is not None and r.id in note.evidence]
        if note is not None and await is_borne(model, cited, note.text):
            found.append(note)
    return found


def insights_schema(count: int) -> type[BaseModel]:
    """Return the schema of conclusions from so many notes."""
    number = Annotated[int, Field(ge=1, le=count)]
    insight: Any = create_model(
        "Insight",
        because=(list[number], Field(min_length=1, max_length=5)),
        text=(str, Field(max_length=160)),
    )
    return create_model("Insights", insights=(list[insight], Field(max_length=INSIGHTS)))


def _insight(
    text: str, because: Sequence[int], records: Sequence[Record], question: str
) -> Note | None:
    """Return a conclusion as a note; None when the notes that it names do not bear it."""
    said = text.strip()
    own = set(words(said))
    cited = [records[n - 1] for n in dict.fromkeys(because) if 1 <= n <= len(records)]
    # A note that shares no word is named by mistake; across languages that cannot be told.
    evidence = [r for r in cited if own & set(words(r.text)) or not _same_script(said, r.text)]
    held = " ".join(record.text for record in evidence)
    repeats = any(own <= set(words(record.text)) for record in evidence)
    invented = set(_NUMBER.findall(said)) - set(_NUMBER.findall(held))
    known = set(_NAME.findall(" ".join(record.text for record in records)))
    invented |= (set(_NAME.findall(said)) & known) - set(_NAME.findall(held))
    if not evidence or len(own) < 2 or repeats or invented or said.endswith(("?", "？")):
        return None
    mean = sum(record.weight for record in evidence) / len(evidence)
    return Note(
        text=said,
        kind="reflection",
        origin="agent",
        importance=min(10.0, round(mean) + 1.0),
        evidence=tuple(record.id for record in evidence),
        depth=1 + max(record.depth for record in evidence),
        scope=records[0].scope,
        untrusted=any(record.untrusted for record in evidence),
        meta={"question": question},
    )


def _line(record: Record) -> str:
    text = " ".join(record.text.split())
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def _fitting(lines: Sequence[str]) -> list[str]:
    """Return the first lines that a prompt has room for."""
    found: list[str] = []
    tokens = 0.0
    for line in lines:
        chinese = len(_CJK.findall(line))
        tokens += chinese + (len(line) - chinese) / 4 + 2
        if tokens > SHOWN_TOKENS:
            break
        found.append(line)
    return found


def _same_script(one: str, other: str) -> bool:
    return bool(_CJK.search(one)) == bool(_CJK.search(other))


__all__ = ["Bounds", "reflect"]
