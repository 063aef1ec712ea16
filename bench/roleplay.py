"""Measures role-plays: how sessions end, what they solve, and what is read twice.

    python -m bench.roleplay puzzles --csv 24.csv [--seeds 10] [--model NAME] [--json FILE]
    python -m bench.roleplay tasks [--only ID,ID] [--no-planner] [--model NAME] [--json FILE]

`puzzles` is a Python programmer and a data clerk over the 24 game's table (columns Rank, Puzzles,
`AMT (s)`, ...; from the repository of the paper Tree of Thoughts, not part of this one): a session
counts as right when a program of its own printed the mean time of the ranks 901 to 1000. `tasks`
are those of `roleplay_tasks.toml`. A result is written after each session. Read twice: prompt
tokens computed although an earlier prompt of the process, with its output, began with them.
"""

import argparse
import asyncio
import csv
import json
import re
import shutil
import tempfile
import tomllib
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult

from bench.forms import embedded
from cogitate import ChatLlama, RolePlay, shipped_tools
from cogitate.agents.roleplay import Play
from cogitate.llm.form import plain
from cogitate.runs.meter import usage_of

TASKS = Path(__file__).parent / "roleplay_tasks.toml"
IDEA = (
    "statistics about puzzle difficulty: the mean time (column AMT (s)) of the puzzles of ranks "
    "901 to 1000 in 24.csv"
)
RANKS = range(901, 1001)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One model call: what it was for, its prompt's size, and what was read of it."""

    purpose: str
    prompt: int
    read: int
    floor: int
    """Tokens that no earlier prompt, with its output, began with."""
    written: int


@dataclass(kw_only=True)
class Watch:
    """What all calls of the process read."""

    asked: list[Asked] = field(default_factory=list)
    tree: dict[int, Any] = field(default_factory=dict)
    """All prompts with their outputs, token by token."""

    def note(self, purpose: str, prompt: list[int], output: list[int], read: int) -> None:
        """Keep one call."""
        shared, at = 0, self.tree
        for number, token in enumerate([*prompt, *output]):
            if token in at and number == shared:
                shared += 1
            at = at.setdefault(token, {})
        floor = len(prompt) - min(shared, len(prompt) - 1)
        asked = Asked(
            purpose=purpose, prompt=len(prompt), read=read, floor=floor, written=len(output)
        )
        self.asked.append(asked)

    def twice(self, since: int = 0) -> dict[str, float]:
        """Return by purpose the share of the prompts that was read twice, in percent."""
        found: dict[str, float] = {}
        for purpose in sorted({a.purpose for a in self.asked[since:]}):
            calls = [a for a in self.asked[since:] if a.purpose == purpose]
            again = sum(max(a.read - a.floor, 0) for a in calls)
            found[purpose] = round(100 * again / sum(a.prompt for a in calls), 2)
        calls = self.asked[since:]
        again = sum(max(a.read - a.floor, 0) for a in calls)
        found["all"] = round(100 * again / max(sum(a.prompt for a in calls), 1), 2)
        return found


WATCH = Watch()


class Watched(ChatLlama):
    """A ChatLlama whose calls are noted in `WATCH`."""

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        found = await super()._agenerate(messages, stop, run_manager, **kwargs)
        opening = kwargs.get("opening", "")
        message = found.generations[0].message
        prompt = self.loaded.prompt(plain(messages), opening)
        output = self.loaded.engine.tokenize(message.text) if usage_of(message).written else []
        about = (run_manager.metadata if run_manager else None) or {}
        WATCH.note(about.get("purpose", "model"), prompt, output, usage_of(message).read)
        return found


@dataclass(kw_only=True)
class Record:
    """What one session came to."""

    id: str
    seed: int
    termination: str
    solved: bool
    """Ended by the done rule, with nothing open."""
    right: bool
    """And what had to be found was found."""
    held: bool
    """What had to be found was said, however the session ended."""
    turns: int
    counts: dict[str, int]
    seconds: float
    read: int
    reused: int
    written: int
    calls: int
    twice: dict[str, float]
    summary: str
    said: str
    """All that the assistant handed over: its words, its programs and their outputs."""
    run_id: str


def mean_time(path: Path) -> float:
    """Return the mean time of the ranks 901 to 1000."""
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["Rank"]) in RANKS]
    return fmean(float(row["AMT (s)"]) for row in rows)


def holds_number(text: str, wanted: float) -> bool:
    """Return whether a text gives a number, rounded to one decimal or more."""
    numbers = [float(n) for n in re.findall(r"\d+\.\d+", text)]
    return any(abs(number - wanted) < 0.051 for number in numbers)


def said_by_assistant(play: Play) -> str:
    """Return the words, programs and outputs of the assistant's messages."""
    return "\n".join(f"{m.text}\n{m.output}\n{m.code}" for m in play.messages if m.status)


