"""How much a note matters, 1 to 10: by rules at once, by a model later.

The rules know what is routine, said, promised, dated or of weight for a life, in English and
Chinese. What they do not know counts 3 until `rate` has asked a model: one digit a text, read
from one forward pass; lists of numbers that small models write were measured to be useless.
What this module does not know: what is worth keeping at all.
"""

import asyncio
import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import replace

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import choose
from cogitate.memory.records import Note, Record
from cogitate.memory.storage.store import Store

RATE_PROMPT = """\
How much does a note matter to the person it is about, months later? Answer with one digit.
1 = everyday routine, of no consequence
3 = a small detail that may be useful
5 = a decision or change of some consequence
7 = an important matter
9 = changes a life or a company"""

EXAMPLES = (
    ("She makes tea.", "1"),
    ("The company was sold.", "9"),
    ("他换了一把新椅子。", "2"),
    ("The team chose another supplier.", "5"),
    ("女儿出生了。", "9"),
    ("The train was two minutes late.", "1"),
    ("The door code has changed.", "5"),
)
DIGITS = tuple("123456789")
LONGEST_SHOWN = 400
"""Characters of a note that the model is shown."""

BASE = {"chat": 4.0, "plan": 5.0, "fact": 5.0}
"""What a note of a kind counts when no rule below knows it."""

WEIGHTY: tuple[tuple[float, str, str], ...] = (
    (
        9,
        r"died|dies|death|funeral|passed away|was born|gave birth|pregnan\w*|divorc\w*|married|"
        r"wedding|engaged to|got fired|laid off|bankrupt\w*|cancer|suicide|house fire|arrested",
        "去世|逝世|葬礼|出生了|怀孕|离婚|结婚|订婚|被开除|被解雇|裁员|破产|癌|自杀|火灾|被捕",
    ),
    (
        8,
        r"hospital\w*|allerg\w+|diagnos\w+|surgery|operation on|ambulance|diabet\w+|asthma|"
        r"injur\w+|broke (?:my|his|her|their) (?:arm|leg|wrist|foot)|medication|emergency",
        "医院|住院|过敏|确诊|手术|救护车|糖尿病|哮喘|受伤|骨折|服药|急诊|急救",
    ),
    (
        7,
        r"my name is|call me|birthday|i live in|i moved to|new job|promoted|argu(?:e|ed|es|ing)|"
        r"argument|quarrel\w*|fought|betray\w*|furious|broke up|first time|introduc\w+ (?:my|him|"
        r"her|them)sel\w+|nice to meet|invit(?:e|es|ed|ation)\w*|password|illness|is sick|was sick",
        "我叫|我的名字|生日|我住在|搬到|搬家|新工作|升职|吵架|争吵|打架|背叛|生气|分手|第一次|初次|"
        "自我介绍|认识了|邀请|密码|生病|病了",
    ),
    (
        6,
        r"promis\w+|swear|i(?:'ll| will) (?:bring|call|help|send|pay|finish|come|meet)|deadline|"
        r"due (?:on|by)|appointment|agreed to|decided|owe[sd]?|salary|rent|loan|debt|mortgage|"
        r"invoice|budget|[$€£¥]\s?\d[\d.,]*|\d+ ?(?:dollars|euros|pounds|yuan)|favou?rite|prefers?|"
        r"i (?:love|hate|like|enjoy|can't stand|don't like|dislike)|vegetarian|vegan",
        "答应|承诺|保证|发誓|截止|预约|约好|约定|决定|欠|工资|薪水|房租|贷款|债|发票|预算|[¥￥]\\s?\\d|"
        "\\d+ ?(?:元|块钱|万元|美元|欧元)|最喜欢|最爱|更喜欢|喜欢|讨厌|爱吃|不吃|吃素",
    ),
    (
        5,
        r"(?:on|by|until|before|next|this|every) (?:mon|tues|wednes|thurs|fri|satur|sun)day|"
        r"tomorrow|\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*|"
        r"(?:january|february|march|april|june|july|august|september|october|november|december)"
        r" \d{1,2}|\d{4}-\d\d-\d\d|plan(?:s|ned|ning)? to|going to (?:move|travel|visit|marry)",
        "\\d{1,2} ?月 ?\\d{1,2} ?[日号]|"
        "(?:周|星期|礼拜)[一二三四五六日天]|明天|后天|下个?月|打算|计划",
    ),
)
"""Values with English words and Chinese ones; the greatest that fits counts."""

