"""What it costs to keep a run: seconds a step for the journal and the events, and the files' size.

    python -m bench.overhead --steps 500 --json

The same steps are run twice in one process: by the bare graph with a model that answers at once,
and as a run that is kept. The difference, divided by the steps, is the price of a step: a model
call, a tool call, their events and their rows on the disk.
"""

import argparse
import asyncio
import itertools
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from cogitate import Agent, Limits, ScriptedModel, tool
from cogitate.agents.delegate import ceiling
from cogitate.agents.running import result_of
from cogitate.agents.state import start
from cogitate.llm.decide import trace_as
from cogitate.planners import Turn
from cogitate.runs.context import RunContext, running
from cogitate.runs.store import RunStore

RUN = "r"
GOAL = "Look at every shelf, one after the other, and say what the last one holds."
TIMES: list[float] = []
"""When each step began."""
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
CLOCK = time.perf_counter
WINDOW = 40
"""Messages of a prompt at most."""
LINES = 8
"""Lines of each result: some 500 characters."""


@tool(effect="read")
def shelf(number: int) -> str:
    """Return what a shelf holds.

    Args:
        number: which shelf.
    """
    boxes = [(number * 7919 + row) % 997 for row in range(LINES)]
    return "\n".join(f"shelf {number}, row {n}: {many} boxes" for n, many in enumerate(boxes))


class Instant(ScriptedModel):
    """A model that answers at once: it looks at one shelf after the other."""

    steps: int
    at: list[int]

    def _next(self, messages: list[BaseMessage], options: dict[str, Any]) -> AIMessage:
        done = self.at[0]
        self.at[0] += 1
        message = AIMessage("The last shelf holds boxes.")
        if done < self.steps:
            call = {"name": "shelf", "args": {"number": done}, "id": f"c{done}"}
            message = AIMessage("", tool_calls=[call])
        message.usage_metadata = {"input_tokens": 9, "output_tokens": 9, "total_tokens": 18}
        return message


async def walk(turn: Turn) -> AIMessage:
    """Return the next move: the prompt grows with each result, and begins anew now and then."""
    TIMES.append(CLOCK())
    begun = len(turn.messages) // WINDOW * WINDOW
    shown = [HumanMessage(turn.task.goal), *turn.messages[begun:]]
    return await turn.model.ainvoke(shown, trace_as("act"))


def agent(steps: int) -> Agent:
    """Return an agent that takes so many steps."""
    many = steps + 5
    limits = Limits(steps=many, tool_calls=many, tokens=10**9, seconds=10**6, model_calls=10**6)
    model = Instant(replies=(), steps=steps, at=[0])
    return Agent(model=model, tools=[shelf], executor=walk, limits=limits, offline=True)


def paces() -> list[float]:
    """Return the milliseconds of each step since this was last asked."""
    found = [(after - before) * 1000 for before, after in itertools.pairwise(TIMES)]
    TIMES.clear()
    return found


async def bare(steps: int, place: Path) -> list[float]:
    """Return the pace of the steps by the graph alone, without events and journal."""
    made = agent(steps)
    context = RunContext(run_id="bare", workspace=place)
    config: Any = {"recursion_limit": ceiling(made.limits or Limits())}
    with running(context):
        await made.graph.ainvoke(start(GOAL), config, context=made)
    return paces()


async def kept(steps: int) -> list[float]:
    """Return the pace of the same steps as a run that is kept."""
    result = await result_of(agent(steps).stream(GOAL, run_id=RUN))
    if result.steps < steps:
        raise SystemExit(f"the run took {result.steps} steps: {result}")
    return paces()


def measure(steps: int, repeats: int) -> dict[str, Any]:
    """Return the figures of so many steps; of each pair of runs the medians, of the pairs the best.

    The machine may be doing other things: the best pair is the one that they touched least.
    """
    pairs: list[tuple[list[float], list[float]]] = []
    with tempfile.TemporaryDirectory(prefix="cogitate-overhead-") as place:
        for number in range(repeats):
            os.environ["COGITATE_HOME"] = str(Path(place) / f"h{number}")
            pairs.append((asyncio.run(bare(steps, Path(place))), asyncio.run(kept(steps))))
        folder = RunStore().root / RUN
        files = {p.name: p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    part = max(steps // 5, 1)
    shares = {"all": slice(None), "first fifth": slice(part), "last fifth": slice(-part, None)}
    found: dict[str, Any] = {"steps": steps, "megabytes": round(sum(files.values()) / 1e6, 2)}
    for name, share in shares.items():
        each = [(median(kept[share]) - median(bare[share]), bare[share]) for bare, kept in pairs]
        extra, alone = min(each, key=lambda pair: pair[0])
        found[name] = {"added": round(extra, 2), "bare": round(median(alone), 2)}
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="what is measured")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    globals()["CLOCK"] = CLOCKS[asked.clock]
    measure(5, 1)  # what is made at first use
    found = measure(asked.steps, asked.repeats)
    if asked.json:
        print(json.dumps(found))
        return
    print(f"{found['steps']} steps, {found['megabytes']} MB; milliseconds a step:")
    for name in ("all", "first fifth", "last fifth"):
        print(f"  {name:<12} {found[name]['added']:6.2f} added to {found[name]['bare']:.2f}")


if __name__ == "__main__":
    main()
