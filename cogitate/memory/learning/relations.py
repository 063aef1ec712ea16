"""How a new statement stands to the facts that are known: other, newer, the same, taken back.

Code tells what has the same subject and attribute; for the rest the model compares two lines by
one forward pass. What this module does not know: how facts are kept.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import choose
from cogitate.memory.learning.claims import PERSON, Claim
from cogitate.memory.records import Record
from cogitate.memory.storage.store import Filter
from cogitate.words import words

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

RELATION_PROMPT = """\
A person said something new. Compare it with what is known. Answer with one number.
1 = about something else, both can be true
2 = the newer version of the known line, with a new value
3 = the known line is no longer true, and nothing takes its place
4 = it says the same as the known line"""

RELATION_EXAMPLES = (
    ("Known: I drive a Ford.\nNew: I bought a Tesla instead of the Ford.", "2"),
    ("Known: My wife is a doctor.\nNew: My wife works as a doctor.", "4"),
    ("Known: I play tennis.\nNew: I like Italian films.", "1"),
    ("Known: I have a motorbike.\nNew: I gave my motorbike away.", "3"),
    ("Known: 我在学德语。\nNew: 我的手机是华为的。", "1"),
    ("Known: 我的老板是王总。\nNew: 我的老板换成李总了。", "2"),
    ("Known: 我订了健身房的会员。\nNew: 我退掉了健身房的会员。", "3"),
    ("Known: 我每天六点起床。\nNew: 我早上六点就起。", "4"),
)

TARGET_PROMPT = """\
A person takes back something. Which of the known lines is meant? Answer with its number, or 0 \
for none of them."""

TARGET_EXAMPLES = (
    ("Known:\n1) I have a boat.\n2) I am from Wales.\nTaken back: I was joking about Wales.", "2"),
    ("Known:\n1) 我会弹钢琴。\n2) 我有两个孩子。\nTaken back: 忘掉我说的钢琴的事。", "1"),
    ("Known:\n1) I like chess.\nTaken back: It is not true that I own a farm.", "0"),
)

COMPARED = 3
"""Known facts that the model compares with a new statement."""
NEAR = 0.88
"""Cosine from which two facts without a common word may be about the same thing."""
SURE = 0.4
"""How much likelier than the other relations one must be before a known fact gives way."""

_CHANGED = re.compile(
    r"(?i)\b(?:now|instead|switched|changed|moved|replaced|turned|sold|quit|stopped|died|cancel\w*|"
    r"gave|closed|extended|delayed|rescheduled|renamed|no longer|any ?more|put off|postponed|left|"
    r"became|broke up|finished|given up|resigned)\b"
    r"|换|改|搬|卖|戒|辞|退|不再|取消|关|跳槽|推迟|提前|去世|分手|升|毕业|变成"
)


async def known_facts(stream: "MemoryStream", scope: str, claim: Claim) -> list[Record]:
    """Return the facts that a claim may be about: of its attribute first, then by nearness."""
    found: list[Record] = []
    if claim.attribute:
        chosen = Filter(
            kinds=("fact",),
            scopes=(scope,),
            subject=claim.subject,
            attribute=claim.attribute,
        )
        found = list(stream.store.records(chosen, newest=True, limit=2 * COMPARED))
    own = set(words(claim.text))
    near = await stream.nearest(claim.text, 2 * COMPARED, kind="fact", scope=scope)
    for record, cosine in near:
        related = own & set(words(record.text)) or cosine >= NEAR
        apart = {claim.subject, record.subject} & {PERSON, ""} == set() and (
            claim.subject != record.subject
        )
        if related and not apart and record.id not in {each.id for each in found}:
            found.append(record)
    return found


def by_code(claim: Claim, known: Sequence[Record]) -> tuple[Record | None, bool]:
    """Return the fact that a claim says again or replaces, where code can tell."""
    for record in known:
        if _folded(record.text) == _folded(claim.text):
            return record, True
        alike = (record.subject, record.attribute) == (claim.subject, claim.attribute)
        if not alike or not claim.attribute:
            continue
        value, other = _folded(claim.value), _folded(str(record.meta.get("value", "")))
        if value and value == other and not claim.denied:
            return record, True
        if claim.single and value:
            return record, False
    return None, False


async def relation_of(
    model: BaseChatModel, record: Record, claim: Claim
) -> Literal["other", "newer", "same"]:
    """Ask how a claim stands to a known fact. What ended is replaced, too: by the news of it."""
    messages = shown(RELATION_PROMPT, RELATION_EXAMPLES, f"Known: {record.text}\nNew: {claim.text}")
    found = await choose(model, messages, ("1", "2", "3", "4"), purpose="memory.relation")
    changed = 1.0 if _CHANGED.search(claim.text) else -0.5
    newer = max(found["2"], found["3"]) + changed
    rest = max(found["1"], found["4"])
    if newer > rest + SURE:
        return "newer"
    return "same" if found["4"] > max(found["1"], newer) else "other"


async def taken_back(
    stream: "MemoryStream", model: BaseChatModel, scope: str, text: str
) -> Record | None:
    """Return the fact that a statement takes back; None when none can be told."""
    near = await stream.nearest(text, 5, kind="fact", scope=scope)
    if not near:
        return None
    lines = "\n".join(f"{n}) {record.text}" for n, (record, _) in enumerate(near, 1))
    question = f"Known:\n{lines}\nTaken back: {text}"
    options = [str(n) for n in range(len(near) + 1)]
    messages = shown(TARGET_PROMPT, TARGET_EXAMPLES, question)
    found = await choose(model, messages, options, purpose="memory.target")
    own = set(words(text))
    for n, (record, _) in enumerate(near, 1):
        found[str(n)] += 1.0 if own & set(words(record.text)) else -1.0
    target = int(max(options, key=lambda option: found[option]))
    return near[target - 1][0] if target else None


def shown(prompt: str, examples: Sequence[tuple[str, str]], text: str) -> list[BaseMessage]:
    """Return the messages of a choice: the prompt, worked examples and the case."""
    messages: list[BaseMessage] = [SystemMessage(prompt)]
    for question, answer in examples:
        messages += [HumanMessage(question), AIMessage(answer)]
    return [*messages, HumanMessage(text)]


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


__all__ = ["by_code", "known_facts", "relation_of", "shown", "taken_back"]
