"""The metrics, each defined once: answers, numbers, samples, plans and tool calls.

Every function takes plain values and gives plain numbers; nothing here runs a model. Words are
normalised, numbers compared and votes counted as `cogitate.answers` says. Tool calls of BFCL are
checked in `calls.py`, intervals and tests are in `statistics.py`.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from cogitate.answers import last_number, majority, normalise_answer, same_number

CLOSED = frozenset({"yes", "no", "noanswer"})
"""Answers that are right or wrong as a whole: they earn no F1 for shared words (HotpotQA)."""

_PHRASE = re.compile(
    r"(?:####|\b(?:final\s+)?answer(?:\s+is)?\s*[:=]?)\s*\**\s*([-−+]?\s?[$€£]?\s?\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)
_BARE = re.compile(r"\s*[-−+]?\s?[$€£]?\s?\d[\d,]*(?:\.\d+)?\s?%?\s*\.?\s*")

_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WHOLE = re.compile(r"(?<![\d.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)")
"""Digits before the point."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Precision, recall and F1 of what was found against what was wanted."""

    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0


# ------------------------------------------------------------------------------------- words


def exact_match(answer: str, golds: Sequence[str]) -> bool:
    """Return whether the normalised answer is one of the normalised gold answers."""
    return normalise_answer(answer) in {normalise_answer(gold) for gold in golds}


def covers(answer: str, golds: Sequence[str]) -> bool:
    """Return whether a gold answer stands in the answer as whole words, after normalisation."""
    words = f" {normalise_answer(answer)} "
    return any(_apart(plain) in words for gold in golds if (plain := normalise_answer(gold)))


def _apart(plain: str) -> str:
    """Return words with the blanks that set them apart; Chinese and Japanese write none."""
    return plain if _UNSPACED.search(plain) else f" {plain} "


def answer_overlap(answer: str, gold: str) -> Overlap:
    """Return precision, recall and F1 of the words of an answer (SQuAD, HotpotQA).

    If either side is yes, no or noanswer and they differ, all three are 0.
    """
    given, wanted = normalise_answer(answer), normalise_answer(gold)
    if given != wanted and (given in CLOSED or wanted in CLOSED):
        return Overlap()
    return multiset_overlap(given.split(), wanted.split())


def answer_f1(answer: str, golds: Sequence[str]) -> float:
    """Return the best F1 of an answer over its gold answers."""
    return max((answer_overlap(answer, gold).f1 for gold in golds), default=0.0)


def multiset_overlap(found: Iterable[Hashable], wanted: Iterable[Hashable]) -> Overlap:
    """Return precision, recall and F1 of two multisets; all 0 when nothing is shared."""
    given, right = Counter(found), Counter(wanted)
    common = (given & right).total()
    if not common:
        return Overlap()
    precision, recall = common / given.total(), common / right.total()
    return Overlap(
        precision=precision, recall=recall, f1=2 * precision * recall / (precision + recall)
    )


Facts = Iterable[tuple[str, int]]
"""Supporting facts: the title of a page and the number of a sentence in it."""


def supporting_facts(found: Facts, wanted: Facts) -> tuple[bool, Overlap]:
    """Return whether the sets of facts are equal, and their overlap (HotpotQA)."""
    given, right = set(found), set(wanted)
    return given == right, multiset_overlap(given, right)


def joint(answer: str, gold: str, found: Facts, wanted: Facts) -> tuple[bool, Overlap]:
    """Return HotpotQA's joint exact match and overlap: answer and supporting facts together."""
    equal, facts = supporting_facts(found, wanted)
    words = answer_overlap(answer, gold)
    precision, recall = words.precision * facts.precision, words.recall * facts.recall
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    both = exact_match(answer, [gold]) and equal
    return both, Overlap(precision=precision, recall=recall, f1=f1)


# ----------------------------------------------------------------------------------- numbers


def strict_number(text: str) -> str | None:
    """Return the number after the agreed phrase (first match), or None.

    Agreed are `#### N`, "the answer is N", "Answer: N", and a text that is a number alone.
    """
    found = _PHRASE.search(text)
    if found:
        return found.group(1)
    return text.strip() if _BARE.fullmatch(text) else None


def gsm8k_strict(answer: str, gold: float | str) -> bool:
    """Return whether the number after the agreed phrase is right."""
    given = strict_number(answer)
    return given is not None and same_number(given, gold)


def gsm8k_flexible(answer: str, gold: float | str) -> bool:
    """Return whether the last number of the answer is right."""
    given = last_number(answer)
    return given is not None and same_number(given, gold)


def gsm8k_gold(solution: str) -> str:
    """Return what stands after `####` in a solution of GSM8K's own files."""
    return solution.rpartition("####")[2].strip().replace(",", "")


def largest_digits(text: str) -> int:
    """Return how many digits the largest number of a text has before its point; 0 without one."""
    found = [part.replace(",", "").lstrip("0") for part in _WHOLE.findall(text)]
    return max((max(len(digits), 1) for digits in found), default=0)


# ----------------------------------------------------------------------------------- choices


