import time

import pytest

from cogitate.errors import ToolFailure
from cogitate.tools.folder import Folder
from cogitate.tools.lines import search, search_lines
from cogitate.words import content_words, stem


def write(root, **files):
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return Folder(root)


def best(folder, words):
    hit = search_lines(folder, words)[0]
    return f"{hit['path']}:{hit['line']}"


def test_content_words_drop_english_stop_words():
    assert content_words("What is the rent of the flat?") == ["rent", "flat"]


def test_content_words_drop_chinese_stop_words():
    assert content_words("北京的房租是多少？") == ["北京", "房租"]
    assert content_words("银行在哪一行") == ["银行"]


def test_content_words_of_mixed_text_and_identifiers():
    assert content_words("iPhone 15 的价格") == ["iphon", "phon", "15", "价格"]
    assert content_words("load_total_amount") == ["load", "total", "amount"]
    assert {"total", "amount"} <= set(content_words("parseTotalAmount"))


def test_full_width_letters_are_folded():
    assert content_words("ＲＥＮＴ") == ["rent"]


@pytest.mark.parametrize(
    "forms",
    [
        ("price", "prices", "priced", "pricing"),
        ("city", "cities"),
        ("plan", "plans", "planned", "planning"),
        ("box", "boxes"),
        ("class", "classes"),
        ("employee", "employees"),
    ],
)
def test_forms_of_a_word_share_their_stem(forms):
    assert len({stem(form) for form in forms}) == 1
    assert all(form.startswith(stem(form)) for form in forms)


def test_an_exact_phrase_comes_first_whatever_its_case_and_width(tmp_path):
    folder = write(
        tmp_path,
        a__txt="notice period notice period period of notice\nother\n",
        b__txt="the ＮＯＴＩＣＥ  period is two months\n",
    )
    assert best(folder, "notice period is") == "b.txt:1"


def test_rare_words_count_more_than_common_ones(tmp_path):
    lines = [f"server {n} runs" for n in range(50)]
    folder = write(tmp_path, a__txt="\n".join([*lines, "the backup runs at 3"]))
    assert best(folder, "when does the server backup run?") == "a.txt:51"


def test_other_forms_of_a_word_are_found(tmp_path):
    folder = write(tmp_path, a__txt="nothing\nhe was paying for two licenses\n")
    assert best(folder, "license") == "a.txt:2"


def test_chinese_lines_are_found_by_pairs(tmp_path):
    folder = write(tmp_path, **{"合同__txt": "甲方姓名\n每月房租为三千元\n押金两千\n"})
    assert best(folder, "房租是多少") == "合同.txt:2"


def test_a_single_chinese_character_is_found(tmp_path):
    folder = write(tmp_path, a__txt="甲\n养猫一只\n")
    assert best(folder, "猫") == "a.txt:2"


def test_tables_are_searched_by_their_raw_lines(tmp_path):
    folder = write(tmp_path, a__csv="name,city\nAda,London\nKurt,Vienna\n")
    assert best(folder, "Vienna") == "a.csv:3"


def test_identifiers_are_found_by_their_parts(tmp_path):
    folder = write(tmp_path, a__py="import os\ndef computeMonthlyRent(flat): ...\n")
    assert best(folder, "monthly rent") == "a.py:2"


def test_the_name_of_the_file_is_weak_context(tmp_path):
    folder = write(tmp_path, lease__txt="deposit: 500\n", phone__txt="deposit: 30\n")
    assert best(folder, "deposit of the lease") == "lease.txt:1"


def test_several_phrases_may_be_given(tmp_path):
    folder = write(tmp_path, a__txt="red apple\ngreen pear\nplum\n")
    assert {hit["line"] for hit in search_lines(folder, ["red apple", "green pear"])} == {1, 2}


def test_nothing_found_is_an_empty_list(tmp_path):
    assert search_lines(write(tmp_path, a__txt="hello\n"), "zebra") == []
    assert search_lines(tmp_path, "") == []


def test_the_limit_and_the_order_hold(tmp_path):
    folder = write(tmp_path, a__txt="rent\n" * 100)
    hits = search_lines(folder, "rent", limit=5)
    assert [hit["line"] for hit in hits] == [1, 2, 3, 4, 5]


def test_one_file_or_one_folder_can_be_searched(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.txt").write_text("rent b\n")
    folder = write(tmp_path, a__txt="rent a\n")
    assert [hit["path"] for hit in search(folder, "rent", under="in").hits] == ["in/b.txt"]
    assert [hit["path"] for hit in search(folder, "rent", under="a.txt").hits] == ["a.txt"]
    with pytest.raises(ToolFailure):
        search(folder, "rent", under="../x")


def test_a_search_that_stops_early_says_so(tmp_path):
    folder = write(tmp_path, a__txt="rent " * 100, b__txt="rent " * 100)
    assert "stopped after 1 of 2 files" in search(folder, "rent", most=100).stopped


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("server {} handles the billing of region {}", "billing region 77"),
        ("第{}号服务器负责华北地区第{}区的账单", "华北地区的账单是多少"),
    ],
)
def test_ten_megabytes_are_searched_in_seconds(tmp_path, line, words):
    for part in range(6):
        text = "\n".join(
            line.format(n, n % 97) for n in range(part * 30_000, part * 30_000 + 36_000)
        )
        (tmp_path / f"{part}.txt").write_text(text)
    before = time.process_time()
    assert search_lines(tmp_path, words)
    assert time.process_time() - before < 6.0  # about 2 s on an idle machine
