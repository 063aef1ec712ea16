"""Has loops write a one-page comparison with measured timings, and checks it line by line.

    python -m bench.one_page [--loops babyagi,autogpt] [--model NAME] [--json FILE]

The tools are real: a look into Python's own documentation, the confined process for programs,
and a file in the run's folder. What is checked: the file is there, three timings of it were
printed by programs of the run that have a clock, every line of it names the finding that it
rests on, each of them the result of a task, the run ended by itself, and it took no more than 40
calls that write.
"""

import argparse
import asyncio
import inspect
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from cogitate import Agent, ToolFailure, load_model, shipped_tools, tool
from cogitate.planners.ways.programs import measures
from cogitate.runs.events import Event, ModelCalled, Observed, RunEnded, ToolCalled

GOAL = (
    "Write a one-page comparison of the json, csv and sqlite3 modules for storing 1,000 records, "
    "with one measured timing each"
)
NAMES = ("json", "csv", "sqlite3")
MOST_CALLS = 40
LONGEST = 300
_TIME = re.compile(r"\d+(?:\.\d+)?(?=\s*(?:ms|milliseconds?|s|seconds?)\b)")
"""A number with a unit of time."""
_MARKED = re.compile(r"\[\d+\]")


@tool(effect="read")
def module_docs(module: str) -> str:
    """Return what Python's documentation says about a module: what it is and what it does.

    Args:
        module: the module's name.
    """
    if module not in sys.stdlib_module_names:
        raise ToolFailure(f"there is no module {module!r} in the standard library")
    said = inspect.getdoc(import_module(module)) or ""
    whole, _, _ = " ".join(said.split())[:LONGEST].rpartition(". ")
    return f"{whole}."


@dataclass(kw_only=True)
class Record:
    """What one loop made of the page."""

    loop: str
    run_id: str = ""
    stopped: str = "raised"
    seconds: float = 0.0
    calls: int = 0
    """Model calls in which something was written."""
    looks: int = 0
    """Model calls of one forward pass."""
    programs: dict[str, str] = field(default_factory=dict)
    """The programs of the run by their calls."""
    printed: list[str] = field(default_factory=list)
    """What those printed that measure a time."""
    page: str = ""
    answer: str = ""

    def note(self, event: Event) -> None:
        """Take from an event what is counted."""
        if isinstance(event, ModelCalled):
            short = event.usage.written <= 1 or event.purpose.endswith("?")
            self.looks, self.calls = self.looks + short, self.calls + (not short)
        elif isinstance(event, ToolCalled) and event.tool == "python":
            self.programs[event.call_id] = str(event.args.get("code", ""))
        elif isinstance(event, Observed) and event.ok and event.call_id in self.programs:
            if measures(GOAL, self.programs[event.call_id]):
                self.printed.append(event.text)
        elif isinstance(event, RunEnded):
            result = event.result
            self.run_id, self.stopped, self.answer = result.run_id, result.stopped, result.answer
            self.seconds = result.seconds
            written = [Path(one) for one in result.artefacts if Path(one).suffix == ".md"]
            self.page = written[-1].read_text(encoding="utf-8") if written else ""

    def checks(self) -> dict[str, bool]:
        """Return what the page and the run were to be, and whether they are."""
        body, _, findings = self.page.partition("\n## ")
        claims = [line for line in body.splitlines()[1:] if line.strip()]
        listed = [line for line in findings.splitlines()[1:] if line.strip()]
        measured = {time for text in self.printed for time in _TIME.findall(text)}
        timed = [name for name in NAMES if _timed(name, [*claims, *listed], measured)]
        return {
            "the file is there": bool(self.page),
            "each module is spoken of": all(name in body.lower() for name in NAMES),
            "three timings come from programs that ran": len(timed) == len(NAMES),
            "every claim names its finding": bool(claims) and all(map(_MARKED.search, claims)),
            "it ended by itself": self.stopped in ("answered", "accepted"),
            f"at most {MOST_CALLS} calls that write": self.calls <= MOST_CALLS,
        }


def _timed(name: str, lines: Sequence[str], measured: set[str]) -> bool:
    """Return whether a line tells a time of a module that a program of the run printed."""
    mine = [line for line in lines if name in line]
    return any(set(_TIME.findall(line)) & measured for line in mine)


async def run_one(loop: str, model: BaseChatModel) -> Record:
    """Return what a loop made of the page."""
    tools = [module_docs, *shipped_tools(offline=True)]
    agent = Agent(model=model, tools=tools, offline=True, loop=loop)
    record = Record(loop=loop)
    async for event in agent.stream(GOAL):
        record.note(event)
    return record


def told(record: Record) -> str:
    """Return what a person reads of a record."""
    checks = record.checks()
    head = (
        f"{record.loop}: {record.calls} calls that write, {record.looks} that look, "
        f"{record.seconds:.0f} s, {record.stopped}, run {record.run_id}"
    )
    lines = [f"  {'✓' if passed else '✗'} {what}" for what, passed in checks.items()]
    return "\n".join([head, *lines, "", record.page or record.answer])


def main(arguments: Sequence[str] | None = None) -> None:
    """Have the page written as the command line says; ends with 1 where a check fails."""
    parser = argparse.ArgumentParser(prog="python -m bench.one_page", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--loops", default="babyagi,autogpt", help="which loops: NAME,NAME")
    parser.add_argument("--model", help="as in `cogitate run --model`")
    parser.add_argument("--json", type=Path, help="write what each loop made here")
    given = parser.parse_args(arguments)
    model = load_model(given.model)
    records = []
    for loop in given.loops.split(","):
        records.append(asyncio.run(run_one(loop, model)))
        print(told(records[-1]), flush=True)
    if given.json:
        text = json.dumps([asdict(one) for one in records], ensure_ascii=False, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")
    sys.exit(0 if all(all(one.checks().values()) for one in records) else 1)


if __name__ == "__main__":
    main()
