"""The role-play benchmark: its tasks, its checks, and what counts as read twice."""

import re
import tomllib
from pathlib import Path

from bench.roleplay import RANKS, TASKS, Watch, holds_number, mean_time
from bench.roleplay_against import Compared, share, summed, win
from cogitate.planners.ways.saying import is_chinese


def test_there_are_twenty_tasks_half_of_them_chinese_with_checks() -> None:
    tasks = tomllib.loads(TASKS.read_text("utf-8"))["tasks"]
    assert len({task["id"] for task in tasks}) == len(tasks) == 20
    assert sum(is_chinese(task["idea"]) for task in tasks) == 10
    for task in tasks:
        assert all(re.compile(pattern) for pattern in task["checks"])
        # A checklist that the task itself passes would check nothing.
        assert not all(re.search(pattern, task["idea"]) for pattern in task["checks"]), task["id"]


def test_the_mean_time_is_that_of_the_ranks_and_a_number_may_be_rounded(tmp_path: Path) -> None:
    rows = [f"{rank},1 1 4 6,{rank / 10}" for rank in range(1, 1200)]
    path = tmp_path / "24.csv"
    path.write_text("\n".join(["Rank,Puzzles,AMT (s)", *rows]), "utf-8")
    wanted = mean_time(path)
    assert wanted == sum(RANKS) / len(RANKS) / 10
    assert holds_number("The mean is 95.05 seconds.", wanted)
    assert holds_number("95.1", wanted)
    assert not holds_number("95.3 or 9505", wanted)


def test_read_twice_is_what_an_earlier_prompt_began_with() -> None:
    watch = Watch()
    watch.note("user", [1, 2, 3, 4], [5, 6], read=4)
    watch.note("user", [1, 2, 3, 4, 5, 6, 7, 8], [9], read=2)
    assert watch.twice() == {"user": 0.0, "all": 0.0}
    watch.note("user", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [], read=4)
    assert watch.twice()["user"] == round(100 * 3 / 22, 2)
    assert watch.twice(since=2)["all"] == 30.0


def test_a_checklist_is_read_as_a_share_and_more_of_it_wins() -> None:
    assert share("the mean is 19.0", ["19", "median"]) == 0.5
    assert (win(0.5, 1.0), win(1.0, 0.5), win(0.5, 0.5)) == (1.0, 0.0, 0.5)


def test_wins_that_go_with_length_are_fewer_at_equal_length() -> None:
    found = [
        Compared(
            id=str(n),
            shot=0.5,
            summary=1.0 if longer else 0.5,
            said=0.5,
            lengths=(100, 400 if longer else 60, 100),
            seconds=1.0,
            play_seconds=2.0,
            answer="",
        )
        for n, longer in enumerate([True] * 4 + [False] * 4)
    ]
    came = summed(found)
    assert (came["summary"]["wins"], came["summary"]["ties"], came["summary"]["right"]) == (4, 4, 4)
    assert came["summary"]["length_controlled"] < came["summary"]["win_rate"] == 0.75
    assert came["said"]["length_controlled"] == came["said"]["win_rate"] == 0.5
