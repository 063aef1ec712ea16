"""Markdown, reStructuredText, source code and tables: sections, lines and form."""

import pytest

from cogitate.memory.documents.document import CannotRead
from cogitate.memory.documents.loaders.source import source_parts
from cogitate.memory.documents.loaders.table import delimiter_of, table_parts
from cogitate.memory.documents.loaders.text import markdown_parts, rst_parts

MARKDOWN = """\
---
title: "The guide"
---
Opening words.

# Install

Run this:

```sh
# not a heading
pip  install  x
```

## On [Windows](http://x.test)

Text  here.

| a | b |
|---|---|
| 1 | 2 |

Underlined
----------
Last.
"""


def test_markdown_sections_carry_their_headings():
    title, parts = markdown_parts(MARKDOWN)
    assert title == "The guide"
    assert [part.headings for part in parts if "Text here." in part.text] == [
        ("Install", "On Windows")
    ]
    assert [part.headings for part in parts if "Last." in part.text] == [("Install", "Underlined")]


def test_markdown_parts_tile_the_file_and_know_their_lines():
    _, parts = markdown_parts(MARKDOWN)
    assert "".join(part.text for part in parts) == MARKDOWN.replace("Text  here", "Text here")
    lines = MARKDOWN.split("\n")
    for part in parts:
        first = part.text.split("\n")[0]
        assert first.split() == lines[part.line - 1].split()


def test_a_code_block_is_verbatim_and_its_comments_are_no_headings():
    _, parts = markdown_parts(MARKDOWN)
    [code] = [part for part in parts if "pip" in part.text]
    assert code.form == "lines" and "pip  install  x" in code.text
    assert code.headings == ("Install",)
    assert not any("not a heading" in part.headings for part in parts)


def test_a_longer_fence_holds_a_shorter_one():
    _, parts = markdown_parts("````\n```\n# x\n```\n````\n# Real\ntext\n")
    assert [part.headings for part in parts] == [(), ("Real",)]


def test_an_unclosed_fence_takes_the_rest():
    _, parts = markdown_parts("# A\n```\ncode\n# still code\n")
    assert parts[-1].headings == ("A",) and "still code" in parts[-1].text


def test_the_first_top_heading_is_the_title_when_none_is_given():
    assert markdown_parts("# 供水方案\n\n正文。\n")[0] == "供水方案"


def test_a_rule_below_a_blank_line_is_no_heading():
    _, parts = markdown_parts("text\n\n---\n\nmore\n")
    assert [part.headings for part in parts] == [()]


def test_rst_marks_become_levels_in_the_order_they_are_met():
    title, parts = rst_parts("Title\n=====\n\nOne\n---\ntext\n\nTwo\n---\nmore\n")
    assert title == "Title"
    assert [part.headings for part in parts] == [
        ("Title",), ("Title", "One"), ("Title", "Two")
    ]  # fmt: skip


PYTHON = '''\
"""Doc."""
import os


# About f.
@cache
def f(x):
    return x


class Box:
    """A box."""

    size = 1

    @property
    def wide(self) -> int:
        return 2

    async def close(self):
        def inner():
            pass
'''


def test_python_is_cut_at_definitions_and_methods():
    parts = source_parts(PYTHON, "a.py")
    assert [(part.headings, part.line) for part in parts] == [
        ((), 1),
        (("def f(x)",), 5),
        (("class Box",), 11),
        (("class Box", "def wide(self) -> int"), 16),
        (("class Box", "async def close(self)"), 20),
    ]
    assert "".join(part.text for part in parts) == PYTHON


@pytest.mark.parametrize(
    ("name", "text", "heads"),
    [
        ("a.go", "package a\n\nfunc F(x int) int {\n\treturn x\n}\n\ntype T struct {\n\tA int\n}\n",
         ["func F(x int) int", "type T struct"]),
        ("a.rs", "use x;\n\npub fn f() {\n}\n\n#[derive(Debug)]\nstruct S;\n",
         ["pub fn f()", "struct S;"]),
        ("a.js", "import a\n\nexport const go = async () => {\n}\n\nfunction b() {\n}\n",
         ["export const go = async () => {", "function b()"]),
        ("a.c", "#include <x.h>\n\nstatic int add(int a, int b)\n{\n  return a;\n}\n",
         ["static int add(int a, int b)"]),
        ("a.sql", "-- x\n\nCREATE TABLE t (\n  a int\n);\n", ["CREATE TABLE t ("]),
    ],
)  # fmt: skip
def test_other_languages_are_cut_at_definitions(name, text, heads):
    parts = source_parts(text, name)
    assert "".join(part.text for part in parts) == text
    found = [part.headings[0] for part in parts if part.headings]
    assert [head.rstrip(" {=>") for head in found] == [head.rstrip(" {=>") for head in heads]


def test_code_that_does_not_parse_is_read_all_the_same():
    assert source_parts("def broken(:\n    ((\n", "a.py")[0].text == "def broken(:\n    ((\n"


def test_minified_code_is_not_read():
    with pytest.raises(CannotRead, match="minified"):
        source_parts("var a=1;" * 10_000, "a.min.js")


def test_rows_name_their_columns_and_know_their_lines():
    [part] = table_parts('name,city,note\nAnn,Leeds,"two\nlines"\n\nBo,,x\n')
    assert part.text == (
        "columns: name, city, note\nname: Ann; city: Leeds; note: two lines\nname: Bo; note: x\n"
    )
    assert part.numbers == ((1, 1), (2, 3), (5, 5))


def test_a_row_with_more_cells_than_columns_loses_none():
    [part] = table_parts("a,b\n1,2,3\n")
    assert part.text.endswith("a: 1; b: 2; column 3: 3\n")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [("a;b;c\n1,5;2;3\n", ";"), ("a\tb\n1\t2\n", "\t"), ("a|b\n1|2\n", "|"), ("a\n1\n", ",")],
)
def test_the_delimiter_is_the_one_that_every_row_has(text, delimiter):
    assert delimiter_of(text) == delimiter


def test_a_cell_that_is_never_closed_is_told_and_not_swallowed():
    with pytest.raises(CannotRead, match="no row"):
        table_parts('a,b\n1,"' + "x" * 200_000)
