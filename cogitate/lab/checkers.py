"""What a case of each kind asks of an agent, and whether what came back is right.

A checker reads the agent's answer (or, for tool calls, its calls) and never asks a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cogitate.answers import normalise_answer, number_answered, same_number
from cogitate.lab.calls import Call, check_calls
from cogitate.lab.functions import renamed
from cogitate.lab.game24 import expression_in, makes_24
from cogitate.lab.hidden_tests import passes, program_in
from cogitate.lab.metrics import (
    answer_f1,
    chosen,
    covers,
    exact_match,
    gsm8k_flexible,
    gsm8k_strict,
    multiset_overlap,
)

CHOICES_PROMPT = """\
{question}
Choices: {choices}
Answer with one of the choices."""

GAME24_PROMPT = """\
Make 24 from the numbers {numbers}. Use each number exactly once, with + - * / and brackets. \
Answer with one expression, such as (10 - 4) * (9 - 5)."""

FEVER_PROMPT = """\
Is this claim true? {claim}
Choices: {choices}
Answer with one of the choices."""

SHORT_PROMPT = """\
{question}
Answer with a name, a date, a number, yes or no, and nothing else."""

PROGRAM_PROMPT = """\
Complete this Python function. Answer with the whole function in one code block.
{prompt}"""

FEVER_LABELS = ("SUPPORTS", "REFUTES", "NOT ENOUGH INFO")
Data = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a checker says of one attempt."""

    correct: bool
    given: str | None
    """What was taken from the answer; None when there was nothing that could be scored."""
    scores: dict[str, float] = field(default_factory=dict)
    why: str = ""
    """What is wrong, in words."""


# ------------------------------------------------------------------------------------ numbers


def question_goal(data: Data) -> str:
    """Return the question as it stands."""
    return str(data["question"])


def score_number(data: Data, answer: str) -> Score:
    """Score the number that the answer gives; whole numbers exactly, others within 0.1 %."""
    given, gold = number_answered(answer, question_goal(data)), data["answer"]
    correct = given is not None and same_number(given, gold)
    strict = gsm8k_strict(answer, gold)
    return Score(
        correct=correct,
        given=None if given is None else str(given),
        scores={"strict": float(strict), "flexible": float(gsm8k_flexible(answer, gold))},
    )


# ------------------------------------------------------------------------------------ choices


def choices_goal(data: Data) -> str:
    """Return the question with its choices."""
    return CHOICES_PROMPT.format(question=data["question"], choices=_lettered(data["choices"]))


def score_choice(data: Data, answer: str) -> Score:
    """Score the choice that the answer names."""
    given = chosen(answer, data["choices"])
    return Score(correct=given == data["answer"], given=given)


def fever_goal(data: Data) -> str:
    """Return the claim with the three labels."""
    return FEVER_PROMPT.format(claim=data["claim"], choices=_lettered(FEVER_LABELS))


def score_fever(data: Data, answer: str) -> Score:
    """Score the label; evidence is not asked for."""
    return score_choice({"choices": FEVER_LABELS, "answer": data["label"]}, answer)


def _lettered(choices: Any) -> str:
    return " ".join(f"({chr(ord('A') + i)}) {choice}" for i, choice in enumerate(choices))


# -------------------------------------------------------------------------------------- words


def short_goal(data: Data) -> str:
    """Return the question and the wish for a short answer."""
    return SHORT_PROMPT.format(question=data["question"])


def score_short(data: Data, answer: str) -> Score:
    """Score by exact match; F1 and whether the gold stands in the answer are told beside it."""
    golds = _golds(data)
    correct = exact_match(answer, golds)
    scores = {"em": float(correct), "f1": answer_f1(answer, golds)}
    scores["covers"] = float(covers(answer, golds))
    return Score(correct=correct, given=normalise_answer(answer) or None, scores=scores)


def own_goal(data: Data) -> str:
    """Return what a case of a person's own file asks."""
    return choices_goal(data) if data.get("choices") else question_goal(data)


def score_own(data: Data, answer: str) -> Score:
    """Score a case of a person's own file by what its answer is.

    A number: the last number. With choices: the choice. A text: whether it stands in the answer.
    """
    if data.get("choices"):
        return score_choice(data, answer)
    gold = data["answer"]
    if isinstance(gold, int | float) and not isinstance(gold, bool):
        return score_number(data, answer)
    found = score_short(data, answer)
    return Score(correct=bool(found.scores["covers"]), given=found.given, scores=found.scores)


def _golds(data: Data) -> list[str]:
    gold = data["answer"]
    return [str(one) for one in gold] if isinstance(gold, list) else [str(gold)]


# ----------------------------------------------------------------------------------- programs


def game24_goal(data: Data) -> str:
    """Return the puzzle."""
    return GAME24_PROMPT.format(numbers=", ".join(map(str, data["numbers"])))


def score_game24(data: Data, answer: str) -> Score:
    """Score the last expression by exact arithmetic."""
    given = expression_in(answer)
    correct = given is not None and makes_24(given, data["numbers"])
    return Score(correct=correct, given=given)


def program_goal(data: Data) -> str:
    """Return the function to be completed; its tests stay hidden."""
    return PROGRAM_PROMPT.format(prompt=data["prompt"])


def score_program(data: Data, answer: str) -> Score:
    """Score by the hidden tests, run in the sandbox."""
    program = program_in(answer, data["prompt"], data["entry_point"])
    if program is None:
        return Score(correct=False, given=None, why="no function in the answer")
    why = passes(program, data["test"], data["entry_point"])
    return Score(correct=not why, given=program, why=why)


# --------------------------------------------------------------------------------- tool calls


def call_goal(data: Data) -> str:
    """Return what the person says, all messages together."""
    return "\n".join(str(message["content"]) for message in data["messages"])


def score_calls(data: Data, calls: tuple[Call, ...]) -> Score:
    """Score the calls by the AST check; `names` is the F1 of the functions' names."""
    tools, wanted = renamed(data)
    why = check_calls(tools, calls, wanted)
    given = [name for call in calls for name in call]
    right = [name for call in wanted for name in call]
    names = multiset_overlap(given, right).f1 if given or right else 1.0
    return Score(correct=not why, given=repr(list(calls)), scores={"names": names}, why=why)
