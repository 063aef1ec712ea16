"""Many sessions for a data set: every pair of roles, so many tasks each, resumable.

    OUT/settings.json   what is generated: roles, tasks, models, licence
    OUT/ideas.jsonl     the task ideas of a pair of roles, a line each
    OUT/sessions.jsonl  a finished session a line, by its key (assistant, user, task)

A line is on the disk before the next session of its worker begins, so that a process which is
killed loses the sessions in flight and nothing else; a torn last line is cut off. The files are
locked, so that no two processes make the same session.
"""

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

from cogitate.agents.roleplay.checks import ALIKE, alike
from cogitate.agents.roleplay.play import RolePlay, name_of
from cogitate.agents.roleplay.prompts import IDEAS_PROMPT
from cogitate.agents.roleplay.rows import Key, row_of
from cogitate.agents.roleplay.session import language_of
from cogitate.agents.roleplay.values import Play
from cogitate.errors import SetupError
from cogitate.llm.decide import decide

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock: one process is the person's duty
    fcntl = None  # type: ignore[assignment]

SETTINGS, IDEAS, SESSIONS = "settings.json", "ideas.jsonl", "sessions.jsonl"
LICENCE = "as the models' licences allow; see the card"
MOST_AT_ONCE = 5
IDEA_TRIES = 4


class Ideas(BaseModel):
    """Tasks for a pair of roles."""

    tasks: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Lines:
    """A JSONL file that one process appends to; what was appended is on the disk."""

    def __init__(self, path: Path) -> None:
        """Open `path` and lock it, without its last line where that is torn.

        Raises:
            SetupError: another process writes to it, or it cannot be written.
        """
        try:
            self._file: BinaryIO = path.open("a+b", buffering=0)
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SetupError(
                f"{str(path)!r} cannot be written, or another process writes to it "
                f"({error.strerror}); choose another --out"
            ) from error
        self._file.seek(0)
        held = self._file.read()
        if held and not held.endswith(b"\n"):
            self._file.truncate(held.rfind(b"\n") + 1)
        self._file.seek(0, os.SEEK_END)

    def add(self, row: dict[str, Any]) -> None:
        """Append a row, now and for good."""
        rest = memoryview((json.dumps(row, ensure_ascii=False) + "\n").encode())
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSONL file; lines that are none are left out, a torn last one too."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row


