"""Keys come from the environment or a file of one's own, and are in nothing that is written."""

import json
import os

import pytest

from cogitate import SetupError
from cogitate.keys import HIDDEN, check_key_file, key_of, redacted, without_known

CANARY = "kx-canary/1\"2'3+ä%7"


@pytest.fixture
def key_file(tmp_path, monkeypatch):
    def make(text, mode=0o600):
        path = tmp_path / "keys"
        path.write_text(text, "utf-8")
        path.chmod(mode)
        monkeypatch.setenv("COGITATE_KEY_FILE", str(path))
        return path

    return make


def test_a_variable_wins_over_the_file(key_file, monkeypatch):
    key_file("OPENAI_API_KEY=from-the-file\n")
    assert key_of("COGITATE_API_KEY", "OPENAI_API_KEY") == "from-the-file"
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-variable")
    assert key_of("COGITATE_API_KEY", "OPENAI_API_KEY") == "from-the-variable"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("the-only-key\n", "the-only-key"),
        ("# mine\n\nexport COGITATE_API_KEY='quoted-key'\n", "quoted-key"),
        ("OTHER=x\n", ""),
        ("", ""),
    ],
)
def test_a_key_file_holds_a_key_or_keys_by_name(key_file, text, key):
    key_file(text)
    assert key_of("COGITATE_API_KEY") == key


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o601])
def test_a_key_file_that_others_may_read_is_refused(key_file, mode):
    path = key_file("canary-in-the-file", mode)
    with pytest.raises(SetupError, match="others may read") as caught:
        key_of("COGITATE_API_KEY")
    assert "chmod 600" in str(caught.value)
    assert str(path) in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_missing_key_file_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("COGITATE_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(SetupError, match="cannot read"):
        check_key_file()
    assert redacted("text") == "text"


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "MY_APIKEY", "X_SECRET"],
)
@pytest.mark.parametrize("wrap", [str, json.dumps, lambda t: json.dumps(t, ensure_ascii=False)])
def test_values_of_key_variables_are_taken_out_in_each_form(monkeypatch, name, wrap):
    monkeypatch.setenv(name, CANARY)
    text = wrap(f"the key is {CANARY}.")
    assert "canary" not in redacted(text)
    assert HIDDEN in redacted(text)


def test_a_key_in_an_address_is_taken_out(monkeypatch):
    monkeypatch.setenv("X_API_KEY", "a canary/with+signs")
    assert "canary" not in redacted("http://h/?key=a%20canary%2Fwith%2Bsigns")


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrstuvwx",
        "AKIAABCDEFGHIJKLMNOP",
        "eyJhbGciOiJI.eyJzdWIiOiIx.abcdefghijk",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_keys_of_known_forms_are_taken_out(key):
    assert redacted(f"found {key} there") == f"found {HIDDEN} there"


def test_a_password_in_an_address_and_a_bearer_are_taken_out():
    assert redacted("postgresql://me:hunter22@db/x") == f"postgresql://{HIDDEN}@db/x"
    assert redacted("Authorization: Bearer abcdef0123456789") == f"Authorization: Bearer {HIDDEN}"


def test_a_line_of_json_stays_json():
    line = json.dumps({"a": "-----BEGIN PRIVATE KEY-----\nMIIE", "b": "sk-" + "x" * 30, "c": 1})
    assert json.loads(redacted(line)) == {"a": HIDDEN, "b": HIDDEN, "c": 1}


@pytest.mark.parametrize("value", ["short", "12345678901"])
def test_short_values_and_numbers_are_no_keys(monkeypatch, value):
    monkeypatch.setenv("COGITATE_MAX_TOKEN", value)
    assert redacted(f"a {value} b") == f"a {value} b"


def test_ordinary_text_stays_as_it_is():
    text = (
        "The task-force met at https://example.org/a:b; skip it. 好 sk-1 Bearer of news 10:30@home"
    )
    assert redacted(text) == without_known(text) == text
