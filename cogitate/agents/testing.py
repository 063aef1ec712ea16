"""Recorded runs as tests: a pytest fixture that replays a run which is kept beside the tests.

    pytest_plugins = ["cogitate.agents.testing"]           # in conftest.py

    def test_the_answer_is_still_found(recorded_run):
        assert recorded_run("bolts", make_agent()).answer == "4180 bolts"

The run lies in `recorded/bolts` beside the test's file, where `keep_run` has put it. Nothing is
asked and nothing is called: a change of the agent that would ask a model something else, or
call another tool, fails with the nearest difference.
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogitate.agents.running import Going, result_of
from cogitate.errors import SetupError
from cogitate.runs.store import RunStore
from cogitate.values import Result

RECORDED = "recorded"
"""The folder beside a test's file in which its runs are kept."""


def keep_run(run: str, place: Path | str, name: str = "") -> Path:
    """Copy a run, to be replayed by tests, and return where it lies.

    Args:
        run: its id, the start of one, or `last`.
        place: the folder of the tests.
        name: what it is called there; empty for its id.
    """
    store = RunStore()
    run_id = store.find(run)
    to = Path(place) / RECORDED / (name or run_id)
    if to.exists():
        raise SetupError(f"{str(to)!r} is there already; choose another name or take it away")
    shutil.copytree(store.root / run_id, to)
    return to


@pytest.fixture
def recorded_run(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Any], Result]:
    """Return what replays a kept run by its name, with an agent or a role-play."""

    def play(name: str, made: Any) -> Result:
        folder = request.path.parent / RECORDED / name
        if not folder.is_dir():
            raise SetupError(f"{str(folder)!r} is not there; keep_run makes it")
        home = tmp_path / "recorded-home"
        shutil.copytree(folder, home / "runs" / name, dirs_exist_ok=True)
        monkeypatch.setenv("COGITATE_HOME", str(home))
        going = Going(run=name, mode="replay")
        events = made.going(going) if hasattr(made, "going") else made.stream(going=going)
        return asyncio.run(result_of(events))

    return play


__all__ = ["keep_run", "recorded_run"]
