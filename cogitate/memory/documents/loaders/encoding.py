"""Which encoding the bytes of a text file are in.

Tried in this order: byte order marks, UTF-8, UTF-16 without a mark, GB18030 where the bytes look
Chinese, what `charset-normalizer` says of other alphabets, Latin. What it does not know: short
texts in rare encodings, which it reads as Latin.
"""

import codecs
import re

SAMPLE = 65_536
"""How many bytes are looked at where not all need be."""
MOST_CONTROLS = 0.02
"""A text whose first characters hold more control characters than this share is no text."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAIRS = re.compile(rb"[\x81-\xfe][\x30-\xfe]")
_COMMON = re.compile(rb"[\xa1-\xa9\xb0-\xd7][\xa1-\xfe]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x80-\x84\x86-\x9f\ufffd]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_ELSEWHERE = frozenset({
    "big5", "big5hkscs", "cp932", "shift_jis", "shift_jis_2004", "euc_jp", "euc_jis_2004",
    "euc_kr", "cp949", "johab", "cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic",
    "cp1253", "iso8859_7", "cp1255", "iso8859_8", "cp1256", "iso8859_6", "cp874", "tis_620",
})  # fmt: skip


def decode(data: bytes, *, declared: str = "") -> tuple[str, str] | None:
    """Return the text and the name of its encoding, or None when `data` is not text.

    Args:
        data: all bytes of the file.
        declared: the encoding that the file itself names, tried after marks and UTF-8.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_strict(data, encoding), encoding)
    if (found := _strict(data, "utf-8")) is not None and "\x00" not in found:
        return _checked(found, "utf-8")
    if b"\x00" in data[:SAMPLE]:
        encoding = _wide(data[:SAMPLE])
        return _checked(_strict(data, encoding), encoding) if encoding else None
    for encoding in (declared, *_guesses(data)):
        if encoding and (found := _strict(data, encoding)) is not None:
            return _checked(found, encoding)
    return None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _checked(text: str | None, encoding: str) -> tuple[str, str] | None:
    if text is None:
        return None
    head = text[:SAMPLE]
    if len(_CONTROLS.findall(head)) > MOST_CONTROLS * len(head):
        return None
    return text, encoding.removesuffix("-sig")


def _wide(sample: bytes) -> str:
    """Return the UTF-16 that text without a mark is in: every second byte is mostly zero."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 * half and odd < 0.05 * half else ""


def _guesses(data: bytes) -> list[str]:
    sample = data[:SAMPLE]
    guesses = []
    if _looks_chinese(sample):
        guesses.append("gb18030")
    elif other := _normalizer(sample):
        guesses.append(other)
    return [*guesses, "cp1252", "latin-1"]


def _looks_chinese(sample: bytes) -> bool:
    # In Latin text, high bytes stand alone between ASCII letters; in Russian, most pairs are
    # rare Chinese characters; in Big5, second bytes are often below 0xA1.
    high = len(re.findall(rb"[\x80-\xff]", sample))
    pairs = _PAIRS.findall(sample)
    common = sum(1 for pair in pairs if _COMMON.match(pair))
    if not pairs or 2 * common < 0.7 * high or common < 0.7 * len(pairs):
        return False
    text = sample.decode("gb18030", "ignore")
    return len(_KANA.findall(text)) < 0.1 * len(pairs)


def _normalizer(sample: bytes) -> str:
    try:
        from charset_normalizer import from_bytes
    except ImportError:  # the extra `docs` brings it; without it such a text is read as Latin
        return ""
    best = from_bytes(sample).best()
    return best.encoding if best is not None and best.encoding in _ELSEWHERE else ""
