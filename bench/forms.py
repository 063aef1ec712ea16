"""Compares three forms of a tool call on one model: its own template, ReAct text, and ours.

    python -m bench.forms [--model NAME] [--limit N] [--json FILE] [--verbose]

The same 20 tasks, tools, limits and model file, greedy, in one process; for each task one form
after another. `native` has two columns, because small models leave out the tags of their own
template: read strictly, and read leniently. Ours is an `Agent` with the `direct` planner, as
users get it. What it does not know: how the forms compare on tools and tasks of other kinds.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.form_tasks import TASKS, FormTask
from bench.form_text import TOKENS, TURNS, Attempt, Writer, native, react
from bench.form_tools import TOOLS
from cogitate import Agent, ChatLlama, Limits, SetupError, Usage, direct, load_model
from cogitate.llm.answer import CUT
from cogitate.runs.events import Event, Judged, ModelCalled, RunEnded, ToolCalled

OURS = "ours"
FORMS = ("native", "native, lenient", "react", OURS)

Form = Callable[[str], Awaitable[Attempt]]


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one form made of one task, judged."""

    task: str
    form: str
    first_call: bool
    right: bool
    answered: bool
    unparsable: int
    usage: Usage
    seconds: float
    cpu_seconds: float
    """Of this process: what other processes do does not count."""
    attempt: Attempt

    def line(self) -> str:
        """Return what `--verbose` shows."""
        sign = "✓" if self.right else "✗" if self.answered else "–"
        calls = "; ".join(
            f"{name}({', '.join(f'{k}={v!r}' for k, v in args.items())})"
            for name, args in self.attempt.calls
        )
        first = "" if self.first_call else " [first call wrong]"
        said = " ".join((self.attempt.answer or "(no answer)").split())[:120]
        head = f"{sign} {self.task:13} {self.form:16} {self.seconds:5.1f} s"
        return f"{head} {calls or '(no call)'}{first} -> {said}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        known = {name: value for name, value in vars(self).items() if name != "attempt"}
        said = {"answer": self.attempt.answer, "calls": self.attempt.calls}
        return {**known, "usage": vars(self.usage), **said, "outputs": self.attempt.outputs}


async def ours(model: ChatLlama, goal: str) -> Attempt:
    """Return what an agent of our form makes of `goal`; its only way is the loop over all tools.

    Each goal has an agent of its own, because an agent remembers the goals before.
    """
    limits, attempt = Limits(steps=TURNS), Attempt()
    agent = Agent(model=model, tools=TOOLS, planner=direct, limits=limits, offline=True)
    async for event in agent.stream(goal):
        note(event, attempt)
    return attempt


def note(event: Event, attempt: Attempt) -> None:
    """Take from an event of a run what is counted."""
    if isinstance(event, ToolCalled):
        attempt.calls.append((event.tool, event.args))
    elif isinstance(event, ModelCalled):
        attempt.outputs.append(event.text)
    elif isinstance(event, Judged) and event.advice.startswith(CUT.partition("{")[0]):
        attempt.unparsable += 1
    elif isinstance(event, RunEnded):
        attempt.usage = event.result.usage
        attempt.answer = event.result.answer if event.result.ok else None


def forms_of(model: ChatLlama) -> dict[str, Form]:
    """Return the forms by name, each a function of the goal."""
    writer = Writer(model)
    return {
        "native": lambda goal: native(writer, TOOLS, goal),
        "native, lenient": lambda goal: native(writer, TOOLS, goal, lenient=True),
        "react": lambda goal: react(writer, TOOLS, goal),
        OURS: lambda goal: ours(model, goal),
    }


async def score(task: FormTask, name: str, form: Form) -> Score:
    """Return how `form` does on `task`."""
    began, cpu = time.monotonic(), time.process_time()
    attempt = await form(task.goal)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    answer = attempt.answer
    return Score(
        task=task.id,
        form=name,
        first_call=bool(attempt.calls) and task.first_call_right(*attempt.calls[0]),
        right=answer is not None and task.answer_right(answer),
        answered=answer is not None,
        unparsable=attempt.unparsable,
        usage=attempt.usage,
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu, 2),
        attempt=attempt,
    )


