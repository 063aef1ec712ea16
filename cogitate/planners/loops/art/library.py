"""The task library: demonstrations by task, chosen by how near a task is to a goal.

What ships lies beside this module; what a person adds or mends is one JSONL file below `home()`
and wins over what ships under the same id.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cogitate.errors import SetupError
from cogitate.home import home, writable_folder
from cogitate.llm.embed import Embedder, load_embeddings
from cogitate.planners.loops.art.program import parse

SHIPPED = Path(__file__).with_name("tasks.jsonl")
OWN = "tasks.jsonl"
TASKS, NEAREST = 2, 10
"""Tasks whose demonstrations are shown, of so many that are nearest."""
ALIKE = 0.5
"""How much being like one that was chosen already counts against a task (MMR)."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """One worked example: an input, the program that solved it, who vouches for it."""

    input: str
    program: str
    answer: str
    verified_by: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """One task of the library."""

    id: str
    skill: str
    description: str
    demos: tuple[Demo, ...]
    licence: str = "Apache-2.0"


@dataclass(frozen=True)
class TaskLibrary:
    """The tasks, by id."""

    records: dict[str, TaskRecord]

    @classmethod
    def load(cls) -> "TaskLibrary":
        """Return what ships and what was added.

        Raises:
            SetupError: a line of a file is no task.
        """
        records = {record.id: record for record in read_tasks(SHIPPED)}
        own = home() / OWN
        if own.exists():
            records |= {record.id: record for record in read_tasks(own)}
        return cls({key: record for key, record in records.items() if record.demos})

    def named(self, task_id: str) -> TaskRecord:
        """Return the task with this id.

        Raises:
            SetupError: there is none.
        """
        if task_id not in self.records:
            raise SetupError(f"there is no task {task_id!r}; choose from {', '.join(self.records)}")
        return self.records[task_id]

    def nearest(self, goal: str) -> list[TaskRecord]:
        """Return the tasks that are nearest to a goal in meaning, the nearest first."""
        records, near, _ = self._near(goal)
        return [records[i] for i in sorted(range(len(records)), key=lambda i: -near[i])[:NEAREST]]

    def select(
        self, goal: str, k: int = TASKS, helps: Mapping[str, float] | None = None
    ) -> list[TaskRecord]:
        """Return the `k` tasks that help most with a goal, unlike each other, the best last.

        Args:
            goal: what the person wants.
            k: how many.
            helps: how much each of the nearest tasks helps, by id; None: as much as it is near.
        """
        records, near, alike = self._near(goal)
        if helps is not None:
            near = [helps.get(record.id, float("-inf")) for record in records]
        left = sorted(range(len(records)), key=lambda i: -near[i])[:NEAREST]
        chosen: list[int] = []
        while left and len(chosen) < k:
            same = {i: max((alike[i][c] for c in chosen), default=0.0) for i in left}
            best = max(left, key=lambda i: (1 - ALIKE) * near[i] - ALIKE * same[i])
            chosen.append(best)
            left.remove(best)
        return [records[i] for i in reversed(chosen)]

    def _near(self, goal: str) -> tuple[list[TaskRecord], list[float], list[list[float]]]:
        """Return the tasks, how near each is to a goal, and to every other one (cosines)."""
        records = list(self.records.values())
        if not records:
            return [], [], []
        embedder = _embedder()
        texts = [f"{r.description} {r.demos[0].input}" for r in records]
        vectors, wanted = embedder.embed_documents(texts), embedder.embed_query(goal)
        return records, (vectors @ wanted).tolist(), (vectors @ vectors.T).tolist()


@functools.cache
def _embedder() -> Embedder:
    """Return the embedder of this process: loading it takes longer than a choice."""
    return load_embeddings("auto")


def read_tasks(path: Path) -> list[TaskRecord]:
    """Return the tasks of a JSONL file.

    Raises:
        SetupError: it cannot be read, or a line is no task; it is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # a text may hold U+2028
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{str(path)!r} cannot be read: {error}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(_record(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise SetupError(f"{str(path)!r}, line {number}, is no task: {error}") from error
    return found


def _record(data: dict[str, Any]) -> TaskRecord:
    demos = tuple(Demo(**demo) for demo in data["demos"])
    for demo in demos:
        steps, answer = parse(demo.program)
        if not steps or answer is None:
            raise ValueError(f"the program for {demo.input[:40]!r} has no steps or no answer")
    return replace(TaskRecord(**{**data, "demos": demos}), demos=demos)


def keep_task(record: TaskRecord) -> Path:
    """Add a task to the person's own, or put it in the place of the one with its id."""
    path = writable_folder() / OWN
    before = read_tasks(path) if path.exists() else []
    _write(path, [*(r for r in before if r.id != record.id), record])
    return path


def forget_task(task_id: str) -> bool:
    """Take a task out of use; one that ships stays out until it is added again."""
    known = TaskLibrary.load().records
    if task_id not in known:
        return False
    path = writable_folder() / OWN
    before = [r for r in (read_tasks(path) if path.exists() else []) if r.id != task_id]
    ships = any(record.id == task_id for record in read_tasks(SHIPPED))
    _write(path, [*before, replace(known[task_id], demos=())] if ships else before)
    return True


def _write(path: Path, records: Sequence[TaskRecord]) -> None:
    lines = [json.dumps(asdict(record), ensure_ascii=False) for record in records]
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    fresh.replace(path)
