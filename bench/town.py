"""A day in a small town: what came of it, what memory is good for, and what it cost.

    python -m bench.town --model qwen2.5-coder-1.5b --out DIR --json

The day is kept in DIR: stopped or killed, the same command goes on where it was. Then everybody
is asked under four masks, and the day is lived again from the record. The time is set against a
floor: the tokens of all prompts that no earlier prompt of the process, with its output, began
with, at the speed of reading, and the tokens written, at the speed of writing, both measured
first. A day in several parts has the sum of their floors.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from bench.roleplay import WATCH, Asked, Watched, watched
from cogitate.agents.town import Town
from cogitate.agents.town.ablation import ablate, claims
from cogitate.agents.town.counts import read_counts
from cogitate.agents.town.diary import read_log
from cogitate.agents.town.metrics import metrics
from cogitate.llm import ChatLlama
from cogitate.runs.events import Happened
from cogitate.runs.meter import usage_of

TOWN = Path(__file__).parents[1] / "examples" / "towns" / "millbrook.toml"
FLOOR = "floor.jsonl"
READ_WORDS = 500
"""Words of the text by which the speed of reading is measured."""


@dataclass
class Speeds:
    """Tokens a second."""

    reading: float
    writing: float


async def speeds(model: ChatLlama, salt: str) -> Speeds:
    """Measure how fast the model reads and writes now."""
    text = " ".join(f"{salt}{number}" for number in range(READ_WORDS // 3))
    asked = [HumanMessage(f"{text}\nCount from 1 to 100.")]
    begun = time.monotonic()
    reply = await model.bind(max_tokens=1).ainvoke(asked)
    read = time.monotonic() - begun
    begun = time.monotonic()
    again = await model.bind(max_tokens=64).ainvoke(asked)  # its prompt is in the cache
    wrote = time.monotonic() - begun
    return Speeds(usage_of(reply).read / read, usage_of(again).written / wrote)


async def live(town: Town, until: str | None, model: Watched) -> None:
    """Let the town live on, and keep hour by hour what that cost, and the floor."""
    speed = await speeds(model, "ka")
    first, begun = len(WATCH.asked), time.monotonic()
    async for event in town.stream(1, until):
        if not isinstance(event, Happened) or event.line["kind"] not in ("talked", "tick"):
            continue
        print(json.dumps(event.line, ensure_ascii=False)[:200], file=sys.stderr)
        if event.line["kind"] == "tick" and event.line["time"].endswith("50"):
            now = time.monotonic()
            row = cost_of(WATCH.asked[first:], now - begun, speed)
            with (town.folder / FLOOR).open("a") as file:
                file.write(json.dumps({"hour": event.line["time"][11:13], **row}) + "\n")
            first, begun = len(WATCH.asked), now


def cost_of(asked: Sequence[Asked], seconds: float, speed: Speeds) -> dict[str, Any]:
    """Return what calls of the model itself cost; answers from the record are not among them."""
    unique, written = sum(one.floor for one in asked), sum(one.written for one in asked)
    return {
        "seconds": round(seconds, 1),
        "calls": len(asked),
        "prompt_tokens": sum(one.prompt for one in asked),
        "read": sum(one.read for one in asked),
        "unique": unique,
        "written": written,
        "floor_seconds": round(unique / speed.reading + written / speed.writing, 1),
    }


def against_floor(path: Path) -> dict[str, Any]:
    """Return what the whole day cost, and how many times the floor that is."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    total = {key: round(sum(row[key] for row in rows), 1) for key in rows[0] if key != "hour"}
    times = total["seconds"] / total["floor_seconds"] if total["floor_seconds"] else None
    return {"hours": len(rows), **total, "times_floor": times and round(times, 2)}


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Do all of it."""
    model = watched(options.model, seed=None, temperature=0.0)
    out = Path(options.out)
    if (out / "town.json").exists():
        town = Town.open(out, model=model)
    else:
        town = Town.load(options.town, model=model, seed=options.seed, folder=out)
    await live(town, options.until, model)
    log = list(read_log(town.kept.log))
    said = await claims(town) if options.questions else None
    came = metrics(town.file, log, said)
    table = (await ablate(town, options.questions)).as_dict() if options.questions else None
    replayed = await town.replay(options.replay_at)
    counts = read_counts(town.kept.counts)
    people = [usage for who, usage in counts.people.items() if who != "town"]
    return {
        "model": options.model,
        "cost": against_floor(town.folder / FLOOR),
        "calls_per_person": max(usage.calls for usage in people),
        "written_per_person": max(usage.written for usage in people),
        "within_budget": all(u.calls <= 120 and u.written <= 10_000 for u in people),
        "metrics": came.as_dict(),
        "ablation": table,
        "memory_full_above_none": None
        if table is None
        else table["full"]["memory"] > table["none"]["memory"],
        "replay": asdict(replayed),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--town", default=TOWN)
    parser.add_argument("--out", default="bench-town", help="the town's folder; it goes on there")
    parser.add_argument("--until", help="stop at this time of the day")
    parser.add_argument("--replay-at", help="the hour at which the replay begins; else the first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--questions", type=int, default=25, help="to each person; 0 for none")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options))
    print(json.dumps(found, ensure_ascii=False, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
