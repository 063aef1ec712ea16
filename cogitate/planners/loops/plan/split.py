"""The parts of a goal, found by code: numbered lists, several questions, "and then".

A small model that is asked to plan writes steps of its own invention; where the person has put
the steps in plain words, none is asked. What it does not know: a chain hidden in one question.
"""

import re
from dataclasses import dataclass

MOST = 8
"""Most parts of a goal; what comes after stays with the last one."""

_NUMBERED = re.compile(
    r"(?:^|(?<=[\s;；。：:.?？!！,，]))(?:\(?(\d)[.)、）](?!\d)|第?([一二三四五六七八])[、.，]|"
    r"[Ss]tep (\d):)\s*"
)
_HAN = {char: number for number, char in enumerate("一二三四五六七八", 1)}
_THEN = re.compile(
    r"[,;.，；。]?\s*(?:\b(?:and then|then|after that|afterwards|and finally|finally)\b,?|"
    r"(?:然后|接着|随后|最后)[，,]?)\s*(?=\S)|[,;.，；。]\s*(?=(?:并?再|之后再)\S)",
    re.IGNORECASE,
)
_ASKED = re.compile(r"(?<=[?？])\s*(?=\S)|[;；]\s*(?=\S)|(?<=[.!])\s+(?=\S)|(?<=[。！])\s*(?=\S)")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|(?<!\w)'[^']*'(?!\w)|\(.*?\)")
_AND_ASKED = re.compile(
    r",\s*and\s+(?=(?:how|what|who|whom|when|which|where|why|is|are|does|do|did)\b)", re.IGNORECASE
)
_OPENS = re.compile(
    r"\W*(?:and then|then|after that|afterwards|finally|然后|接着|随后|并?再|之后再)"
)
_REQUEST = re.compile(
    r"[?？]\s*$|^\W*(?:and |also |please )*(?:convert|give|find|tell|compute|calculate|translate|"
    r"list|compare|multiply|divide|add|subtract|say|send|summari[sz]e|write|count|name|show|work|"
    r"look|read|how|what|who|whom|when|which|where|why|save|use|sort|round|take|turn|get)\b|"
    r"^\W*(?:请|再|并|先)*(?:换算|计算|算|求|比较|列出|翻译|总结|告诉|找|查|除以|乘|加上|减去|写|保存|"
    r"按|把|将|用|统计|给出)|多少|几[个位名天人]|谁|哪|什么|吗",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(it|its|that|this|those|these|them|they|their|there|he|his|him|she|her|the "
    r"(result|difference|answer|sum|total of (both|all)|same)|both|each of)\b|"
    r"这|那|它|他|她|该|其(?!他|它|余)|结果|两者|之差|相差|上述|以上",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"^(find|get|look up|give|what (?:is|are|was|were))\s+(the .+?)\s+and\s+(the .+)$",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(both|difference|compare|sum|all of|them|together|results)\b|两者|之差|相差|比较|差额|"
    r"合计|一共相|上述|以上",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Part:
    """One part of a goal, in the person's words."""

    text: str
    after: bool = False
    """Whether a word such as "then" joins it to what comes before."""


def parts_of(goal: str) -> list[Part]:
    """Return the parts of a goal, in order; a goal that code cannot split is one part."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[0])
        return f"\x00{chr(0xE000 + len(held))}"

    masked = _QUOTED.sub(hold, goal.strip())
    found = [_open(part, held) for part in _listed(masked) or _joined(masked)]
    if any(needs_all(part) for part in found[1:]):
        found = [*_pair(found[0]), *found[1:]]
    if len(found) > MOST:
        rest = " ".join(part.text for part in found[MOST - 1 :])
        found = [*found[: MOST - 1], Part(rest)]
    return found if len(found) > 1 else [Part(goal.strip())]


def refers_back(part: Part) -> bool:
    """Return whether a part plainly speaks of what comes before it."""
    return part.after or bool(_BACK.search(part.text))


def needs_all(part: Part) -> bool:
    """Return whether a part speaks of several earlier ones, such as "the difference"."""
    return bool(_ALL.search(part.text))


def _pair(part: Part) -> list[Part]:
    """Return the two halves of "find the one and the other", which a later part compares."""
    both = _BOTH.match(part.text)
    return [Part(f"{both[1]} {both[2]}"), Part(f"{both[1]} {both[3]}")] if both else [part]


def _open(part: Part, held: list[str]) -> Part:
    """Return a part with its quoted texts, which are never cut."""
    text = part.text
    for number, quoted in enumerate(held, 1):
        text = text.replace(f"\x00{chr(0xE000 + number)}", quoted)
    return Part(text, part.after)


def _listed(goal: str) -> list[Part]:
    """Return the items of a list that counts 1, 2, 3; none when there is no such list."""
    marks = list(_NUMBERED.finditer(goal))
    numbers = [int(m[1] or m[3] or _HAN[m[2]]) for m in marks]
    if len(marks) < 2 or numbers != list(range(1, len(marks) + 1)):
        return []
    ends = [m.start() for m in marks[1:]] + [len(goal)]
    items = [goal[m.end() : end].strip(" \n;；") for m, end in zip(marks, ends, strict=True)]
    head = goal[: marks[0].start()].strip()
    if head and not head.endswith((":", "：")):
        items[0] = f"{head} {items[0]}"
    return [Part(item, _opens_with_then(item)) for item in items if item]


def _opens_with_then(item: str) -> bool:
    return _OPENS.match(item) is not None


def _joined(goal: str) -> list[Part]:
    """Return the requests of a goal; what only tells stays with the request after it."""
    pieces: list[Part] = []
    for sentence in _cut(goal, _ASKED):
        then = _opens_with_then(sentence.lower())
        for number, one_piece in enumerate(_cut(sentence, _THEN)):
            asked = _cut(one_piece, _AND_ASKED)
            joined = then or number > 0
            pieces += [Part(one, joined and at == 0) for at, one in enumerate(asked)]
    found: list[Part] = []
    told = ""
    for piece in pieces:
        text = f"{told} {piece.text}".strip()
        if _REQUEST.search(piece.text) or piece.after:
            found.append(Part(text, piece.after and bool(found)))
            told = ""
        else:
            told = text
    if told and found:
        found[-1] = Part(f"{found[-1].text} {told}", found[-1].after)
    return found


def _cut(text: str, at: re.Pattern[str]) -> list[str]:
    return [piece.strip(" ,，;；") for piece in at.split(text) if re.search(r"[\w\x00]", piece)]
