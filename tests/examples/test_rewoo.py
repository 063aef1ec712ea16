"""rewoo.py on a script."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[2] / "examples" / "rewoo.py"


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


PLAN = [
    {"tool": "postage", "args": {"city": "Lisbon", "kilos": 3.5}},
    {"tool": "exchange", "args": {"euros": "#E1", "currency": "USD"}},
]


def test_rewoo_takes_two_model_calls(tmp_path: Path) -> None:
    said = "Postage for 3.5 kg to Lisbon is 12.90 euros, which is 14.19 USD."
    out = run(tmp_path, {"steps": PLAN}, said)
    assert out == f"{said}\n(answered, 2 model calls)\n"
