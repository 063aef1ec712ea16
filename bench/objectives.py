"""Runs objectives of several parts with the loops that work on their own, and counts.

    python -m bench.objectives [--loops babyagi,autogpt,babyagi-bare,auto] [--model NAME]
                               [--only ID,ID] [--seconds N] [--json FILE]

Each objective has a checklist that code reads from the answer. `babyagi-bare` is babyagi without
its check for twins and without its check whether the objective is met. The files are those of
examples/data; nothing of the checklists reaches the agent. With --json a run goes on where it was
stopped.
"""

import argparse
import asyncio
import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from bench.answers import check
from cogitate import Agent, CogitateError, load_model, shipped_tools
from cogitate.agents.loops import LOOPS
from cogitate.planners.loops.babyagi import BabyAgi
from cogitate.planners.named import WAYS
from cogitate.runs.events import Event, ModelCalled, Noted, RunEnded, TasksChanged
from cogitate.tools.load import load_tools
from cogitate.values import Result, Usage

HERE = Path(__file__).parent / "objectives_data"
FOLDER = Path(__file__).parents[1] / "examples" / "data"
BARE = "babyagi-bare"
COMPARED = ("babyagi", "autogpt", BARE, "auto")
CLIPPED = 110
MOST_SECONDS = 1800.0


@dataclass(kw_only=True)
class Record:
    """What one objective came to with one loop. `stopped` is `raised` after an exception."""

    id: str
    loop: str
    checks: int
    passed: int = 0
    held: int = 0
    """Checks that the text of the answer passes, whether or not the run stood by it."""
    run_id: str = ""
    answer: str = ""
    stopped: str = "raised"
    seconds: float = 0.0
    calls: int = 0
    """Model calls in which something was written."""
    looks: int = 0
    """Model calls of one forward pass: yes or no, or one of a few numbers."""
    tasks: list[str] = field(default_factory=list)
    """Names of the tasks or goals at the end, those dropped left out."""
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)

    @property
    def success(self) -> bool:
        """Whether the run stood by an answer that passes the whole checklist."""
        return self.passed == self.checks

    def note(self, event: Event) -> None:
        """Take from an event what is counted."""
        if isinstance(event, ModelCalled):
            short = event.usage.written <= 1 or event.purpose.endswith("?")
            self.looks, self.calls = self.looks + short, self.calls + (not short)
        elif isinstance(event, TasksChanged):
            self.tasks = [t["name"] for t in event.tasks if t["status"] != "dropped"]
        elif isinstance(event, Noted):
            self.dropped += event.text.startswith("task dropped")

    def end(self, result: Result, checks: Sequence[dict[str, Any]]) -> None:
        """Take the result, and hold it against the checklist."""
        self.run_id, self.answer, self.stopped = result.run_id, result.answer, result.stopped
        self.seconds, self.usage = result.seconds, result.usage
        self.passed = sum(check(each, result) for each in checks)
        stood = Result(run_id="", answer=result.answer, stopped="answered")
        self.held = sum(check(each, stood) for each in checks)

    def line(self) -> str:
        """Return the line a person sees."""
        sign = "✓" if self.success else "–" if self.passed == 0 else "✗"
        said = " ".join(self.answer.split())[:CLIPPED]
        cost = f"{self.calls:3} + {self.looks:3} calls, {len(self.tasks):2} tasks"
        head = f"{sign} {self.id:3} {self.loop:13} {self.held} of {self.checks}, {cost}"
        return f"{head}, {self.seconds:6.1f} s [{self.stopped}] {said}"


