"""How the tests of the examples run one: from its file as a program, on a script of replies.

`tests/test_examples.py` runs some in a process of their own.
"""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Return what runs an example by name on a model with these replies, and gives its output."""

    def run_example(name: str, *replies: Any, args: tuple[str, ...] = ()) -> str:
        script, program = tmp_path / "replies.json", str(EXAMPLES / f"{name}.py")
        script.write_text(json.dumps(replies), encoding="utf-8")
        monkeypatch.setattr("sys.argv", [program, *args, f"--model=scripted:{script}"])
        capfd.readouterr()
        runpy.run_path(program, run_name="__main__")
        return capfd.readouterr().out

    return run_example
