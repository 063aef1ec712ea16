"""Word files made by python-docx."""

import sys
import zipfile

import pytest

from cogitate.errors import UnavailableError
from cogitate.memory.documents import Skipped, load, split
from tests.memory.documents.writers import write_docx

BLOCKS = [
    ("Title", "供水手册"),
    ("Heading 1", "Pumps"),
    ("", "A pump  moves water."),
    ("Heading 2", "Repairs"),
    ("", "Call the workshop."),
    [["Part", "Price"], ["Seal", "4.50"]],
    ("Heading 1", "阀门"),
    ("", "阀门控制水流。"),
]


def test_headings_tables_and_paragraphs_keep_their_order(tmp_path):
    document = load(write_docx(tmp_path / "a.docx", BLOCKS))
    assert document.title == "供水手册"
    assert [(part.headings[1:], part.form) for part in document.parts] == [
        ((), "prose"),
        (("Pumps",), "prose"),
        (("Pumps", "Repairs"), "prose"),
        (("Pumps", "Repairs"), "lines"),
        (("阀门",), "prose"),
    ]
    assert "Part | Price\nSeal | 4.50\n" in document.text
    assert "A pump moves water." in document.text


def test_chunks_reproduce_their_text(tmp_path):
    document = load(write_docx(tmp_path / "a.docx", BLOCKS))
    for chunk in split(document):
        assert document.text[chunk.start : chunk.end] == chunk.text


def test_an_empty_word_file_holds_no_text(tmp_path):
    assert "no text" in load(write_docx(tmp_path / "a.docx", [])).reason


def test_an_archive_that_is_no_word_file_is_told(tmp_path):
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("x.txt", "x")
    assert "broken Word" in load(path).reason
    path.write_bytes(path.read_bytes()[:50])
    assert "broken Word" in load(path).reason


def test_a_file_that_unpacks_to_very_much_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack, pack.open("a.xml", "w") as out:
        for _ in range(51):
            out.write(bytes(10_000_000))
    skipped = load(path)
    assert isinstance(skipped, Skipped) and "unpacks to" in skipped.reason


def test_a_missing_reader_is_named_with_its_pip_line(tmp_path, monkeypatch):
    path = write_docx(tmp_path / "a.docx", BLOCKS)
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(UnavailableError, match=r"pip install .cogitate\[docs\]"):
        load(path)
