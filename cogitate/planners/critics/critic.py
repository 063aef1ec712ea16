"""The critic that verifies by tools (CRITIC, Gou et al. 2024).

Verify, criticise, correct: an answer that is turned down goes back to the plan with what was
found, and comes again. It never sees a right answer: what it knows comes from the verifiers.
It ends when an answer is verified, has come unchanged twice, has come back with the same
critique (oscillation), or was corrected often enough; then the last answer stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.language_models import BaseChatModel

from cogitate.planners.critics.case import Case, Finding, Use, Verifier
from cogitate.planners.critics.verifiers import kind, programs, runs, sources
from cogitate.runs.context import current, task_of
from cogitate.runs.events import Noted
from cogitate.values import Task, Verdict

CORRECTIONS = 3
"""Most times that an answer is turned down: most of the gain comes in the first two."""
UNCHANGED = 2
DEFAULT: tuple[Verifier, ...] = (runs, programs, sources, kind)


@dataclass
class Heard:
    """The answers that were turned down in one run, each with its critique."""

    pairs: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ToolCritic:
    """A critic whose objections come from tools, never from a right answer."""

    model: BaseChatModel
    use: Use
    tools: frozenset[str] = frozenset()
    verifiers: Sequence[Verifier] = DEFAULT
    corrections: int = CORRECTIONS

    async def __call__(self, task: Task, answer: str) -> Verdict:
        """Accept the answer, or say what is wrong with it and what shows that."""
        name = f"critic {task_of()} {task.goal}"
        heard = current().opened(name, Heard).pairs
        if not answer.strip():
            return Verdict(accepted=False, advice="the answer is empty", score=0.0)
        if why := self._enough(answer, heard):
            return _stands(why)
        case = Case(
            task=task,
            answer=answer,
            model=self.model,
            use=self.use,
            tools=self.tools,
            turned_down=len(heard),
        )
        finding = await self._objection(case)
        if finding is None:
            _note("verified", answer)
            return Verdict(accepted=True)
        pair = (_plain(answer), finding.advice)
        if pair in heard[:-1]:
            return _stands("oscillation")
        heard.append(pair)
        _note(f"{finding.problem}: {finding.advice}", answer)
        return Verdict(accepted=False, advice=finding.advice or finding.problem, score=0.0)

    def _enough(self, answer: str, heard: list[tuple[str, str]]) -> str:
        """Return why an answer stands without being verified again; empty when it does not."""
        last = [said for said, _ in heard[-UNCHANGED:]]
        if last == [_plain(answer)] * UNCHANGED:
            return "stable"
        return "max_iter" if len(heard) >= self.corrections else ""

    async def _objection(self, case: Case) -> Finding | None:
        """Return the first problem that a verifier finds."""
        for verifier in self.verifiers:
            finding = await verifier(case)
            if finding is not None and finding.problem != "ok":
                return finding
        return None


def _plain(answer: str) -> str:
    return " ".join(answer.lower().split())


def _stands(why: str) -> Verdict:
    current().emit(Noted(text=f"critic: the last answer stands without being verified ({why})"))
    return Verdict(accepted=True, advice=why, score=0.5)


def _note(what: str, answer: str) -> None:
    current().emit(Noted(text=f"critic: {what} [{answer[:120]}]"))
