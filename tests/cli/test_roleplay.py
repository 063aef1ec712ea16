"""`cogitate roleplay` from the terminal: what it prints where, and how it ends."""

import io
import json
from pathlib import Path
from typing import Any

from cogitate.cli.roleplay_view import RolePlayView
from cogitate.runs.events import Said

ROLES = ("--assistant", "Writer", "--user", "Editor", "--task", "Name fruits", "--as-is")
DO = {"type": "instruct", "instruction": "List three fruits.", "input": None}
SOLVED = {"status": "solution", "solution": "apple, pear, plum"}
DONE = {"type": "done", "instruction": "", "input": None}


def script(*replies: Any) -> str:
    Path("replies.json").write_text(json.dumps(replies), "utf-8")
    return "--model=scripted:replies.json"


def test_the_result_is_on_stdout_and_the_talk_on_stderr(cogitate: Any) -> None:
    done = cogitate(
        "roleplay", *ROLES, "--tools", "none", script(DO, SOLVED, DONE), "--out", "talk.md"
    )
    assert (done.returncode, done.stdout) == (0, "apple, pear, plum\n")
    assert "1 Editor:\nINSTRUCTION: List three fruits." in done.stderr
    assert "1 Writer:\nSOLUTION: apple, pear, plum" in done.stderr
    assert "cogitate: ended: done" in done.stderr
    assert "transcript.json" in done.stderr
    assert "# Editor and Writer" in Path("talk.md").read_text("utf-8")


def test_json_is_one_object(inside: Any) -> None:
    model = script(DO, SOLVED, DONE)
    done = inside("roleplay", *ROLES, "--tools", "none", model, "--json", "--quiet")
    found = json.loads(done.stdout)
    assert (found["termination"], found["solved"], found["turns"]) == ("done", True, 2)
    assert found["counts"]["flips"] == 0


def test_a_session_that_is_not_done_has_another_exit_code(inside: Any) -> None:
    nothing = {**DO, "instruction": ""}
    done = inside("roleplay", *ROLES, "--tools", "none", script(nothing, nothing, nothing))
    assert done.returncode == 1
    done = inside(*("roleplay", *ROLES, "--tools", "none", "--max-turns", "1"), script(DO, SOLVED))
    assert done.returncode == 124


def test_a_scene_is_played_from_its_file(inside: Any) -> None:
    Path("scene.toml").write_text(
        'topic = "Cars"\nmessages = 2\n[[roles]]\nname = "Ann"\n[[roles]]\nname = "Bo"\n', "utf-8"
    )
    done = inside("roleplay", "--scene", "scene.toml", script("No cars.", "Some.", "They differ."))
    assert (done.returncode, done.stdout) == (0, "They differ.\n")
    assert "2 Bo:\nSome." in done.stderr


def test_a_session_is_replayed_and_gone_on_with_from_its_record(inside: Any) -> None:
    more = ({**DO, "instruction": "List three colours."}, {**SOLVED, "solution": "red, blue"})
    model = script(DO, SOLVED, *more, DONE, "both")
    done = inside("roleplay", *ROLES, "--tools", "none", model, "--max-turns", "1", "--quiet")
    assert done.returncode == 124, done.stderr
    again = inside("replay", "last")
    assert again.returncode == 124, again.stderr
    assert "apple, pear, plum" in again.stdout


def test_what_is_missing_is_said_in_one_line(inside: Any) -> None:
    done = inside("roleplay", "--assistant", "Writer")
    assert done.returncode == 2
    assert "--user, --task missing" in done.stderr
    done = inside("roleplay", *ROLES, "--human", "user", script(SOLVED))
    assert done.returncode == 2
    assert "nobody can be asked" in done.stderr


def test_a_data_set_is_generated_and_goes_on(cogitate: Any) -> None:
    Path("a.txt").write_text("Writer\n", "utf-8")
    Path("u.txt").write_text("Editor\n", "utf-8")
    args = ("generate", "--assistants", "a.txt", "--users", "u.txt", "--tasks", "1", "--as-is")
    model = script({"tasks": ["Name fruits"]}, DO, SOLVED, DONE)
    done = cogitate(
        "roleplay", *args, "--tools", "none", "--min-turns", "1", model, "--out", "data"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["made"], found["left"], found["kept"]) == (1, 0, 1)
    assert "0_0_0 Writer + Editor: done" in done.stderr
    done = cogitate("roleplay", *args, "--tools", "none", model, "--out", "data")
    assert json.loads(done.stdout)["made"] == 0
    assert Path("data/README.md").exists()


def test_sessions_in_bulk_take_the_settings_of_one(inside: Any) -> None:
    Path("a.txt").write_text("Writer\n", "utf-8")
    Path("u.txt").write_text("Editor\n", "utf-8")
    Path("other.json").write_text(json.dumps([SOLVED]), "utf-8")
    args = ("generate", "--assistants", "a.txt", "--users", "u.txt", "--tasks", "1", "--as-is")
    more = ("--assistant-model", "scripted:other.json", "--folder", ".", "--tools", "none")
    model = script({"tasks": ["Name fruits"]}, DO, DONE)
    done = inside("roleplay", *args, *more, model, "--out", "data")
    assert done.returncode == 0, done.stderr
    row = json.loads(Path("data/sessions.jsonl").read_text("utf-8"))
    assert (row["solutions"], row["termination"]) == ([SOLVED["solution"]], "done")
    assert "File a.txt" in row["views"]["assistant"][0]["content"]
    settings = json.loads(Path("data/settings.json").read_text("utf-8"))["more"]
    assert settings["assistant_model"] == row["models"]["assistant"]
    assert settings["folder"] == str(Path.cwd())


class Terminal(io.StringIO):
    """A terminal of 100 columns."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_user_is_left_and_the_assistant_right(monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    view = RolePlayView(stream, left="Editor")
    view.show(
        Said(speaker="Writer", text="SOLUTION: \x1b[2J [bold]apple", seat="assistant", turn=1)
    )
    view.show(Said(speaker="Editor", text="INSTRUCTION: more", seat="user", turn=2))
    view.close()
    lines = stream.getvalue().splitlines()
    right = next(line for line in lines if "apple" in line)
    left = next(line for line in lines if "more" in line)
    assert right.index("SOLUTION") > 38 > left.index("INSTRUCTION")
    assert "\\x1b[2J [bold]apple" in right
