"""The example town as a person runs it, on a script for one of its people."""

from collections.abc import Callable
from pathlib import Path

import pytest

TIMES = {
    "en": (
        "opening the dining room of Rosa's Cafe",
        "Isabella: dinner party at Rosa's Cafe",
        ["early morning", "work", "lunch", "work or errands", "free time", "evening"],
    ),
    "zh": (
        "在桂花饭馆大堂准备开门",
        "桂花: 请客吃晚饭",
        ["清早", "工作", "午饭", "工作或办事", "空闲", "晚上"],
    ),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_town_dinner_is_a_morning_of_one_person_and_an_interview(
    lang: str, run: Callable[..., str], tmp_path: Path
) -> None:
    activity, committed, names = TIMES[lang]
    starts = ["07:30", "09:00", "12:00", "13:30", "16:00", "20:30"]
    plan = {f"{start} {name}": activity for start, name in zip(starts, names, strict=True)}
    said = "I give a dinner." if lang == "en" else "我请客。"
    out = run(
        "town_dinner",
        plan,
        said,
        args=("--lang", lang, "--people", "1", "--until", "07:20", "--folder", str(tmp_path / "t")),
    )
    assert committed in out
    assert said in out
    assert (tmp_path / "t" / "town.jsonl").exists()
