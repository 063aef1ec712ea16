"""How the tests of the examples run one: in a process of its own, on a script of replies."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Return what runs an example by name on a model with these replies, and gives its output."""

    def run_example(name: str, *replies: Any, args: tuple[str, ...] = ()) -> str:
        script = tmp_path / "replies.json"
        script.write_text(json.dumps(replies), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / f"{name}.py"), *args, f"--model=scripted:{script}"],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_example
