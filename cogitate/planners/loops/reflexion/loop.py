"""reflexion: try, judge the try, write a lesson, try again with the lessons (Shinn et al. 2023).

A goal that asks for a Python function is written as code and judged by the examples of the goal
and by tests that the model writes for itself; any other is handed on as a run of its own, and
judged by how it ended and by a narrow question. No right answer is ever seen: self-written
tests are wrong now and then, so their share of passes chooses among tries, and no more.
"""

from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.messages import AIMessage

from cogitate.planners.base import DELEGATE, Turn, go_on, hand_on, no_evidence
from cogitate.planners.loops.closing import stop_with
from cogitate.planners.loops.reflexion.lessons import (
    Lesson,
    known_lessons,
    lesson_from,
    promoted,
    told_of,
)
from cogitate.planners.loops.reflexion.selftests import (
    asks_for_code,
    bare,
    fenced,
    program_of,
    tested,
    tests_for,
    verdict_of,
)
from cogitate.planners.loops.reflexion.trials import Trial, judged_answer, steps_of, write_code
from cogitate.planners.ways.saving import conclude, concluded
from cogitate.planners.ways.saying import call

Strategy = Literal["none", "last_attempt", "lessons", "last_attempt_and_lesson"]
"""What a trial is told of those before it. `none` is plain retry: the control of a measurement."""

TRIALS = 3
RUN = "python"
RETRY = "An earlier answer was not accepted."
"""What a plain retry is told: at temperature 0 nothing else would differ."""
SHOWN_LESSONS = 3
"""Lessons that a trial is shown: the last ones."""


@dataclass(frozen=True, kw_only=True)
class Reflexion:
    """The way of several trials with lessons between them."""

    trials: int = TRIALS
    strategy: Strategy = "lessons"

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the next move: a trial, its test, its lesson, or the best answer."""
        if said := concluded(turn):
            return said
        kept: dict[str, Any] = {}
        for data in turn.thoughts:
            kept = kept | {k: v for k, v in data.items() if k not in ("trial", "lesson")}
        trials = [Trial(**data["trial"]) for data in turn.thoughts if "trial" in data]
        lessons = [Lesson(**data["lesson"]) for data in turn.thoughts if "lesson" in data]
        if "recalled" not in kept:
            runs = any(tool.name == RUN for tool in turn.tools)
            code = runs and asks_for_code(turn.task.goal)
            return go_on(recalled=await known_lessons(turn), code=code)
        if kept["code"] and "tests" not in kept:
            tests, given = await tests_for(turn)
            return go_on(tests=tests, given=given)
        tried = sum(r.name == (RUN if kept["code"] else DELEGATE) for r in turn.results)
        if len(trials) < tried:
            return await self._judge(turn, kept, trials)
        best = max(trials, key=lambda t: (not t.refuted, t.score, -t.number), default=None)
        passed = trials and trials[-1].passed
        if passed or len(trials) >= self.trials or (turn.last and trials):
            return await _close(turn, trials, lessons, best, kept)
        if turn.last:
            return no_evidence("there was no turn left for a trial")
        reflects = self.strategy in ("lessons", "last_attempt_and_lesson")
        if trials and reflects and len(lessons) < len(trials):
            lesson = await lesson_from(turn, trials[-1], lessons)
            partial = best.answer if best else ""
            return go_on(lesson=lesson.model_dump(), partial=partial)
        return await self._try(turn, kept, trials, lessons)

    async def _try(
        self, turn: Turn, kept: dict[str, Any], trials: list[Trial], lessons: list[Lesson]
    ) -> AIMessage:
        """Return the move that begins the next trial; nothing of the last one lives on in it."""
        shown = [lesson.lesson for lesson in lessons][-SHOWN_LESSONS:]
        if self.strategy == "last_attempt_and_lesson":
            shown = shown[-1:]
        notes = [*kept["recalled"], *shown]
        if trials and self.strategy.startswith("last_attempt"):
            notes.append(told_of(trials[-1]))
        number = len(trials) + 1
        if trials and self.strategy == "none":
            notes.append(RETRY)
        if not kept["code"]:
            move = hand_on(turn.task.goal, notes=notes, tasks=[f"trial-{number}"])
            return _again(move)
        codes = await write_code(turn, notes, number)
        if not codes:
            return no_evidence("the model wrote no function")
        program = program_of(codes, kept["tests"], kept["given"])
        return go_on(_again(call(RUN, code=program + "\n" * (number - 1))), written=codes)

    async def _judge(self, turn: Turn, kept: dict[str, Any], trials: list[Trial]) -> AIMessage:
        """Return what is kept of the trial that has just ended: what it did, and how good it is."""
        result, number = turn.results[-1], len(trials) + 1
        refuted = False
        if kept["code"]:
            verdict = verdict_of(result, kept["tests"], kept["given"])
            score, why, refuted = verdict.score, verdict.why, verdict.refuted
            answer = fenced(kept["written"][verdict.best])
        else:
            score, why = await judged_answer(turn, result)
            answer = result.text if result.status != "error" else ""
        trial = Trial(
            number=number,
            answer=answer,
            score=score,
            why=why,
            refuted=refuted,
            steps=steps_of(result, answer, why),
        )
        return go_on(trial=trial.as_dict(), partial=answer if score > 0 else "")


def _again(move: AIMessage) -> AIMessage:
    """Mark a trial, so that the same result as before does not count as a loop.

    The reference ends a trial when one action comes twice in a row, which ends sound work.
    """
    move.additional_kwargs["confirms"] = True
    return move


async def _close(
    turn: Turn,
    trials: list[Trial],
    lessons: list[Lesson],
    best: Trial | None,
    kept: dict[str, Any],
) -> AIMessage:
    """Return the best trial's answer; lessons are kept when the trial that had them passed."""
    if trials[-1].passed and lessons:
        await promoted(turn, lessons)
    if best is None or not best.answer.strip():
        failed = "; ".join(f"trial {t.number}: {t.why}" for t in trials)
        return no_evidence(f"no trial brought an answer: {failed[:300]}")
    if best.refuted:
        return stop_with(best.answer, "stalled", f"{len(trials)} tries, and {best.why}")
    if not kept["code"]:
        return AIMessage(best.answer)
    said = f"{best.answer}\n{tested(turn.task.goal, best.why, kept['tests'], kept['given'])}"
    return conclude(turn, AIMessage(said.strip()), bare(best.answer) + "\n")


reflexion = Reflexion()
