"""What code can see before a model is asked: how much speaks for each way of working.

Each signal is a bonus on the model's log-probability of a way, so 2.3 means ten times likelier.
The weights were set on goals of our own in two languages; `bench/` holds others.
"""

import re
from collections.abc import Iterable

from cogitate.values import Hit, Survey, Table
from cogitate.words import content_words

_WHERE = re.compile(
    r"\b(which|what) (text )?(files?|documents?|notes?|lines?)\b|\bline number|"
    r"哪[个份些]?(文件|文档|笔记)|哪一?行|第几行",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(which|what|in what|any) (file|document|note|line)|\bfiles?\b|\blines?\b|\bmention|"
    r"\bnotes?\b|\bdocument|according to|文件|哪一?行|第几行|提到|写着|记录|笔记|文档|根据",
    re.IGNORECASE,
)
_AGGREGATE = re.compile(
    r"\b(total|sum|average|mean|median|highest|lowest|most|least|largest|smallest|maximum|minimum|"
    r"count|how many|top|per|rank|cheapest|oldest|youngest)\b|总|平均|最[高低大小多少贵早晚]|合计|"
    r"多少|几[个位名条]|一共|中位",
    re.IGNORECASE,
)
_MATHS = re.compile(
    r"[-+*/×÷^=]\s*\d|\d\s*%|\bpercent|\b(square|cube) root|\bprime|\bfactorial|\bfibonacci|"
    r"\bdays? (between|until|after|before|from)|\bconvert|\bdivided?\b|\bmultipl|\bdivisib|"
    r"\binterest\b|\bremainder|\bsolve\b|\bequation|平方|立方|质数|素数|阶乘|斐波那契|相隔|天后|"
    r"换算|除以|乘|加上|余数|方程|利息|百分",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"\d+(?:[.,]\d+)*|[一二三四五六七八九十百千万亿]{2,}")
