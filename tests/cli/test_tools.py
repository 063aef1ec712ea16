from pathlib import Path

import click
import pytest

from cogitate.cli.main import run_command_line
from cogitate.cli.tools import coerce, read_arguments

MINE = '''
from typing import Literal
from cogitate.tools.base import tool

@tool(effect="read")
def area(width: float, height: float, unit: Literal["m", "cm"] = "m") -> str:
    """Return the area of a rectangle. It is exact.

    Args:
        width: how wide it is.
        height: how high it is.
        unit: what both are in.
    """
    return f"{width * height} {unit}2"

@tool
def fail(reason: str) -> str:
    """Raise an error.

    Args:
        reason: what it says.
    """
    raise ValueError(reason)

@tool(permission="ask")
def careful(items: list[int], flag: bool = False) -> str:
    """Return the items.

    Args:
        items: some numbers.
        flag: a switch.
    """
    return repr((items, flag))

@tool(permission="never")
def forbidden() -> str:
    """Return nothing, ever."""
    return "no"

@tool
def long() -> str:
    """Return a long text."""
    return "x" * 50_000
'''


@pytest.fixture(autouse=True)
def mine() -> Path:
    path = Path("mine.py").absolute()
    path.write_text(MINE)
    return path


def tools(*args: str) -> int:
    return run_command_line(["tools", *args, "--tools", "mine.py"])


def test_list_shows_shipped_tools_and_ones_own(capsys) -> None:
    assert tools("list") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert {"python", "query_tables", "calculate", "web_search", "area"} <= set(lines)
    assert lines["area"].split(None, 3)[1:3] == ["read", "auto"]
    assert lines["area"].endswith("Return the area of a rectangle.")
    assert lines["fail"].split()[1] == "once"


def test_only_tools_leaves_the_shipped_ones_out(capsys) -> None:
    assert tools("list", "--only-tools") == 0
    shown = capsys.readouterr().out
    assert "area" in shown and "query_tables" not in shown
    assert tools("list", "--only-tools", "--tools", "calculate") == 0
    shown = capsys.readouterr().out
    assert "area" in shown and "calculate" in shown and "query_tables" not in shown


def test_only_tools_without_tools_is_a_usage_error(capsys) -> None:
    assert run_command_line(["tools", "list", "--only-tools"]) == 2


def test_naming_a_tool_that_ships_adds_it_once(capsys) -> None:
    assert run_command_line(["tools", "list", "--tools", "calculate"]) == 0
    assert capsys.readouterr().out.count("\ncalculate ") == 1


def test_a_mistyped_shipped_tool_is_told(capsys) -> None:
    assert run_command_line(["tools", "list", "--tools", "calculat"]) == 2
    assert "'calculate'" in capsys.readouterr().err


def test_show_tells_each_argument(capsys) -> None:
    assert tools("show", "area") == 0
    shown = capsys.readouterr().out
    assert "width (number, required): how wide it is." in shown
    assert "unit (one of m, cm, default 'm'): what both are in." in shown
    assert "effect read, permission auto" in shown


def test_call_prints_the_result_alone_on_stdout(capsys) -> None:
    assert tools("call", "area", "width=3.5", "height=4") == 0
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("14.0 m2\n", "")


def test_a_tool_that_fails_is_exit_code_1_with_the_text_on_stderr(capsys) -> None:
    assert tools("call", "fail", "reason=no luck") == 1
    seen = capsys.readouterr()
    assert seen.out == "" and "no luck" in seen.err


def test_a_person_who_calls_has_said_yes(capsys) -> None:
    assert tools("call", "careful", "items=[1, 2]", "flag=true") == 0
    assert capsys.readouterr().out == "([1, 2], True)\n"


def test_a_tool_that_may_never_run_is_denied(capsys) -> None:
    assert tools("call", "forbidden") == 4
    assert capsys.readouterr().out == ""