def embedded(name: str | None) -> ChatLlama:
    """Return the model, loaded, with the limits of this benchmark.

    Raises:
        SetupError: the model does not run in this process.
    """
    model = load_model(name)
    if not isinstance(model, ChatLlama):
        raise SetupError(f"{name!r} is not an embedded model; name one, or a path to a .gguf file")
    model = model.model_copy(update={"max_tokens": TOKENS})
    # Made and read from disk once a process, so no task should pay for it.
    _ = model.loaded.constrainer
    model.bind(max_tokens=1).invoke("Hello")
    return model


async def compare(model: ChatLlama, tasks: Sequence[FormTask], *, verbose: bool) -> list[Score]:
    """Return the scores of all forms on all tasks."""
    forms, scores = forms_of(model), []
    for task in tasks:
        for name in FORMS:
            scores.append(await score(task, name, forms[name]))
            if verbose:
                print(scores[-1].line(), flush=True)
    return scores


MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "first call right": lambda s: sum(one.first_call for one in s),
    "answer right": lambda s: sum(one.right for one in s),
    "wrong, given as an answer": lambda s: sum(one.answered and not one.right for one in s),
    "not answered": lambda s: sum(not one.answered for one in s),
    "unparsable outputs": lambda s: sum(one.unparsable for one in s),
    "model calls": lambda s: sum(one.usage.calls for one in s),
    "prompt tokens read": lambda s: sum(one.usage.read for one in s),
    "prompt tokens reused": lambda s: sum(one.usage.reused for one in s),
    "tokens written": lambda s: sum(one.usage.written for one in s),
    "seconds a task": lambda s: round(sum(one.seconds for one in s) / max(1, len(s)), 1),
    "CPU seconds a task": lambda s: round(sum(one.cpu_seconds for one in s) / max(1, len(s)), 1),
}
COMPARED = (
    "first call right",
    "answer right",
    "wrong, given as an answer",
    "unparsable outputs",
    "tokens written",
    "CPU seconds a task",
)


def measured(scores: Sequence[Score]) -> dict[str, dict[str, float]]:
    """Return each measure of each form: `measured(...)[measure][form]`."""
    return {
        measure: {form: count([s for s in scores if s.form == form]) for form in FORMS}
        for measure, count in MEASURES.items()
    }


def table(scores: Sequence[Score]) -> str:
    """Return the table at the end of a run, and how ours compares with the best other form."""
    found = measured(scores)
    tasks = len({one.task for one in scores})
    rows = [f"{f'{tasks} tasks':26}" + "".join(f"{form:>16}" for form in FORMS)]
    for measure, values in found.items():
        rows.append(f"{measure:26}" + "".join(f"{values[form]:>16g}" for form in FORMS))
    return "\n".join([*rows, "", ratios(found)])


def ratios(found: dict[str, dict[str, float]]) -> str:
    """Return ours against the other form that answered the most tasks rightly."""
    right, cost = found["answer right"], found["CPU seconds a task"]
    best = max((form for form in FORMS if form != OURS), key=lambda f: (right[f], -cost[f]))
    pairs = ((measure, found[measure][OURS], found[measure][best]) for measure in COMPARED)
    parts = [
        f"{measure} {mine:g} : {other:g}{f' ({mine / other:.2f})' if other else ''}"
        for measure, mine, other in pairs
    ]
    return f"ours : best other form ({best})   {'; '.join(parts)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the forms as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.forms", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="an embedded model, as in `cogitate run --model`")
    parser.add_argument("--limit", type=int, help="run the first N tasks only")
    parser.add_argument("--json", type=Path, help="write what each form made of each task here")
    parser.add_argument("--verbose", action="store_true", help="a line for each task and form")
    given = parser.parse_args(arguments)
    model = embedded(given.model)
    scores = asyncio.run(compare(model, TASKS[: given.limit], verbose=given.verbose))
    print(f"\n{model.name}: {TURNS} turns of {TOKENS} tokens, greedy\n{table(scores)}")
    if given.json:
        data = [one.as_dict() for one in scores]
        text = json.dumps(data, ensure_ascii=False, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
