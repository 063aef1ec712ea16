"""What is wrong with a memory: duplicates, junk, secrets, unused records, contradictions.

Nothing is changed: the report names records, and `tidy`, `forget` and `edit` change them. What
this module does not know: models.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cogitate.memory.gate import Block, Given, bars_of, near_rows, says_the_same
from cogitate.memory.learning.forms import FORMS
from cogitate.memory.learning.sensitive import secrets_in
from cogitate.memory.records import Record
from cogitate.memory.storage.store import Filter, Store

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

Fault = Literal["duplicate", "junk", "secret", "unused", "contradiction"]

DAY = 86_400.0
UNUSED_DAYS = 90.0
"""How old an unimportant record is that was never recalled."""
UNIMPORTANT = 2.0
BLOCK = 2_000
"""Records that are compared with each other at a time."""
LATEST = 20_000
"""Records that are searched for duplicates: the latest."""
MANY = frozenset(form.attribute for form, _ in FORMS if not form.single) | {"wish"}
"""Attributes that may have several values at once."""

_TRACES = re.compile(
    r"(?i)<\|\w+\|>|</?tool_call>|^\s*\{\s*\"(?:tool|name)\"\s*:|"
    r"\byou are an? (?:helpful|expert|ai|"
    r"assistant)\b|\bas an ai\b|"
    r"answer with one (?:word|number|digit)|reply with (?:only|one)|"
    r"^(?:system|assistant|user|human|ai) ?:|^(?:thought|action|observation|final answer) ?:|"
    r"你是一个(?:有用|智能|专业)|作为(?:一个)?(?:人工智能|AI)|"
    r"^(?:relevant|recalled) memor|^相关记忆"
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    ids: tuple[str, ...]
    """The records; of duplicates the one to keep comes first."""
    why: str
    """In words, without what a secret says."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an audit found."""

    records: int
    """How many active records were looked at."""
    findings: tuple[Finding, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each fault."""
        return dict(Counter(finding.fault for finding in self.findings))


async def audit(stream: "MemoryStream", *, unused_days: float = UNUSED_DAYS) -> Report:
    """Return what is wrong with a memory. Chunks of documents are searched for secrets only."""
    now = stream.clock()
    return await asyncio.to_thread(_report, stream.store, now, unused_days * DAY)


def _report(store: Store, now: float, unused: float) -> Report:
    count = 0
    findings: list[Finding] = []
    given = Given()
    facts: dict[tuple[str, str, str], list[Record]] = {}
    for record in store.records(Filter()):
        count += 1
        findings += _faults_of_one(record, given, now - unused)
        if record.kind == "fact" and record.subject and record.attribute:
            facts.setdefault((record.scope, record.subject, record.attribute), []).append(record)
    for group in facts.values():
        findings += _contradiction(group)
    for pair in duplicates(store):
        why = f"{pair[1].text[:60]!r} says the same as {pair[0].text[:60]!r}"
        ids = tuple(record.id for record in pair)
        findings.append(Finding(fault="duplicate", ids=ids, why=why))
    return Report(records=count, findings=tuple(findings))


def _faults_of_one(record: Record, given: Given, before: float) -> Iterator[Finding]:
    ids = (record.id,)
    if kinds := secrets_in(record.text):
        yield Finding(fault="secret", ids=ids, why=f"it holds a {' and a '.join(kinds)}")
    if record.kind == "document":
        return
    if found := _TRACES.search(record.text):
        yield Finding(fault="junk", ids=ids, why=f"a part of a prompt: {found.group()[:40]!r}")
    elif record.kind in ("observation", "chat", "plan"):
        quoted = given.quoted_by(record.text)
        if quoted is not None and len(record.text) > 20:
            yield Finding(fault="junk", ids=ids, why=f"it repeats record {quoted} and adds nothing")
        given.add(record.row, record.text)
    idle = record.uses == 0 and record.last_access < before and not record.pinned
    if idle and record.weight <= UNIMPORTANT:
        yield Finding(fault="unused", ids=ids, why="unimportant, old and never recalled")


def _contradiction(group: Sequence[Record]) -> Iterator[Finding]:
    values = {str(record.meta.get("value", record.text)).casefold() for record in group}
    attribute = group[0].attribute
    several = attribute in MANY or any(record.meta.get("many") for record in group)
    if len(values) > 1 and not several:
        why = f"{group[0].subject}'s {attribute} is {' and '.join(sorted(values))}"
        newest = sorted(group, key=lambda r: r.created or 0.0, reverse=True)
        ids = tuple(record.id for record in newest)
        yield Finding(fault="contradiction", ids=ids, why=why)


def duplicates(store: Store) -> list[tuple[Record, Record]]:
    """Return active records that say the same as an older one: (the older one, the newer one).

    Records of other kinds and scopes, and chunks of documents, are no duplicates.
    """
    embedder = store.embedder()
    if embedder is None:
        return []
    bars = bars_of(embedder[0])
    kinds = ("observation", "chat", "plan", "fact", "reflection")
    latest = list(store.records(Filter(kinds=kinds), newest=True, limit=LATEST))[::-1]
    records = {record.row: record for record in latest}
    rows = list(records)
    found: list[tuple[Record, Record]] = []
    for begin in range(0, len(rows), BLOCK):
        some = rows[begin : begin + BLOCK]
        vectors = store.vectors(some)
        labels = [(records[row].kind, records[row].scope) for row in some]
        near_each = near_rows(vectors, labels, _blocks(store, rows, records), bars.near, some)
        for row, near in zip(some, near_each, strict=True):
            for other, cosine in near:
                one, two = records[row].text, records[other].text
                if says_the_same(one, two, cosine, bars) or says_the_same(two, one, cosine, bars):
                    found.append((records[other], records[row]))
                    break
    return found


def _blocks(store: Store, rows: Sequence[int], records: dict[int, Record]) -> Iterator[Block]:
    for begin in range(0, len(rows), BLOCK):
        some = rows[begin : begin + BLOCK]
        labels = [(records[row].kind, records[row].scope) for row in some]
        yield np.array(some, np.int64), store.vectors(some), labels


__all__ = ["Finding", "Report", "audit", "duplicates"]