_OUTSIDE = re.compile(
    r"\b(latest|current(ly)?|today'?s|right now|this week|news|weather|stock price|online|internet|"
    r"web|google|search for)\b|最新|今天的|新闻|天气|股价|上网|网上|搜索一下|目前的",
    re.IGNORECASE,
)
MEASURED = re.compile(
    r"\bmeasured?\b.*\b(times?|timings?|long|seconds|fast)\b|\btimings?\b|\bbenchmark|"
    r"计时|耗时|测量.*(时间|多久)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\s*((hi|hello|hey|thanks?|thank you|good (morning|afternoon|evening)|bye|goodbye|"
    r"who are you)\b|你好|您好|谢谢|多谢|早上好|下午好|晚上好|晚安|再见|你是谁)",
    re.IGNORECASE,
)
AGE = re.compile(
    r"\bhow old\b|\bwhat age\b|几岁|多少岁|年[龄纪]|多大(?=了?\s*(?:[？?。]|$))", re.IGNORECASE
)
SPAN = re.compile(
    r"\bhow (many (day|week|month|year)s|long)\b[^.?!]*?\b(until|till|to go|left|ago|since|before|"
    r"after|from now|(has|have|had|will) (it|that|i|we|he|she|they)\b)|"
    r"(还[有剩差要]|离|距|已经?)[^。？！]*([多几]少?(天|周|个?星期|个月|年)|多久)|[多几]少?年了?\s*[？?]",
    re.IGNORECASE,
)
_AGE_TOLD = re.compile(r"\bold\b|\baged?\b|\bturn(s|ed)\b|岁", re.IGNORECASE)
_DATED = re.compile(r"(?<!\d)(1[5-9]|2[01])\d\d(?!\d)|\d\s*月")
_SPAN_TOLD = re.compile(
    r"\b(days?|weeks?|months?|years?)\b|\d\s*(天|周|个?星期|个月)|(?<!\d)\d{1,2}\s*年|[一二三四五六七八九十]+年",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"\b(translate|rewrite|rephrase|write (me )?a|poem|haiku|joke|explain)\b|翻译|改写|"
    r"写一(首|封|段|个|句|篇|份)|讲个?笑话|解释一?下|\bhow (do|would) (you|i|we) say\b|"
    r"用?[一-鿿]{1,2}[语文]怎么说",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(who|what|which|when|where|whose|why|how (?!are you|is it going|do you do))|"
    r"谁|哪|什么|多少|几|怎么(?!样)|为何",
    re.IGNORECASE,
)
GREETED = 2.0
"""Most content words after a greeting that is all of a goal, and not the head of a question."""
_PARTS = r"(files?|documents?|lines?|words?|characters?|letters|paragraphs?|headings?|bytes)"
_MOST = r"(longest|shortest|largest|biggest|smallest|fewest|most lines|most words)"
_COUNTED = re.compile(
    rf"\b(how many|number of|count( the| all)?|list( all)?( the)?|average|total)\b[^.?!]{{0,20}}?"
    rf"\b{_PARTS}\b|\b{_MOST}\b[^.?!]{{0,12}}?\b{_PARTS}\b|\b{_PARTS}\b[^?!]{{0,30}}?\b{_MOST}\b|"
    r"\bhow (long|big|large) (is|are)\b|\bhow often\b|"
    r"(多少|(?<!第)几)[个行字份]*(文件|行|字|词|段|标题)|(文件|行|字|词|段|标题)数|多少[行字]|"
    r"最[大小长短]的?(文件|文档|一?行|$|[？?])|统计|列出[^。？！]{0,8}(文件|标题)|出现[^。？！]{0,4}次",
    re.IGNORECASE,
)
_IN_FILES = re.compile(
    r"\b(files?|folder|directory|documents?|notes?)\b|文件|目录|文档|笔记|"
    r"\w\.[a-z]\w{0,4}(?![a-z0-9])",
    re.IGNORECASE,
)
_SUMMED_UP = re.compile(
    r"\bsummar(y|i[sz]e[ds]?|i[sz]ing)\b|\bsum up\b|\b(gist|overview) of\b|"
    r"\b(main|key) (points?|ideas?|messages?)\b|\bwhat (is|are) .{1,60} about\s*\?|\btl;?dr\b|"
    r"总结|概括|摘要|概述|归纳|大意|主要内容|主要讲|讲了什么|说了什么|要点",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\b(list|extract|collect)\b[^.?!]{0,12}?\b(all|every|each|the)\b|"
    r"\b(find|name|show|give me)\b[^.?!]{0,12}?\b(all|every|each)\b|"
    r"列出|提取|找出(所有|全部)|有哪些",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"\bby how (much|many)\b|\bhow much (more|less|\w+er)\b.*\bthan\b|"
    r"\bhow many (\w+s )?(more|fewer|less)\b.*\bthan\b|\bdifference between\b|"
    r"比[^，。？！]{1,24}[多少高低大小贵长短早晚快慢重轻宜][^的，。？！]{0,3}(多少|几)|"
    r"相差|差额|之差|差了?(多少|几)",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(in all|altogether|in total|total|overall)\b|总[共计和额量数时]|一共|合计", re.IGNORECASE
)
_TRANSLATED = re.compile(r"\btranslat(e|ion)\b|翻译|译成|译为", re.IGNORECASE)


def bonuses(goal: str, survey: Survey | None) -> dict[str, float]:
    """Return the bonus of each way, in natural-log units, from what code finds for `goal`."""
    words = set(content_words(goal))
    table = max((table_match(words, t) for t in survey["tables"]), default=0.0) if survey else 0.0
    text = text_match(words, survey)
    found = {"tables": 0.0, "read": 0.0, "compute": 0.0, "web": 0.0, "reply": 0.0}
    if survey:
        found["tables"] = min(4.0, 1.3 * table) + 1.0 * bool(_AGGREGATE.search(goal) and table)
        found["tables"] -= 1.0 * (table == 0)
        found["read"] = 5.0 * max(0.0, text - 0.2) + 2.5 * bool(_PLACE.search(goal))
    plain = max(table / 2, 1.5 * (text - 0.3))
    maths = 1.5 * bool(_MATHS.search(goal)) + min(1.5, 0.75 * len(_GIVEN.findall(goal)))
    # With nothing to compute from, a program can only invent its data; a clock needs none.
    maths -= 2.5 * bool(survey and maths == 0 and not asks_measurement(goal))
    maths += 3.0 * asks_measurement(goal)
    found["compute"] = maths - max(0.0, plain)
    found["web"] = 2.5 * bool(_OUTSIDE.search(goal))
    found["reply"] = 3.0 * is_talk(goal) - 1.0 * bool(survey and (table or text > 0.4))
    return found