def record(name: str, play: Play, held: bool, since: int) -> Record:
    """Return a session as a record."""
    usage = play.result.usage
    return Record(
        id=name,
        seed=play.seed or 0,
        termination=play.termination or str(play.result.stopped),
        solved=play.solved,
        right=play.solved and held,
        held=held,
        turns=play.turns,
        counts=asdict(play.counts),
        seconds=play.result.seconds,
        read=usage.read,
        reused=usage.reused,
        written=usage.written,
        calls=usage.calls,
        twice=WATCH.twice(since),
        summary=play.summary,
        said=said_by_assistant(play),
        run_id=play.result.run_id,
    )


def watched(name: str | None, seed: int | None, temperature: float) -> Watched:
    """Return the model, whose calls are noted."""
    model = embedded(name)
    given = {"path": model.path, "name": model.name, "n_ctx": model.n_ctx}
    return Watched(**given, seed=seed, temperature=temperature)


async def puzzles(options: argparse.Namespace) -> list[Record]:
    """Play the puzzle session with as many seeds as wanted."""
    wanted, found = mean_time(options.csv), []
    with tempfile.TemporaryDirectory() as place:
        shutil.copy(options.csv, Path(place) / "24.csv")
        for seed in range(options.first, options.first + options.seeds):
            since = len(WATCH.asked)
            play = await RolePlay(
                assistant="Python Programmer",
                user="Data Clerk",
                task=IDEA,
                model=watched(options.model, seed, options.temperature),
                tools=shipped_tools(["python"]),
                planner=options.planner,
                folder=place,
                max_turns=options.max_turns,
            ).arun()
            held = any(
                m.tool == "python" and m.ok and holds_number(m.output, wanted)
                for m in play.messages
            )
            found.append(record(f"seed-{seed}", play, held, since))
            tell(found, options.json, wanted)
    return found


async def tasks(options: argparse.Namespace) -> list[Record]:
    """Play the role-plays of the list."""
    listed = tomllib.loads(TASKS.read_text("utf-8"))["tasks"]
    only = set(options.only.split(",")) if options.only else {task["id"] for task in listed}
    found: list[Record] = []
    for task in listed:
        if task["id"] not in only:
            continue
        since = len(WATCH.asked)
        play = await RolePlay(
            assistant=task["assistant"],
            user=task["user"],
            task=task["idea"],
            model=watched(options.model, options.first, options.temperature),
            tools=shipped_tools(["python"]),
            planner=options.planner,
            max_turns=options.max_turns,
        ).arun()
        said = said_by_assistant(play)
        held = all(re.search(pattern, said) for pattern in task["checks"])
        found.append(record(task["id"], play, held, since))
        tell(found, options.json)
    return found


def tell(found: list[Record], path: Path | None, wanted: float | None = None) -> None:
    """Print the last session, and keep all of them."""
    last = found[-1]
    print(
        f"{last.id}: {last.termination}, {last.turns} turns, flips {last.counts['flips']}, "
        f"{'RIGHT' if last.right else 'held' if last.held else 'not solved'}, "
        f"{last.seconds:.0f} s, twice {last.twice['all']} %: {last.summary[:120]!r}",
        flush=True,
    )
    if path is not None:
        data = {"summary": summed(found, wanted), "sessions": [asdict(one) for one in found]}
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def summed(found: list[Record], wanted: float | None = None) -> dict[str, Any]:
    """Return what all sessions came to."""
    return {
        "sessions": len(found),
        "terminations": dict(Counter(one.termination for one in found)),
        "solved": sum(one.solved for one in found),
        "right": sum(one.right for one in found),
        "held": sum(one.held for one in found),
        "mean_turns": round(fmean(one.turns for one in found), 2),
        "flips": sum(one.counts["flips"] for one in found),
        "mean_seconds": round(fmean(one.seconds for one in found), 1),
        "read_twice_percent": WATCH.twice(),
        **({} if wanted is None else {"wanted": round(wanted, 4)}),
    }


def main() -> None:
    """Run one of the two measurements."""
    parser = argparse.ArgumentParser(description="Measures role-plays.")
    parser.add_argument("what", choices=("puzzles", "tasks"))
    parser.add_argument("--csv", type=Path, help="the table of the puzzles")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--temperature", type=float, default=0.3)
    parser.add_argument("--max-turns", type=int, default=8)
    parser.add_argument("--no-planner", dest="planner", action="store_false")
    parser.add_argument("--only", help="ids of tasks, with commas between")
    parser.add_argument("--model")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.what == "puzzles" and options.csv is None:
        parser.error("puzzles needs --csv")
    found = asyncio.run(puzzles(options) if options.what == "puzzles" else tasks(options))
    print(json.dumps(summed(found), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
