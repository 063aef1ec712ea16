"""Facts from talk, importance and conclusions: what a model tells right.

python -m bench.memory_facts [--model NAME] [--wrong] [--part facts|rating|borne]
    [--talks memory_talks|memory_fresh|memory_unseen]

Each talk begins with an empty memory. A turn is right when its changes are just those listed:
the action with a word of the statement, and for a replaced fact a word of that one. Talks,
ratings and conclusions were written for this benchmark, in English and Chinese.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from cogitate import load_model
from cogitate.memory.learning.borne import is_borne
from cogitate.memory.learning.facts import Change, Exchange, learn
from cogitate.memory.learning.importance import by_rules, rate_text
from cogitate.memory.records import Note
from cogitate.memory.stream import MemoryStream

Expected = tuple[str, str, str]
"""Action, a word of the statement, a word of the fact that is replaced or known."""


@dataclass(frozen=True)
class Turn:
    """What a person says, and what is to become of it."""

    said: str
    expected: tuple[Expected, ...] = ()
    asked: str = ""


def talks(name: str) -> list[list[Turn]]:
    """Return the talks of a file: lines of `message | turn before it | changes`.

    A change is an action, a word of the statement and, after `<`, a word of the older fact.
    """
    text = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8")
    return [[_turn(line) for line in talk.splitlines()] for talk in text.strip().split("\n\n")]


def _turn(line: str) -> Turn:
    said, asked, changes = (part.strip() for part in line.split("|"))
    expected: list[Expected] = []
    for change in filter(None, changes.split("; ")):
        head, _, old = change.partition(" < ")
        action, _, word = head.partition(" ")
        expected.append((action, word, old))
    return Turn(said.replace("\\n", "\n"), tuple(expected), asked)


RATED = (
    ("The kitchen light is on.", 1), ("Tom walks to the office.", 1),
    ("The printer on floor two was replaced by a quieter one.", 3),
    ("The team picked PostgreSQL over MongoDB for the new service.", 6),
    ("Server room flooded last night; two racks are lost.", 9),
    ("Maria's brother moved out of her flat after the fire.", 8),
    ("The bakery opens at seven.", 2), ("A new bird feeder hangs in the yard.", 2),
    ("Our landlord wants us out by the end of the month.", 9),
    ("Lena passed the bar exam.", 9), ("The meeting room has a blue carpet.", 1),
    ("The backup script deletes files older than 30 days without asking.", 7),
    ("窗外在下小雨。", 1), ("他把咖啡杯放在桌子上。", 1), ("公司决定关闭上海分部。", 8),
    ("小李考上了北京大学。", 9), ("新版本不再支持Python 3.8。", 5), ("楼下超市换了一块招牌。", 2),
    ("房东把房子卖了。", 8), ("爷爷教会了我下棋。", 5), ("I poured a glass of water.", 1),
    ("Anna changes the water of the flowers.", 1), ("The firewall blocks port 8080 for guests.", 4),
    ("Ravi decided to leave the company and start his own.", 9),
)  # fmt: skip
"""Notes with what a person would say that they count, 1 to 10."""


def is_right(changes: Sequence[Change], expected: Sequence[Expected]) -> bool:
    """Return whether the changes are those expected, in any order."""
    left = list(changes)
    for action, word, old in expected:
        fits = [
            change
            for change in left
            if change.action == action
            and word in change.text
            and (not old or old in getattr(change.old or change.record, "text", ""))
        ]
        if not fits:
            return False
        left.remove(fits[0])
    return not left


async def facts(model: BaseChatModel | None, embeddings: str, wrong: bool, file: str) -> None:
    """Run all talks and print how many turns were right."""
    right: dict[str, list[bool]] = {}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for number, talk in enumerate(talks(file)):
            async with MemoryStream(Path(folder) / f"{number}.db", embeddings=embeddings) as stream:
                for turn in talk:
                    exchange = Exchange(said=turn.said, asked=turn.asked)
                    changes = await learn(stream, model, exchange)
                    good = is_right(changes, turn.expected)
                    for kind in {each[0] for each in turn.expected} or {"nothing"}:
                        right.setdefault(kind, []).append(good)
                    if not good and wrong:
                        got = [(c.action, c.text, c.old.text if c.old else "") for c in changes]
                        print(f"  {turn.said!r}: {got}")
    seconds = time.monotonic() - begun
    turns = sum(len(talk) for talk in talks(file))
    for kind, found in sorted(right.items()):
        print(f"{kind:8} {sum(found)} of {len(found)}")
    print(f"{turns} turns, {seconds / turns:.1f} s a turn")


async def rating(model: BaseChatModel) -> None:
    """Rate notes by rules and model, and print how near a person's numbers they are."""
    begun = time.monotonic()
    ratings, errors, ruled = [], [], 0
    for text, number in RATED:
        value = by_rules(Note(text=text))
        ruled += value is not None
        value = await rate_text(model, text) if value is None else value
        ratings.append(value)
        errors.append(abs(value - number))
    pairs = [
        (a > b) == (x > y)
        for n, (a, (_, x)) in enumerate(zip(ratings, RATED, strict=True))
        for b, (_, y) in zip(ratings[:n], RATED[:n], strict=True)
        if abs(x - y) >= 2
    ]
    print(f"{len(RATED)} notes, {ruled} by rules; mean error {sum(errors) / len(errors):.2f}; ")
    print(f"order right in {sum(pairs)} of {len(pairs)} pairs that are 2 or more apart")
    print(f"{(time.monotonic() - begun) / (len(RATED) - ruled):.1f} s a note by the model")


async def borne(model: BaseChatModel) -> None:
    """Ask which conclusions are borne by their notes, and print how many answers were right."""
    text = (Path(__file__).parent / "memory_borne.txt").read_text(encoding="utf-8")
    right = []
    for line in text.splitlines():
        notes, conclusion, answer = line.split(" | ")
        right.append(await is_borne(model, notes.split(" / "), conclusion) == (answer == "yes"))
    print(f"conclusions: {sum(right)} of {len(right)} told right")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory_facts", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="an embedded model, or `none` for the rules alone")
    parser.add_argument("--embeddings", default="auto")
    parser.add_argument(
        "--talks", default="memory_talks", help="memory_talks, memory_fresh or memory_unseen"
    )
    parser.add_argument("--part", choices=["facts", "rating", "borne"])
    parser.add_argument("--wrong", action="store_true", help="show the turns that went wrong")
    given = parser.parse_args(arguments)
    name = [given.model] if given.model else []
    model = None if given.model == "none" else load_model(*name)
    if given.part in (None, "facts"):
        asyncio.run(facts(model, given.embeddings, given.wrong, given.talks))
    if given.part in (None, "rating") and model is not None:
        asyncio.run(rating(model))
    if given.part in (None, "borne") and model is not None:
        asyncio.run(borne(model))


if __name__ == "__main__":
    main()
