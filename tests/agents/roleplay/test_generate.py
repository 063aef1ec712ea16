"""The generator: every session once, whatever kills it, and what is fit for use."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from roleplay_parts import DONE, NOTHING, do, solved

from cogitate import ScriptedModel, SetupError
from cogitate.agents.roleplay.export import Filters, export, part_of, refusal
from cogitate.agents.roleplay.generate import Generation, Lines, rows_of
from cogitate.cli.roleplay_generate import read_roles

SESSION = [do("List three fruits."), solved("apple, pear, plum"), DONE]
PLAIN = {"specify": False}


def generation(out: Path, *replies: Any, **more: Any) -> Generation:
    given: dict[str, Any] = {"assistants": ("Writer",), "users": ("Editor",), "tasks": 2}
    model = ScriptedModel(replies=list(replies))
    return Generation(**{**given, "model": model, "out": out, "more": PLAIN, **more})


def keys(out: Path) -> list[tuple[int, ...]]:
    return [tuple(row["key"]) for row in rows_of(out / "sessions.jsonl")]


async def test_every_pair_gets_its_tasks_and_nothing_is_made_twice(tmp_path: Path) -> None:
    ideas = {"tasks": ["Name fruits", "Name colours"]}
    pair = (ideas, *SESSION * 2)  # a pair's tasks are thought up when its turn has come
    one = generation(tmp_path, *pair, *pair, users=("Editor", "Writer", "Cook"))
    assert await one.run() == 4  # nobody talks with themselves
    assert keys(tmp_path) == [(0, 0, 0), (0, 0, 1), (0, 2, 0), (0, 2, 1)]
    again = generation(tmp_path, users=("Editor", "Writer", "Cook"))
    assert await again.run() == 0
    row = next(rows_of(tmp_path / "sessions.jsonl"))
    assert (row["id"], row["termination"], row["original_task"]) == (
        "000_000_000",
        "done",
        "Name fruits",
    )
    assert [m["role"] for m in row["views"]["assistant"]] == ["system", "user", "assistant"]
    assert [m["role"] for m in row["views"]["user"]] == [
        *("system", "user", "assistant", "user", "assistant")
    ]


async def test_a_torn_last_line_is_made_anew(tmp_path: Path) -> None:
    ideas = {"tasks": ["Name fruits", "Name colours"]}
    await generation(tmp_path, ideas, *SESSION * 2).run()
    path = tmp_path / "sessions.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 40])
    assert keys(tmp_path) == [(0, 0, 0)]
    assert await generation(tmp_path, *SESSION).run() == 1
    assert keys(tmp_path) == [(0, 0, 0), (0, 0, 1)]


async def test_another_generation_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    await generation(tmp_path, {"tasks": ["Name fruits"]}, *SESSION, tasks=1).run()
    with pytest.raises(SetupError, match="another generation"):
        await generation(tmp_path, assistants=("Cook",)).run()
    lines = Lines(tmp_path / "sessions.jsonl")
    with pytest.raises(SetupError, match="another process"):
        await generation(tmp_path).run()
    lines.close()


async def test_a_stop_ends_it_in_order(tmp_path: Path) -> None:
    stop = asyncio.Event()
    made = generation(tmp_path, {"tasks": ["Name fruits", "Name colours"]}, *SESSION)
    assert await made.run(stop=stop, report=lambda key, play: stop.set()) == 1
    assert keys(tmp_path) == [(0, 0, 0)]


SLOW = """
import asyncio, sys, time
from pathlib import Path
from cogitate import ScriptedModel
from cogitate.agents.roleplay.generate import Generation

class Slow(ScriptedModel):
    def _next(self, messages, options):
        time.sleep(0.02)
        schema = options["schema"].__name__
        if schema == "Ideas":
            tasks = [f"Name {word} {n}" for n, word in enumerate("fruits colours towns".split())]
            reply = {"tasks": tasks}
        elif schema == "AssistantTurn":
            reply = {"status": "solution", "solution": "apple, pear, plum"}
        else:
            done = any(m.type == "ai" for m in messages)
            kind = "done" if done else "instruct"
            reply = {"type": kind, "instruction": "" if done else "List three.", "input": None}
        return ScriptedModel(replies=[reply])._next(messages, options)