def asks_measurement(goal: str) -> bool:
    """Return whether a goal asks for a time that is to be measured, which a program does."""
    return bool(MEASURED.search(goal))


def asks_reckoning(goal: str, note: str) -> bool:
    """Return whether a goal asks for an age or a span of time, and a note gives a day or year.

    A note that says when somebody was born does not say how old that makes them.
    """
    age = AGE.search(goal) and not _AGE_TOLD.search(note)
    span = SPAN.search(goal) and not _SPAN_TOLD.search(note)
    return bool((age or span) and _DATED.search(note))


def is_talk(goal: str) -> bool:
    """Return whether a goal is a greeting, or asks for writing, translation or an explanation."""
    greeting = _GREETING.match(goal)
    rest = goal[greeting.end() :] if greeting else ""
    greets = weight_of(content_words(rest)) <= GREETED and not _ASKS.search(rest)
    return bool((greeting and greets) or _TALK.search(goal))


def weight_of(words: Iterable[str]) -> float:
    """Return how many words these are; Chinese ones come as overlapping pairs of characters."""
    return sum(1.0 if word.isascii() else 0.5 for word in words)


def asks_count(goal: str) -> bool:
    """Return whether a goal asks for what is counted over files: lines, words, sizes."""
    return bool(_COUNTED.search(goal) and _IN_FILES.search(goal))


def asks_summary(goal: str) -> bool:
    """Return whether a goal asks what a text says as a whole."""
    return bool(_SUMMED_UP.search(goal))


def asks_list(goal: str) -> bool:
    """Return whether a goal asks for all things of a kind."""
    return bool(_LISTED.search(goal))


def asks_difference(goal: str) -> bool:
    """Return whether a goal asks by how much one thing is more or less than another."""
    return bool(_DIFFERENCE.search(goal))


def names_total(text: str) -> bool:
    """Return whether a goal asks for, or a line gives, how much something is in all."""
    return bool(_TOTAL.search(text))


def asks_translation(goal: str) -> bool:
    """Return whether a goal asks that something be translated."""
    return bool(_TRANSLATED.search(goal))


def asks_place(goal: str) -> bool:
    """Return whether the goal asks in which file, or on which line, something stands."""
    return bool(_WHERE.search(goal)) and not asks_count(goal)


def table_match(words: set[str], table: Table) -> float:
    """Return how many of the goal's words name the table, a column of it, or a value shown."""
    names = set(content_words(table["name"] + " " + table["file"].rsplit(".", 1)[0]))
    columns = {w for c in table["columns"] for w in content_words(c["name"])}
    texts = [v for c in table["columns"] if c["type"] == "VARCHAR" for v in c["examples"]]
    values = {w for v in texts for w in content_words(v)}
    return len(words & (names | columns)) + 0.7 * len(words & (values - columns - names))


def text_match(words: set[str], survey: Survey | None) -> float:
    """Return how much of the goal's words the best line of a text file covers, from 0 to 1."""
    if not survey or not words:
        return 0.0
    kinds = {f["path"]: f["kind"] for f in survey["files"]}
    return max(
        (coverage(words, h) for h in survey["hits"] if kinds.get(h["path"]) == "text"), default=0.0
    )


def coverage(words: set[str], hit: Hit) -> float:
    """Return the share of `words` that a line holds; words of the file's name count half."""
    line = set(content_words(hit["text"]))
    name = set(content_words(hit["path"])) - line
    return (len(words & line) + len(words & name) / 2) / max(1, len(words))
