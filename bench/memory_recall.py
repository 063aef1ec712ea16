"""How often memory finds what answers a question: LoCoMo (English) and MemoryBank (Chinese).

Each turn of a talk is a note, kept with the turn before it as its context. A question counts
as found as far as the turns that its evidence names are among the first k.
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cogitate.llm.embed import Embedder
from cogitate.memory.records import Hit, Note, Record
from cogitate.memory.scoring.score import PRESETS, Weights
from cogitate.memory.stream import MemoryStream

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

WAYS: Mapping[str, Weights] = {
    "bm25": Weights(1, 0, 0, dense=0),
    "dense": Weights(1, 0, 0, dense=1),
    "hybrid": Weights(1, 0, 0),
    **PRESETS,
}
CUTS = (5, 10, 25)
THRESHOLD = 150.0
"""Importance that adds up to a reflection."""
TOGETHER = 20
"""Turns between two looks whether it is time to reflect."""
MINUTES = 15.0


@dataclass
class KeptVectors:
    """An embedder whose vectors are kept in a file, because a small model takes minutes."""

    base: Embedder
    path: Path | None = None
    _kept: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    _new: int = 0

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            with np.load(self.path) as found:
                self._kept = dict(zip(found["keys"].tolist(), found["vecs"], strict=True))

    @property
    def name(self) -> str:
        """The name of the embedder."""
        return self.base.name

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self.base.dimension

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text."""
        keys = [_key("p:", text) for text in texts]
        missing = [n for n, key in enumerate(keys) if key not in self._kept]
        if missing:
            made = self.base.embed_documents([texts[n] for n in missing])
            self._kept.update((keys[n], row) for n, row in zip(missing, made, strict=True))
            self._new += len(missing)
        return np.stack([self._kept[key] for key in keys])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of what is looked for."""
        key = _key("q:", text)
        if key not in self._kept:
            self._kept[key] = self.base.embed_query(text)
            self._new += 1
        return self._kept[key]

    def save(self) -> None:
        """Write the file if there are new vectors."""
        if self.path is not None and self._new:
            vectors = np.stack(list(self._kept.values())).astype(np.float32)
            np.savez(self.path, keys=np.array(list(self._kept)), vecs=vectors)
            self._new = 0


def _key(side: str, text: str) -> str:
    return side + hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass
class Talk:
    """One talk: its notes by the names of their turns, and questions with their evidence."""

    notes: dict[str, Note]
    questions: list[tuple[str, set[str]]]


def locomo(folder: Path) -> Iterator[Talk]:
    """Yield the talks of LoCoMo."""
    for data in _lines(folder / "locomo10.jsonl"):
        notes, before = {}, ""
        for turn in data["turns"]:
            notes[turn["id"]] = _note(turn["text"], before, turn["time"])
            before = turn["text"]
        questions = [(each["question"], {*each["evidence"]} & {*notes}) for each in data["qa"]]
        yield Talk(notes, [(text, evidence) for text, evidence in questions if evidence])


def chinese(folder: Path) -> Iterator[Talk]:
    """Yield the talks of MemoryBank whose evidence is labelled."""
    for data in _lines(folder / "memorybank_cn.jsonl"):
        notes, before = {}, ""
        for each in data["memories"]:
            text = f"{each['user']}\n{each['assistant']}"
            notes[str(each["idx"])] = _note(text, before, each["date"], each["idx"])
            before = text
        questions = [
            (each["question"], {str(number) for number in each["evidence"]})
            for each in data["questions"]
            if each["evidence"]
        ]
        if questions:
            yield Talk(notes, questions)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _note(text: str, context: str, time: str, minute: int = 0) -> Note:
    created = datetime.fromisoformat(time).timestamp() + 60 * minute
    return Note(text=text, context=context, kind="chat", created=created)


class Sums:
    """Recall and mean reciprocal rank, added up over questions."""

    def __init__(self) -> None:
        self.questions = 0
        self._sums = dict.fromkeys(["mrr", *(f"recall_at_{cut}" for cut in CUTS)], 0.0)

    def add(self, found: Sequence[set[str]], evidence: set[str]) -> None:
        """Take in which turns each hit stands for, the best hit first."""
        self.questions += 1
        for cut in CUTS:
            seen = set().union(*found[:cut])
            self._sums[f"recall_at_{cut}"] += len(evidence & seen) / len(evidence)
        ranks = [rank for rank, turns in enumerate(found, 1) if turns & evidence]
        self._sums["mrr"] += 1 / ranks[0] if ranks else 0.0

    def means(self) -> dict[str, float]:
        """Return the means; nothing before the first question."""
        if not self.questions:
            return {}
        return {name: round(value / self.questions, 4) for name, value in self._sums.items()}


@dataclass
class Reflecting:
    """Reflects on talks as they go on, for so many minutes; counts what came of it."""

    model: "BaseChatModel"
    minutes: float = MINUTES
    threshold: float = THRESHOLD
    together: int = TOGETHER
    turns: int = 0
    """How many turns of the talks it has followed."""
    rounds: int = 0
    kept: list[str] = field(default_factory=list)
    """What was concluded."""
    seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether its time is up."""
        return self.seconds > 60 * self.minutes

    async def look(self, stream: MemoryStream, turns: int) -> None:
        """Reflect if it is time after so many more turns."""
        from cogitate.memory.learning.reflect import Bounds, reflect

        if self.is_over:
            return
        begun = time.monotonic()
        state = stream.store.setting("reflection:default")
        kept = await reflect(stream, self.model, Bounds(threshold=self.threshold))
        self.seconds += time.monotonic() - begun
        self.rounds += stream.store.setting("reflection:default") != state
        self.kept += [record.text for record in kept]
        self.turns += turns

    def figures(self) -> dict[str, float]:
        """Return the counts."""
        each = self.seconds / max(self.rounds, 1)
        return {
            "turns": self.turns,
            "rounds": self.rounds,
            "kept": len(self.kept),
            "seconds_a_round": round(each, 1),
        }


