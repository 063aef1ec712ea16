"""What a person states: the sentences of a message that are neither questions nor requests.

English and Chinese, by rules. Pasted text is left out: code, quotations and long blocks are
not what the person says. What this module does not know: what is worth keeping.
"""

import re
from dataclasses import dataclass

LONGEST = 300
"""Characters of a statement; a longer one is pasted text more often than not."""
MOST = 12
"""Statements that are looked at in one message."""

_PASTED = re.compile(
    r"```.*?(?:```|\Z)|^\s*>.*$|[\"“「『][^\"”」』]{40,}[\"”」』]|<(\w+)[^>]*>.*?</\1>",
    re.DOTALL | re.MULTILINE,
)
_HEADED = re.compile(
    r"(?im)^.*\b(?:the following|this|below|here is the) (?:\w+ )?(?:text|e-?mail|article|document|"
    r"page|log|message|output|letter)\b[^\n]*:\s*$[\s\S]*|"
    r"^.*(?:以下|下面|这段|这篇|这封)[^\n]{0,12}(?:文字|文章|邮件|内容|文本|日志|文档|信)[^\n]*[:：]\s*[\s\S]*"
)
_ENDS = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？!?])|\n+|(?<=[；;])")
_CLAUSES = re.compile(r"[,，]\s*(?:(?:and|but|so|because)\s+)?|\s+(?:and|but|so)\s+")
_ASKING = re.compile(
    r"(?i)^(?:and |so |but |then |also |now )*(?:who|whose|whom|what|which|when|where|why|how|is|"
    r"are|am|was|were|do|does|did|can|could|will|would|shall|should|may|might|have you|has|any)\b|"
    r"吗|呢[？?]?$|什么|怎么|怎样|多少|哪[个些里儿位一]|几[个点号岁天]|是否|能不能|可不可以|有没有|谁|为何|好不好"
)
_REQUEST = re.compile(
    r"(?i)^(?:(?:ok|okay|now|then|and|so|also|hi|hello|hey|thanks)[,.!]? )*(?:please|can you|could "
    r"you|would you|will you|help|write|show|tell|give|make|translate|summari[sz]e|explain|list|"
    r"find|search|look|open|read|calculate|compute|count|compare|convert|draw|plot|run|fix|check|"
    r"create|generate|draft|rewrite|correct|let['’]?s|let me know|remind|send|book|describe|add|"
    r"remove|delete|sort|print|suggest|recommend|ignore|disregard|do not|don['’]t|"
    r"i (?:want|need|would like|['’]d like) (?:you|to (?:know|ask|see))|i['’]d like (?:you|to "
    r"(?:know|ask|see))|i (?:wonder|was wondering))\b|"
    r"^(?:那|好的?[，,]?|现在|然后)?(?:请|麻烦|帮|给我|告诉我|翻译|写|算|计算|查|搜|总结|解释|打开|列出|"
    r"画|运行|修改|检查|生成|比较|推荐|提醒|忽略|无视|我想(?:让你|要你|知道|问)|我要你|看看|说说|讲讲)"
)
_IF = re.compile(
    r"(?i)^(?:if|suppose|imagine|assume|pretend|let's say|say that|what if)\b|"
    r"^(?:如果|假如|要是|假设|想象)"
)
_TALK = re.compile(
    r"(?i)^\W*(?:hello|hi|hey|thanks?\b.*|thank you\b.*|ok(?:ay)?|yes|no|sure|great|good|nice|cool|"
    r"fine|wow|haha|lol|sorry|bye|right|exactly|perfect|awesome|got it|i see|"
    r"(?:great|good|perfect|nice|exactly)\b[,.! ].{0,30}|"
    r"i understand|never ?mind|"
    r"you are (?:right|welcome)|you['’]re (?:right|welcome)|(?:that|this|it) (?:sounds?|looks?|is|"
    r"was|makes|works?|helps?|did|does|still)\b.{0,40}|(?:i|we) (?:have|had|['’]ve got|got) an? "
    r"(?:\w+ )?(?:question|problem|task|request|error)\b.*|i (?:am|['’]m) (?:a (?:bit|little) |so |"
    r"very |really |just |still )?(?:tired|hungry|bored|busy|back|here|waiting|confused|sure|"
    r"happy|sad|ready|looking (?:at|for))\b.*|i think (?:it|that|so)\b.*|the weather\b.*|"
    r"it (?:is |was )?(?:rain|snow|cold|hot|warm|sunny|still)\w*.*|"
    r"你好|您好|谢谢.*|多谢.*|好的?|嗯|行|可以|对|是的|没事|再见|哈哈.*|我(?:明白|知道|懂|看到|理解)了.*|"
    r"原来如此.*|(?:这|那)(?:个|样|真|太|很|就|下)?.{0,6}(?:好|对|不错|清楚了?|有用|棒|厉害).*|"
    r"今天.{0,4}(?:天气|冷|热).*|(?:好像|外面|窗外).*雨.*|我有(?:个|一个|些)?(?:问题|疑问).*|"
    r"我(?:先|有点|好|很|太|现在)?(?:累|困|饿|忙|去吃饭|回来)了?.*|还是不行.*)\W*$"
)
_REMEMBER = re.compile(
    r"(?i)^(?:please |and |also )*(?:remember|note|keep in mind|don['’]t forget|fyi)"
    r"(?: that|[:,])?\s+(?!to\b)|"
    r"^(?:请|麻烦)?(?:帮我)?(?:你要)?(?:记住|记一下|记下|别忘了|注意)[，,：:]?(?:了)?[，,：:]?"
)
_STANDING = re.compile(
    r"(?i)^(?:please )?(?:always|never|from now on|in future|call me|stop (?:calling|using))\b|"
    r"^(?:请)?(?:以后|从现在起|从今以后|今后|永远|总是|叫我|不要再|别再)"
)
_OFFER = re.compile(
    r"(?i)\b(?:would you like|do you want|do you need|shall|should|can|may|help|does that)\b|"
    r"[要需].{0,6}[吗么]|帮你|可以吗|明白了?吗"
)
_BACK = re.compile(r"(?i)^(?:it|its|he|his|she|her|they|their|this|that)\b|^[它他她这那]")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One thing that a person states."""

    text: str
    asked_for: bool = False
    """Whether the person said that it is to be remembered."""
    standing: bool = False
    """Whether it is a wish for all later talk."""
    answer: bool = False
    """Whether it is a short answer to a question about the person, given with the question."""


def statements(said: str, asked: str = "") -> list[Statement]:
    """Return what a message states, in order.

    Args:
        said: the person's message.
        asked: the turn before it; a short answer to its question is given with the question.
    """
    own = _HEADED.sub(" ", _PASTED.sub(" ", said))
    found: list[Statement] = []
    before = ""
    for sentence in _ENDS.split(own):
        for part in _stated(sentence.strip(" \t-*•")):
            shown = f"{before} {part}" if before and _BACK.match(part) else part
            if shown != part and found and found[-1].text == before:
                found.pop()
            before = shown
            if (statement := _statement(shown)) is not None:
                found.append(statement)
    if (answer := _answer(own.strip(), asked)) is not None:
        return [answer]
    return found[:MOST]


def _stated(sentence: str) -> list[str]:
    """Return the clauses of a sentence that state something: all of it, or those not asking."""
    if not sentence:
        return []
    if not _asks(sentence):
        return [sentence]
    clauses = [clause.strip(" ，,") for clause in _CLAUSES.split(sentence)]
    kept: list[str] = []
    for clause in clauses[:-1]:
        if _ASKING.search(clause) or _REQUEST.match(clause):
            break
        if len(clause) > 3:
            kept.append(clause)
    return [", ".join(kept) if kept[0].isascii() else "，".join(kept)] if kept else []


def _asks(sentence: str) -> bool:
    return (
        sentence.endswith(("?", "？"))
        or bool(_ASKING.search(sentence))
        or any(_REQUEST.match(clause) for clause in _CLAUSES.split(sentence)[1:])
    )


def _statement(text: str) -> Statement | None:
    explicit = _REMEMBER.match(text)
    rest = text[explicit.end() :].strip() if explicit else text
    standing = bool(_STANDING.match(rest))
    blocked = _IF.match(rest) or _TALK.match(rest)
    if not standing and not explicit:
        blocked = blocked or _REQUEST.match(rest)
    if blocked or not 3 < len(rest) <= LONGEST or _ASKING.match(rest):
        return None
    return Statement(text=rest, asked_for=bool(explicit), standing=standing)


def _answer(said: str, asked: str) -> Statement | None:
    """Return the answer to a question about the person, which says nothing without it."""
    parts = [part.strip() for part in _ENDS.split(asked.strip()) if part.strip()]
    question = parts[-1] if parts else ""
    personal = re.search(r"(?i)\byour?\b|[你您]", question)
    short = 0 < len(said) <= (40 if said.isascii() else 15) and "\n" not in said
    if not (short and personal and question.endswith(("?", "？")) and len(question) <= LONGEST):
        return None
    offers = re.search(
        r"(?i)\b(?:would you like|do you want|shall|should|can|may) |[要需].{0,6}[吗么]", question
    )
    verb = re.search(r"(?i)^(?:i|my|we|our)\b|^我", said)
    if offers or verb or _TALK.match(said) or _asks(said) or _REQUEST.match(said):
        return None
    return Statement(text=f"{question} {said}", answer=True)
