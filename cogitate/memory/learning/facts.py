"""Facts that a person states, kept with what they replace: add, update, retract or none.

After an exchange at most 3 statements of the person become facts, in the person's own words:
a small model that writes them anew invents. Code knows the plain forms ("my name is"), splits
off questions, requests and pasted text, and finds the subject; the model only says whether a
statement is worth a note, and how it stands to a known one: one forward pass each. What this
module does not know: what others than the person have written, which never becomes a fact.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from langchain_core.language_models import BaseChatModel

from cogitate.llm.decide import choose
from cogitate.memory.learning.claims import Claim, claims_of, takes_back
from cogitate.memory.learning.relations import (
    COMPARED,
    by_code,
    known_facts,
    relation_of,
    shown,
    taken_back,
)
from cogitate.memory.learning.sensitive import secrets_in
from cogitate.memory.learning.statements import statements
from cogitate.memory.records import Note, Origin, Record
from cogitate.words import words

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

Action = Literal["add", "update", "retract", "none"]

WORTH_PROMPT = """\
You keep notes about a person for later conversations. Is the sentence worth a note? Answer yes \
or no.
yes - it will still be true in months: the person, their family, work, projects, habits, wishes, \
plans, and what worked or failed
no - small talk, thanks, a passing mood, the weather, the talk itself, or what everybody knows"""

WORTH_EXAMPLES = (
    ("My brother is a pilot.", "yes"),
    ("Thanks, that helps a lot.", "no"),
    ("我在学做木工。", "yes"),
    ("The sun rises in the east.", "no"),
    ("I am hungry now.", "no"),
    ("We store all dates in UTC.", "yes"),
    ("这样就清楚了。", "no"),
    ("The import only worked after we converted the file to UTF-8.", "yes"),
    ("It is cold this morning.", "no"),
)

MOST = 3
"""Facts of one exchange."""
_OWN = re.compile(r"(?i)\b(?:i|my|mine|me|we|our|us)\b|我|咱")
_LESSON = re.compile(
    r"(?i)\b(?:failed|worked|fixed|solved|broke|crashed)\b.*\b(?:until|after|because|by|when|once|"
    r"only)\b|\bonly worked\b|(?:因为|由于).*(?:失败|出错|报错|崩)|"
    r"(?:成功|失败|解决|出错).{0,4}因为|"
    r"(?:才|之后|以后)(?:成功|解决|通过|好|失败)"
)
_NEARBY = re.compile(
    r"(?i)\b(?:the|this) (?:\w+ )?(?:project|team|meeting|deadline|office|company|budget|customer|"
    r"client|server|release|boss|landlord|contract|exam|wedding|flight|appointment)\b|项目|会议|团队|"
    r"公司|截止|预算|客户|航班|合同|考试|婚礼"
)
"""What belongs to someone's life or work without saying so."""
_PASSING = re.compile(
    r"(?i)\b(?:right now|at the moment|this morning|today|tonight|currently waiting)\b|"
    r"现在|今天|刚才|正在等"
)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What was said, and where."""

    said: str
    """The message of the one who speaks."""
    asked: str = ""
    """The turn before it."""
    origin: Origin = "person"
    """Who wrote `said`; only a person states facts."""
    untrusted: bool = False
    """Whether it came from outside: facts of it are marked, and replace none."""
    source: str = ""
    """The id of the record that holds the message."""
    run: str = ""
    step: str = ""
    scope: str = "default"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of one statement."""

    action: Action
    text: str
    record: Record | None = None
    """The fact as it is kept; for `none` the known one."""
    old: Record | None = None
    """The fact that was replaced or retracted."""


async def learn(
    stream: "MemoryStream", model: BaseChatModel | None, exchange: Exchange
) -> list[Change]:
    """Keep what is worth keeping of an exchange, and return what was done for each statement."""
    if exchange.origin != "person":
        return []
    changes: list[Change] = []
    for statement in statements(exchange.said, exchange.asked):
        if secrets_in(statement.text):
            continue
        if takes_back(statement.text):
            changes += await _retracted(stream, model, exchange, statement.text)
            continue
        for claim in claims_of(statement):
            if len(changes) == MOST:
                return changes
            known = await known_facts(stream, exchange.scope, claim)
            if claim.certain or await _is_worth(model, claim, known):
                changes.append(await _kept(stream, model, exchange, claim, known))
    return changes


async def _is_worth(model: BaseChatModel | None, claim: Claim, known: Sequence[Record]) -> bool:
    """Ask whether a statement is worth a note; what code sees of it counts, too."""
    if model is None:
        return False
    messages = shown(WORTH_PROMPT, WORTH_EXAMPLES, claim.text)
    found = await choose(model, messages, ("yes", "no"), purpose="memory.worth")
    own = claim.own or _OWN.search(claim.text)
    about = _LESSON.search(claim.text) or _NEARBY.search(claim.text)
    told = set(words(claim.text))
    # Without any sign that it is of this person's world, it is what everybody knows.
    linked = any(told & set(words(record.text)) for record in known)
    evidence = 0.7 if own else (0.0 if about or linked else -4.0)
    evidence += 1.0 if about or linked else 0.0
    evidence += 1.0 if claim.kind == "commitment" or claim.answer else 0.0
    evidence -= 1.5 if _PASSING.search(claim.text) and not claim.answer else 0.0
    return found["yes"] - found["no"] + evidence > 0


async def _kept(
    stream: "MemoryStream",
    model: BaseChatModel | None,
    exchange: Exchange,
    claim: Claim,
    known: Sequence[Record],
) -> Change:
    """Add a claim, or hold it against what is known and let it replace that."""
    note = _note(exchange, claim)
    old, same = by_code(claim, known)
    if old is None and model is not None:
        for record in known[:COMPARED]:
            relation = await relation_of(model, record, claim)
            if relation == "other":
                continue
            old, same = record, relation == "same"
            break
    if old is not None and same:
        return Change(action="none", text=claim.text, record=old)
    if old is not None and not old.pinned and not exchange.untrusted:
        record = await stream.supersede(old.id, note)
        return Change(action="update", text=claim.text, record=record, old=old)
    return Change(action="add", text=claim.text, record=await stream.add(note))


def _note(exchange: Exchange, claim: Claim) -> Note:
    many = bool(claim.attribute) and not claim.single
    meta = {"kind": claim.kind, "value": claim.value, "many": many}
    return Note(
        text=claim.text,
        kind="fact",
        origin="person",
        subject=claim.subject,
        attribute=claim.attribute,
        evidence=(exchange.source,) if exchange.source else (),
        run=exchange.run,
        step=exchange.step,
        scope=exchange.scope,
        untrusted=exchange.untrusted,
        meta={name: value for name, value in meta.items() if value},
    )


async def _retracted(
    stream: "MemoryStream", model: BaseChatModel | None, exchange: Exchange, text: str
) -> list[Change]:
    """Find the fact that is taken back, and retract it."""
    if model is None or exchange.untrusted:
        return []
    old = await taken_back(stream, model, exchange.scope, text)
    if old is None or old.pinned:
        return []
    ended = stream.clock()
    await asyncio.to_thread(lambda: stream.store.set_status(old.id, "retracted", valid_to=ended))
    return [Change(action="retract", text=text, old=old)]


__all__ = ["Change", "Exchange", "learn"]
