"""The suites by name, and the cases that their files hold.

A suite is one or more JSONL files and what its cases ask and how they are checked. The files
are not part of this package: `--data` or COGITATE_DATA names where they lie. A person's own
file has lines with `id`, `question` and `answer`; a line that has a `suite` is a case of that
suite, which is how failed cases are run again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from cogitate.errors import SetupError
from cogitate.lab import checkers
from cogitate.lab.checkers import Data, Score
from cogitate.lab.metrics import largest_digits
from cogitate.lab.plans import PLAN, gold_plan

OWN = "file"
"""The suite of a person's own file."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One suite: its files, what it asks, how it is checked, by which rule."""

    files: tuple[str, ...]
    goal: Callable[[Data], str]
    score: Callable[[Data, str], Score] | None
    """None: the calls are scored, not the answer."""
    rule: str
    fields: tuple[str, ...] = ("question", "answer")


_LAST = "the last number, or the one of a single sentence that the question does not hold"
_NUMBER = f"{_LAST}; whole numbers exact, others within 0.1 %"
_CHOICE = "the choice that the answer names"
_CALLS = "BFCL's AST check of the calls"
_CALL_FIELDS = ("messages", "tools", "ground_truth")


def _numbers(file: str) -> Suite:
    return Suite(
        files=(file,), goal=checkers.question_goal, score=checkers.score_number, rule=_NUMBER
    )


def _choices(file: str) -> Suite:
    return Suite(
        files=(file,),
        goal=checkers.choices_goal,
        score=checkers.score_choice,
        rule=_CHOICE,
        fields=("question", "choices", "answer"),
    )


def _calls(*files: str) -> Suite:
    return Suite(files=files, goal=checkers.call_goal, score=None, rule=_CALLS, fields=_CALL_FIELDS)


CATEGORIES = ("simple", "multiple", "parallel", "parallel_multiple", "live_simple", "irrelevance")
_CALL_FILES = {name: f"bfcl_{name}.jsonl" for name in CATEGORIES} | {
    "simple": "bfcl_simple_python.jsonl"
}

