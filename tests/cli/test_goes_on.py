"""`cogitate resume`, `replay`, `fork` and `trace diff`, from the terminal."""

import json

import pytest

from cogitate.cli.main import run_command_line

REPLIES = [
    {"tool": "calculate", "args": {"expression": "2+3"}},
    {"tool": "calculate", "args": {"expression": "5*3"}},
    "15",
]
GOAL = "What is (2+3)*3?"


@pytest.fixture(autouse=True)
def script(tmp_path, monkeypatch):
    """Use a scripted model with a few replies, and one tool."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps(REPLIES))
    monkeypatch.setenv("COGITATE_MODEL", f"scripted:{path}")
    monkeypatch.setenv("COGITATE_MEMORY", "off")
    return path


def run(*args):
    flags = ["--loop", "act", "--tools", "calculate", "--only-tools", "-q"]
    return run_command_line(["run", *flags, *args, GOAL])


def test_resume_needs_more_of_the_limit_and_then_goes_on(capsys):
    assert run("--max-steps", "1") == 124
    assert "cogitate resume --max-steps +10" in capsys.readouterr().err
    assert run_command_line(["resume"]) == 2
    assert "allow more, such as --max-steps +10" in capsys.readouterr().err
    assert run_command_line(["resume", "--max-steps", "+1", "-q"]) == 124
    assert run_command_line(["resume", "last", "--max-steps", "9"]) == 0
    seen = capsys.readouterr()
    assert seen.out.endswith("15\n")
    assert "goes on after" in seen.err and "steps +7" in seen.err
    assert run_command_line(["resume"]) == 2
    assert "the run is over (answered)" in capsys.readouterr().err


def test_replay_needs_neither_model_nor_script(capsys, script):
    assert run() == 0
    script.unlink()
    assert run_command_line(["replay", "--json", "-q"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["answer"], result["stopped"]) == ("15", "answered")


def test_fork_goes_on_from_a_step_with_another_model(capsys, tmp_path):
    assert run() == 0
    other = tmp_path / "other.json"
    other.write_text(json.dumps([*REPLIES[:2], "The result is 15."]))
    assert run_command_line(["fork", "--at", "2", "--model", f"scripted:{other}", "-q"]) == 0
    assert capsys.readouterr().out.splitlines() == ["15", "The result is 15."]
    assert run_command_line(["fork", "last", "--at", "9"]) == 2
    assert "--at 9: the run has the steps 0 to 3" in capsys.readouterr().err


def test_trace_diff_shows_the_first_event_that_differs(capsys, tmp_path):
    assert run() == 0
    assert run() == 0
    other = tmp_path / "other.json"
    other.write_text(json.dumps([*REPLIES[:2], "The result is 15."]))
    assert run("--model", f"scripted:{other}") == 0
    capsys.readouterr()
    from cogitate.runs.store import RunStore

    third, second, first = RunStore().ids()
    assert run_command_line(["trace", "diff", first, second]) == 0
    assert "the same: " in capsys.readouterr().out
    assert run_command_line(["trace", "diff", first, third]) == 1
    seen = capsys.readouterr().out
    assert "the same up to event" in seen and "The result is 15." in seen


def test_a_fork_that_goes_the_same_way_differs_in_nothing(capsys):
    assert run() == 0
    assert run_command_line(["fork", "--at", "1", "-q"]) == 0
    capsys.readouterr()
    from cogitate.runs.store import RunStore

    assert run_command_line(["trace", "diff", *RunStore().ids()[:2]]) == 0
    assert "the same: " in capsys.readouterr().out


def test_a_run_of_a_program_is_gone_on_with_there(capsys):
    from cogitate import Agent, ScriptedModel

    Agent(model=ScriptedModel(replies=["hello"])).run("Say hello.")
    assert run_command_line(["replay"]) == 2
    assert "was begun by a program" in capsys.readouterr().err


@pytest.mark.parametrize("amount", ["no", "-3", "0", "+"])
def test_an_amount_that_is_none_is_refused(capsys, amount):
    assert run() == 0
    assert run_command_line(["resume", f"--max-steps={amount}"]) == 2
    assert "such as +10" in capsys.readouterr().err


def test_a_killed_command_goes_on(cogitate, tmp_path):
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from cogitate import tool\n"
        "FLAG = Path(__file__).with_suffix('.done')\n"
        "@tool(effect='read')\n"
        "def look(at: str) -> str:\n"
        '    """Look at something.\n\n    Args:\n        at: what.\n    """\n'
        "    if not FLAG.exists():\n"
        "        FLAG.touch()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return f'{at} is 15 m high'\n"
    )
    replies = tmp_path / "replies.json"
    replies.write_text(json.dumps([{"tool": "look", "args": {"at": "it"}}, "it is 15 m high"]))
    flags = ["--tools", str(slow), "--only-tools", "--loop", "act", "-q"]
    killed = cogitate("run", *flags, "--model", f"scripted:{replies}", "How high is it?")
    assert killed.returncode == -9
    done = cogitate("resume", "-q")
    assert (done.returncode, done.stdout) == (0, "it is 15 m high\n"), done.stderr
