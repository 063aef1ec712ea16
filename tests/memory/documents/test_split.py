"""Chunks: offsets reproduce the text, nothing is lost, sizes hold, structure comes first."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogitate.errors import SetupError
from cogitate.memory.documents import Document, Part, Sizes, load, split
from cogitate.memory.documents.units import tokens, units_of

SMALL = Sizes(target=24, most=36, overlap=8, small=6)

words = st.sampled_from(
    "The pump of No. 5 failed again. Water, rose! 供水管网 改造工程。 为什么？ e.g. x=1 ；，"
    " e\u0301 \U00020000 longwordwithoutanyspaceatall".split(" ")
)
blanks = st.sampled_from([" ", "  ", "\n", "\n\n", "\n \n", "", "\t"])
texts = st.lists(st.tuples(words, blanks), max_size=60).map(
    lambda pairs: "".join(word + blank for word, blank in pairs)
)


def document(*parts, title="T"):
    kept = tuple(part for part in parts if part.text)
    return Document(path="a", format="text", title=title, parts=kept, sha256="0" * 64)


@st.composite
def documents(draw):
    count = draw(st.integers(1, 6))
    page = 0
    parts = []
    for number in range(count):
        page += draw(st.integers(0, 1))
        headings = draw(st.sampled_from([(), ("A",), ("A", "B"), ("C",)]))
        form = draw(st.sampled_from(["prose", "prose", "lines"]))
        parts.append(
            Part(text=draw(texts), headings=headings, page=page, line=1 + number, form=form)
        )
    return document(*parts)


def bare(text):
    return re.sub(r"\s", "", text)


@settings(max_examples=300, deadline=None)
@given(documents(), st.sampled_from([SMALL, Sizes()]))
def test_offsets_reproduce_the_text_and_nothing_is_lost(made, sizes):
    covered = 0
    for chunk in split(made, sizes):
        assert made.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip() and not chunk.text[-1].isspace()
        assert not bare(made.text[covered : chunk.start]), "between two chunks text is lost"
        assert chunk.end > covered, "a chunk must bring something new"
        covered = chunk.end
    assert not bare(made.text[covered:])


@settings(max_examples=300, deadline=None)
@given(documents(), st.sampled_from([SMALL, Sizes()]))
def test_no_chunk_is_larger_than_allowed(made, sizes):
    assert all(tokens(chunk.text) <= sizes.most for chunk in split(made, sizes))


@settings(max_examples=200, deadline=None)
@given(documents())
def test_a_chunk_names_every_page_it_is_from(made):
    starts = [sum(len(p.text) for p in made.parts[:n]) for n in range(len(made.parts))]
    for chunk in split(made, SMALL):
        pages = {
            part.page
            for part, start in zip(made.parts, starts, strict=True)
            if bare(made.text[max(start, chunk.start) : min(start + len(part.text), chunk.end)])
        }
        assert pages <= set(range(chunk.page, chunk.last_page + 1))
        assert chunk.last_page - chunk.page <= len(pages) or chunk.page == chunk.last_page


@settings(max_examples=200, deadline=None)
@given(texts)
def test_lines_of_a_chunk_are_those_of_the_file(text):
    made = document(Part(text=text))
    lines = text.split("\n")
    for chunk in split(made, SMALL):
        whole = "\n".join(lines[chunk.line_start - 1 : chunk.line_end])
        assert chunk.text in whole
        assert chunk.text.split("\n")[0] in lines[chunk.line_start - 1]
        assert chunk.text.split("\n")[-1] in lines[chunk.line_end - 1]


@settings(max_examples=200, deadline=None)
@given(texts, st.sampled_from(["prose", "lines"]), st.integers(8, 200))
def test_units_tile_the_text_and_keep_to_their_price(text, form, most):
    units = list(units_of(text, form, most))
    assert "".join(text[unit.start : unit.end] for unit in units) == text
    assert all(unit.cost <= most for unit in units)


def sentences(text):
    return [text[unit.start : unit.end].strip() for unit in units_of(text, "prose", 10_000)]


def test_chinese_sentences_end_at_their_marks():
    assert sentences("第一句。第二句！“第三句？”第四句……第五句") == [
        "第一句。", "第二句！", "“第三句？”", "第四句……", "第五句",
    ]  # fmt: skip


def test_english_sentences_do_not_end_at_abbreviations_or_numbers():
    assert sentences("Dr. Lee paid 3.50 on p. 7 to J. Smith. He left, e.g. by 5 p.m. today.") == [
        "Dr. Lee paid 3.50 on p. 7 to J. Smith.", "He left, e.g. by 5 p.m.", "today.",
    ]  # fmt: skip


def test_list_items_are_sentences():
    assert sentences("Take:\n- one\n- two\n1. three") == ["Take:", "- one", "- two", "1. three"]


def test_a_chunk_ends_at_a_sentence_and_repeats_the_last_one():
    text = " ".join(f"Sentence number {n} says a little thing." for n in range(60))
    chunks = list(split(document(Part(text=text))))
    assert len(chunks) > 2
    for before, after in pairwise(chunks):
        assert before.text.endswith("thing.") and after.text.startswith("Sentence")
        assert 0 < before.end - after.start <= 4 * 40
        assert 150 <= tokens(before.text) <= 320


def test_code_and_rows_are_never_repeated():
    text = "".join(f"value_{n} = compute({n})\n" for n in range(200))
    chunks = list(split(document(Part(text=text, form="lines"))))
    assert len(chunks) > 3
    assert all(a.end <= b.start for a, b in pairwise(chunks))
    assert all(re.fullmatch(r"(value_\d+ = compute\(\d+\)\n?)+", c.text) for c in chunks)


def test_the_indentation_of_code_is_kept():
    text = "\n\n    def f(self):\n        return 1\n"
    [chunk] = split(document(Part(text=text, form="lines", line=7)))
    assert chunk.text == "    def f(self):\n        return 1"
    assert (chunk.line_start, chunk.line_end) == (9, 10)


def test_sections_are_not_mixed_unless_they_are_small():
    long = " ".join(f"Sentence number {n} says a little thing." for n in range(20))
    parts = [Part(text=f"{name}\n\n{long}\n\n", headings=(name,)) for name in ("A", "B")]
    assert [chunk.headings for chunk in split(document(*parts))] == [("A",), ("B",)]
    few = [Part(text=f"{name}\n\nfew words\n\n", headings=("Top", name)) for name in "ABC"]
    [chunk] = split(document(*few))
    assert chunk.headings == ("Top",) and "few words" in chunk.text


def test_a_bare_heading_goes_with_its_first_subsection():
    long = " ".join(f"Sentence number {n} says a little thing." for n in range(20))
    parts = [Part(text="Top\n\n", headings=("Top",)), Part(text=long, headings=("Top", "Sub"))]
    [chunk] = split(document(*parts))
    assert chunk.headings == ("Top", "Sub") and chunk.text.startswith("Top\n\nSentence")


def test_the_context_is_title_and_section_each_said_once():
    [chunk] = split(document(Part(text="x", headings=("T", "Sub"))))
    assert chunk.context == "T > Sub"


def test_ids_depend_on_bytes_and_place_only(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("One. " * 400)
    first = [chunk.id for chunk in split(load(path))]
    (tmp_path / "b.txt").write_text("One. " * 400)
    assert [chunk.id for chunk in split(load(tmp_path / "b.txt"))] == first
    assert len(set(first)) == len(first) > 1
    path.write_text("One. " * 400 + "!")
    assert not set(first) & {chunk.id for chunk in split(load(path))}


def test_one_line_of_very_many_characters_is_cut_in_time():
    chunks = list(split(document(Part(text="x" * 2_000_000))))
    assert sum(len(chunk.text) for chunk in chunks) == 2_000_000


@pytest.mark.parametrize("change", [{"target": 400}, {"overlap": 220}, {"small": 221}])
def test_sizes_that_do_not_fit_together_are_refused(change):
    with pytest.raises(SetupError, match="do not fit together"):
        Sizes(**change)
