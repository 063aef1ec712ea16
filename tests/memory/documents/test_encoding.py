"""Encodings: each is told from the others by the bytes alone."""

import random
import sys

import pytest

from cogitate.memory.documents.loaders.encoding import decode

CHINESE = "本公司成立于一九九八年，总部设在南京。供水管网改造工程于五月完工，总投资三百万元。"
RUSSIAN = "Привет, это обычный русский текст о погоде и о реке. Сегодня хорошая погода, идёт дождь."
FRENCH = "L'élève français mange une crêpe à Noël, près du café où il a déjà été l'été dernier."
JAPANESE = (
    "これは日本語の文章です。今日は天気がよいので、公園へ散歩に行きました。とても楽しかったです。"
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (FRENCH, "utf-16-le"),
        (FRENCH, "utf-16-be"),
        (CHINESE, "gb18030"),
        (CHINESE, "gbk"),
        (FRENCH, "latin-1"),
        (FRENCH + " “naïve” – 5 €", "cp1252"),
        (RUSSIAN, "utf-8"),
        (RUSSIAN * 3, "cp1251"),
        (JAPANESE * 3, "shift_jis"),
        ("繁體中文的文件內容，說明如何安裝與設定這個程式。" * 4, "big5"),
    ],
)
def test_text_is_read_in_the_encoding_it_was_written_in(text, encoding):
    decoded = decode(text.encode(encoding))
    assert decoded is not None
    assert decoded[0] == text


def test_a_few_english_words_and_one_chinese_name_in_gbk_are_read():
    assert decode("Report by 王小明 on 北京 station".encode("gbk")) == (
        "Report by 王小明 on 北京 station", "gb18030",
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        random.Random(3).randbytes(5_000),
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"text then\x00\x00nothing",
    ],
)
def test_bytes_that_are_no_text_are_told_as_such(data):
    assert decode(data) is None


def test_what_a_page_declares_is_taken_where_utf_8_does_not_fit():
    assert decode(RUSSIAN.encode("koi8_r"), declared="koi8-r") == (RUSSIAN, "koi8-r")
    assert decode(RUSSIAN.encode(), declared="koi8-r") == (RUSSIAN, "utf-8")
    assert decode(FRENCH.encode("latin-1"), declared="no-such-thing")[0] == FRENCH


def test_other_alphabets_are_read_as_latin_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    assert decode(RUSSIAN.encode("cp1251"))[1] in ("cp1252", "latin-1")
    assert decode(CHINESE.encode("gbk")) == (CHINESE, "gb18030")
