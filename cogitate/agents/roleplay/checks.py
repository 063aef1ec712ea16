"""The invariants of a role-play, checked in code on each message before the other side sees it.

Where code cannot tell whether an assistant commands its partner, `is_unclear` says so and the
model is asked. What it does not know: whether a solution is right.
"""

import math
import re
from collections import Counter

from cogitate.agents.roleplay.values import DONE_TOKEN
from cogitate.words import words

ALIKE = 0.95
"""Cosine of word counts above which two messages are the same."""

NAMED = 0.6
"""Share of the words that a step has of its own by which an instruction names it."""

CARRIED = 0.5
"""Share of a result's words that a summary has of it."""

PARROTED = 40
"""Characters at the head of a message that make it a copy of its prompt."""

_INSTRUCTION = re.compile(r"(?im)^\W*(instruction|指令|指示)\s*[:：]")
_SOLUTION = re.compile(r"(?im)^\W*(solution|解答|解决方案|答案)\s*[:：]|```")
_COMMANDS = re.compile(
    r"(?i)^\W*(now,? you|your (next )?(task|job|instruction) is|i (want|need|instruct|order) you to"
    r"|next,? (you|your)\b|(please )?(send|give|tell|provide|show) me\b)"
    r"|^\W*(请你|你现在要|你的下一个任务|我要求你|接下来你)"
)
_UNCLEAR = re.compile(
    r"(?i)\byou (should|must|need to|have to|can now)\b|\bplease\b|[你您](应该|必须|需要)|请"
)
_PROMISE = re.compile(
    r"(?i)^\W*(sure|certainly|ok(ay)?|of course|yes)?[,.! ]*"
    r"(i('ll| will| am going to| can| would)|let me|i'm going to|we will|consider it done)\b"
    r"|^\W*(好的)?[，。! ]*(我(会|将|马上|这就|可以)|让我)"
)
_THANKS = re.compile(
    r"(?i)\b(thanks?( you)?|you'?re welcome|welcome|good ?bye|bye|have a (nice|great|good) day|"
    r"so much|very much|glad|great|perfect|excellent|well done|good job|for (your|the) (help|work)|"
    r"see you|cheers|take care|no problem|happy to help|to|i could|help|ok(ay)?|you|all|"
    r"my pleasure)\b"
    r"|谢谢|感谢|多谢|再见|不客气|辛苦了|太好了|很好|好的|你|您|的|帮助|非常|了"
)
_SURE_THANKS = re.compile(r"(?i)thank|welcome|bye|cheers|pleasure|谢|再见|不客气|辛苦")
_DONE = re.compile(
    r"(?i)((the )?(whole )?(task|work|all|everything)( is| has been)? )?"
    r"(done|finished|complete[d]?)[.!]?|(任务)?(已经?)?(完成|结束)了?[。！]?"
)
_PROGRAM = re.compile(
    r"(?i)\b(functions?|programs?|scripts?|code|class)\b|函数|程序(?!员)|代码|脚本"
)
_EMPTY = frozenset(("", "none", "null", "n/a", "nothing", "no instruction", "无", "没有"))
_SHORT_PROMISE = 160


def is_token(text: str) -> bool:
    """Return whether a message is the done token alone."""
    return text.strip() == DONE_TOKEN


def is_done_word(text: str) -> bool:
    """Return whether a message says in a word or two that the task is done, and nothing else."""
    return bool(_DONE.fullmatch(text.strip()))


def gives_instruction(text: str) -> bool:
    """Return whether a text holds anything that could be carried out."""
    plain = text.replace(DONE_TOKEN, " ").strip(" \t\n.!-。！").lower()
    return plain not in _EMPTY and re.search(r"\w", plain) is not None


def parrots(text: str, prompt: str) -> bool:
    """Return whether a message begins with words of the prompt itself, as a 0.5B's may."""
    head = " ".join(text.split())[:PARROTED]
    return len(head) == PARROTED and head in " ".join(prompt.split())


def only_thanks(text: str) -> bool:
    """Return whether a message is nothing but thanks, praise or a goodbye."""
    left = _THANKS.sub(" ", text.replace(DONE_TOKEN, " "))
    return bool(_SURE_THANKS.search(text)) and not re.search(r"\w", left)


def solves(instruction: str) -> bool:
    """Return whether a user's message holds a solution: the user does the assistant's part."""
    return bool(_SOLUTION.search(instruction))


def speaks_as(text: str, partner: str) -> bool:
    """Return whether a message begins by saying that its speaker is the partner."""
    return re.match(rf"(?i)\W*(i am|i'm|this is|我是)\s*{re.escape(partner)}", text) is not None


def commands(solution: str) -> bool:
    """Return whether an assistant's message instructs: a label, the token, or an imperative."""
    return DONE_TOKEN in solution or bool(
        _INSTRUCTION.search(solution) or _COMMANDS.search(solution)
    )


def is_unclear(solution: str) -> bool:
    """Return whether code cannot tell if a short message instructs the partner."""
    return len(solution) <= _SHORT_PROMISE and bool(_UNCLEAR.search(solution))


def promises(solution: str, instruction: str) -> bool:
    """Return whether a message holds no result: a promise, nothing, or the instruction again."""
    plain = solution.strip()
    if not gives_instruction(plain):
        return True
    if alike(plain, instruction) > ALIKE:
        return True
    return len(plain) <= _SHORT_PROMISE and bool(_PROMISE.search(plain)) and ":" not in plain


def asks_for_program(instruction: str) -> bool:
    """Return whether a program is what an instruction asks for, not only what it prints."""
    return bool(_PROGRAM.search(instruction))


def names(instruction: str, step: str, besides: str) -> bool:
    """Return whether an instruction asks for a step too, by the words it has of its own."""
    own = {*words(step)} - {*words(besides)}
    return len(own & {*words(instruction)}) >= NAMED * len(own)


def holds(summary: str, result: str) -> bool:
    """Return whether a summary carries a result, by its words."""
    wanted = {*words(result)}
    return len(wanted & {*words(summary)}) >= CARRIED * len(wanted)


def alike(one: str, other: str) -> float:
    """Return the cosine of two texts by their word counts: 1 for the same words."""
    left, right = Counter(words(one)), Counter(words(other))
    if not left or not right:
        return 1.0 if one.strip() == other.strip() and one.strip() else 0.0
    dot = sum(count * right[word] for word, count in left.items())
    lengths = math.sqrt(sum(c * c for c in left.values()) * sum(c * c for c in right.values()))
    return dot / lengths
