"""The town benchmark: the floor against which a day's time is set."""

from pathlib import Path

from bench.roleplay import Asked
from bench.town import Speeds, against_floor, cost_of


def test_the_floor_is_what_was_new_at_reading_and_what_was_written_at_writing() -> None:
    asked = [
        Asked(purpose="say", prompt=400, read=100, floor=90, written=20),
        Asked(purpose="day", prompt=300, read=60, floor=60, written=30),
    ]
    row = cost_of(asked, 12.34, Speeds(reading=50.0, writing=10.0))
    assert row == {
        "seconds": 12.3,
        "calls": 2,
        "prompt_tokens": 700,
        "read": 160,
        "unique": 150,
        "written": 50,
        "floor_seconds": 150 / 50 + 50 / 10,
    }


def test_a_day_in_parts_has_the_sum_of_their_floors(tmp_path: Path) -> None:
    path = tmp_path / "floor.jsonl"
    path.write_text(
        '{"hour": "06", "seconds": 10.0, "floor_seconds": 8.0}\n'
        '{"hour": "07", "seconds": 2.0, "floor_seconds": 0.0}\n'
    )
    assert against_floor(path) == {
        "hours": 2,
        "seconds": 12.0,
        "floor_seconds": 8.0,
        "times_floor": 1.5,
    }
