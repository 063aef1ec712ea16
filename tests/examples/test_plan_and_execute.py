"""plan_and_execute.py on a script."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[2] / "examples" / "plan_and_execute.py"


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


COMPUTE = ({"choice": "compute"}, {"choice": "yes"})


def test_plan_and_execute_puts_the_first_result_into_the_second_step(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    out = run(
        tmp_path,
        *COMPUTE,
        "```python\nprint(17 * 23)\n```",
        "17 times 23 is 391.",
        "What is 391 divided by 17?",
        *COMPUTE,
        "```python\nprint(391 // 17)\n```",
        "391 divided by 17 is 23.",
        args=("What is 17 times 23? Then divide that by 17.", f"--folder={mine}"),
    )
    assert "step-1 running: What is 17 times 23? | step-2 queued" in out
    assert "17 times 23 is 391.\n391 divided by 17 is 23.\n(answered, 9 model calls)" in out
