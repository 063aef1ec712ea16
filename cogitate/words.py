"""What counts as a word: content words of English and Chinese text, for search and evidence.

English words are folded, stop words dropped and endings cut; Chinese text becomes pairs of
neighbouring characters. What it does not know: meaning, synonyms and other languages.
"""

import functools
import re
import unicodedata

STOP_WORDS = frozenset(
    "a an and any are as at be been but by can could did do does each file files find folder for "
    "from give had has have how i if in into is it its line lines many me much my no not of on or "
    "our please say says should show so tell than that the their them then there these they this "
    "those to was we were what when where which who whom whose why will with would you your".split()
)
MONTHS = (
    "January February March April May June July August September October November December"
).split()
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0002fa1f"
CJK_CHARACTER = re.compile(f"[{CJK}]")
_CHUNK = re.compile(rf"([{CJK}]+)|(\d+(?:[.,]\d+)*|[^\W\d_{CJK}]+)")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CHINESE_STOPS = re.compile(
    "为什么|哪个文件|哪一行|第几行|请告诉我|什么|多少|哪个|哪些|哪里|哪行|几行|怎么|如何|请问|"
    "告诉我|文件夹|文件|查找|有没有|我们|[的了是哪在吗呢吧啊和与或请我你]|(?<![^哪])行(?!.)"
)


def content_words(text: str) -> list[str]:
    """Return the words of `text` that carry meaning, once each, in order, in comparable form.

    Case and width are folded, English words reduced to stems, identifiers also split at their
    humps, and Chinese given as pairs of neighbouring characters. Stop words are dropped.
    """
    return list(dict.fromkeys(words(text)))


def stem(word: str) -> str:
    """Return a beginning of `word` that its plural, -ing and -ed forms share."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending in ("ies", "ied"):
        if word.endswith(ending) and len(word) > 5:
            return word[:-3]
    for ending in ("ing", "ed"):
        base = word[: -len(ending)]
        if word.endswith(ending) and len(base) >= 3 and re.search("[aeiouy]", base):
            doubled = base[-1] == base[-2] and base[-1] not in "aeioulsz"
            return (base[:-1] if doubled else base).removesuffix("e")
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith(("e", "y")) and len(word) > 3:
        word = word[:-1]
    return word


@functools.lru_cache(maxsize=50_000)
def word_stem(word: str) -> str:
    """Return the stem of a folded word, empty for a stop word."""
    return "" if word in STOP_WORDS or (len(word) < 2 and word.isascii()) else stem(word)


def words(text: str) -> list[str]:
    """Return the content words of `text` in order, repeats included, in comparable form."""
    found: list[str] = []
    for match in _CHUNK.finditer(unicodedata.normalize("NFKC", text)):
        characters, word = match.groups()
        if characters:
            found += _pairs(characters)
            continue
        if word.isdigit():
            found.append(word)
            continue
        parts = _HUMPS.split(word)
        stems = (word_stem(part.casefold()) for part in ([word, *parts] if parts[1:] else parts))
        found += [each for each in stems if each]
    return found


def _pairs(characters: str) -> list[str]:
    found: list[str] = []
    for run in _CHINESE_STOPS.split(characters):
        found += [run[i : i + 2] for i in range(len(run) - 1)] if len(run) > 1 else list(run)
    return found
