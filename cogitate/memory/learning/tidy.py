"""Tidying a memory: what says the same is merged, old days are summed up. Nothing is deleted.

What is merged away is superseded by the record that is kept, and can be read as of an earlier
time. Without a model only repetitions are merged; with one, near-duplicates become one sentence,
and old days get a summary that names its records. What this module does not know: when it runs.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.errors import ModelError
from cogitate.llm.decide import complete, decide
from cogitate.memory.learning.audit import DAY, duplicates
from cogitate.memory.learning.relations import shown as worked
from cogitate.memory.records import Note, Record
from cogitate.memory.storage.store import Filter
from cogitate.words import words

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

MERGE_PROMPT = """\
The numbered notes say nearly the same. Write one sentence that keeps all that they say, with \
every name and number, in the language of the notes. Under "covers" give the numbers of the notes \
that it replaces. A note that says something else is left out."""

SUMMARY_PROMPT = """\
Sum up the notes of one day in at most three short sentences, in the language of the notes. Keep \
names, numbers, decisions and open questions. Add nothing. Write only the summary."""

SUMMARY_EXAMPLES = (
    (
        "Ben watered the tomatoes.\nBen went to work at 8.\nEva asked Ben for seeds.\nBen promised "
        "Eva seeds for Sunday.\nBen made tea.\nThe boiler broke, and nobody knows why.",
        "Ben promised Eva seeds for Sunday. The boiler broke; why is open.",
    ),
    (
        "老周早上练字。\n老周去银行办了退休手续。\n孙子来吃晚饭。\n孙子让老周教他写字。\n老周洗碗。",
        "老周办了退休手续。孙子来吃晚饭，想跟老周学写字。",
    ),
)

ALIKE = 0.92
"""Cosine from which two notes may be merged by a model."""
TOGETHER = 6
"""Most notes of one merged note."""
FEWEST = 5
"""So many notes of one day are worth a summary."""
SHOWN = 40
"""Most notes that a summary is made of."""
ROUTINE = 2.0
"""Notes of this importance or less give way to the summary of their day."""
LATEST = 2_000
"""How many of the latest notes are searched for near-duplicates."""
OLD_DAYS = 7.0
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NOT = re.compile(r"(?i)\b(?:not|no|never)\b|n['’]t\b|[不没未别]")


@dataclass(frozen=True, kw_only=True)
class Tidied:
    """What tidying has done."""

    merged: tuple[Record, ...] = ()
    """Records that took the place of others."""
    superseded: tuple[str, ...] = ()
    """The ids of those others."""
    summaries: tuple[Record, ...] = ()


class Merged(BaseModel):
    """One note in place of several."""

    text: str = Field(max_length=240)
    covers: list[Annotated[int, Field(ge=1, le=TOGETHER)]] = Field(
        min_length=2, max_length=TOGETHER
    )


async def tidy(
    stream: "MemoryStream", model: BaseChatModel | None = None, *, old_days: float = OLD_DAYS
) -> Tidied:
    """Merge what repeats itself and sum up old days; return what was done.

    Pinned records and chunks of documents stay as they are. It may be cancelled and run again.
    """
    merged, gone = await asyncio.to_thread(_repetitions, stream)
    summaries: list[Record] = []
    if model is not None:
        for cluster in await asyncio.to_thread(_clusters, stream):
            note, covered = await _merged(model, cluster)
            if note is not None:
                record = await _put(stream, note, covered)
                merged.append(record)
                gone += [each.id for each in covered]
        for day in await asyncio.to_thread(_days, stream, old_days):
            summary = await _summary(model, day)
            if summary is not None:
                routine = [r for r in day if r.weight <= ROUTINE]
                summaries.append(await _put(stream, summary, routine))
                gone += [each.id for each in routine]
    return Tidied(merged=tuple(merged), superseded=tuple(gone), summaries=tuple(summaries))


async def _put(stream: "MemoryStream", note: Note, replaced: Sequence[Record]) -> Record:
    """Keep a note in place of records, which held until now."""
    record = await stream.add(note)

    def work() -> None:
        with stream.store.writing():
            for each in replaced:
                _supersede(stream, each, record)

    await asyncio.to_thread(work)
    return record


def _supersede(stream: "MemoryStream", old: Record, new: Record) -> None:
    if old.id != new.id and stream.store.get([old.id]):
        moment = stream.clock()
        stream.store.set_status(old.id, "superseded", superseded_by=new.id, valid_to=moment)


def _repetitions(stream: "MemoryStream") -> tuple[list[Record], list[str]]:
    """Let records that say the same give way to the oldest of them."""
    kept: dict[str, Record] = {}
    gone: dict[str, Record] = {}
    pairs = duplicates(stream.store)
    with stream.store.writing():
        for older, newer in pairs:
            keeper = gone.get(older.id, older)
            if newer.pinned or keeper.id == newer.id:
                continue
            _supersede(stream, newer, keeper)
            stream.store.refresh(keeper.row, newer, newer.last_access)
            gone[newer.id] = keeper
            kept[keeper.id] = keeper
    return stream.store.get(list(kept)), list(gone)


def _clusters(stream: "MemoryStream") -> list[list[Record]]:
    """Return groups of notes that say nearly the same, the same numbers and no other."""
    chosen = Filter(kinds=("observation", "chat"))
    records = list(stream.store.records(chosen, newest=True, limit=LATEST))[::-1]
    records = [record for record in records if not record.pinned]
    if len(records) < 2:
        return []
    vectors = stream.store.vectors([record.row for record in records])
    near = vectors @ vectors.T > ALIKE
    taken: set[int] = set()
    found: list[list[Record]] = []
    for n, record in enumerate(records):
        if n in taken:
            continue
        group = [n]
        for m in np.flatnonzero(near[n, n + 1 :]) + n + 1:
            if m not in taken and len(group) < TOGETHER and _mergeable(record, records[m]):
                group.append(int(m))
        if len(group) > 1:
            taken.update(group)
            found.append([records[m] for m in group])
    return found


def _mergeable(one: Record, other: Record) -> bool:
    # Cosines of short notes of one life are all high: half of the words must be the same.
    own, theirs = set(words(one.text)), set(words(other.text))
    return (
        (one.kind, one.scope, one.untrusted, one.subject)
        == (other.kind, other.scope, other.untrusted, other.subject)
        and set(_NUMBER.findall(one.text)) == set(_NUMBER.findall(other.text))
        and len(_NOT.findall(one.text)) == len(_NOT.findall(other.text))
        and 2 * len(own & theirs) >= len(own | theirs)
    )


async def _merged(
    model: BaseChatModel, cluster: Sequence[Record]
) -> tuple[Note | None, list[Record]]:
    """Return one note for a cluster, and what it covers; None when it would lose something."""
    lines = "\n".join(f"{n}) {record.text[:300]}" for n, record in enumerate(cluster, 1))
    shown = [SystemMessage(MERGE_PROMPT), HumanMessage(lines)]
    try:
        decided = await decide(model, shown, Merged, purpose="memory.merge", max_tokens=300)
    except ModelError:
        return None, []
    covered = [cluster[n - 1] for n in dict.fromkeys(decided.covers) if n <= len(cluster)]
    text = decided.text.strip()
    if len(covered) < 2 or not _holds(text, covered):
        return None, []
    return _drawn(text, covered, "merged"), covered


def _holds(text: str, records: Sequence[Record]) -> bool:
    """Return whether a text has just the numbers and hardly a word less than the records."""
    held = " ".join(record.text for record in records)
    own, theirs = set(words(text)), set(words(held))
    same = set(_NUMBER.findall(text)) == set(_NUMBER.findall(held))
    names = {w for w in re.findall(r"(?<=[a-z,] )[A-Z]\w+", held)} - set(re.findall(r"\w+", text))
    enough = len(own & theirs) >= 0.7 * len(theirs) and len(own - theirs) <= 0.2 * len(own)
    return bool(own) and same and not names and enough


def _drawn(text: str, records: Sequence[Record], how: str) -> Note:
    """Return a note that cites the records that it is drawn from."""
    first = records[0]
    return Note(
        text=text,
        kind=first.kind if how == "merged" else "observation",
        importance=max(record.weight for record in records),
        origin=first.origin if len({record.origin for record in records}) == 1 else "agent",
        evidence=tuple(record.id for record in records),
        depth=max(record.depth for record in records),
        subject=first.subject if len({record.subject for record in records}) == 1 else "",
        created=max(record.created or 0.0 for record in records),
        scope=first.scope,
        untrusted=any(record.untrusted for record in records),
        meta={"drawn": how},
    )


def _days(stream: "MemoryStream", old_days: float) -> list[list[Record]]:
    """Return the notes of old days, day by day, that no summary names yet."""
    until = stream.clock() - old_days * DAY
    chosen = Filter(kinds=("observation", "chat"), until=until)
    days: dict[tuple[str, str], list[Record]] = {}
    named: set[str] = set()
    for record in stream.store.records(chosen):
        if record.meta.get("drawn") == "summary":
            named.update(record.evidence)
            continue
        day = time.strftime("%Y-%m-%d", time.gmtime(record.created or 0.0))
        if not record.pinned:
            days.setdefault((record.scope, day), []).append(record)
    left = [[r for r in day if r.id not in named] for day in days.values()]
    return [day[:SHOWN] for day in left if len(day) >= FEWEST]


async def _summary(model: BaseChatModel, day: Sequence[Record]) -> Note | None:
    """Return the summary of a day; None when it says a number that the notes do not."""
    lines = "\n".join(" ".join(record.text.split())[:240] for record in day)
    shown = worked(SUMMARY_PROMPT, SUMMARY_EXAMPLES, lines)
    text = await complete(model, shown, purpose="memory.summary", stop=["\n"], max_tokens=160)
    text = re.sub(r"\s+", " ", text).strip()
    invented = set(_NUMBER.findall(text)) - set(_NUMBER.findall(lines))
    if (
        not text
        or len(text) > 0.7 * len(lines)
        or invented
        or not set(words(text)) & set(words(lines))
    ):
        return None
    return _drawn(text, day, "summary")


__all__ = ["Tidied", "tidy"]
