"""A day in a small town: what came of it, what memory is good for, and what it cost.

    python -m bench.town --model qwen2.5-coder-1.5b --out DIR --json

The day is kept in DIR: stopped or killed, the same command goes on where it was. Then everybody
is asked under four masks, and the day is lived again from the record. The time is set against a
floor: the tokens of all prompts that no earlier prompt began with, at the speed of reading,
and the tokens written, at the speed of writing, both measured in the same run.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from cogitate.agents.town import Town
from cogitate.agents.town.ablation import ablate, claims
from cogitate.agents.town.counts import read_counts
from cogitate.agents.town.diary import read_log
from cogitate.agents.town.metrics import metrics
from cogitate.llm import ChatLlama, load_model
from cogitate.runs.events import Happened, ModelCalled
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


class Prompts:
    """What was asked, and how much of it no earlier prompt began with."""

    def __init__(self, model: ChatLlama) -> None:
        self._model = model
        self._tree: dict[int, Any] = {}
        self.unique = 0
        self.total = 0

    def add(self, prompt: str) -> None:
        """Take in a prompt."""
        tokens = self._model.loaded.engine.tokenize(prompt)
        self.total += len(tokens)
        at = self._tree
        for token in tokens:
            if token not in at:
                self.unique += 1
            at = at.setdefault(token, {})


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


async def live(town: Town, until: str | None, model: ChatLlama) -> dict[str, Any]:
    """Let the town live and return what it cost against the floor."""
    prompts, before = Prompts(model), await speeds(model, "ka")
    begun = time.monotonic()
    async for event in town.stream(1, until):
        if isinstance(event, ModelCalled):
            prompts.add(event.prompt)
        elif isinstance(event, Happened) and event.line["kind"] in ("talked", "tick"):
            print(json.dumps(event.line, ensure_ascii=False)[:200], file=sys.stderr)
    seconds = time.monotonic() - begun
    after = await speeds(model, "mo")
    reading = (before.reading + after.reading) / 2
    writing = (before.writing + after.writing) / 2
    last = json.loads(town.kept.counts.read_text().splitlines()[-1])
    floor = prompts.unique / reading + last["total"]["written"] / writing
    row = {
        "seconds": round(seconds, 1),
        "unique_prompt_tokens": prompts.unique,
        "prompt_tokens": prompts.total,
        "read": last["total"]["read"],
        "reused": last["total"]["reused"],
        "written": last["total"]["written"],
        "calls": last["total"]["calls"],
        "recorded": last["recorded"],
        "reading_speed": round(reading, 1),
        "writing_speed": round(writing, 2),
        "floor_seconds": round(floor, 1),
        "times_floor": round(seconds / floor, 2) if floor else None,
    }
    with (town.folder / FLOOR).open("a") as file:
        file.write(json.dumps(row) + "\n")
    return row


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Do all of it."""
    model = load_model(options.model)
    if not isinstance(model, ChatLlama):
        raise SystemExit("the floor is that of an embedded model")
    out = Path(options.out)
    if (out / "town.json").exists():
        town = Town.open(out, model=model)
    else:
        town = Town.load(options.town, model=model, seed=options.seed, folder=out)
    cost = await live(town, options.until, model)
    log = list(read_log(town.kept.log))
    said = await claims(town) if options.questions else None
    came = metrics(town.file, log, said)
    table = (await ablate(town, options.questions)).as_dict() if options.questions else None
    replayed = await town.replay()
    counts = read_counts(town.kept.counts)
    people = [usage for who, usage in counts.people.items() if who != "town"]
    return {
        "model": options.model,
        "cost": cost,
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--town", default=TOWN)
    parser.add_argument("--out", default="bench-town", help="the town's folder; it goes on there")
    parser.add_argument("--until", help="stop at this time of the day")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--questions", type=int, default=25, help="to each person; 0 for none")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options))
    print(json.dumps(found, ensure_ascii=False, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