def test_a_person_sees_the_whole_result(capsys) -> None:
    assert tools("call", "long") == 0
    assert capsys.readouterr().out == "x" * 50_000 + "\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["call", "aera", "width=1"], "did you mean area"),
        (["call", "area", "width=1"], "area needs height=..."),
        (["call", "area", "width"], "'width' is not KEY=VALUE"),
        (["call", "area", "widht=1"], "did you mean 'width'?"),
        (["call", "area", "width=wide", "height=1"], "width must be number, written as JSON"),
        (["call", "area", "width=1", "height=1", "unit=km"], "unit"),
        (["call", "area", "width=@gone.txt", "height=1"], "cannot read 'gone.txt'"),
        (["show", "aera"], "did you mean area"),
    ],
)
def test_bad_arguments_are_exit_code_2(capsys, args: list[str], said: str) -> None:
    assert tools(*args) == 2
    seen = capsys.readouterr()
    assert seen.out == "" and said in seen.err


def test_a_value_is_read_from_a_file_or_stdin(cogitate) -> None:
    Path("why.txt").write_text("because\nof 这个", "utf-8")
    done = cogitate("tools", "call", "fail", "reason=@why.txt", "--tools", "mine.py")
    assert done.returncode == 1 and "because\nof 这个" in done.stderr
    done = cogitate("tools", "call", "fail", "reason=@-", "--tools", "mine.py", input="piped")
    assert done.returncode == 1 and "piped" in done.stderr


def test_two_ats_are_one(capsys) -> None:
    assert tools("call", "fail", "reason=@@me") == 1
    assert "@me" in capsys.readouterr().err


def test_files_that_a_tool_writes_are_named_and_kept(capsys) -> None:
    from cogitate.cli.tools import find_tool, parameters
    from cogitate.tools.shipped import shipped_tools

    names = list(parameters(find_tool("write_file", shipped_tools()))[0])
    args = [f"{names[0]}=note.txt", f"{names[1]}=kept"]
    assert tools("call", "write_file", *args, "--workspace", "out") == 0
    seen = capsys.readouterr()
    written = Path("out/note.txt").resolve()
    assert written.read_text().strip() == "kept"
    assert f"cogitate: wrote {written}" in seen.err
    assert tools("call", "write_file", *args) == 0
    path = capsys.readouterr().err.split("wrote ")[1].strip()
    assert Path(path).read_text().strip() == "kept"


def test_the_folder_reaches_the_tools(capsys) -> None:
    Path("data").mkdir()
    Path("data/a.txt").write_text("first\nthe needle is here\n")
    assert tools("call", "list_files", "--folder", "data") == 0
    assert "a.txt" in capsys.readouterr().out


def test_an_unconfined_call_is_warned_of(capsys) -> None:
    assert tools("call", "python", "code=6*7", "--sandbox", "none") == 0
    seen = capsys.readouterr()
    assert seen.out == "42\n" and "warning" in seen.err


STRING = {"type": "string"}
EITHER = {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("5", STRING, "5"),
        ("true", STRING, "true"),
        ("5", {"type": "integer"}, 5),
        ("5", {"type": "number"}, 5),
        ("5.5", {"type": "number"}, 5.5),
        ("True", {"type": "boolean"}, True),
        ("[1]", {"type": "array"}, [1]),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ("5", EITHER, 5),
        ("five", EITHER, "five"),
        ("null", EITHER, None),
        ("[1]", EITHER, "[1]"),
        ("b", {"enum": ["a", "b"], "type": "string"}, "b"),
        ("1", {"enum": [1, 2]}, 1),
        ("x", {}, "x"),
        ("1", {}, 1),
    ],
)
def test_values_are_read_by_the_schema(text: str, schema: dict, value: object) -> None:
    found = coerce("k", text, schema)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "array", "object"])
def test_a_value_that_is_no_such_json_is_a_usage_error(kind: str) -> None:
    with pytest.raises(click.UsageError, match="written as JSON"):
        coerce("k", "word", {"type": kind})


def test_arguments_of_a_tool_without_any(capsys) -> None:
    from cogitate.tools.load import load_tools

    item = next(item for item in load_tools("mine.py") if item.name == "long")
    assert read_arguments([], item) == {}
    with pytest.raises(click.UsageError, match="no arguments"):
        read_arguments(["a=1"], item)