_ROUTINE = re.compile(
    r"(?i)"
    r"^\W*(?:hello|hi|hey|thanks|thank you|thx|ok|okay|yes|no|bye|goodbye|good (?:morning|night|"
    r"evening)|你好|您好|谢谢|好的|好|嗯|再见|早上好|晚安|早)\W*$|"
    r"\b(?:is|are|was|were) (?:idle|asleep|sleeping|resting|waiting|awake)\b|\b(?:brush\w*|"
    r"comb\w*) \w+ (?:teeth|hair)|\b(?:wak(?:e|es|ing)|woke|get|gets|got|getting) up\b|\b(?:make|"
    r"makes|making|made|drink|drinks|drinking|drank|pours?|poured) (?:\w+ )?(?:\w+ )?(?:coffee|tea|"
    r"water|breakfast)|\b(?:take|takes|took|taking) a (?:shower|nap|break)|\b(?:wash\w*|clean\w*) "
    r"(?:the )?dishes|\b(?:walk|walks|walking|walked) (?:to|home|around|back)\b|\bthe (?:\w+ ){1,2}"
    r"is (?:on|off|open|closed|empty)\b|(?:在睡觉|在发呆|在休息|空闲|闲着|刷牙|梳头|洗澡|洗脸|起床|"
    r"泡茶|喝茶|喝水|喝咖啡|吃早饭|吃早餐|散步|在等)"
)
SPEECH = re.compile(
    r"\b(?:said|says|asked|asks|told|tells|replied|talked? (?:to|with))\b|[说问]道?[：:，“]"
)
_WEIGHTY = tuple(
    (value, re.compile(rf"(?i)(?<!\w)(?:{english})(?!\w)|(?:{chinese})"))
    for value, english, chinese in WEIGHTY
)
_TABLE = (
    "CREATE TABLE IF NOT EXISTS ratings "
    "(text BLOB PRIMARY KEY, importance REAL NOT NULL) WITHOUT ROWID"
)
_UNRATED = (
    "SELECT row FROM records WHERE row > ? AND importance IS NULL AND status = 'active' "
    "AND kind NOT IN ('document', 'reflection') ORDER BY row LIMIT ?"
)


def by_rules(note: Note) -> float | None:
    """Return what the rules say of a note; None when they do not know."""
    if note.kind == "document":
        return None
    found = [value for value, pattern in _WEIGHTY if pattern.search(note.text)]
    base = BASE.get(note.kind)
    if found:
        return max(max(found), base or 0.0)
    if _ROUTINE.search(note.text):
        return 1.0
    if base is None and SPEECH.search(note.text):
        return BASE["chat"]
    return base


def weighed(note: Note) -> Note:
    """Return a note with the importance that the rules give, unless it has one."""
    if note.importance is not None:
        return note
    value = by_rules(note)
    return note if value is None else replace(note, importance=value)


async def rate_text(model: BaseChatModel, text: str) -> float:
    """Return how much a text matters by the model's word: the mean over its digits, 1 to 10."""
    shown: list[BaseMessage] = [SystemMessage(RATE_PROMPT)]
    for example, digit in EXAMPLES:
        shown += [HumanMessage(f"Note: {example}"), AIMessage(digit)]
    shown.append(HumanMessage(f"Note: {text[:LONGEST_SHOWN]}"))
    found = await choose(model, shown, DIGITS, purpose="memory.rate")
    total = sum(math.exp(value) for value in found.values())
    mean = sum(int(digit) * math.exp(value) for digit, value in found.items()) / total
    return round(1 + (mean - 1) * 9 / 8, 1)


async def rate(store: Store, model: BaseChatModel, limit: int = 100) -> int:
    """Let the model rate records that no rule has judged, the oldest first; return how many.

    What was rated once is not asked again for the same text. It may be cancelled at any time:
    each rating is kept when it is there.
    """
    records = await asyncio.to_thread(_unrated, store, limit)
    for record in records:
        value = await asyncio.to_thread(_known, store, record)
        if value is None:
            value = await rate_text(model, record.text)
        await asyncio.to_thread(_keep, store, record, value)
    return len(records)


def _unrated(store: Store, limit: int) -> Sequence[Record]:
    with store.writing() as sql:
        sql.execute(_TABLE)
        last = int(store.setting("rated") or 0)
        rows = [row for (row,) in sql.execute(_UNRATED, (last, limit)).fetchall()]
        if not rows:
            # What follows is new; rows are never used again.
            store.set({"rated": str(store.mark().row)})
    found = store.of_rows(rows)
    return [found[row] for row in rows]


def _known(store: Store, record: Record) -> float | None:
    with store.reading() as sql:
        query = "SELECT importance FROM ratings WHERE text = ?"
        found = sql.execute(query, (_hash(record.text),)).fetchone()
    return None if found is None else float(found[0])


def _keep(store: Store, record: Record, value: float) -> None:
    with store.writing() as sql:
        sql.execute("INSERT OR REPLACE INTO ratings VALUES (?, ?)", (_hash(record.text), value))
        # Another process may have forgotten or rated it meanwhile.
        now = store.get([record.id])
        if now and now[0].importance is None:
            store.set_importance({record.id: value})


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.strip().encode(), digest_size=16).digest()


__all__ = ["by_rules", "rate", "rate_text", "weighed"]
