"""The pytest fixture by which people keep their runs as tests, in a project of their own."""

import subprocess
import sys
from pathlib import Path

from cogitate import Agent, ScriptedModel
from cogitate.agents.testing import keep_run

ROOT = Path(__file__).parents[2]
TEST = """
from cogitate import Agent, ScriptedModel

def test_the_answer_is_still_found(recorded_run):
    assert recorded_run("hello", Agent(model=ScriptedModel(replies=()))).answer == "Hello."

def test_another_way_fails(recorded_run):
    async def other(turn):
        return (await turn.model.ainvoke("Say something else.")).text
    recorded_run("hello", Agent(model=ScriptedModel(replies=()), executor=other))
"""


def test_a_kept_run_is_replayed_and_a_changed_agent_fails(tmp_path):
    Agent(model=ScriptedModel(replies=["Hello."])).run("Say hello.")
    kept = keep_run("last", tmp_path, "hello")
    assert kept == tmp_path / "recorded" / "hello"
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["cogitate.agents.testing"]\n')
    (tmp_path / "test_mine.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=100,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "ReplayMismatch" in done.stdout
