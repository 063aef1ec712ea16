"""Runs a suite: each case by each loop with each model, as often as asked, and can be resumed.

What was already tried under the same question (same cases, loops, models, limits and code) is
not tried again. Attempts that crash, reach a limit or cannot be scored count as wrong.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

import cogitate
from cogitate.errors import SetupError
from cogitate.lab.attempts import (
    BROKEN,
    CAPS,
    OVER,
    Attempt,
    Failure,
    Method,
    attempt,
    check_loop,
)
from cogitate.lab.checkers import Score, score_calls
from cogitate.lab.plans import plan_scores
from cogitate.lab.report import label, summarise
from cogitate.lab.results import Key, Record, Results, code_hash, hash_of, key_of, opened
from cogitate.lab.suites import SUITES, Case, case_hash, data_hash, suite_named
from cogitate.llm.load import SCRIPTED
from cogitate.runs.context import Sandbox
from cogitate.values import Limits

MOST_KEPT = 4_000
"""Characters of an answer that are kept with its score."""

Models = Callable[[str], BaseChatModel]
"""Gives the model that a name means; called once for each name, when its turn comes."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an evaluation asks."""

    suite: str
    cases: Sequence[Case]
    models: tuple[str, ...]
    loops: tuple[str, ...] = ("auto",)
    repeat: int = 1
    seed: int = 0
    temperature: float = 0.0
    caps: Limits = CAPS
    corpus: Path | None = None
    sandbox: Sandbox = "confined"

    def __post_init__(self) -> None:
        suite_named(self.suite)
        for loop in self.loops:
            check_loop(loop)
        for what, given in (("loop", self.loops), ("model", self.models), ("case", self.cases)):
            if not given:
                raise SetupError(f"there is no {what} to evaluate; name at least one")
        if self.repeat < 1:
            raise SetupError(f"repeat is {self.repeat}; each case is tried once at least")

    def header(self) -> dict[str, Any]:
        """Return what makes this evaluation the one it is, with its hashes."""
        return {
            "suite": self.suite,
            "rules": {one: SUITES[one].rule for one in sorted({c.suite for c in self.cases})},
            "cases": len(self.cases),
            "data": data_hash(self.cases),
            "models": list(self.models),
            "files": [stamp(model) for model in self.models],
            "loops": list(self.loops),
            "repeat": self.repeat,
            "seed": self.seed,
            "temperature": self.temperature,
            "limits": asdict(self.caps),
            "corpus": None if self.corpus is None else _folder_hash(self.corpus),
            "sandbox": self.sandbox,
            "version": cogitate.__version__,
            "code": code_hash(),
        }

    def methods(self) -> list[str]:
        """Return the names of the methods that are compared, as the report has them."""
        return [label(model, loop, self.models) for model in self.models for loop in self.loops]

    def jobs(self) -> list[tuple[Key, Case]]:
        """Return every attempt to be made, in the order of the report."""
        return [
            ((model, loop, case.id, repeat), case)
            for model in self.models
            for loop in self.loops
            for case in self.cases
            for repeat in range(self.repeat)
        ]

    def order(self) -> list[tuple[Key, Case]]:
        """Return every attempt in the order of work: each case by all loops before the next.

        What was made when it is cut off can then be compared.
        """
        place = {case.id: n for n, case in enumerate(self.cases)}
        names = {model: n for n, model in enumerate(self.models)}
        return sorted(self.jobs(), key=lambda job: (names[job[0][0]], place[job[0][2]]))


def stamp(model: str) -> str:
    """Return what tells a model's file from another under its name, "" for a catalogue's name."""
    path = Path(model.removeprefix(SCRIPTED)).expanduser()
    if not path.is_file():
        return ""
    found = path.stat()
    return "-" + hash_of([found.st_size, found.st_mtime_ns])


