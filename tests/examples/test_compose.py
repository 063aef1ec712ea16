"""compose.py on a script."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[2] / "examples" / "compose.py"


def run(folder: Path, *replies: Any, args: tuple[str, ...] = ()) -> str:
    script = folder / "replies.json"
    script.write_text(json.dumps(replies), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), *args, f"--model=scripted:{script}"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


PLAN = [{"tool": "calculate", "args": {"expression": "17 * 23"}}]


def test_compose_shows_what_the_check_refuses_and_runs_what_it_accepts(tmp_path: Path) -> None:
    out = run(tmp_path, {"steps": PLAN}, "17乘以23是391。", args=("17乘以23是多少？",))
    assert "检查：step 1: 'facts' refers to step 2, which comes later" in out
    assert "检查：step 2: look_up needs 'question'" in out
    assert out.endswith("17乘以23是391。\n")
