"""Scenarios over several runs: facts are used later, corrections win, what is forgotten stays so.

    python -m bench.sessions [--model NAME] [--only NAME,NAME] [--json FILE]

Each scenario has a memory file of its own; each line of it is a run of a new agent in a new
process-like setting: nothing but the file passes from one to the next. What it does not know:
how long people talk, and what they do not say outright.
"""

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from cogitate import Agent, load_model, shipped_tools
from cogitate.memory.stream import MemoryStream


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, what the answer must hold, and what it must not."""

    text: str
    accept: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()


SCENARIOS: dict[str, tuple[str | Question, ...]] = {
    "allergy": (
        "I am allergic to peanuts, and I work at the harbour library.",
        "What is 12% of 350?",
        Question(text="What am I allergic to?", accept=("peanut",)),
        Question(text="Where do I work?", accept=("library",)),
    ),
    "dentist": (
        "My dentist is Dr Okafor on Mill Road.",
        "My dentist is Dr Lindqvist now, no longer Dr Okafor.",
        Question(text="Who is my dentist?", accept=("Lindqvist",)),
        "My daughter's name is Mira and she is 9 years old.",
        Question(text="What is my daughter called?", accept=("Mira",)),
    ),
    "妹妹": (
        "我妹妹住在苏州，她是护士。",
        Question(text="我妹妹住在哪个城市？", accept=("苏州",)),
        "我妹妹上个月搬到杭州了。",
        Question(text="我妹妹现在住在哪个城市？", accept=("杭州",), refuse=("住在苏州",)),
        Question(text="我妹妹是做什么工作的？", accept=("护士",)),
        "我妹妹1995年出生。",
        Question(text="2040年我妹妹多少岁？", accept=("45", "44")),
    ),
    "储物柜": (
        "请记住：我的储物柜是4471号。",
        Question(text="我的储物柜是几号？", accept=("4471",)),
        "FORGET 4471",
        Question(text="我的储物柜是几号？", refuse=("4471",)),
        "我对青霉素过敏。",
        Question(text="我对什么药过敏？", accept=("青霉素",)),
    ),
    "trip": (
        "Our trip to Bergen begins on 14 June 2027 and there are four of us.",
        Question(
            text="When does our trip to Bergen begin?", accept=("14 June", "June 14", "06-14")
        ),
        "I was born in 1984.",
        Question(text="How old will I be in 2030?", accept=("46", "45")),
        "Sorry, the trip to Bergen begins on 21 June 2027.",
        Question(
            text="On which date does the trip to Bergen begin?",
            accept=("21 June", "June 21", "06-21"),
            refuse=("14 June", "June 14"),
        ),
    ),
}


@dataclass(kw_only=True)
class Asked:
    """What one question came to."""

    scenario: str
    question: str
    answer: str
    stopped: str
    right: bool
    seconds: float


async def forget(place: Path, word: str) -> None:
    """Forget each record that holds a word, as `cogitate memory forget` does."""
    async with MemoryStream(place) as stream:
        held = [r.id for r in await stream.list() if word in r.text]
        await stream.forget(held, "asked to")


async def scenario(name: str, model: str | None) -> list[Asked]:
    """Return what the questions of one scenario came to."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "memory.db"
        for line in SCENARIOS[name]:
            if isinstance(line, str) and line.startswith("FORGET "):
                await forget(place, line.removeprefix("FORGET "))
                continue
            begun = time.monotonic()
            async with MemoryStream(place) as stream:
                tools = shipped_tools(folder=False, offline=True)
                agent = Agent(model=load_model(model), tools=tools, memory=stream, offline=True)
                text = line if isinstance(line, str) else line.text
                result = await agent.arun(text)
            seconds = round(time.monotonic() - begun, 1)
            said = " ".join(result.answer.split())
            if isinstance(line, str):
                print(f"  {seconds:5.1f} s  {text} -> [{result.stopped}] {said[:80]}", flush=True)
                continue
            right = (not line.accept or any(a.lower() in said.lower() for a in line.accept)) and (
                not any(r.lower() in said.lower() for r in line.refuse)
            )
            print(f"{'✓' if right else '✗'} {seconds:5.1f} s  {text} -> {said[:100]}", flush=True)
            found.append(
                Asked(
                    scenario=name,
                    question=text,
                    answer=said,
                    stopped=result.stopped,
                    right=right,
                    seconds=seconds,
                )
            )
    return found


def main() -> None:
    """Run the scenarios and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="as in `cogitate run --model`")
    parser.add_argument("--only", help="run these scenarios only: NAME,NAME")
    parser.add_argument("--json", help="write what each question came to here")
    given = parser.parse_args()
    names = given.only.split(",") if given.only else list(SCENARIOS)
    asked: list[Asked] = []
    for name in names:
        print(f"## {name}")
        asked += asyncio.run(scenario(name, given.model))
    print(f"\nright {sum(a.right for a in asked)} of {len(asked)}")
    if given.json:
        rows = [asdict(a) for a in asked]
        Path(given.json).write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
