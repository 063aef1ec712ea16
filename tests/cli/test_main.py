import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cogitate import __version__
from cogitate.cli import main
from cogitate.errors import CogitateError, ModelError, SetupError, UnavailableError

HEAVY = ("langchain", "langchain_core", "langgraph", "openai", "numpy", "pydantic", "rich", "httpx")


def imported_by(*args: str) -> set[str]:
    code = (
        "import sys, json\n"
        "from cogitate.cli.main import run_command_line\n"
        "code = run_command_line(sys.argv[1:])\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("args", [("--help",), ("run", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(args: tuple[str, ...]) -> None:
    found = imported_by(*args)
    assert "cogitate.cli.main" in found
    assert not found.intersection(HEAVY)


def test_help_imports_no_command() -> None:
    commands = {module for module, _ in main.COMMANDS.values()}
    assert not imported_by("--help").intersection(commands)


def test_help_is_quick(cogitate) -> None:
    before = os.times()
    assert cogitate("--help").returncode == 0
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    # 60 ms where this was written; the bound leaves room for a slow machine.
    assert used < 0.5


@pytest.mark.parametrize("name", main.COMMANDS)
def test_each_command_exists_under_its_name(name: str) -> None:
    command = getattr(importlib.import_module(main.COMMANDS[name][0]), name)
    assert isinstance(command, click.Command)
    assert command.name == name


@pytest.mark.parametrize("name", main.COMMANDS)
def test_each_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run_command_line([name, "--help"]) == 0
    assert f"cogitate {name}" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run_command_line(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, (_, line) in main.COMMANDS.items():
        assert f"  {name} " in shown and line in shown


def test_version_goes_to_stdout(cogitate) -> None:
    done = cogitate("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert __version__ in done.stdout


def test_no_command_shows_help_as_a_usage_error(cogitate) -> None:
    done = cogitate()
    assert (done.returncode, done.stdout) == (2, "")
    assert "Commands:" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["rum", "x"], "did you mean 'run'?"),
        (["zzz"], "choose from run, "),
        (["run", "--max-stepz", "2", "x"], "--max-step"),
        (["run", "--max-steps", "two", "x"], "not a valid integer"),
        (["run", "--max-steps", "0", "x"], "0 is not in the range"),
        (["run", "--folder", "no-such-folder", "x"], "'no-such-folder' does not exist"),
        (["run", "--json", "--jsonl", "x"], "one of --json and --jsonl"),
        (["run", ""], "the goal is empty"),
        (["run", "  \n "], "the goal is empty"),
        (["run"], "Missing argument"),
        (["trace", "show", "last"], "there are no runs"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_code_2(cogitate, args: list[str], said: str) -> None:
    done = cogitate(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cogitate: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_an_empty_stdin_is_an_empty_goal(cogitate) -> None:
    done = cogitate("run", "-", input="\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the goal is empty" in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SetupError("a"), 2),
        (UnavailableError("a"), 3),
        (ModelError("a"), 1),
        (CogitateError("a"), 1),
        (RuntimeError("a"), 1),
        (click.UsageError("a"), 2),
        (click.Abort(), 130),
    ],
)
def test_each_error_has_its_exit_code_and_no_traceback(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main._explain(error) == code
    said = capsys.readouterr().err
    assert said.startswith("cogitate: ") and said.count("\n") == 1


def test_an_unexpected_error_names_its_type_and_how_to_see_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main._explain(ZeroDivisionError("by nought"))
    said = capsys.readouterr().err
    assert "ZeroDivisionError: by nought" in said and "COGITATE_DEBUG=1" in said


def test_debug_shows_the_traceback(cogitate) -> None:
    done = cogitate("trace", "show", "last", env={"COGITATE_DEBUG": "1"})
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_an_error_of_many_lines_becomes_one_with_controls_visible(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main._explain(SetupError("first\n  - second \x1b[31mred"))
    assert capsys.readouterr().err == "cogitate: first - second \\x1b[31mred\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_that_lacks_a_character_ends_nothing(cogitate, encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = cogitate("trace", "show", "哪个地区", env=env, encoding=encoding)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_traceback(clean: Path) -> None:
    from cogitate.runs.events import Noted
    from cogitate.runs.store import RunStore

    with RunStore().create("a") as folder:
        for _ in range(3000):
            folder.append(Noted(text="x" * 100))
    pipe, into = os.pipe()
    os.close(pipe)
    done = subprocess.run(
        [sys.executable, "-m", "cogitate", "trace", "show", "a", "--json"],
        stdout=into,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(into)
    assert (done.returncode, done.stderr) == (1, "")
