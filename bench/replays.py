"""Runs of a real model, recorded, and replayed where neither it nor the network is.

    python -m bench.replays --model qwen2.5-coder-0.5b --seconds 600
    python -m bench.replays --model qwen2.5-coder-0.5b --skip 12

Each loop pursues two goals. Each run is then replayed by another process, with a data folder that
holds the record and no model, in which opening a model's file, connecting, and looking up a name
are errors. The events of both must be the same, one by one and in order.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cogitate import Agent, Limits, load_model, shipped_tools
from cogitate.agents.absent import absent_model
from cogitate.agents.loops import LOOPS
from cogitate.agents.running import Going, result_of
from cogitate.errors import CogitateError
from cogitate.runs.events import Event
from cogitate.runs.record import kept
from cogitate.runs.sameness import Sameness
from cogitate.runs.store import RunStore

GOALS = (
    "A box holds 14 jars of 36 pickles and 5 jars break. How many pickles are left?",
    "Which item in stock.csv costs most, and what do 3 of it cost?",
)
STOCK = "item,price\nlamp,30\nchair,45\ndesk,120\n"
SCRATCH = re.compile(r"[^\"\s]*/cogitate-\w+/files")
"""Where a replay has its files."""
GONE = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
LIMITS = Limits(steps=12, tool_calls=12, seconds=40.0, tokens=20_000)


def agent(model: Any, loop: str, folder: str) -> Agent:
    """Return what runs."""
    tools = shipped_tools(folder=True, offline=True)
    return Agent(model=model, tools=tools, loop=loop, folder=folder, offline=True, limits=LIMITS)


def refuse(event: str, args: tuple[Any, ...]) -> None:
    """Refuse the network and the files of models to this process."""
    if event in GONE and not str(args[-1]).startswith("/"):
        raise RuntimeError(f"a replay wants the network: {event} {args[1:]}")
    if event == "open" and str(args[0]).endswith(".gguf"):
        raise RuntimeError(f"a replay wants a model's file: {args[0]}")


def replay(run: str, loop: str, folder: str) -> dict[str, Any]:
    """Replay a run in this process, which has neither model nor network from now on."""
    sys.addaudithook(refuse)
    store = RunStore()
    made = agent(absent_model(kept(store.root / run)), loop, folder)
    same = Sameness((), store.workspace(run))

    def forms(event: Event) -> str:
        return SCRATCH.sub("<files>", same.form(event))

    before = [forms(event) for event in store.events(run)]
    begun = time.monotonic()

    async def events() -> list[str]:
        going = Going(run=run, mode="replay")
        return [forms(event) async for event in made.going(going)]

    try:
        again = asyncio.run(events())
    except CogitateError as error:
        return {"same": False, "why": str(error)[:600]}
    found = {"events": len(before), "replay seconds": round(time.monotonic() - begun, 2)}
    if Counter(before) != Counter(again):
        lost = Counter(before) - Counter(again)
        return found | {"same": False, "why": f"not made again: {[*lost][:2]}"[:600]}
    return found | {"same": True, "in order": before == again}


def elsewhere(run: str, loop: str, folder: str) -> dict[str, Any]:
    """Return what a process found that has nothing but the record."""
    with tempfile.TemporaryDirectory(prefix="cogitate-replays-") as place:
        shutil.copytree(RunStore().root / run, Path(place) / "runs" / run)
        env = {**os.environ, "COGITATE_HOME": place}
        command = [sys.executable, "-m", "bench.replays", "--replay", run, loop, folder]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    if done.returncode:
        return {"same": False, "why": done.stderr[-600:]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def recorded(made: Agent, goal: str) -> dict[str, Any]:
    """Return what came of a run."""
    whole = asyncio.run(result_of(made.stream(goal)))
    return {
        "run": whole.run_id,
        "stopped": whole.stopped,
        "calls": whole.usage.calls,
        "seconds": whole.seconds,
    }


def main() -> None:
    """Print a line for each run, and how many were the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--seconds", type=float, default=600.0, help="begin no run after these")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first runs")
    parser.add_argument("--replay", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.replay:
        print(json.dumps(replay(*asked.replay)))
        return
    end, model = time.monotonic() + asked.seconds, load_model(asked.model, seed=1)
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="cogitate-replays-") as folder:
        (Path(folder) / "stock.csv").write_text(STOCK)
        for loop, goal in [(loop, goal) for loop in LOOPS for goal in GOALS][asked.skip :]:
            if time.monotonic() < end:
                one = recorded(agent(model, loop, folder), goal)
                found.append({"loop": loop, **one, **elsewhere(one["run"], loop, folder)})
                print(json.dumps(found[-1], ensure_ascii=False), flush=True)
    same = sum(one["same"] for one in found)
    ordered = sum(one.get("in order", False) for one in found)
    print(json.dumps({"runs": len(found), "same": same, "in the same order": ordered}))


if __name__ == "__main__":
    main()
