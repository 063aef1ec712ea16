"""plan_and_execute.py on a script."""

from collections.abc import Callable
from pathlib import Path

COMPUTE = ({"choice": "compute"}, {"choice": "yes"})


def test_plan_and_execute_puts_the_first_result_into_the_second_step(
    tmp_path: Path, run: Callable[..., str]
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    out = run(
        "plan_and_execute",
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
