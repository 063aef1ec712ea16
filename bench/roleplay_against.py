"""Holds what role-plays came to against one direct answer of the same model, by checklists.

    python -m bench.roleplay tasks --json PLAYS.json
    python -m bench.roleplay_against PLAYS.json [--model NAME] [--json FILE]

Each task of `roleplay_tasks.toml` that PLAYS.json holds is also answered in one shot: the same
role, the same idea, no tools, no partner. Both texts are read by the checklist of the task, which
was written before either; more points win, as many are a tie. `summary` compares what a session
hands over, `said` all that its assistant said. Longer texts hit more points: `length_controlled`
is the win rate at equal length (`cogitate.lab.judge`). No model judges.
"""

import argparse
import asyncio
import json
import re
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from bench.forms import embedded
from bench.roleplay import TASKS
from cogitate.lab.judge import length_controlled
from cogitate.lab.statistics import mcnemar

SHOT_PROMPT = "You are {assistant}. Do what {user} asks for, and answer with the result itself."
SHOT_TOKENS = 500


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One task, done twice. The numbers are shares of the checklist."""

    id: str
    shot: float
    summary: float
    said: float
    lengths: tuple[int, int, int]
    """Characters of the shot, the summary, and all that was said."""
    seconds: float
    """Of the shot."""
    play_seconds: float
    answer: str


def share(text: str, checks: Sequence[str]) -> float:
    """Return which share of a checklist a text fulfils."""
    return sum(re.search(pattern, text) is not None for pattern in checks) / len(checks)


def win(first: float, second: float) -> float:
    """Return 1 where the second is better, 0 where the first is, and 0.5 for a tie."""
    return 0.5 + 0.5 * ((second > first) - (first > second))


def summed(found: Sequence[Compared]) -> dict[str, Any]:
    """Return what the comparisons came to: wins are those of the role-play."""
    data: dict[str, Any] = {"tasks": len(found), "shot_right": sum(c.shot == 1 for c in found)}
    for at, kind in enumerate(("summary", "said"), start=1):
        shares = [getattr(one, kind) for one in found]
        wins = [win(one.shot, mine) for one, mine in zip(found, shares, strict=True)]
        lengths = [(one.lengths[0], one.lengths[at]) for one in found]
        only = [
            sum(one.shot == 1 > mine for one, mine in zip(found, shares, strict=True)),
            sum(mine == 1 > one.shot for one, mine in zip(found, shares, strict=True)),
        ]
        data[kind] = {
            "right": shares.count(1),
            "wins": wins.count(1),
            "ties": wins.count(0.5),
            "losses": wins.count(0),
            "win_rate": round(fmean(wins), 3),
            "length_controlled": round(length_controlled(wins, lengths), 3),
            "mean_lengths": [round(fmean(each)) for each in zip(*lengths, strict=True)],
            "mcnemar_p": round(mcnemar(*only), 4),
        }
    return data


async def compare(options: argparse.Namespace) -> list[Compared]:
    """Answer each task in one shot, and hold it against the session."""
    listed = {task["id"]: task for task in tomllib.loads(TASKS.read_text("utf-8"))["tasks"]}
    played = json.loads(options.plays.read_text("utf-8"))["sessions"]
    model = embedded(options.model).bind(max_tokens=SHOT_TOKENS)
    found: list[Compared] = []
    for session in played:
        task = listed[session["id"]]
        head = SHOT_PROMPT.format(assistant=task["assistant"], user=task["user"])
        begun = time.monotonic()
        reply = await model.ainvoke([SystemMessage(head), HumanMessage(task["idea"])])
        texts = (reply.text, session["summary"], session["said"])
        shares = [share(text, task["checks"]) for text in texts]
        one = Compared(
            id=task["id"],
            shot=shares[0],
            summary=shares[1],
            said=shares[2],
            lengths=(len(texts[0]), len(texts[1]), len(texts[2])),
            seconds=round(time.monotonic() - begun, 1),
            play_seconds=session["seconds"],
            answer=reply.text,
        )
        found.append(one)
        print(
            f"{one.id}: one shot {one.shot:.2f}, summary {one.summary:.2f}, said {one.said:.2f}; "
            f"{one.seconds:.0f} s against {one.play_seconds:.0f} s",
            flush=True,
        )
        if options.json is not None:
            data = {"summary": summed(found), "tasks": [asdict(each) for each in found]}
            text = json.dumps(data, ensure_ascii=False, indent=1)
            options.json.write_text(text + "\n", encoding="utf-8")
    return found


def main() -> None:
    """Compare the sessions of a file with one shot each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plays", type=Path, help="what `python -m bench.roleplay tasks` kept")
    parser.add_argument("--model")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(json.dumps(summed(asyncio.run(compare(options))), indent=1))


if __name__ == "__main__":
    main()
