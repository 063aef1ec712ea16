"""Runs every loop once or more on real goals, and measures what it reads twice.

    python -m bench.loops [--model NAME] [--loops a,b] [--json FILE]

Each loop gets goals that it is made for, over `examples/data`, and a checklist. A prompt token is
read twice when an earlier prompt of the same process began with the same text and the token was
computed all the same. What it does not know: how loops compare on one goal; `cogitate eval` does.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cogitate import Agent, ChatLlama, load_model, shipped_tools
from cogitate.agents.loops import LOOPS
from cogitate.llm.sequences import common_prefix
from cogitate.runs.events import ModelCalled, RunEnded

DATA = Path(__file__).parents[1] / "examples" / "data"

SUM = ("A shelf holds 23 boxes of 36 screws. 128 screws are used. How many are left?", ("700",))
HERBS = ("小明有15本书，借给同学6本，又买了4本。他现在有多少本书？", ("13",))
SALES = ("Which region had the highest total sales, and how much?", ("East", "19403.7"))
PARTS = (
    "1. Which file mentions the blue shelf? 2. What is 17 times 23?",
    ("notes.md", "391"),
)
GAME = ("Make 24 from 3, 3, 8 and 8.", ("8/(3-8/3)|8 / (3 - 8 / 3)|8/(3-(8/3))|8 / (3 - (8 / 3))",))
SORT = (
    "Sort in ascending order: 7, 3, 9, 1, 4, 8, 2, 6, 5, 0, 3, 7, 1, 9, 6, 2",
    ("[0 1 1 2 2 3 3 4 5 6 6 7 7 8 9 9]",),
)
CODE = (
    "Write a Python function `rle(text)` that run-length encodes a text: rle('aab') == 'a2b1'.",
    ("def rle",),
)
WHO = ("谁负责仓库盘点？", ("王建国",))

GOALS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "auto": (SALES, PARTS, WHO),
    "plan": (PARTS,),
    "rewoo": (PARTS,),
    "compose": (PARTS,),
    "tot": (GAME,),
    "got": (SORT,),
    "reflexion": (CODE,),
    "critic": (SUM, WHO),
    "babyagi": (PARTS,),
    "autogpt": (PARTS,),
    "act": (WHO,),
    "react": (WHO,),
}
"""Of every other loop: a sum in English and one in Chinese."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one loop made of one goal. Tokens are of prompts."""

    loop: str
    goal: str
    right: bool
    stopped: str
    calls: int
    tokens: int
    twice: int
    seconds: float
    answer: str


class Watch:
    """Counts prompt tokens that were computed although an earlier prompt began with them."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self.tokens = self.twice = 0

    def take(self, event: ModelCalled) -> None:
        """Count one call. Characters stand for tokens where two prompts part."""
        tokens = event.usage.read + event.usage.reused
        longest = max((common_prefix(event.prompt, s) for s in self._seen), default=0)
        could = tokens * longest // max(len(event.prompt), 1)
        self.tokens += tokens
        self.twice += max(0, could - event.usage.reused)
        self._seen.append(event.prompt)


async def pursue(model: ChatLlama, loop: str, goal: str, wanted: Sequence[str]) -> Outcome:
    """Return what a loop makes of a goal."""
    tools = shipped_tools(offline=True)
    agent = Agent(model=model, tools=tools, folder=DATA, loop=loop, offline=True)
    watch = Watch()
    async for event in agent.stream(goal):
        if isinstance(event, ModelCalled):
            watch.take(event)
        elif isinstance(event, RunEnded):
            result = event.result
    said = result.answer.replace(",", "")
    right = result.ok and all(any(o in said for o in one.split("|")) for one in wanted)
    return Outcome(
        loop=loop,
        goal=goal,
        right=right,
        stopped=result.stopped,
        calls=result.usage.calls,
        tokens=watch.tokens,
        twice=watch.twice,
        seconds=result.seconds,
        answer=result.answer,
    )


def line(one: Outcome) -> str:
    """Return an outcome in a line."""
    share = one.twice / max(one.tokens, 1)
    said = " ".join(one.answer.split())[:80]
    return (
        f"{'✓' if one.right else '✗'} {one.loop:10} {one.stopped:11} {one.calls:4} calls "
        f"{one.tokens:6} tokens, {share:5.1%} twice, {one.seconds:6.1f} s  {said}"
    )


async def compare(model: ChatLlama, loops: Sequence[str]) -> list[Outcome]:
    """Return the outcomes, drawn as they come."""
    found = []
    for loop in loops:
        for goal, wanted in GOALS.get(loop, (SUM, HERBS)):
            found.append(await pursue(model, loop, goal, wanted))
            print(line(found[-1]), flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the loops as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.loops", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="an embedded model; the default one when not given")
    parser.add_argument("--loops", default=",".join(LOOPS), help="which loops: NAME,NAME")
    parser.add_argument("--json", type=Path, help="write each outcome here")
    given = parser.parse_args(arguments)
    model = load_model(given.model)
    if not isinstance(model, ChatLlama):
        parser.error("name an embedded model: others do not say what they read twice")
    found = asyncio.run(compare(model, given.loops.split(",")))
    print(f"{sum(o.right for o in found)} of {len(found)} goals reached")
    for loop in dict.fromkeys(o.loop for o in found):
        mine = [o for o in found if o.loop == loop]
        share = sum(o.twice for o in mine) / max(sum(o.tokens for o in mine), 1)
        print(f"{loop:10} {share:5.1%} of its prompt tokens were read twice")
    if given.json:
        text = json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
