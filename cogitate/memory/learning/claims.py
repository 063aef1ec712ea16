"""What a statement claims: of whom (subject), of what (attribute), and the value.

The common forms of English and Chinese, by rules, with subject and attribute in one form, so
that two claims of the same thing can be told. What this module does not know: models.
"""

import re
from dataclasses import dataclass, replace

from cogitate.memory.learning.forms import FORMS
from cogitate.memory.learning.statements import Statement

PERSON = "person"
"""The subject of what people say about themselves."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a statement says."""

    text: str
    subject: str = ""
    attribute: str = ""
    """Empty when no rule knows it."""
    value: str = ""
    single: bool = False
    """Whether only one value can hold at a time, as with a name or a home."""
    denied: bool = False
    """Whether the statement says that something is not, or no longer, so."""
    certain: bool = False
    """Whether the rules know that it is worth keeping."""
    own: bool = False
    """Whether it is about the one who speaks, or theirs."""
    answer: bool = False
    """Whether it answers a question about the person."""
    kind: str = "fact"
    """fact, preference, commitment or procedure."""


_KIN = (
    r"(?:ex-)?(?:wife|husband|partner|girlfriend|boyfriend|fianc[eé]e?)|(?:step|grand)?(?:mother|"
    r"father|son|daughter)|mom|mum|dad|(?:younger |older |little |big |elder )?(?:brother|sister)|"
    r"parents|kids?|child(?:ren)?|baby|twins|aunt|uncle|cousin|nephew|niece|(?:best )?friend|"
    r"boss|manager|colleague|coworker|neighbou?r|landlord|teacher|doctor|dentist|dog|cat|horse|"
    r"rabbit|bird|company|team|employer|startup"
)
_KIN_ZH = (
    "妻子|老婆|太太|丈夫|老公|女朋友|男朋友|女友|男友|女儿|儿子|孩子|爸爸|妈妈|父亲|母亲|爸|妈|父母|"
    "爷爷|奶奶|外公|外婆|哥哥|弟弟|姐姐|妹妹|哥|姐|叔叔|阿姨|表哥|表妹|朋友|老板|领导|同事|邻居|房东|"
    "老师|医生|狗|猫|兔子|公司|团队|部门"
)
_ONE = re.compile(
    r"(?:wife|husband|partner|girlfriend|boyfriend|mother|father|mom|mum|dad|boss|landlord|company|"
    r"team|employer|startup|妻子|老婆|太太|丈夫|老公|女朋友|男朋友|女友|男友|爸爸|妈妈|父亲|母亲|爸|妈|"
    r"老板|房东|公司|团队|部门)(?: \w+)?"
)
"""Those of whom people have one."""
_SHORT = (("i'm", "i am"), ("i've", "i have"), ("i'll", "i will"), ("we're", "we are"),
          ("we've", "we have"), ("we'll", "we will"), ("i'd", "i would"))  # fmt: skip
_HEAD = re.compile(
    rf"(?i)^(?:(?:actually|well|btw|by the way|so|and|but|oh|also|fyi|no)[, ]+)*(?:"
    rf"(?P<kin>(?:my|our) (?:{_KIN}))\b(?:,? (?P<name>(?-i:[A-Z])[\w-]+),?)?|"
    r"(?:my|our) (?P<thing>[a-z][\w-]*(?: [a-z][\w-]*){0,2}?)(?= (?:is|are|was|has)\b)|"
    r"(?P<self>i|we)\b|the (?P<the>[a-z][\w-]*(?: [a-z][\w-]*)??)(?= (?:is|are|was|has|will)\b))"
)
_HEAD_ZH = re.compile(
    rf"^(?:其实|对了|另外|还有|不过|哦|顺便说一下)?[，,]?(?:我们?的?(?:(?P<kin>{_KIN_ZH})|"
    r"(?P<thing>[^\W\d_是在叫]{1,6}?)(?=是|叫))|(?P<self>我们?))"
)
Found = tuple[str, bool, str, str]
"""Attribute, whether single, kind and value."""
_CLAUSES = re.compile(r"[,，、]\s*(?:(?:and|but)\s+)?|\s+(?:and|but)\s+|，?(?:而且|并且|也|还)")
_THIRD = re.compile(r"(?i)^(?:he|she|it|they)\b|^[他她它]们?")
_NOT = re.compile(
    r"(?i)\b(?:not|no longer|never|any ?more|used to|stopped|quit|gave up|given up)\b|n['’]t\b|"
    r"不再|已经不|没有?再|不是|辞|离职|戒|以前|曾经"
)
_BACK = re.compile(
    r"(?i)^(?:actually,? |sorry,? |no,? )*(?:forget (?:that|what i said|about)|that ?(?:was|is|"
    r"['’]s) (?:wrong|not true|no longer true|a mistake|a joke|a lie)|i (?:was (?:joking|wrong|"
    r"kidding|lying)|never said|made (?:a mistake|that up)|lied)|it['’]?s? (?:is )?not true that)"
    r"\b|"
    r"^(?:忘了我|忘掉|请忘记|我是?开玩笑|那是开玩笑|我说错了|我搞错了|那不是真的|我骗你)"
)
_THING = re.compile(r"(?i)^ (?:is|are) (?:now )?(.+)|^(?:是|叫)(.+)")
_VAGUE = re.compile(
    r"(?i)^(?:question|problem|issue|code|point|guess|idea|error|task|goal|answer|program|script|"
    r"turn|fault|mistake|bad|computer|hands?|head|file)\b|^(?:问题|意思|想法|代码|错误|任务)"
)
_FUTURE = re.compile(
    r"(?i)^ (?:will|promise|am going to|have to|must|need to)\b.*(?:\d|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|tomorrow|next (?:week|month|year))|"
    r"^(?:会|答应|要|打算|准备|得).*(?:\d|[周期拜][一二三四五六日天]|明天|后天|下周|下个?月|明年)"
)