class Thought:
    """The task ideas of each pair of roles, as far as they have been thought up."""

    def __init__(self, path: Path) -> None:
        """Begin with those of a file, where the last line of a pair counts."""
        self.tasks = {tuple(row["key"][:2]): list(row["tasks"]) for row in rows_of(path)}
        self.over: set[tuple[int, int]] = set()
        """Pairs for which the model has been asked: it has no more."""
        self.locks: defaultdict[tuple[int, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        """A pair's ideas are thought up once, whoever needs them first."""


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What is generated, and how."""

    assistants: tuple[str, ...]
    users: tuple[str, ...]
    tasks: int
    """For each pair of roles."""
    model: BaseChatModel
    out: Path
    parallel: int = 1
    tools: Sequence[BaseTool] = ()
    licence: str = LICENCE
    more: dict[str, Any] = field(default_factory=dict)
    """Settings of each `RolePlay`, such as `max_turns` and `planner`."""

    def __post_init__(self) -> None:
        if not self.assistants or not self.users or self.tasks < 1 or self.parallel < 1:
            raise SetupError("give at least one role for each side, one task and one at a time")

    def keys(self) -> list[Key]:
        """Return the key of every session: indices of assistant, user and task."""
        pairs = [
            (a, u)
            for a, assistant in enumerate(self.assistants)
            for u, user in enumerate(self.users)
            if assistant != user
        ]
        return [(a, u, t) for a, u in pairs for t in range(self.tasks)]

    def settings(self) -> dict[str, Any]:
        """Return what must be the same when a generation goes on."""
        return {
            "assistants": list(self.assistants),
            "users": list(self.users),
            "model": name_of(self.model),
            "seed": getattr(self.model, "seed", None),
            "licence": self.licence,
            "tools": [tool.name for tool in self.tools],
            "more": {key: _plain(value) for key, value in self.more.items() if key != "limits"},
        }

    async def run(
        self,
        *,
        stop: asyncio.Event | None = None,
        report: Callable[[Key, Play], None] | None = None,
    ) -> int:
        """Make the sessions that are not there yet; return how many were made.

        Args:
            stop: set it to end in order: sessions in flight are given up.
            report: called with each finished session.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        sessions, ideas = Lines(self.out / SESSIONS), None
        try:
            ideas = Lines(self.out / IDEAS)
            self._check_settings()
            return await self._make(sessions, ideas, stop or asyncio.Event(), report)
        finally:
            sessions.close()
            if ideas is not None:
                ideas.close()

    def _check_settings(self) -> None:
        path = self.out / SETTINGS
        wanted = json.dumps(self.settings(), ensure_ascii=False, indent=1)
        if path.exists() and json.loads(path.read_text("utf-8")) != json.loads(wanted):
            raise SetupError(
                f"{str(path)!r} is of another generation: its roles, model or settings differ; "
                "choose another --out, or give the same"
            )
        path.write_text(wanted + "\n", encoding="utf-8")

    async def _make(
        self,
        sessions: Lines,
        ideas: Lines,
        stop: asyncio.Event,
        report: Callable[[Key, Play], None] | None,
    ) -> int:
        there = {tuple(row["key"]) for row in rows_of(self.out / SESSIONS)}
        waiting, made = iter([key for key in self.keys() if key not in there]), 0
        thought = Thought(self.out / IDEAS)

        async def work() -> None:
            nonlocal made
            for key in waiting:
                if stop.is_set():
                    return
                async with thought.locks[key[:2]]:
                    tasks = await self._tasks_of(key[:2], thought, ideas)
                if key[2] >= len(tasks):
                    continue  # the model had no more different tasks for these two
                play = await self._play(key, tasks[key[2]], stop)
                if play.result.stopped == "interrupted":
                    return
                sessions.add(row_of(key, play, self.licence))
                made += 1
                if report is not None:
                    report(key, play)

        async with asyncio.TaskGroup() as group:
            for _ in range(self.parallel):
                group.create_task(work())
        return made

    async def _play(self, key: Key, idea: str, stop: asyncio.Event) -> Play:
        play = RolePlay(
            assistant=self.assistants[key[0]],
            user=self.users[key[1]],
            task=idea,
            model=self.model,
            tools=self.tools,
            **self.more,
        )
        return await play.arun(stop=stop)

    async def _tasks_of(self, pair: tuple[int, int], thought: "Thought", lines: Lines) -> list[str]:
        """Return the task ideas of two roles; what is there is not made anew."""
        known = thought.tasks.get(pair, [])
        if len(known) < self.tasks and pair not in thought.over:
            thought.over.add(pair)
            thought.tasks[pair] = known = await self._ideas_of(pair, known)
            lines.add({"key": list(pair), "tasks": known})
        return known

    async def _ideas_of(self, pair: tuple[int, int], before: Sequence[str]) -> list[str]:
        assistant, user = self.assistants[pair[0]], self.users[pair[1]]
        found = list(before)
        for attempt in range(IDEA_TRIES):
            want = min(self.tasks - len(found), MOST_AT_ONCE)
            if want <= 0:
                break
            head = IDEAS_PROMPT.format(
                assistant=assistant, user=user, count=want, language=language_of(assistant + user)
            )
            told = "\n".join(["Known:", *found, "Others:"]) if found else "The tasks:"
            ideas = await decide(
                self.model,
                [SystemMessage(head), HumanMessage(told)],
                Ideas,
                purpose="ideas",
                fallback=Ideas(tasks=[f"{assistant} helps {user}"]),
                max_tokens=80 * want + 60,
                temperature=0.9 if attempt else 0.4,
                seed=1000 * pair[0] + 10 * pair[1] + attempt,
            )
            for idea in ideas.tasks[:want]:
                text = " ".join(idea.split())[:300]
                if text and all(alike(text, one) <= ALIKE for one in found):
                    found.append(text)
        return found


def _plain(value: Any) -> Any:
    """Return a setting as it is written down: a model by its name, a folder by its path."""
    if isinstance(value, BaseChatModel):
        return name_of(value)
    return str(value) if isinstance(value, Path) else value