asyncio.run(Generation(
    assistants=("A", "B", "C"), users=("X", "Y"), tasks=2, model=Slow(replies=[]),
    out=Path(sys.argv[1]), parallel=2, more={"specify": False},
).run())
"""


def test_it_is_killed_three_times_and_no_session_is_lost_or_doubled(tmp_path: Path) -> None:
    out, script = tmp_path / "out", tmp_path / "slow.py"
    script.write_text(SLOW, "utf-8")
    env = {**os.environ, "COGITATE_HOME": str(tmp_path / "home")}
    wanted = {(a, u, t) for a in range(3) for u in range(2) for t in range(2)}
    before: set[tuple[int, ...]] = set()
    for most in (2, 5, 8):
        process = subprocess.Popen([sys.executable, str(script), str(out)], env=env)
        deadline = time.monotonic() + 60
        while len(keys(out)) < most and time.monotonic() < deadline:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = keys(out)
        assert before <= set(found)
        assert len(found) == len(set(found)) < len(wanted)
        before = set(found)
    subprocess.run([sys.executable, str(script), str(out)], env=env, check=True, timeout=60)
    assert sorted(keys(out)) == sorted(wanted)


def row(*solutions: str, **more: Any) -> dict[str, Any]:
    contents = {f"message_{n}": {"content": s} for n, s in enumerate(solutions)}
    return {
        **{"key": [0, 0, 0], "id": "000_000_000", "termination": "done", "solved": True},
        **{"turns": len(solutions), "counts": {"retries": 0, "flips": 0}, "messages": contents},
        **{"solutions": list(solutions), "original_task": "Name fruits", "specified_task": "x"},
        **{"views": {"assistant": [], "user": []}, "models": {}, "seed": 1, "licence": "MIT"},
        **more,
    }


GOOD = ("apple and pear", "red and green", "Rome and Oslo")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (row(*GOOD), ""),
        (row(*GOOD, termination="max_turns"), "not done"),
        (row(*GOOD, solved=False), "not done"),
        (row(*GOOD[:2]), "fewer than 3 turns"),
        (row(*GOOD, counts={"retries": 1, "flips": 0}), "a message was written anew"),
        (row(*GOOD, "red and green"), "the same solution twice"),
        (row(*GOOD, "x" * 4_001), "too long"),
    ],
)
def test_a_session_is_left_out_for_a_reason(found: dict[str, Any], why: str) -> None:
    assert refusal(found, Filters(), []) == why


def test_a_session_like_another_is_left_out() -> None:
    assert refusal(row(*GOOD), Filters(), [row(*GOOD)]) == "as another session"


def test_all_sessions_of_a_task_are_in_the_same_part() -> None:
    parts = [part_of(row(*GOOD, original_task=f"Task number {n}")) for n in range(400)]
    assert 20 <= parts.count("test") <= 65
    assert part_of(row(original_task="name Fruits!")) == part_of(row(original_task="Name fruits"))


async def test_the_export_has_both_views_and_a_card(tmp_path: Path) -> None:
    ideas = {"tasks": ["Name fruits", "Name colours"]}
    bad = [NOTHING, NOTHING, NOTHING]
    await generation(tmp_path, ideas, *SESSION, *bad).run()
    found = export(tmp_path, Filters(turns=1))
    assert (found["sessions"], found["kept"], found["refused"]) == (2, 1, {"not done": 1})
    assert found["terminations"] == {"done": 1, "no_instruction": 1}
    lines = "".join(
        (tmp_path / f"user.{part}.jsonl").read_text("utf-8") for part in ("train", "test")
    )
    kept = json.loads(lines)
    assert [m["role"] for m in kept["messages"]] == [
        *("system", "user", "assistant", "user", "assistant")
    ]
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "| done | 1 |" in card
    assert "model: scripted" in card


def test_roles_are_read_from_lines_and_from_rows(tmp_path: Path) -> None:
    path = tmp_path / "roles"
    path.write_text("# roles\nCook\n\n厨师\nCook\n", "utf-8")
    assert read_roles(path, "user_role") == ("Cook", "厨师")
    rows = [{"list": "user_role", "value": "Cook"}, {"list": "assistant_role", "value": "Poet"}]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert read_roles(path, "assistant_role") == ("Poet",)
    path.write_text("", "utf-8")
    with pytest.raises(SetupError, match="no role"):
        read_roles(path, "user_role")
