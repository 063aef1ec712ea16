"""A model as a judge of two answers, for what no checker can decide, with its biases held.

Judges favour the answer that stands first, the longer one and their own (Zheng et al. 2023), so
each pair is shown in both orders and wins only if both agree; a panel of at least three votes;
a judge must agree with people before its verdicts count, and controls go with every batch.
Small models are not usable judges of open quality: prefer a checker wherever there can be one,
and never let the model that wrote an answer judge it without saying so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, tanh
from typing import Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.errors import SetupError
from cogitate.lab.statistics import kappa
from cogitate.llm.decide import decide

JUDGE_PROMPT = """\
You compare two answers to one question. Judge correctness first, then completeness; length and \
style do not count. Give one sentence for each answer, then the verdict: 1, 2 or tie."""

REFERENCE_JUDGE_PROMPT = """\
You are a strict examiner. Compare each of the two answers with the reference; without one, \
first work out the right answer yourself. The answer with fewer errors wins; if both are right \
or both are wrong, it is a tie. One sentence for each answer, then the verdict: 1, 2 or tie."""

USER_JUDGE_PROMPT = """\
You asked the question and got two answers. Say which one you could act on without being misled: \
1, 2, or tie when it makes no difference. More words are not better. One sentence for each \
answer, then the verdict."""

PAIR_PROMPT = """\
Question: {question}
Reference: {reference}
Answer 1: {first}
Answer 2: {second}"""

LEAST_PAIRS, LEAST_AGREEMENT, MOST_FLIPS = 50, 0.60, 0.35
LEAST_PANEL = 3
RIDGE = 0.01
"""Holds the fit of the length control where the length decides everything."""
PADDING = (
    " To put the same thing in other words, and to be as clear and thorough as possible: the "
    "above is the answer to the question, and all of it has been considered with care."
)

Winner = Literal["a", "b", "tie"]


STRAIGHT: dict[str, Winner] = {"1": "a", "2": "b", "tie": "tie"}
TURNED: dict[str, Winner] = {"1": "b", "2": "a", "tie": "tie"}


class Verdict(BaseModel):
    """A judge's decision on two answers."""

    note1: str = Field(max_length=200, description="one sentence on answer 1")
    note2: str = Field(max_length=200, description="one sentence on answer 2")
    verdict: Literal["1", "2", "tie"]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two answers to a question, and which one a person prefers, if one was asked."""

    question: str
    a: str
    b: str
    reference: str = ""
    human: Winner | None = None


@dataclass(frozen=True, kw_only=True)
class Juror:
    """A model with the instruction by which it judges."""

    model: BaseChatModel
    prompt: str = JUDGE_PROMPT


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a panel says of a pair."""

    winner: Winner
    votes: tuple[Winner, ...]
    flips: int
    """Jurors whose verdict followed the order in which the answers stood."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How far a panel can be trusted, by pairs that people judged."""

    pairs: int
    agreement: float
    kappa: float
    flips: float
    """Share of the jurors' judgements that changed sides with the order."""
    ties: float

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the panel is not usable; none when it is."""
        found = []
        if self.pairs < LEAST_PAIRS:
            found.append(f"{self.pairs} pairs judged by people; {LEAST_PAIRS} are the least")
        if self.agreement < LEAST_AGREEMENT:
            found.append(f"agrees with people in {self.agreement:.0%}, not {LEAST_AGREEMENT:.0%}")
        if self.flips > MOST_FLIPS:
            found.append(f"follows the order in {self.flips:.0%}, more than {MOST_FLIPS:.0%}")
        return tuple(found)

    @property
    def usable(self) -> bool:
        """Whether verdicts of this panel may be reported."""
        return not self.problems


@dataclass(frozen=True, kw_only=True)
class Controls:
    """What a panel made of pairs whose right verdict is known."""

    identical: float
    """Share of pairs of the same answer that were ties; 1 is wanted."""
    corrupted: float
    """Share of pairs in which the gold answer beat a corrupted one; 1 is wanted."""
    padded: float
    """Share of pairs in which the padded answer beat the plain one; 0 is wanted."""


def panel_of(models: Sequence[BaseChatModel]) -> tuple[Juror, ...]:
    """Return jurors over the models: each with each of the three instructions."""
    prompts = (JUDGE_PROMPT, REFERENCE_JUDGE_PROMPT, USER_JUDGE_PROMPT)
    return tuple(Juror(model=model, prompt=prompt) for model in models for prompt in prompts)


async def judge(panel: Sequence[Juror], pair: Pair) -> Judgement:
    """Return the panel's majority on a pair, each juror asked in both orders.

    Raises:
        SetupError: the panel has fewer than three jurors.
    """
    if len(panel) < LEAST_PANEL:
        raise SetupError(f"the panel has {len(panel)} jurors; {LEAST_PANEL} are the least")
    votes: list[Winner] = []
    flips = 0
    for juror in panel:
        straight = await _asked(juror, pair, pair.a, pair.b)
        turned = await _asked(juror, pair, pair.b, pair.a)
        plain, swapped = STRAIGHT[straight], TURNED[turned]
        votes.append(plain if plain == swapped else "tie")
        flips += plain != swapped and "tie" not in (plain, swapped)
    return Judgement(winner=_majority(votes), votes=tuple(votes), flips=flips)


async def _asked(juror: Juror, pair: Pair, first: str, second: str) -> str:
    """Return the verdict of one juror on the answers in one order; no verdict is a tie."""
    text = PAIR_PROMPT.format(
        question=pair.question, reference=pair.reference or "none", first=first, second=second
    )
    found = await decide(
        juror.model,
        [SystemMessage(juror.prompt), HumanMessage(text)],
        Verdict,
        purpose="judge",
        fallback=Verdict(note1="", note2="", verdict="tie"),
    )
    return found.verdict


def _majority(votes: Sequence[Winner]) -> Winner:
    """Return what more than half of the votes say, else a tie."""
    most, count = Counter(votes).most_common(1)[0]
    return most if 2 * count > len(votes) else "tie"


async def calibrate(panel: Sequence[Juror], pairs: Sequence[Pair]) -> Calibration:
    """Return how a panel agrees with people on pairs that have a `human` verdict.

    Raises:
        SetupError: no pair has one.
    """
    known = [pair for pair in pairs if pair.human is not None]
    if not known:
        raise SetupError("no pair has a human verdict; a judge is calibrated against people")
    found = [await judge(panel, pair) for pair in known]
    people, said = [str(pair.human) for pair in known], [str(one.winner) for one in found]
    return Calibration(
        pairs=len(known),
        agreement=sum(a == b for a, b in zip(people, said, strict=True)) / len(known),
        kappa=kappa(people, said),
        flips=sum(one.flips for one in found) / (len(known) * len(panel)),
        ties=said.count("tie") / len(known),
    )


async def controls(
    panel: Sequence[Juror], cases: Sequence[tuple[str, str, str]], padding: str = PADDING
) -> Controls:
    """Return what a panel makes of pairs whose right verdict is known.

    Args:
        panel: the jurors.
        cases: (question, gold answer, corrupted answer) each.
        padding: what is added to the gold answer without saying anything.

    Raises:
        SetupError: there are no cases.
    """
    if not cases:
        raise SetupError("there are no cases for the controls; give at least one")
    same, right, longer = [], [], []
    for question, gold, corrupted in cases:
        same.append((await judge(panel, Pair(question=question, a=gold, b=gold))).winner)
        pair = Pair(question=question, a=gold, b=corrupted, reference=gold)
        right.append((await judge(panel, pair)).winner)
        pair = Pair(question=question, a=gold, b=gold + padding)
        longer.append((await judge(panel, pair)).winner)
    return Controls(
        identical=same.count("tie") / len(cases),
        corrupted=right.count("a") / len(cases),
        padded=longer.count("b") / len(cases),
    )


def length_controlled(wins: Sequence[float], lengths: Sequence[tuple[int, int]]) -> float:
    """Return the win rate of the second answers if both were equally long.

    P(win) = s(a + b tanh(z)), z the standardised difference of lengths, fitted by Newton's
    method with a small ridge, so that it also ends where the length decides everything.

    Args:
        wins: 1 where the second answer won, 0.5 for a tie, 0 where it lost.
        lengths: lengths of the first and the second answers.
    """
    differences = [second - first for first, second in lengths]
    spread = (sum(d * d for d in differences) / len(differences)) ** 0.5 if differences else 0.0
    if not spread:
        return sum(wins) / len(wins) if wins else 0.0
    longer = [tanh(d / spread) for d in differences]
    a = b = 0.0
    for _ in range(50):
        chance = [1 / (1 + exp(-(a + b * x))) for x in longer]
        slope_a = sum(w - p for w, p in zip(wins, chance, strict=True)) - RIDGE * a
        slope_b = sum((w - p) * x for w, p, x in zip(wins, chance, longer, strict=True)) - RIDGE * b
        curve = [p * (1 - p) for p in chance]
        aa = sum(curve) + RIDGE
        ab = sum(c * x for c, x in zip(curve, longer, strict=True))
        bb = sum(c * x * x for c, x in zip(curve, longer, strict=True)) + RIDGE
        scale = aa * bb - ab * ab
        a += (bb * slope_a - ab * slope_b) / scale
        b += (aa * slope_b - ab * slope_a) / scale
    return 1 / (1 + exp(-a))