def takes_back(text: str) -> bool:
    """Return whether a statement takes back what was said before."""
    return bool(_BACK.match(text))


def claims_of(statement: Statement) -> list[Claim]:
    """Return the claims of a statement: one for each clause where every clause has a form."""
    clauses = [part.strip() for part in _CLAUSES.split(statement.text) if part.strip()]
    if 1 < len(clauses) <= 3:
        parts = [clauses[0], *(_with_subject(each, clauses[0]) for each in clauses[1:])]
        found = [claim_of(replace(statement, text=part)) for part in parts]
        if all(claim.attribute for claim in found) and len({c.attribute for c in found}) > 1:
            return found
    return [claim_of(statement)]


def _with_subject(clause: str, first: str) -> str:
    """Return a clause with the subject of the first one, where it has none of its own."""
    if _HEAD.match(clause) or _HEAD_ZH.match(clause):
        return clause
    chinese = not clause.isascii()
    head = _HEAD_ZH.match(first) if chinese else _HEAD.match(first)
    subject = first[: head.end()] if head else ("我" if chinese else "I")
    rest = clause[third.end() :] if (third := _THIRD.match(clause)) else clause
    return subject + rest if chinese else f"{subject} {rest.strip()}"


def claim_of(statement: Statement) -> Claim:
    """Return what a statement claims, as far as the rules can tell."""
    text = statement.text
    plain = text
    for short, whole in _SHORT:
        plain = re.sub(rf"(?i)\b{short}\b".replace("'", "['’]"), whole, plain)
    plain = plain.strip().rstrip(".。!！ ")
    known = statement.asked_for or statement.standing
    denied = bool(_NOT.search(plain))
    head = _HEAD.match(plain) or _HEAD_ZH.match(plain)
    subject = _subject(head.groupdict()) if head else ""
    rest = plain[head.end() :] if head else plain
    found = _of_form(rest, plain)
    if found is None and head and head["thing"] and not _VAGUE.match(head["thing"]):
        value = _THING.match(rest)
        if value:
            found = (_normal(head["thing"]), True, "fact", _value(value))
    own = statement.answer or bool(head and head.groupdict().get("the") is None)
    if found is None:
        kind = "commitment" if own and _FUTURE.match(rest) else "fact"
        kind = "preference" if statement.standing else kind
        attribute = "wish" if statement.standing else ""
        return Claim(text=text, subject=subject or (PERSON if statement.standing else ""),
                     attribute=attribute, denied=denied, own=own, kind=kind,
                     answer=statement.answer,
                     certain=known)  # fmt: skip
    attribute, single, kind, value_text = found
    return Claim(
        text=text,
        subject=subject or PERSON,
        attribute=attribute,
        value=value_text,
        single=single and (subject in ("", PERSON) or bool(_ONE.fullmatch(subject))),
        denied=denied,
        certain=known or own or attribute == "called",
        own=own,
        kind=kind,
    )


def _of_form(rest: str, plain: str) -> Found | None:
    for form, pattern in FORMS:
        found = pattern.search(plain if form.whole else rest)
        if found:
            return form.attribute, form.single, form.kind, _value(found)
    return None


def _value(found: re.Match[str]) -> str:
    values = [value for value in found.groups() if value]
    return values[0].strip(" .。,，") if values else ""


def _subject(parts: dict[str, str | None]) -> str:
    for name in ("kin", "the"):
        if parts.get(name):
            return _normal(f"{parts[name]} {parts.get('name') or ''}")
    return PERSON


def _normal(name: str) -> str:
    """Return a name as subjects and attributes are kept: folded, without article or owner."""
    bare = re.sub(r"(?i)^(?:the|my|our|an?) ", "", name.strip())
    return re.sub(r"\s+", " ", bare).strip().casefold().replace("favorite", "favourite")[:40]
