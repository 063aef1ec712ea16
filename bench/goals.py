"""Runs a suite of goals on the agent and counts the right answers.

    python -m bench.goals [--suite goals|clinic|dev] [--model NAME] [--limit N] [--only ID,ID]
                          [--json FILE]

A suite is a file of goals, one folder that holds all the files, and the person's own tools.
What an answer is held against is known to answers.py, and nothing of it reaches the agent.
"""

import argparse
import asyncio
import json
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from bench.answers import check
from cogitate import Agent, CogitateError, load_model, shipped_tools
from cogitate.runs.events import Event, Planned, RunEnded, ToolCalled
from cogitate.tools.load import load_tools
from cogitate.values import Result, Usage

HERE = Path(__file__).parent / "goals"
SUITES = {
    "goals": (HERE / "goals.jsonl", HERE / "folder", HERE / "tools.py"),
    "dev": (HERE / "dev.jsonl", HERE / "dev_folder", HERE / "dev_tools.py"),
    "clinic": (
        HERE / "clinic" / "goals.jsonl",
        HERE / "clinic" / "folder",
        HERE / "clinic" / "tools.py",
    ),
}
"""Each suite's goals, folder and tools."""
CLIPPED = 90
"""Characters of an answer that its line shows."""


@dataclass(kw_only=True)
class Record:
    """What one goal came to. `stopped` is `raised` when the run ended with an exception."""

    id: str
    kind: str
    language: str
    goal: str
    first_way_expected: str
    run_id: str = ""
    answer: str = ""
    stopped: str = "raised"
    right: bool = False
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    ways: list[str] = field(default_factory=list)
    """Ways of all plans, in order."""
    tools: list[str] = field(default_factory=list)
    """Tools called, in order."""

    @property
    def answered(self) -> bool:
        """Whether the run stood by its answer."""
        return self.stopped in ("answered", "accepted")

    @property
    def first_way(self) -> str:
        """The way of the first plan's first step; `-` when nothing was planned."""
        return self.ways[0] if self.ways else "-"

    def note(self, event: Event) -> None:
        """Take from an event what is counted."""
        if isinstance(event, Planned):
            self.ways += [step["way"] for step in event.steps]
        elif isinstance(event, ToolCalled):
            self.tools.append(event.tool)
        elif isinstance(event, RunEnded):
            self._end(event.result)

    def _end(self, result: Result) -> None:
        self.run_id, self.answer, self.stopped = result.run_id, result.answer, result.stopped
        self.seconds, self.usage = result.seconds, result.usage

    def line(self) -> str:
        """Return the line a person sees: right, wrong, or (as a dash) not answered and wrong."""
        sign = "✓" if self.right else "✗" if self.answered else "–"
        said = " ".join(self.answer.split())
        said = said if len(said) <= CLIPPED else said[: CLIPPED - 1] + "…"
        head = f"{sign} {self.id:4} {self.kind:8} {self.first_way:8} {self.seconds:6.1f} s"
        return f"{head}  {'' if self.answered else f'[{self.stopped}] '}{said}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        return {**asdict(self), "first_way": self.first_way}


def goals_of(suite: str) -> list[dict[str, Any]]:
    """Return the goals of a suite."""
    lines = SUITES[suite][0].read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


async def run_goal(
    goal: dict[str, Any], model: BaseChatModel, tools: Sequence[BaseTool], folder: Path
) -> Record:
    """Return what the agent made of one goal. Each goal has an agent, and a memory, of its own."""
    record = Record(
        id=goal["id"],
        kind=goal["kind"],
        language=goal["language"],
        goal=goal["goal"],
        first_way_expected=goal["first_way"],
    )
    agent = Agent(model=model, tools=tools, folder=folder, offline=True)
    try:
        async for event in agent.stream(goal["goal"]):
            record.note(event)
            if isinstance(event, RunEnded):
                record.right = check(goal["accept"], event.result)
    except CogitateError as error:
        record.answer, record.stopped, record.right = str(error), "raised", False
    return record


def share(records: Iterable[Record]) -> str:
    """Return how many of the records are right."""
    kept = list(records)
    return f"{sum(record.right for record in kept)} of {len(kept)}"


def summary(records: Sequence[Record]) -> str:
    """Return the table at the end of a run."""
    if not records:
        return "no goals"
    planned = [record for record in records if record.first_way_expected != "none"]
    first = sum(record.first_way == record.first_way_expected for record in planned)
    seconds = sorted(record.seconds for record in records)
    p90 = seconds[max(0, -(-len(seconds) * 9 // 10) - 1)]
    usage = sum((record.usage for record in records), Usage())
    stops = Counter(record.stopped for record in records)
    rows = [("right", share(records))]
    for name in ("kind", "language"):
        for value in dict.fromkeys(getattr(record, name) for record in records):
            rows.append(
                (
                    f"  {value}",
                    share(record for record in records if getattr(record, name) == value),
                )
            )
    rows += [
        ("first way right", f"{first} of {len(planned)}"),
        ("wrong, given as answered", str(sum(r.answered and not r.right for r in records))),
        ("not answered", str(sum(not record.answered for record in records))),
        ("stops", ", ".join(f"{name} {count}" for name, count in stops.most_common())),
        ("seconds, median and p90", f"{statistics.median(seconds):.1f} and {p90:.1f}"),
        ("tokens read/reused/written", f"{usage.read}/{usage.reused}/{usage.written}"),
    ]
    return "\n".join(f"{name:28} {value}" for name, value in rows)


async def run_suite(suite: str, goals: Sequence[dict[str, Any]], model: str | None) -> list[Record]:
    """Run `goals`, printing a line for each, and return what they came to."""
    _, folder, own = SUITES[suite]
    loaded = load_model(model)
    tools = [*shipped_tools(offline=True), *load_tools(str(own))]
    records = []
    for goal in goals:
        record = await run_goal(goal, loaded, tools, folder)
        print(record.line(), flush=True)
        records.append(record)
    return records


def chosen(goals: list[dict[str, Any]], only: str, limit: int | None) -> list[dict[str, Any]]:
    """Return the goals that `--only` and `--limit` leave.

    Raises:
        SystemExit: `only` names a goal that the suite does not have.
    """
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    known = {goal["id"] for goal in goals}
    if missing := [name for name in wanted if name not in known]:
        raise SystemExit(f"no goal {missing[0]!r}; there are {', '.join(sorted(known))}")
    kept = [goal for goal in goals if not wanted or goal["id"] in wanted]
    return kept[:limit]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a suite as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.goals", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--suite", choices=sorted(SUITES), default="goals")
    parser.add_argument("--model", help="as in `cogitate run --model`")
    parser.add_argument("--limit", type=int, help="run the first N goals only")
    parser.add_argument("--only", default="", help="run these goals only: ID,ID")
    parser.add_argument("--json", type=Path, help="write what each goal came to here")
    given = parser.parse_args(arguments)
    goals = chosen(goals_of(given.suite), given.only, given.limit)
    records = asyncio.run(run_suite(given.suite, goals, given.model))
    print(f"\n{summary(records)}")
    if given.json:
        data = [record.as_dict() for record in records]
        text = json.dumps(data, ensure_ascii=False, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
