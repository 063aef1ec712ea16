"""Runs of a real model, recorded and replayed without it: are they the same, event by event?

    python -m bench.replays --model qwen2.5-coder-0.5b --seconds 600 --json

Each loop pursues two goals. A replay that makes an event which the run did not is a failure.
"""

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from cogitate import Agent, Limits, load_model, shipped_tools
from cogitate.agents.absent import absent_model
from cogitate.agents.loops import LOOPS
from cogitate.agents.running import Going, result_of
from cogitate.errors import CogitateError
from cogitate.runs.record import kept
from cogitate.runs.store import RunStore

GOALS = (
    "A box holds 14 jars of 36 pickles and 5 jars break. How many pickles are left?",
    "Which item in stock.csv costs most, and what do 3 of it cost?",
)
STOCK = "item,price\nlamp,30\nchair,45\ndesk,120\n"


def replayed(made: Agent, goal: str) -> dict[str, Any]:
    """Return what came of one run and of its replay."""
    whole = asyncio.run(result_of(made.stream(goal)))
    found: dict[str, Any] = {"run": whole.run_id, "stopped": whole.stopped}
    found["calls"], found["seconds"] = whole.usage.calls, whole.seconds
    absent = replace(made, model=absent_model(kept(RunStore().root / whole.run_id)))
    begun = time.monotonic()
    try:
        again = asyncio.run(result_of(absent.going(Going(run=whole.run_id, mode="replay"))))
        found["same"] = replace(again, seconds=0) == replace(whole, seconds=0)
    except CogitateError as error:
        found |= {"same": False, "why": str(error)[:600]}
    return found | {"replay seconds": round(time.monotonic() - begun, 2)}


def main() -> None:
    """Print a line for each run, and how many were the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--seconds", type=float, default=600.0, help="begin no run after these")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    end, model = time.monotonic() + asked.seconds, load_model(asked.model, seed=1)
    limits = Limits(steps=12, tool_calls=12, seconds=40.0, tokens=20_000)
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="cogitate-replays-") as folder:
        (Path(folder) / "stock.csv").write_text(STOCK)
        tools = shipped_tools(folder=True, offline=True)
        made = Agent(model=model, tools=tools, folder=folder, offline=True, limits=limits)
        for loop in LOOPS:
            for goal in GOALS:
                if time.monotonic() < end:
                    one = {"loop": loop, **replayed(replace(made, loop=loop), goal)}
                    found.append(one)
                    print(json.dumps(one) if asked.json else one, flush=True)
    print(json.dumps({"runs": len(found), "same": sum(one["same"] for one in found)}))


if __name__ == "__main__":
    main()
