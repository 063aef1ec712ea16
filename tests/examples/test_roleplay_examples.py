"""The role-play examples, in both languages, on a script."""

from collections.abc import Callable
from typing import Any

import pytest

DONE = {"type": "done", "instruction": "", "input": None}
PROGRAM = "```python\nprices = [104.0, 102.1, 106.4]\nprint(round(sum(prices) / 3, 2))\n```"


@pytest.mark.parametrize(
    ("lang", "step"), [("en", "Compute the average."), ("zh", "计算平均价格。")]
)
def test_roleplay_trader_programmer_on_a_script(
    run: Callable[..., str], lang: str, step: str
) -> None:
    out = run(
        "roleplay_trader_programmer",
        {"steps": [step]},
        {"type": "instruct", "instruction": step, "input": None},
        {"choice": "2"},
        PROGRAM,
        {"status": "solution", "solution": "The average is 104.17."},
        DONE,
        args=(f"--lang={lang}",),
    )
    assert "SOLUTION: The average is 104.17." in out
    assert "(done after 2 turns" in out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_debate_on_a_script(run: Callable[..., str], lang: str) -> None:
    turns: list[Any] = []
    for number in (1, 2, 3, 1, 2, 3, 1):
        turns += [{"choice": str(number)}, f"Point {len(turns)} of speaker {number}."]
    answers = ("a baker", "a doctor", "a planner", "They differ.")
    out = run("debate", *turns, *answers, args=(f"--lang={lang}",))
    assert "7. " in out
    assert "They differ." in out
    assert "margin" in out
