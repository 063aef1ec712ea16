import io
import json

import pytest

from cogitate.cli.output import visible, write_json, write_table, write_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 中文 é 👩‍💻\n", "plain 中文 é 👩‍💻\n"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb\x00\x07", "a\\rb\\x00\\x07"),
        ("a\r\nb\tc", "a\nb    c"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2028b\x9bc\ufeff", "a\\u2028b\\x9bc\\ufeff"),
        ("\U000e0041hidden", "\\U000e0041hidden"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_an_answer_is_whole_for_a_pipe_and_safe_for_a_terminal() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    write_text("a\x1b[2Jb\n\n", pipe)
    write_text("a\x1b[2Jb", terminal)
    assert pipe.getvalue() == "a\x1b[2Jb\n"
    assert terminal.getvalue() == "a\\x1b[2Jb\n"


def test_no_answer_writes_nothing() -> None:
    pipe = io.StringIO()
    write_text("", pipe)
    assert pipe.getvalue() == ""


def test_json_is_not_spoilt_by_a_narrow_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "cp1252", errors="replace"))
    write_json({"answer": "东部"})
    assert json.loads(raw.getvalue()) == {"answer": "东部"}


def test_table_columns_line_up_with_wide_characters(capsys: pytest.CaptureFixture[str]) -> None:
    write_table([("东部", "x", "one"), ("ab", "yy", "two\nlines\x1b")])
    assert capsys.readouterr().out == "东部  x   one\nab    yy  two lines\\x1b\n"


def test_an_empty_table_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write_table([])
    assert capsys.readouterr().out == ""
