"""Passages of real indexed files: found by name, words and meaning, with their places."""

import os

import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from cogitate.errors import SetupError
from cogitate.memory.documents import index
from cogitate.memory.documents.found import RecalledPassages
from cogitate.memory.documents.library import AROUND, Library
from cogitate.memory.documents.names import Names
from cogitate.memory.langchain_source import LangChainSource
from cogitate.memory.stream import MemoryStream

OLD, NEW = 1_600_000_000, 1_700_000_000
PLACES = ["Harrow", "Coldbrook", "Tansley", "Osier", "Pennywell", "Redgrave"]


def write(path, text, at=OLD):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    for number, name in enumerate(PLACES):
        other = PLACES[number - 1]
        write(
            folder / "stations" / f"{name.lower()}.md",
            f"# {name} station\n\n## Noise\n\nUnlike {other}, {other} and {other}, it is quiet: "
            f"{31 + number} decibels at the fence.\n\n## Staff\n\n" + f"The van of {other} is "
            "washed on Mondays. " * 30 + f"\n\nThe keys are with crew {number}.\n",
        )
    write(folder / "memo.txt", "The error E-5521 means that the tank is empty.\n", NEW)
    return folder


@pytest.fixture
async def stream(tmp_path, files):
    async with MemoryStream(tmp_path / "memory.db", embeddings="hashed") as made:
        await index(files, made)
        yield made


@pytest.fixture
def library(stream, files):
    return Library(stream, root=files)


async def test_the_file_that_is_named_comes_before_those_that_mention_the_name(library):
    for number, name in enumerate(PLACES):
        best = (await library.passages(f"How many decibels at the fence of {name}?"))[0]
        assert best["path"] == f"stations/{name.lower()}.md"
        assert f"{31 + number} decibels" in best["text"]


async def test_a_code_in_the_text_is_found_without_a_name(library):
    best = (await library.passages("What does E-5521 mean?"))[0]
    assert (best["path"], best["line"], best["page"]) == ("memo.txt", 1, 0)


async def test_a_passage_comes_with_its_neighbours_without_repeating_itself(library):
    found = await library.passages("keys of the crew of Osier", 20, path="stations/osier.md")
    assert len(found) > 2
    ordered = sorted(found, key=lambda p: p["line"])
    assert ordered[0]["before"] == "" and ordered[-1]["after"] == ""
    for one in ordered[1:]:
        assert one["before"] and len(one["before"]) <= AROUND
        assert not one["text"].startswith(one["before"])


async def test_filters_keep_to_a_file_a_folder_and_a_day(library):
    inside = await library.passages("error E-5521", 50, path="stations")
    assert inside and all(p["path"].startswith("stations/") for p in inside)
    one = await library.passages("decibels", 50, path="harrow.md")
    assert {p["path"] for p in one} == {"stations/harrow.md"}
    late = await library.passages("decibels", 50, since=NEW - 60)
    assert {p["path"] for p in late} == {"memo.txt"}


async def test_an_unknown_path_is_said_with_what_there_is(library):
    with pytest.raises(SetupError, match=r"no indexed file is at 'nowhere'.*memo\.txt"):
        await library.passages("q", path="nowhere")


async def test_files_that_come_and_leave_are_seen_at_once(library, stream, files):
    write(files / "zeal.md", "# Zeal depot\n\nThe gate code is kept by Edda.\n")
    await index(files, stream)
    assert (await library.passages("gate of Zeal"))[0]["path"] == "zeal.md"
    (files / "zeal.md").unlink()
    await index(files, stream)
    assert all(p["path"] != "zeal.md" for p in await library.passages("gate of Zeal", 50))


async def test_asking_does_not_touch_the_records(library, stream):
    await library.passages("decibels")
    assert {record.uses for record in await stream.list(kinds=("document",))} == {0}


async def test_an_empty_collection_gives_nothing(stream):
    assert await Library(stream, "other").passages("decibels") == []


def test_a_rare_word_of_a_name_weighs_more_than_a_common_one():
    names = Names([("a.md", "Harrow station"), ("b.md", "Osier station"), ("c.md", "Notes")])
    shares = names.shares(["osier", "station"])
    assert shares["b.md"] == pytest.approx(1.0)
    assert shares["a.md"] < 0.4
    assert "c.md" not in shares


class Fixed(BaseRetriever):
    documents: list[Document]

    def _get_relevant_documents(self, query, *, run_manager):
        return self.documents


async def test_a_langchain_retriever_gives_passages():
    made = [
        Document("Ben keeps it.", metadata={"source": "a/plan.md", "page": 3, "title": "Fair"}),
        Document("Free tea.", metadata={"source": "b.md", "modified": NEW}),
    ]
    source = RecalledPassages(LangChainSource(Fixed(documents=made)))
    found = await source.passages("budget", 5)
    assert [(p["path"], p["page"], p["title"]) for p in found] == [
        ("a/plan.md", 3, "Fair"),
        ("b.md", 0, ""),
    ]
    assert [p["path"] for p in await source.passages("q", path="a")] == ["a/plan.md"]
    assert [p["path"] for p in await source.passages("q", since=NEW - 1)] == ["b.md"]
