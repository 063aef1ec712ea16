"""Runs that are killed, or whose files are spoiled, and go on: nothing lost, nothing done twice.

    python -m bench.faults --kills 100
    python -m bench.faults --spoils 200

A run orders things by tools that `read`, that are `idempotent` and that count `once`; each writes
a line into a ledger outside of the run. The process is ended by SIGKILL at a random moment, up to
three times, and resumed until it is over. Or it is killed, the newest bytes of one of its files
are cut off or changed, and it is resumed. The model is a function of what it is shown.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from cogitate import Agent, Limits, ScriptedModel, tool
from cogitate.agents.running import result_of
from cogitate.errors import CogitateError, SetupError
from cogitate.home import home
from cogitate.runs.events import RunEnded
from cogitate.runs.store import RunStore

GOAL = "Order 4 bolts and 6 nuts, and say what each costs."
ANSWER = "4 of bolts and 6 of nuts are ordered; one of bolts costs 5 crowns, of nuts 4 crowns."
RUN = "r"
LEDGER = "ledger.txt"
WORK = 0.004
"""Seconds that a tool takes before and after its effect."""


def note(line: str) -> None:
    """Write a line into the ledger, to the disk."""
    time.sleep(WORK)
    with (home() / LEDGER).open("a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    time.sleep(WORK)


@tool(effect="read")
def price(item: str) -> str:
    """Return what an item costs.

    Args:
        item: its name.
    """
    note(f"price {item}")
    return f"one of {item} costs {len(item)} crowns"


@tool(effect="idempotent")
def reserve(item: str, count: int) -> str:
    """Reserve items.

    Args:
        item: its name.
        count: how many.
    """
    note(f"reserve {item} {count}")
    return f"{count} of {item} are reserved"


@tool(effect="once")
def order(item: str, count: int) -> str:
    """Order items.

    Args:
        item: its name.
        count: how many.
    """
    note(f"order {item} {count}")
    return f"{count} of {item} are ordered"


PLAN: list[tuple[str, dict[str, Any]]] = [
    ("price", {"item": "bolts"}),
    ("reserve", {"item": "bolts", "count": 4}),
    ("order", {"item": "bolts", "count": 4}),
    ("price", {"item": "nuts"}),
    ("order", {"item": "nuts", "count": 6}),
    ("reserve", {"item": "nuts", "count": 6}),
]


class Thinking(ScriptedModel):
    """A model that does the next thing of the plan."""

    def _next(self, messages: list[BaseMessage], options: dict[str, Any]) -> AIMessage:
        done = sum(isinstance(message, ToolMessage) for message in messages)
        if done < len(PLAN):
            name, args = PLAN[done]
            message = AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"c{done}"}])
        else:
            message = AIMessage(ANSWER)
        return self._counted(messages, message)


def make() -> Agent:
    """Return the agent of the test."""
    limits = Limits(steps=30, tool_calls=30)
    tools = [price, reserve, order]
    return Agent(model=Thinking(replies=()), tools=tools, loop="act", limits=limits, offline=True)


def ledger(place: Path) -> list[str]:
    """Return what was really done, in order."""
    path = place / LEDGER
    return path.read_text().splitlines() if path.exists() else []


def in_ledger(name: str, args: dict[str, Any]) -> Any:
    """Return what a person would say who looks into the ledger."""
    line = f"{name} {args['item']} {args['count']}"
    return "done" if line in ledger(home()) else "redo"


def first() -> dict[str, Any]:
    """Return the result of the run from its beginning."""
    return asyncio.run(result_of(make().stream(GOAL, run_id=RUN))).as_dict()


def again() -> dict[str, Any]:
    """Return the result of the run as it goes on; one that was never accepted begins anew."""
    store = RunStore()
    try:
        ended = list(store.events(RUN))[-1:]
        if ended and isinstance(ended[0], RunEnded):
            return ended[0].result.as_dict()
        return make().resume(RUN, on_unknown=in_ledger).as_dict()
    except SetupError as error:
        if ledger(home()) or ("anew" not in str(error) and "no run" not in str(error)):
            raise
        if (store.root / RUN).exists():
            (store.root / RUN).rename(store.root / f"unaccepted-{os.getpid()}")
        return first()


def in_process(
    place: Path, work: Callable[[], dict[str, Any]], kill_after: float | None = None
) -> dict[str, Any] | None:
    """Return what `work` gives in a process of its own; None when that was killed before.

    What it raises is given as {"error": ..., "ours": whether it is an error of this package}.
    """
    begun, told = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.environ["COGITATE_HOME"] = str(place)
        os.close(told[0])
        os.write(begun[1], b".")
        try:
            found = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent counts it
            found = {"error": f"{type(error).__name__}: {error}"}
            found["ours"] = isinstance(error, CogitateError)
        os.write(told[1], json.dumps(found).encode())
        os._exit(0)
    os.close(told[1])
    os.read(begun[0], 1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    data = b""
    while piece := os.read(told[0], 65536):
        data += piece
    os.waitpid(pid, 0)
    for end in (told[0], *begun):
        os.close(end)
    return json.loads(data) if data else None


def judged(place: Path, result: dict[str, Any]) -> Counter[str]:
    """Return what is wrong with a run that is over; nothing is as it should be."""
    found: Counter[str] = Counter()
    if "error" in result:
        found["refused" if result["ours"] else "traceback"] += 1
        return found
    found["wrong end"] += result["answer"] != ANSWER or result["stopped"] != "answered"
    done = Counter(line for line in ledger(place) if line.startswith("order"))
    wanted = {"order bolts 4", "order nuts 6"}
    found["doubled"] += sum(many > 1 for many in done.values())
    found["lost"] += len(wanted - done.keys())
    return found


def kills(many: int, seed: int, place: Path) -> Counter[str]:
    """Kill so many runs at random moments, and resume each until it is over."""
    draw, found = random.Random(seed), Counter[str]()
    usual = place / "usual"
    usual.mkdir()
    in_process(usual, first)  # once for what is made at first use
    begun = time.monotonic()
    in_process(usual, lambda: make().fork(RUN, at=0).as_dict())
    takes = time.monotonic() - begun
    for number in range(many):
        folder = place / f"k{number}"
        folder.mkdir()
        result = in_process(folder, first, draw.random() * takes)
        for _ in range(draw.choice([0, 0, 1, 2])):
            if result is None:
                found["kills"] += 1
                result = in_process(folder, again, draw.random() * takes)
        if result is None:
            found["kills"] += 1
            result = in_process(folder, again)
        found["runs"] += 1
        wrong = judged(folder, result or {"error": "nothing", "ours": False})
        if +wrong:
            print(f"{folder}: {dict(+wrong)} {result}", file=sys.stderr)
        found += wrong
    return found


def spoils(many: int, seed: int, place: Path) -> Counter[str]:
    """Kill so many runs, spoil the newest bytes of one of their files, and resume them."""
    draw, found = random.Random(seed), Counter[str]()
    usual = place / "usual-s"
    usual.mkdir()
    in_process(usual, first)
    begun = time.monotonic()
    in_process(usual, lambda: make().fork(RUN, at=0).as_dict())
    takes = time.monotonic() - begun
    while found["runs"] < many:
        folder = place / f"s{found['tried']}"
        folder.mkdir()
        found["tried"] += 1
        done = in_process(folder, first, draw.uniform(0.3, 1.0) * takes)
        files = [p for p in (folder / "runs" / RUN).rglob("*") if p.is_file() and p.stat().st_size]
        if done is not None or not files:
            continue
        path = draw.choice(sorted(files))
        how = spoil(path, draw)
        result = in_process(folder, again)
        found["runs"] += 1
        wrong = judged(folder, result or {"error": "nothing", "ours": False})
        if +wrong:
            print(f"{folder}: {path.name} {how}: {dict(+wrong)} {result}", file=sys.stderr)
        found += wrong
    return found


def spoil(path: Path, draw: random.Random) -> str:
    """Cut off or change some of the newest bytes of a file."""
    data = bytearray(path.read_bytes())
    most = min(len(data), draw.choice([16, 200, 5_000]))
    many = draw.randint(1, most)
    how = draw.choice(["cut", "zeros", "noise", "bit"])
    if how == "cut":
        del data[-many:]
    elif how == "bit":
        data[len(data) - many] ^= 1 << draw.randrange(8)
    else:
        new = bytes(many) if how == "zeros" else draw.randbytes(many)
        data[-many:] = new
    path.write_bytes(bytes(data))
    return f"{how} {many}"


def main() -> None:
    """Run what was asked for, and print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--spoils", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cogitate-faults-") as place:
        found: Counter[str] = Counter()
        if asked.kills:
            found += kills(asked.kills, asked.seed, Path(place))
            print(json.dumps({"kills": dict(found)}))
        if asked.spoils:
            spoiled = spoils(asked.spoils, asked.seed, Path(place))
            print(json.dumps({"spoils": dict(spoiled)}))


if __name__ == "__main__":
    main()
