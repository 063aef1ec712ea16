"""Web pages: boilerplate goes, headings and lines of the file stay."""

import sys

import pytest

from cogitate.errors import UnavailableError
from cogitate.memory.documents import load, split
from cogitate.memory.documents.document import CannotRead
from cogitate.memory.documents.loaders.html import declared_encoding, html_parts

PAGE = """<!doctype html>
<html><head><title>Tea guide</title>
<script>var hidden = "Soft water";
</script></head><body>
<nav><a href="/">Home</a> <a href="/about">About this site</a></nav>
<main>
<h1>Green tea</h1>
<p>Green tea is made from leaves that
have not been oxidised. It is brewed at
eighty degrees.</p>
<!-- a comment
of two lines -->
<h2>Water</h2>
<p>Soft water <b>is best</b>. Use 200&nbsp;ml for 3&nbsp;g.</p>
<table><tr><th>Tea</th><th>Degrees</th></tr>
<tr><td>Sencha</td><td>75</td></tr></table>
<pre>kettle  --set
  75</pre>
</main>
<footer>Copyright of the tea shop, all rights reserved</footer></body></html>
"""


def test_what_surrounds_the_article_is_left_out():
    title, parts = html_parts(PAGE)
    text = "".join(part.text for part in parts)
    assert title == "Tea guide"
    assert "Soft water is best. Use 200 ml for 3 g." in text
    for boilerplate in ("About this site", "rights reserved", "hidden", "a comment"):
        assert boilerplate not in text


def test_each_line_knows_the_lines_of_the_file_it_comes_from():
    _, parts = html_parts(PAGE)
    places = {
        line: part.numbers[at]
        for part in parts
        for at, line in enumerate(part.text.split("\n")[:-1])
        if line
    }
    assert places["Green tea"] == (7, 7)
    assert next(at for line, at in places.items() if line.startswith("Green tea is")) == (8, 10)
    assert next(at for line, at in places.items() if line.startswith("Soft")) == (14, 14)
    assert places["Sencha | 75"] == (16, 16)


def test_sections_carry_their_headings_and_tables_their_rows():
    _, parts = html_parts(PAGE)
    assert [p.headings for p in parts if "Soft" in p.text] == [("Green tea", "Water")]
    assert [p.form for p in parts if "Sencha" in p.text] == ["lines"]
    assert any("kettle  --set\n  75" in p.text for p in parts)


def test_a_page_without_an_article_is_taken_whole():
    items = "".join(f"<div><span>Part {n}</span><span>costs {n * 7}</span></div>" for n in range(9))
    _, parts = html_parts(f"<html><body><div><h2>Prices</h2>{items}</div></body></html>")
    text = "".join(part.text for part in parts)
    assert "Prices" in text and "Part 8" in text and "costs 56" in text


def test_a_page_of_scripts_says_that_it_holds_no_text():
    with pytest.raises(CannotRead, match="no text"):
        html_parts("<html><body><script>go()</script></body></html>")


@pytest.mark.parametrize("text", ["<", "<html", "<html><body><p>" + "<div>" * 3_000 + "x y z"])
def test_broken_pages_are_read_or_refused_in_words(text):
    try:
        html_parts(text)
    except CannotRead as error:
        assert str(error)


def test_a_chinese_page_in_its_own_encoding_is_read(tmp_path):
    path = tmp_path / "a.html"
    body = "<p>龙井茶产于杭州西湖一带，清明前采摘的最为珍贵，水温以八十度为宜。</p>" * 3
    page = f'<html><head><meta charset="gb2312"><title>茶</title></head><body>{body}</body></html>'
    path.write_bytes(page.encode("gbk"))
    document = load(path)
    assert document.title == "茶" and document.encoding == "gb18030"
    assert "龙井茶产于杭州西湖一带" in next(split(document)).text


def test_the_encoding_that_a_page_names_is_found():
    assert declared_encoding(b'<meta http-equiv=x content="text/html; charset=Big5">') == "big5"
    assert declared_encoding(b'<?xml version="1.0" encoding="ISO-8859-1"?>') == "iso-8859-1"
    assert declared_encoding(b"<html>") == ""


@pytest.mark.parametrize("name", ["trafilatura", "lxml"])
def test_a_missing_package_is_named_with_its_pip_line(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, f"{name}.html", None)
    with pytest.raises(UnavailableError, match=r"pip install .cogitate\[docs\]"):
        html_parts(PAGE)
