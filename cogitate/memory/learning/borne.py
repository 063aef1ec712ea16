"""Whether notes bear a conclusion: by words, names and numbers, and by the word of a model.

What this module does not know: where notes and conclusions come from.
"""

import re
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel

from cogitate.llm.decide import choose
from cogitate.memory.learning.relations import shown as worked
from cogitate.words import CJK_CHARACTER, words

BORNE_PROMPT = """\
Do the notes support the conclusion? Answer yes or no.
yes - whoever reads the notes would agree
no - it names the wrong person, a job, a reason or a plan that the notes do not speak of, or turns \
them around"""

BORNE_EXAMPLES = (
    (
        "Notes:\nBen watered the tomatoes before work.\nBen bought a book on soil.\n"
        "Conclusion: Ben takes gardening seriously.",
        "yes",
    ),
    (
        "Notes:\nBen gave Eva a pot of mint.\nEva asked Ben for seeds.\n"
        "Conclusion: Eva is a gardener and a cook.",
        "no",
    ),
    ("Notes:\n老周退休了。\n老周每天练字。\nConclusion: 老周是书法老师。", "no"),
    (
        "Notes:\n孙子让老周教他写字。\n老周买了两支新毛笔。\nConclusion: 孙子想跟老周学写字。",
        "yes",
    ),
    (
        "Notes:\nIda sold her car.\nIda takes the tram to work.\n"
        "Conclusion: Ida no longer drives to work.",
        "yes",
    ),
    (
        "Notes:\nIda told Max that Leo plays chess.\nMax likes tea.\nConclusion: Max plays chess.",
        "no",
    ),
)
BORNE = 1.4
"""Log-odds of yes from which notes bear a conclusion: small models say yes too easily."""
COPIED = 0.75
"""More of a conclusion's words than this share in one sentence: it says what that one says."""
_SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"\b[A-Z][a-z]+")
_PLAIN = re.compile(r"\b[a-z]+")
_USER = re.compile(r"(?i)\buser\b")
FIRST_PERSON = re.compile(r"\bI\b|\b[Mm][ey]\b|[我]")
_PERSON = re.compile(
    "[我他她]|[爸妈爷奶哥姐弟妹]|用户|本人|孩子|孙子|孙女|老师|医生|同学|朋友|同事|老板|客户"
)
_CHINESE_NAME = re.compile(
    "[小老阿][一-龥]|[王李张刘陈杨赵黄吴徐孙胡朱郭罗梁宋郑谢韩唐冯董程曹袁邓沈曾彭吕苏卢蒋蔡贾"
    "丁魏薛叶阎潘杜戴夏钟汪姜范周林何许马][一-龥]{1,2}"
)


def may_bear(said: str, note: str) -> bool:
    """Return whether a note shares a word with a conclusion; across languages none can tell."""
    same_script = bool(CJK_CHARACTER.search(said)) == bool(CJK_CHARACTER.search(note))
    return not same_script or bool({*words(said)} & {*words(note)})


def is_drawn(said: str, evidence: Sequence[str], shown: Sequence[str]) -> bool:
    """Return whether a conclusion names what its evidence names, and adds something to it.

    Of the names and numbers in `shown`, which its author has seen, it must have one that is in
    the evidence, if any is there, and none that is not. "The user" is a name for who says "I";
    in Chinese any word for a person will do.
    """
    own = {*words(said)}
    if not evidence or len(own) < 2 or said.endswith(("?", "？")):
        return False
    if any(_repeats(own, note) for note in evidence):
        return False
    held, names = " ".join(evidence), _names(" ".join(shown))
    there = {*_NAME.findall(held)} & names | {*_NUMBER.findall(held)}
    named = {*_NAME.findall(said)} & names | {*_NUMBER.findall(said)}
    if not named <= there:
        return False
    if CJK_CHARACTER.search(said):
        return bool(named) or _is_about_somebody(said, held)
    is_user = bool(_USER.search(said) and FIRST_PERSON.search(held))
    return bool(named) or is_user or not there


def _repeats(own: set[str], note: str) -> bool:
    if own <= {*words(note)}:
        return True
    sentences = (own & {*words(sentence)} for sentence in _SENTENCES.split(note))
    return any(len(shared) > COPIED * len(own) for shared in sentences)


def _is_about_somebody(said: str, held: str) -> bool:
    """Return whether a Chinese sentence speaks of a person, or the notes of none."""
    # A name may have one character or two after the first; what follows it is no part of it.
    known = any(name[:2] in held for name in _CHINESE_NAME.findall(said))
    nobody = not _PERSON.search(held) and not _CHINESE_NAME.search(held)
    return known or nobody or bool(_PERSON.search(said))


def _names(text: str) -> set[str]:
    """Return the words with a capital that mean something and stand nowhere without it."""
    plain = {*_PLAIN.findall(text)}
    return {name for name in _NAME.findall(text) if name.lower() not in plain and words(name)}


async def is_borne(model: BaseChatModel, notes: Sequence[str], conclusion: str) -> bool:
    """Ask whether notes bear a conclusion."""
    listed = "\n".join(notes)
    case = f"Notes:\n{listed}\nConclusion: {conclusion}"
    shown = worked(BORNE_PROMPT, BORNE_EXAMPLES, case)
    found = await choose(model, shown, ("yes", "no"), purpose="memory.borne")
    return found["yes"] - found["no"] > BORNE
