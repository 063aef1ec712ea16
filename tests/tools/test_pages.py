"""Pages: opened by title, read on by words; the state belongs to the run."""

import pytest

from cogitate.errors import SetupError, ToolFailure
from cogitate.runs.context import RunContext, running
from cogitate.tools.pages import Pages, page_tools, read_pages, sentences

KNOT = (
    "A knot is a tie. It holds rope. The bowline is a knot. It is old. Sailors use it. "
    "Climbers, too."
)
TEXTS = {
    "Knot": KNOT,
    "Bowline": "The bowline makes a loop. A loop holds.",
    "绳结": "绳结很多。水手用它。",
}


@pytest.fixture(autouse=True)
def _run(tmp_path):
    with running(RunContext(run_id="r", workspace=tmp_path)):
        yield


@pytest.fixture
def tools():
    return {item.name: item for item in page_tools(TEXTS)}


def test_search_gives_the_first_five_sentences(tools):
    found = tools["search"].invoke({"title": " knot "})
    assert found.startswith("Knot: A knot is a tie.")
    assert "Sailors use it." in found and "Climbers" not in found


def test_a_page_that_is_not_there_is_told_with_similar_titles(tools):
    with pytest.raises(ToolFailure, match=r"no page 'Bowlines'. Similar titles: Bowline"):
        tools["search"].invoke({"title": "Bowlines"})


def test_lookup_counts_on_and_says_when_there_are_no_more(tools):
    tools["search"].invoke({"title": "Knot"})
    look = tools["lookup"]
    assert look.invoke({"words": "KNOT"}) == "(result 1 of 2) A knot is a tie."
    assert look.invoke({"words": "knot"}) == "(result 2 of 2) The bowline is a knot."
    with pytest.raises(ToolFailure, match="no more results for 'knot'"):
        look.invoke({"words": "knot"})
    assert look.invoke({"words": "rope"}).startswith("(result 1 of 1)")


def test_other_words_begin_anew_and_a_new_page_does_too(tools):
    look = tools["lookup"]
    tools["search"].invoke({"title": "Bowline"})
    assert look.invoke({"words": "loop"}) == "(result 1 of 2) The bowline makes a loop."
    look.invoke({"words": "holds"})
    assert look.invoke({"words": "loop"}).startswith("(result 1 of 2)")
    tools["search"].invoke({"title": "Bowline"})
    assert look.invoke({"words": "loop"}).startswith("(result 1 of 2)")


def test_lookup_before_any_search_is_told(tools):
    with pytest.raises(ToolFailure, match="search for a page first"):
        tools["lookup"].invoke({"words": "knot"})


def test_chinese_pages_are_split_into_sentences(tools):
    assert sentences(TEXTS["绳结"]) == ["绳结很多。", "水手用它。"]
    tools["search"].invoke({"title": "绳结"})
    assert tools["lookup"].invoke({"words": "水手"}) == "(result 1 of 1) 水手用它。"


def test_each_text_file_of_a_folder_is_a_page(tmp_path):
    (tmp_path / "json.txt").write_text("json reads and writes JSON.", encoding="utf-8")
    (tmp_path / "table.csv").write_text("a,b", encoding="utf-8")
    assert read_pages(tmp_path).titled("JSON") == "json"
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="holds no page"):
        read_pages(tmp_path / "empty")


def test_a_collection_without_pages_is_refused():
    with pytest.raises(SetupError, match="no pages"):
        Pages({})
