"""Cleaning: what changes, what stays, and that lines do not move."""

from hypothesis import given
from hypothesis import strategies as st

from cogitate.memory.documents.clean import prose, tidy, unwrapped, verbatim, without_repeated


def test_a_word_cut_by_a_line_end_is_made_whole_on_its_first_line():
    assert prose("an inter-\nnational law, re-\ncent.\nEnd") == (
        "an international\nlaw, recent.\n\nEnd"
    )


def test_a_word_that_has_its_hyphen_elsewhere_keeps_it():
    assert prose("a well-known man; a well-\nknown woman") == (
        "a well-known man; a well-known\nwoman"
    )


def test_a_list_mark_or_a_number_range_is_no_cut_word():
    for text in ("pages 3-\n5 of it", "one\n- two\n- three", "A-\nB", "a -\nb"):
        assert prose(text) == text


def test_spaces_collapse_inside_lines_and_indentation_stays():
    assert prose("    code  here\nsome   words\t and\u3000\u3000more \n") == (
        "    code here\nsome words and more\n"
    )


def test_the_wide_spaces_that_open_a_chinese_paragraph_are_dropped():
    assert prose("　　第一段。\n　　第二段。") == "第一段。\n第二段。"


def test_characters_are_composed_and_those_that_show_nothing_are_gone():
    assert tidy("e\u0301\u200b \ufb01nd\u00ad\x07\r\nx\ry\x0cz") == "é find\nx\ny z"


def test_code_keeps_every_space_inside_its_lines():
    assert verbatim("def f():\r\n    x  =  1   \r\n") == "def f():\n    x  =  1\n"


@given(st.text(alphabet="ab-Z 。第\n\t\u3000.", max_size=200))
def test_cleaning_moves_no_line(text):
    assert prose(text).count("\n") == text.count("\n")
    assert verbatim(text).count("\n") == text.count("\n")


def test_lines_of_a_paragraph_are_joined_and_short_ones_end_it():
    page = "The quick brown fox jumps over the\nlazy dog and goes on to the river\nbank.\nNext one"
    assert unwrapped(page) == (
        "The quick brown fox jumps over the lazy dog and goes on to the river bank.\nNext one"
    )


def test_chinese_lines_are_joined_without_a_space():
    assert unwrapped("本公司成立于一九九八年，总部设在南\n京。\n第二段。") == (
        "本公司成立于一九九八年，总部设在南京。\n第二段。"
    )


def test_headers_and_footers_with_numbers_are_dropped_from_every_page():
    pages = [f"Annual report 2024\nText of page {word}.\nPage {n} of 5" for n, word in
             enumerate(("one", "two", "three", "four", "five"), 1)]  # fmt: skip
    assert without_repeated(pages)[0] == "Text of page one."
    assert all("Annual" not in page and " of 5" not in page for page in without_repeated(pages))


def test_a_line_on_half_of_the_pages_stays():
    pages = ["Note\na", "Note\nb", "c\nd", "e\nf"]
    assert without_repeated(pages) == pages


def test_a_repeated_line_in_the_middle_of_pages_stays():
    pages = [f"{n}a\n{n}b\n{n}c\nTotal\n{n}d\n{n}e\n{n}f".replace(str(n), "xyzw"[n]) for n in
             range(4)]  # fmt: skip
    assert without_repeated(pages) == pages


def test_two_pages_are_too_few_to_tell_a_header():
    assert without_repeated(["Same\na", "Same\nb"]) == ["Same\na", "Same\nb"]
