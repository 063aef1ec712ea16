"""The examples of the loops that work on their own, as a person runs them."""

import importlib.util
from pathlib import Path

HERE = Path(__file__).parents[1]
_SPEC = importlib.util.spec_from_file_location("example_tests", HERE / "test_examples.py")
assert _SPEC is not None and _SPEC.loader is not None
examples = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(examples)
YES = {"choice": "yes"}


def test_babyagi_on_a_script(tmp_path: Path) -> None:
    goal = "Which file mentions the blue shelf, and on which line?"
    script = examples.scripted(tmp_path, {"parts": [goal]}, YES)
    lines = examples.run("babyagi", goal, script).splitlines()
    assert lines[0] == f"running: {goal}"
    assert f"done: {goal}" in lines
    assert "notes.md, line 13" in "\n".join(lines)
    assert lines[-1] == "(answered, 2 model calls)"


def test_autogpt_on_a_script(tmp_path: Path) -> None:
    goal = "24位客人每人3杯茶一共多少杯？"
    calculate = [{"choice": "4"}, {"expression": "24*3"}]
    script = examples.scripted(tmp_path, {"parts": [goal]}, *calculate, YES)
    lines = examples.run("autogpt", "--yes", goal, script).splitlines()
    assert lines[0] == f"· {goal}" and lines[1] == f"✓ {goal}"
    assert "72" in lines[2] and lines[-1] == "(answered)"