def chosen(answer: str, choices: Sequence[str]) -> str | None:
    """Return the choice that an answer names, or None.

    In this order: the answer is a choice; a letter such as (B) is given; the choice named last
    as whole words, longer choices before shorter ones that they hold.
    """
    plain = normalise_answer(answer)
    by_words = {normalise_answer(choice): choice for choice in choices}
    if plain in by_words:
        return by_words[plain]
    letter = _letter(answer, len(choices))
    named = _named_last(plain, by_words)
    return choices[letter] if letter is not None else named


def _letter(answer: str, most: int) -> int | None:
    """Return the index of the letter that an answer gives: `(B)`, `B) ...`, `answer is B`."""
    found = re.findall(r"\(([A-Z])\)|(?:^|answer(?: is)?:?\s+)([A-Z])(?:[).:]|\s*$)", answer)
    letters = [ord(one or other) - ord("A") for one, other in found]
    inside = [index for index in letters if 0 <= index < most]
    return inside[-1] if inside else None


def _named_last(plain: str, by_words: Mapping[str, str]) -> str | None:
    text, ends = f" {plain} ", {}
    for words in sorted(by_words, key=len, reverse=True):
        at = text.rfind(_apart(words)) if words else -1
        if at >= 0:
            ends[at + len(words)] = by_words[words]
            text = text.replace(_apart(words), _apart(words).replace(words, "_" * len(words)))
    return ends[max(ends)] if ends else None


# ----------------------------------------------------------------------------------- samples


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Return the chance that one of `k` samples passes, unbiased: 1 - C(n-c, k) / C(n, k).

    Raises:
        ValueError: `k` is not between 1 and `samples`, or `passed` not between 0 and `samples`.
    """
    if not 1 <= k <= samples or not 0 <= passed <= samples:
        raise ValueError(
            f"pass@{k} of {passed} passes among {samples} samples; "
            "k must be 1 to the samples, the passes 0 to the samples"
        )
    return 1.0 - comb(samples - passed, k) / comb(samples, k)


def vote_of(answers: Sequence[str]) -> str:
    """Return the answer for maj@k: the most votes after normalisation, of equals the first."""
    return majority(answers)[0]


def within_budget(
    spent: Iterable[tuple[bool, int, int]], *, tokens: int | None = None, calls: int | None = None
) -> float:
    """Return the share of tries that succeeded within a budget.

    Args:
        spent: of each try whether it succeeded, its tokens and its model calls.
        tokens: most tokens; None for no limit.
        calls: most model calls; None for no limit.
    """
    tries = list(spent)
    good = [
        ok and (tokens is None or used_tokens <= tokens) and (calls is None or used_calls <= calls)
        for ok, used_tokens, used_calls in tries
    ]
    return sum(good) / len(tries) if tries else 0.0


def per_success(total: float, successes: float) -> float | None:
    """Return what one success cost, None when there was none."""
    return total / successes if successes else None


# ------------------------------------------------------------------------ plans and tool calls


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """One node of a plan or one tool call: its name, its arguments, what it waits for."""

    id: str
    tool: str
    args: Mapping[str, Any]
    after: tuple[str, ...] = ()
    """Ids of the nodes that it depends on."""


@dataclass(frozen=True, kw_only=True)
class PlanScore:
    """How near a plan is to the right one."""

    nodes: Overlap
    """On the multiset of tools."""
    edges: Overlap
    """On the multiset of (tool, tool that waits for it)."""
    arguments: float
    """Share of the wanted nodes whose tool was used with exactly the wanted arguments."""
    valid: float
    """Share of the nodes whose tool exists and that wait only for nodes of the plan."""


def plan_score(
    found: Sequence[ToolUse], wanted: Sequence[ToolUse], tools: Iterable[str]
) -> PlanScore:
    """Return how near the plan `found` is to `wanted`, with `tools` the names that exist."""
    known, ids = set(tools), {node.id for node in found}
    valid = [node.tool in known and set(node.after) <= ids - {node.id} for node in found]
    same = multiset_overlap(map(_with_arguments, found), map(_with_arguments, wanted))
    return PlanScore(
        nodes=multiset_overlap([n.tool for n in found], [n.tool for n in wanted]),
        edges=_edge_overlap(found, wanted),
        arguments=same.recall,
        valid=sum(valid) / len(valid) if valid else 0.0,
    )


def _edge_overlap(found: Sequence[ToolUse], wanted: Sequence[ToolUse]) -> Overlap:
    """Return the overlap of the edges; two plans without an edge agree."""
    given, right = _edges(found), _edges(wanted)
    if not given and not right:
        return Overlap(precision=1.0, recall=1.0, f1=1.0)
    return multiset_overlap(given, right)


def _edges(plan: Sequence[ToolUse]) -> list[tuple[str, str]]:
    names = {node.id: node.tool for node in plan}
    return [(names.get(before, ""), node.tool) for node in plan for before in node.after]


def _with_arguments(node: ToolUse) -> tuple[str, str]:
    return node.tool, repr(sorted(node.args.items()))
