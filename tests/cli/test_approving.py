"""What a person sees of a call before it runs, and what the keys they press mean."""

import io
import json
import sys

import pytest

from cogitate.cli.approving import call_in, edited, escaped, reply_for_edit, shown, warnings_of
from cogitate.cli.asking import Asking
from cogitate.cli.view import View
from cogitate.runs.approval import Decision, ToolQuestion


def asked(text, question=None):
    """Return the reply that lines of input make, and what was drawn."""
    drawn = io.StringIO()
    asking = Asking(View(drawn), io.StringIO(text))
    question = question or ToolQuestion("pay", {"to": "ann", "amount": 5}, "because")
    return asking(question), drawn


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("y\n", "yes"),
        ("Yes\n", "yes"),
        ("a\n", "always"),
        ("s\n", "stop"),
        ("n\n\n", "no"),
        ("n\ntoo dear\n", "no: too dear"),
        ("\n\nhm\ny\n", "yes"),
        ("", "no: the input was closed"),
        ('e\n{"to": "bob", "amount": 1}\n', 'edit: {"to": "bob", "amount": 1}'),
        ("e\nnot JSON\ny\n", "yes"),
        ("e\n\nn\n\n", "no"),
    ],
)
async def test_keys_are_replies(text, reply, monkeypatch):
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    waiting, drawn = asked(text)
    assert await waiting == reply
    assert "May pay run?" in drawn.getvalue()
    assert "amount = 5" in drawn.getvalue() and "because" in drawn.getvalue()


async def test_arguments_are_changed_in_the_editor(tmp_path, monkeypatch):
    script = tmp_path / "editor.py"
    script.write_text(
        "import json, sys\n"
        "data = json.load(open(sys.argv[1]))\n"
        "data['amount'] += 1\n"
        "json.dump(data, open(sys.argv[1], 'w'))\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    waiting, _ = asked("e\n")
    assert Decision.read(await waiting).arguments == {"to": "ann", "amount": 6}


def test_an_editor_that_is_not_there_changes_nothing(monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert edited({"a": 1}) is None


@pytest.mark.parametrize("text", ["", "[1]", "3", "{"])
def test_an_edit_that_is_no_object_is_none(text):
    assert reply_for_edit(text) is None


def test_a_question_that_was_kept_as_text_is_a_call_again():
    question = ToolQuestion("send", {"body": 'a "quoted"?\nline', "n": 1}, "it is new")
    assert call_in(question) == call_in(str(question + ""))
    assert call_in("Which folder?") is None
    assert call_in("May x run with {broken}?") is None


@pytest.mark.parametrize(
    "hidden",
    [
        "\u202e",
        "\u200b",
        "\u2066",
        "\u200d",
        "\ufeff",
        "\x1b",
        "\x00",
        "\u3164",
        "\ufe0f",
        "\U000e0041",
        "\u00ad",
        "\u2800",
        "\ue000",
    ],
)
def test_nothing_in_an_argument_is_hidden(hidden):
    text = escaped(f"a{hidden}b")
    assert hidden not in text
    assert "\\" in text
    lines = shown("t", {"x": f"a{hidden}b", f"k{hidden}": 1})
    assert not any(hidden in line for line in lines)
    assert any("do not show" in line for line in lines)


@pytest.mark.parametrize("hidden", "\r\t\u00a0\u2028")
def test_no_blank_but_the_plain_one_is_shown_as_it_is(hidden):
    assert hidden not in escaped(f"a{hidden}b")


def test_a_text_of_several_lines_cannot_pass_for_the_question():
    lines = shown("t", {"x": "a\n  ! safe\nMay other run?"})
    assert lines == ["May t run?", "  x =", "    | a", "    |   ! safe", "    | May other run?"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("p\u0430ypal", "mixes Cyrillic and Latin letters: p\\u0430ypal"),
        ("\u0440\u0430\u0443\u0440\u0430l.com", "mixes"),
        ("\u0440\u0430\u0443", "looks like 'pay' and is Cyrillic"),
        ("g\u03bfogle", "mixes Greek and Latin"),
        ("\uff50aypal", "plain it is 'paypal'"),
        ("\U0001d41apple", "plain it is 'apple'"),
    ],
)
def test_words_that_look_like_others_are_named(word, said):
    assert any(said in warning for warning in warnings_of(f"go to {word} now"))


@pytest.mark.parametrize(
    "text",
    [
        "用Python写程序",
        "привет мир",
        "café naïve Ångström",
        "λ = 3",
        "日本のSony",
        "x86_64",
        "Tom's",
    ],
)
def test_ordinary_words_are_not(text):
    assert warnings_of(text) == []


def test_a_long_argument_says_how_much_is_left_out():
    lines = shown("t", {"x": "y" * 10_000})
    assert any("6,000 more characters" in line for line in lines)


async def test_other_questions_are_asked_as_before():
    waiting, drawn = asked("blue\n", "Which colour?")
    assert await waiting == "blue"
    assert json.dumps("Which colour?")[1:-1] in drawn.getvalue()