def _folder_hash(folder: Path) -> str:
    """Return a short hash of a folder's files: names, sizes and times."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hash_of([[str(p), p.stat().st_size, p.stat().st_mtime_ns] for p in files])


async def evaluate(
    plan: Plan, models: Models, *, report: Progress | None = None, fresh: bool = False
) -> dict[str, Any]:
    """Return the report of an evaluation, made or brought to its end.

    Args:
        plan: what is asked.
        models: gives the model that a name means.
        report: called with how many attempts are made and of how many.
        fresh: try everything again.

    Raises:
        SetupError: a name is not known, or another process works on the same evaluation.
        UnavailableError: a model or a package is not there; what was found so far is kept.
    """
    with opened(plan.header(), fresh=fresh) as results:
        jobs = plan.order()
        if not fresh:
            results.borrow({key: case_hash(case) + stamp(key[0]) for key, case in jobs})
        done = {key_of(record) for record in results.read()}
        todo = [job for job in jobs if job[0] not in done]
        for count, (key, case) in enumerate(todo, start=len(jobs) - len(todo)):
            if report is not None:
                report(count, len(jobs))
            results.add(await _tried(plan, models, key, case))
        if report is not None:
            report(len(jobs), len(jobs))
        return _finish(plan, results)


def _finish(plan: Plan, results: Results) -> dict[str, Any]:
    """Return the report, in the plan's order whatever order the attempts were made in."""
    found = {key_of(record): record for record in results.read()}
    records = [found[key] for key, _ in plan.jobs()]
    summary = summarise({"id": results.id, **plan.header()}, records)
    results.finish(summary, failed_cases(plan.cases, records))
    return summary


def failed_cases(cases: Sequence[Case], records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the cases that an attempt failed, as lines of a suite of their own.

    Each says under `failed` which loop failed it with which model, how, and what it answered.
    """
    failed: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if not record["correct"]:
            names = ("model", "loop", "repeat", "failure", "given", "run_id")
            failed.setdefault(record["case"], []).append({n: record[n] for n in names})
    return [
        {**case.data, "id": case.id, "suite": case.suite, "failed": failed[case.id]}
        for case in cases
        if case.id in failed
    ]


async def _tried(plan: Plan, models: Models, key: Key, case: Case) -> Record:
    name, loop, _, repeat = key
    method = Method(
        loop=loop,
        model=seeded(models(name), plan.seed + repeat),
        caps=plan.caps,
        corpus=plan.corpus,
        sandbox=plan.sandbox,
    )
    found = await attempt(case, method)
    score = await asyncio.to_thread(scored, case, found)
    failure = failure_of(case, found, score)
    drafts = await asyncio.to_thread(drafts_right, case, found, score)
    return {
        "model": name,
        "loop": loop,
        "case": case.id,
        "repeat": repeat,
        "suite": case.suite,
        "category": case.category,
        "data": case_hash(case) + stamp(name),
        "correct": not failure,
        "failure": failure,
        "given": score.given,
        "why": score.why or found.error,
        "scores": score.scores | plan_scores(case.data, found.plan),
        "answer": found.answer[:MOST_KEPT],
        "calls": [dict(call) for call in found.calls],
        "stopped": found.stopped,
        "steps": found.steps,
        "usage": asdict(found.usage),
        "seconds": found.seconds,
        "run_id": found.run_id,
        "rounds": len(found.drafts),
        "first_right": drafts[0] if drafts else None,
        "any_right": any(drafts),
        "digits": case.digits,
    }


def seeded(model: BaseChatModel, seed: int) -> BaseChatModel:
    """Return the model with a seed of its own, if it is one that takes a seed."""
    if "seed" not in type(model).model_fields:
        return model
    return model.model_copy(update={"seed": seed})


def scored(case: Case, found: Attempt) -> Score:
    """Return what the suite's checker says of an attempt."""
    score = SUITES[case.suite].score
    if score is None:
        return score_calls(case.data, found.calls)
    return score(case.data, found.answer)


def drafts_right(case: Case, found: Attempt, score: Score) -> list[bool]:
    """Return of each answer that was judged whether it was right; nothing where none was."""
    if SUITES[case.suite].score is None:
        return []
    return [
        score.correct
        if draft == found.answer
        else scored(case, replace(found, answer=draft)).correct
        for draft in found.drafts
    ]


def failure_of(case: Case, found: Attempt, score: Score) -> Failure:
    """Return why an attempt counts as wrong, "" when it is right."""
    if found.stopped == "exception":
        return "exception"
    if found.stopped in OVER:
        return "limit"
    by_calls = SUITES[case.suite].score is None and found.stopped not in BROKEN
    if not found.ok and not by_calls:
        return "no answer"
    if score.given is None:
        return "invalid"
    return "" if score.correct else "wrong"
