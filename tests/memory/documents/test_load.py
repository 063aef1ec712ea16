"""Every file becomes a document or a reason."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cogitate.memory.documents import Document, Skipped, load, split
from tests.memory.documents.writers import write_docx, write_pdf

PAGE = "<html><body><h1>Head</h1><p>Words and more words here.</p><!-- x --></body></html>"
WHOLE = {
    "a.pdf": lambda folder: write_pdf(folder / "a.pdf", [["Some words."], ["More."]]).read_bytes(),
    "a.docx": lambda folder: write_docx(folder / "a.docx", [("", "Some words.")]).read_bytes(),
    "a.html": lambda folder: PAGE.encode(),
    "a.md": lambda folder: "# Head\n\n```\ncode\n```\n\n正文。\n".encode(),
    "a.csv": lambda folder: b'a,b\n1,"x\ny"\n2,3\n',
    "a.py": lambda folder: b"class A:\n    def f(self):\n        pass\n\n\nx = 1\n",
}
"""Sound files, to be damaged."""


def skipped(path, **options):
    found = load(path, **options)
    assert isinstance(found, Skipped), found
    return found.reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t ", "empty"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00", "binary"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old or a locked Office"),
        ("a.xlsx", b"PK\x03\x04rest", "workbook"),
        ("a.zip", b"PK\x03\x04rest", "archive"),
        ("a.pdf", b"this is only text", "not a .pdf file"),
        ("a.docx", b"this is only text", "not a .docx file"),
        ("a.md", b"\xef\xbb\xbf \xe2\x80\x8b\n", "no text"),
        ("a.pdf", b"%PDF-1.7\nnothing more", "broken PDF"),
    ],
)
def test_what_is_not_read_says_why(tmp_path, name, data, reason):
    path = tmp_path / name
    path.write_bytes(data)
    assert reason in skipped(path)


def test_a_file_above_the_limit_is_never_read_whole(tmp_path):
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(500_000_000)
    assert skipped(path) == (
        "too large: 500.0 MB, and at most 50.0 MB are read; split it, or raise the limit "
        "(`most_bytes` of Options, in Python)"
    )
    path.write_text("x" * 101)
    assert "too large" in skipped(path, most_bytes=100)
    assert isinstance(load(path, most_bytes=101), Document)


def test_what_is_no_file_is_told(tmp_path):
    assert skipped(tmp_path) == "a folder, not a file"
    assert skipped(tmp_path / "gone.txt") == "it does not exist"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert skipped(tmp_path / "pipe") == "not a regular file"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_without_rights_is_told(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x")
    path.chmod(0)
    assert skipped(path) == "no right to read it"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.md", "# T\nx", "markdown"), ("a.rst", "T\n=\nx", "markdown"), ("a.txt", "x", "text"),
        ("a", "x", "text"), ("a.csv", "a,b\n1,2", "table"), ("a.py", "x = 1", "source"),
        ("Makefile", "all:\n\techo", "source"), ("a.json", '{"a": 1}', "source"),
        ("a", "<!DOCTYPE html><html><body><p>words and more words</p></body></html>", "html"),
    ],
)  # fmt: skip
def test_the_format_is_told_by_name_or_content(tmp_path, name, text, kind):
    path = tmp_path / name
    path.write_text(text)
    assert load(path).format == kind


def test_a_pdf_without_its_ending_is_read_as_one(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"%PDF-1.4 broken")
    assert "broken PDF" in skipped(tmp_path / "a.txt")


def test_the_hash_is_that_of_the_bytes(tmp_path):
    import hashlib

    path = tmp_path / "a.txt"
    path.write_bytes(b"some words\r\n")
    assert load(path).sha256 == hashlib.sha256(b"some words\r\n").hexdigest()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damaged_files_never_raise(tmp_path, data):
    name = data.draw(st.sampled_from(sorted(WHOLE)))
    whole = bytearray(WHOLE[name](tmp_path))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    path = tmp_path / f"damaged-{name}"
    path.write_bytes(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    found = load(path)
    if isinstance(found, Document):
        assert all(found.text[c.start : c.end] == c.text for c in split(found))
    else:
        assert found.reason