def objectives(only: str = "") -> list[dict[str, Any]]:
    """Return the objectives, or those whose ids `only` names."""
    lines = (HERE / "objectives.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = {name.strip() for name in only.split(",") if name.strip()}
    return [o for o in map(json.loads, lines) if not wanted or o["id"] in wanted]


def with_bare() -> None:
    """Add the loop `babyagi-bare` to the loops."""
    WAYS[BARE] = BabyAgi(dedupe=False, completion=False)
    LOOPS[BARE] = replace(LOOPS["babyagi"], ways=(BARE,), summary="babyagi without its checks")


async def run_one(
    objective: dict[str, Any],
    loop: str,
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    seconds: float = MOST_SECONDS,
) -> Record:
    """Return what a loop made of one objective."""
    record = Record(id=objective["id"], loop=loop, checks=len(objective["checks"]))
    try:
        limits = replace(LOOPS[loop].limits, seconds=seconds)
        agent = Agent(
            model=model, tools=tools, folder=FOLDER, offline=True, loop=loop, limits=limits
        )
        async for event in agent.stream(objective["objective"]):
            record.note(event)
            if isinstance(event, RunEnded):
                record.end(event.result, objective["checks"])
    except CogitateError as error:
        record.answer = str(error)
    return record


def summary(records: Sequence[Record]) -> str:
    """Return a block of lines for each loop."""
    blocks = []
    for loop in dict.fromkeys(record.loop for record in records):
        mine = [record for record in records if record.loop == loop]
        calls, looks = (sum(getattr(r, name) for r in mine) for name in ("calls", "looks"))
        won = sum(record.success for record in mine)
        stops = Counter(record.stopped for record in mine)
        rows = [
            ("whole checklist", f"{won} of {len(mine)}"),
            ("checks passed", f"{sum(r.held for r in mine)} of {sum(r.checks for r in mine)}"),
            ("calls that write, and that look", f"{calls} and {looks}"),
            ("objectives for 100 calls that write", f"{100 * won / max(calls, 1):.1f}"),
            ("tasks, and dropped as not new", f"{tasks(mine)} and {sum(r.dropped for r in mine)}"),
            ("tasks that are twins", str(sum(map(twins, mine)))),
            ("stops", ", ".join(f"{name} {count}" for name, count in stops.most_common())),
            ("seconds, median", f"{statistics.median(r.seconds for r in mine):.1f}"),
        ]
        blocks.append("\n".join([loop, *(f"  {name:36} {value}" for name, value in rows)]))
    return "\n".join(blocks)


def tasks(records: Sequence[Record]) -> int:
    """Return how many tasks or goals there were."""
    return sum(len(record.tasks) for record in records)


def twins(record: Record) -> int:
    """Return how many tasks have the name of an earlier one, but for case and punctuation."""
    plain = ["".join(c for c in name.lower() if c.isalnum()) for name in record.tasks]
    return len(plain) - len(set(plain))


async def run_all(given: argparse.Namespace) -> list[Record]:
    """Run each objective with each loop, printing a line for each; return what they came to.

    Each objective is run by all loops before the next one, so that a run which is cut off
    compares them as well.
    """
    loaded = load_model(given.model)
    tools = [*shipped_tools(offline=True), *load_tools(str(HERE / "tools.py"))]
    records = kept(given.json)
    known = {(record.id, record.loop) for record in records}
    for objective in objectives(given.only):
        for loop in given.loops.split(","):
            if (objective["id"], loop) in known:
                continue
            record = await run_one(objective, loop, loaded, tools, given.seconds)
            print(record.line(), flush=True)
            records.append(record)
            if given.json:
                text = json.dumps([asdict(r) for r in records], ensure_ascii=False, indent=1)
                given.json.write_text(text + "\n", encoding="utf-8")
    return records


def kept(path: Path | None) -> list[Record]:
    """Return the records that a run which was stopped left in a file."""
    if path is None or not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Record(**{**row, "usage": Usage(**row["usage"])}) for row in rows]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the objectives as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.objectives", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--loops", default=",".join(COMPARED), help="which loops: NAME,NAME")
    parser.add_argument("--model", help="as in `cogitate run --model`")
    parser.add_argument("--only", default="", help="run these objectives only: ID,ID")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="of each objective")
    parser.add_argument("--json", type=Path, help="write what each objective came to here")
    given = parser.parse_args(arguments)
    with_bare()
    print(f"\n{summary(asyncio.run(run_all(given)))}")


if __name__ == "__main__":
    main()
