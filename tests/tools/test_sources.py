"""Several sources asked as one: all are asked, and their passages are compared alike."""

import pytest

from cogitate.errors import SetupError
from cogitate.llm.embed import load_embeddings
from cogitate.tools.sources import MOST_ASKED, Together

HASHED = load_embeddings("hashed")


def passage(text, score, path="plan.md"):
    empty = {"path": path, "title": "", "section": "", "text": text, "page": 0, "last_page": 0}
    return {**empty, "line": 1, "last_line": 1, "before": "", "after": "", "score": score}


class Source:
    def __init__(self, *passages, only=""):
        self.found, self.only = list(passages), only

    async def passages(self, query, k=5, *, path="", since=None):
        if path and path != self.only:
            raise SetupError(f"no indexed file is at {path!r}")
        return self.found[:k]


LOUD = passage("At the fence of Thornby the pumps are as loud as 33 decibels.", 0.4, "thornby.md")
TEA = passage("The tea is free and a stand costs 20 euros.", 0.9, "fair.md")
STAND = passage("A stand can be booked until May.", 0.8, "fair.md")


async def test_what_fits_comes_first_whatever_its_own_source_scored():
    both = Together({"fairs": Source(TEA, STAND), "stations": Source(LOUD)}, HASHED)
    found = await both.passages("How loud are the pumps of Thornby?", 2)
    assert [p["path"] for p in found] == ["thornby.md", "fair.md"]
    assert 0 <= found[1]["score"] < found[0]["score"] <= 1


async def test_within_one_source_its_own_order_stays():
    both = Together({"fairs": Source(TEA, STAND), "stations": Source(LOUD)}, HASHED)
    found = await both.passages("Until when can a stand be booked?", 3)
    texts = [p["text"] for p in found]
    assert texts.index(TEA["text"]) < texts.index(STAND["text"])


async def test_one_source_alone_keeps_its_scores():
    assert await Together({"fairs": Source(TEA)}, HASHED).passages("tea", 5) == [TEA]


async def test_the_same_text_in_two_sources_is_given_once():
    both = Together({"a": Source(TEA), "b": Source(TEA)}, HASHED)
    assert len(await both.passages("tea", 5)) == 1


async def test_a_path_needs_to_be_in_one_source_only():
    both = Together({"a": Source(TEA, only="fair.md"), "b": Source(LOUD, only="x")}, HASHED)
    assert [p["path"] for p in await both.passages("tea", path="fair.md")] == ["fair.md"]
    with pytest.raises(SetupError, match="nowhere"):
        await both.passages("tea", path="nowhere")


async def test_sources_that_find_nothing_are_no_error():
    assert await Together({"a": Source(), "b": Source()}, HASHED).passages("tea") == []


@pytest.mark.parametrize("count", [0, MOST_ASKED + 1])
def test_the_number_of_sources_is_bounded(count):
    with pytest.raises(SetupError, match="cannot be asked at once"):
        Together({str(n): Source() for n in range(count)}, HASHED)
