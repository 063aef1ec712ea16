"""compose.py on a script."""

from collections.abc import Callable

PLAN = [{"tool": "calculate", "args": {"expression": "17 * 23"}}]


def test_compose_shows_what_the_check_refuses_and_runs_what_it_accepts(
    run: Callable[..., str],
) -> None:
    out = run("compose", {"steps": PLAN}, "17乘以23是391。", args=("17乘以23是多少？",))
    assert "检查：step 1: 'facts' refers to step 2, which comes later" in out
    assert "检查：step 2: look_up needs 'question'" in out
    assert out.endswith("17乘以23是391。\n")
