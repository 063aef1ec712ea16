"""PDF files made by reportlab: pages, Chinese, tables, bookmarks, and what cannot be read."""

import sys

import pytest

from cogitate.errors import UnavailableError
from cogitate.memory.documents import Document, Skipped, load, split
from tests.memory.documents.writers import lock, write_pdf, write_scan, write_table_pdf

WORDS = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima".split()


def test_pages_are_numbered_and_chunks_name_their_page(tmp_path):
    path = write_pdf(
        tmp_path / "a.pdf",
        [["The pump was repaired in March."], ["The valve was replaced in June."]],
        title="Log of repairs",
    )
    document = load(path)
    assert document.title == "Log of repairs"
    assert [part.page for part in document.parts] == [1, 2]
    places = {chunk.page: chunk.text for chunk in split(document)}
    assert places == {1: "The pump was repaired in March.", 2: "The valve was replaced in June."}


def test_chinese_text_is_read_and_its_lines_are_joined(tmp_path):
    lines = ["供水管网改造工程于二〇二四年五月开工，计划两年内完成全部施", "工，总投资三百万元。"]
    document = load(write_pdf(tmp_path / "水.pdf", [lines], chinese=True))
    assert "计划两年内完成全部施工，总投资三百万元。" in document.text
    assert document.title == "水"


def test_running_headers_and_page_numbers_are_left_out(tmp_path):
    pages = [["Water board of Leeds", f"Matter {word}.", f"- {n} -"]
             for n, word in enumerate(WORDS[:5], 1)]  # fmt: skip
    document = load(write_pdf(tmp_path / "a.pdf", pages))
    assert "Water board" not in document.text and "- 3 -" not in document.text
    assert all(f"Matter {word}." in document.text for word in WORDS[:5])


def test_a_sentence_over_the_end_of_a_page_names_both_pages(tmp_path):
    pages = [["First thing.", "The bridge over the river was"], ["closed for repairs. Second."]]
    chunks = list(split(load(write_pdf(tmp_path / "a.pdf", pages))))
    [both] = [chunk for chunk in chunks if "was\nclosed for repairs." in chunk.text]
    assert (both.page, both.last_page) == (1, 2)
    assert [(c.page, c.last_page) for c in chunks if c.text == "Second."] == [(2, 2)]


def test_table_cells_become_rows(tmp_path):
    rows = [["Name", "Quantity", "Price"], ["Bolt M6", "12", "3.40"], ["Nut M8", "7", "0.99"]]
    document = load(write_table_pdf(tmp_path / "t.pdf", rows))
    assert "Bolt M6 | 12 | 3.40\nNut M8 | 7 | 0.99" in document.text


def test_bookmarks_are_the_headings(tmp_path):
    pages = [["Pumps", "A pump moves water.", "Valves", "A valve stops it."], ["More of valves."]]
    path = write_pdf(tmp_path / "a.pdf", pages, bookmarks=[(1, "Pumps"), (1, "Valves")])
    parts = load(path).parts
    assert [(p.headings, p.page) for p in parts] == [
        (("Pumps",), 1), (("Valves",), 1), (("Valves",), 2)
    ]  # fmt: skip


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_pdf_that_needs_a_password_is_skipped_and_says_so(tmp_path, algorithm):
    plain = write_pdf(tmp_path / "a.pdf", [["secret"]])
    path = lock(plain, tmp_path / "b.pdf", user="pw", owner="pw", algorithm=algorithm)
    skipped = load(path)
    assert isinstance(skipped, Skipped) and "password" in skipped.reason


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_pdf_locked_against_changes_only_is_read(tmp_path, algorithm):
    plain = write_pdf(tmp_path / "a.pdf", [["Free to be read by everybody."]])
    path = lock(plain, tmp_path / "b.pdf", user="", owner="boss", algorithm=algorithm)
    assert "Free to be read" in load(path).text


def test_a_scan_needs_ocr_and_says_so(tmp_path):
    skipped = load(write_scan(tmp_path / "scan.pdf", pages=3))
    assert isinstance(skipped, Skipped) and "OCR" in skipped.reason


def test_scanned_pages_among_others_are_told_and_the_rest_is_read(tmp_path):
    texts = ["A page with enough text to be read.", "Another page with enough text on it."]
    document = load(write_scan(tmp_path / "scan.pdf", pages=3, with_text=texts))
    assert isinstance(document, Document)
    assert document.remarks == ("page 3 left out: pictures without text",)


def test_a_short_page_is_no_scan(tmp_path):
    assert "Hello." in load(write_pdf(tmp_path / "a.pdf", [["Hello."]])).text


def test_pages_that_say_nothing_are_no_document(tmp_path):
    assert "no text" in load(write_pdf(tmp_path / "a.pdf", [[], []])).reason


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_pdf_that_was_cut_off_never_raises(tmp_path, keep):
    whole = write_pdf(tmp_path / "a.pdf", [[f"Line {n}" for n in range(30)]]).read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(whole[: int(len(whole) * keep)])
    assert load(path).path == str(path)


def test_a_missing_reader_is_named_with_its_pip_line(tmp_path, monkeypatch):
    path = write_pdf(tmp_path / "a.pdf", [["text"]])
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(UnavailableError, match=r"pip install .cogitate\[docs\]"):
        load(path)