SUITES: dict[str, Suite] = {
    "gsm8k": _numbers("gsm8k.jsonl"),
    "gsm_hard": _numbers("gsm_hard.jsonl"),
    "svamp": _numbers("svamp.jsonl"),
    "date_understanding": _choices("date_understanding.jsonl"),
    "penguins": _choices("penguins_in_a_table.jsonl"),
    "colored_objects": _choices("reasoning_about_colored_objects.jsonl"),
    "game24": Suite(
        files=("game24.jsonl",),
        goal=checkers.game24_goal,
        score=checkers.score_game24,
        rule="the last expression uses each number once and equals 24, by exact arithmetic",
        fields=("numbers",),
    ),
    "hotpotqa": Suite(
        files=("hotpotqa.jsonl",),
        goal=checkers.short_goal,
        score=checkers.score_short,
        rule="exact match after normalisation",
    ),
    "fever": Suite(
        files=("fever.jsonl",),
        goal=checkers.fever_goal,
        score=checkers.score_fever,
        rule="the label that the answer names",
        fields=("claim", "label"),
    ),
    "humaneval": Suite(
        files=("humaneval.jsonl",),
        goal=checkers.program_goal,
        score=checkers.score_program,
        rule="the hidden tests pass in the sandbox",
        fields=("prompt", "entry_point", "test"),
    ),
    "bfcl": _calls(*_CALL_FILES.values()),
    **{f"bfcl_{name}": _calls(file) for name, file in _CALL_FILES.items()},
    OWN: Suite(
        files=(),
        goal=checkers.own_goal,
        score=checkers.score_own,
        rule=f"a number: {_LAST}; with choices: the choice; a text: stands in the answer",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case: its id, its suite and the line of the file that it comes from."""

    id: str
    suite: str
    data: Mapping[str, Any]

    @property
    def goal(self) -> str:
        """What an agent is asked."""
        return SUITES[self.suite].goal(self.data)

    @property
    def category(self) -> str:
        """The case's group within its suite, "" for none."""
        return str(self.data.get("category", ""))

    @property
    def digits(self) -> int | None:
        """Digits of the largest number of the question, where the answer is a number; else None."""
        answer = self.data.get("answer")
        counts = isinstance(answer, int | float) and not isinstance(answer, bool)
        return largest_digits(self.goal) if counts and not self.data.get("choices") else None


def suite_named(name: str) -> Suite:
    """Return the suite called `name`.

    Raises:
        SetupError: there is none; the message names the closest.
    """
    if name not in SUITES:
        near = get_close_matches(name, SUITES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(SUITES)}"
        raise SetupError(f"there is no suite {name!r}; {hint}")
    return SUITES[name]


def load_cases(name: str, data: Path | None, limit: int | None = None) -> list[Case]:
    """Return the first `limit` cases of a suite, of several files in turn.

    Args:
        name: a suite's name.
        data: the folder of its files, or one file to be read instead.
        limit: None for all of them.

    Raises:
        SetupError: there is no such suite or file, or a line of it is no case.
    """
    suite = suite_named(name)
    if data is None:
        raise SetupError(
            f"where the data of {name!r} lies is not known; name the folder (or a file of your "
            "own) with --data or COGITATE_DATA; docs/evaluation.md says what lies in it"
        )
    if data.is_file():
        lists = [_read(data, name)]
    elif suite.files:
        lists = [_read(_found(data / file, name), name) for file in suite.files]
    else:
        raise SetupError(f"{str(data)!r} is no file; name the JSONL file with --data FILE")
    in_turn = chain.from_iterable(zip_longest(*lists))
    cases = [case for case in in_turn if case is not None][:limit]
    if not cases:
        raise SetupError(f"{str(data)!r} holds no case of {name!r}")
    twice = _first_twice([case.id for case in cases])
    if twice is not None:
        raise SetupError(f"two cases of {str(data)!r} have the id {twice!r}; each needs its own")
    return cases


def _found(path: Path, name: str) -> Path:
    if not path.is_file():
        raise SetupError(
            f"the suite {name!r} needs the file {path.name!r}, which is not in "
            f"{str(path.parent)!r}; name the folder where it lies with --data or COGITATE_DATA"
        )
    return path


def _first_twice(ids: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            return one
        seen.add(one)
    return None


def _read(path: Path, name: str) -> list[Case]:
    try:
        lines = path.read_text("utf-8").split("\n")  # not splitlines: a text may hold U+2028
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"cannot read {str(path)!r}: {error}") from error
    return [_case(line, name, f"{path}:{n}") for n, line in enumerate(lines, 1) if line.strip()]


def _case(line: str, name: str, place: str) -> Case:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise SetupError(f"{place} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise SetupError(f"{place} is not an object but {type(data).__name__}")
    own = str(data.get("suite", name))
    missing = [field for field in ("id", *suite_named(own).fields) if field not in data]
    if missing:
        raise SetupError(
            f"{place} has no {missing[0]!r}; a case of {own!r} needs "
            f"{', '.join(('id', *suite_named(own).fields))}"
        )
    choices = data.get("choices")
    if choices and data.get("answer") not in choices:
        raise SetupError(
            f"{place}: the answer {data.get('answer')!r} is none of the choices; write it as it "
            "stands there"
        )
    if PLAN in data:
        gold_plan(data)
    return Case(id=str(data["id"]), suite=own, data=data)


def case_hash(case: Case) -> str:
    """Return a short hash of one case."""
    return data_hash([case])


def data_hash(cases: Sequence[Case]) -> str:
    """Return a short hash of what is asked and what is right, in this order."""
    text = json.dumps([[case.suite, dict(case.data)] for case in cases], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