async def measure(
    talks: Iterable[Talk], embedder: Embedder, reflecting: Reflecting | None = None
) -> dict[str, Any]:
    """Return the figures of each way to weigh.

    With `reflecting`, those with reflections, too, over the talks that its time sufficed for.
    """
    ways = [*WAYS, *([f"{name}+reflections" for name in PRESETS] if reflecting else [])]
    sums = {way: Sums() for way in ways}
    for talk in talks:
        if reflecting is not None and reflecting.is_over:
            break
        with tempfile.TemporaryDirectory() as folder:
            async with MemoryStream(Path(folder) / "memory.db", embeddings=embedder) as stream:
                await _ask(stream, talk, sums, reflecting)
    return {
        "questions": sums["default"].questions,
        **({"reflections": reflecting.figures()} if reflecting else {}),
        **{way: found.means() for way, found in sums.items()},
    }


async def _ask(
    stream: MemoryStream, talk: Talk, sums: Mapping[str, Sums], reflecting: Reflecting | None
) -> None:
    turns: dict[str, set[str]] = {}
    notes = list(talk.notes.items())
    records: list[Record] = []
    together = reflecting.together if reflecting else len(notes)
    for begin in range(0, len(notes), together):
        some = notes[begin : begin + together]
        # A reflection is made when its newest turn was said: what it counts as recent.
        stream.clock = lambda some=some: some[-1][1].created or 0.0
        records += await stream.remember_many([note for _, note in some])
        if reflecting is not None:
            await reflecting.look(stream, len(some))
    for (name, _), record in zip(notes, records, strict=True):
        turns.setdefault(record.id, set()).add(name)
    now = max(record.created or 0.0 for record in records) + 3_600

    def stands_for(hit: Hit) -> set[str]:
        ids = (hit.record.id, *hit.record.evidence)
        return set().union(*(turns.get(each, set()) for each in ids))

    for question, evidence in talk.questions:
        for way, held in sums.items():
            name, _, reflections = way.partition("+")
            kinds = None if reflections else ["chat"]
            hits = await stream.recall(
                question, max(CUTS), weights=WAYS[name], now=now, kinds=kinds, touch=False
            )
            held.add([stands_for(hit) for hit in hits], evidence)
