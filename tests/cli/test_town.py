"""`cogitate town`: a town of one person lives, goes on, is asked, forked, replayed and measured."""

import json
from pathlib import Path
from typing import Any

import pytest

from cogitate.cli.main import run_command_line

FILE = Path(__file__).parents[2] / "examples" / "towns" / "millbrook.toml"
STARTS = [
    "07:30 early morning",
    "09:00 work",
    "12:00 lunch",
    "13:30 work or errands",
    "16:00 free time",
    "20:30 evening",
]
PLAN = dict.fromkeys(STARTS, "opening the dining room of Rosa's Cafe")
PIECES = {
    "pieces": [
        {"minutes": 30, "what": "wiping the tables"},
        {"minutes": 60, "what": "cutting the bread"},
    ]
}


@pytest.fixture
def town(tmp_path: Path) -> Any:
    """Return what runs `cogitate town` on a script of replies."""

    def run(*args: str, replies: tuple[Any, ...] = ()) -> int:
        script = tmp_path / "replies.json"
        script.write_text(json.dumps(replies), encoding="utf-8")
        model = ["--model", f"scripted:{script}"] if replies else []
        return run_command_line(["town", *args, *model])

    return run


def test_a_town_lives_and_is_looked_into(
    town: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    begun = ("run", str(FILE), "--agents", "1", "--until", "07:20", "--out", out)
    assert town(*begun, replies=(PLAN,)) == 0
    told = capsys.readouterr()
    assert "Millbrook stands at 2026-03-02T07:20" in told.out
    assert "isabella: 1 calls" in told.out
    assert "Isabella: dinner party at Rosa's Cafe, 18:00-20:00" in told.err

    assert town("resume", out, "--until", "08:20", "--quiet", "--json", replies=(PIECES,)) == 0
    told = capsys.readouterr()
    data = json.loads(told.out)
    assert data["cost"]["ticks"] == 14  # it went on where it was
    assert told.err == ""

    assert town("interview", out, "Isabella", "What do you do?", replies=("I cook.",)) == 0
    assert capsys.readouterr().out == "I cook.\n"
    assert town("whisper", out, "isabella", "I should buy flowers.") == 0
    assert "Isabella will think of it" in capsys.readouterr().out

    assert town("metrics", out) == 0
    told = capsys.readouterr()
    assert "dinner: given by isabella, accepted by nobody" in told.out
    assert "days that are not 24 hours: none" in told.out

    other = str(tmp_path / "other")
    assert town("fork", out, "--at", "08:00", "--out", other, "--seed", "3") == 0
    assert "cogitate town resume" in capsys.readouterr().out
    assert json.loads((tmp_path / "other" / "town.json").read_text())["seed"] == 3


def test_what_is_wrong_is_one_line(
    town: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert town("run", str(tmp_path / "no.toml"), replies=("x",)) == 2
    assert "no.toml' cannot be read (No such file" in capsys.readouterr().err
    new = tmp_path / "new"
    assert town("run", str(FILE), "--until", "12:05", "--out", str(new), replies=("x",)) == 2
    assert "stops at full 10 minutes, not at '12:05'" in capsys.readouterr().err
    assert not new.exists()
    assert town("metrics", str(tmp_path)) == 2
    assert "there is no town in" in capsys.readouterr().err
    assert town("interview", str(tmp_path), "Bob", "Hi?") == 2
    assert "there is no town in" in capsys.readouterr().err


def test_a_replay_says_that_the_log_is_identical(
    town: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    out = str(tmp_path / "out")
    monkeypatch.setenv("COGITATE_MODEL", "")
    begun = ("run", str(FILE), "--agents", "1", "--until", "07:10", "--out", out, "--quiet")
    assert town(*begun, replies=(PLAN,)) == 0
    capsys.readouterr()
    assert town("replay", out) == 0
    assert capsys.readouterr().out.startswith("identical: ")
    assert town("replay", out, "--at", "07:10") == 2
    assert "nothing was lived after day 1 at 07:10" in capsys.readouterr().err


def test_the_map_shows_who_is_where_and_what_was_said_last() -> None:
    from rich.console import Console

    from cogitate.agents.town.settings import read_town
    from cogitate.cli.town_view import TownView
    from cogitate.runs.events import Happened

    view = TownView(read_town(FILE), None)
    at = {"activity": "drawing", "object": "", "asleep": False, "busy": False}
    place = "Rosa's Cafe > dining room"
    for line in (
        {"kind": "tick", "time": "2026-03-02T09:10", "people": {"maya": {**at, "place": place}}},
        {"kind": "talked", "time": "T09:10", "turns": [{"who": "maya", "say": "Hi \x1b!"}]},
    ):
        view.take(Happened(line=line))
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(view.map())
    drawn = console.export_text()
    row = next(row for row in drawn.splitlines() if place in row)
    assert "Maya drawing" in row
    assert "2026-03-02  09:10" in drawn
    assert "Maya: Hi \\x1b!" in drawn


def test_resume_of_a_towns_run_lets_the_town_go_on(
    town: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    begun = ("run", str(FILE), "--agents", "1", "--until", "07:10", "--out", out, "--quiet")
    assert town(*begun, replies=(PLAN,)) == 0
    capsys.readouterr()
    assert run_command_line(["resume", "last"]) in (0, 2)  # 2: it has ended, and says so
    assert "Traceback" not in capsys.readouterr().err
    assert run_command_line(["fork", "last", "--at", "3"]) == 2
    assert "cogitate town fork" in capsys.readouterr().err
