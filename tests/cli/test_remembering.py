"""Which collections of indexed documents a run asks."""

import pytest

from cogitate.cli.remembering import common_folder, document_tools
from cogitate.errors import SetupError
from cogitate.memory import BufferMemory
from cogitate.memory.documents import Options, index
from cogitate.memory.stream import MemoryStream
from cogitate.tools.observe import observe

TEXTS = {
    "stations": {
        "notes.md": "# Thornby\n\nAt the garden fence 33 decibels were measured at night.\n",
        "pumps.md": "# Pumps\n\nEach pump moves 40 cubic metres an hour.\n",
    },
    "fairs": {"notes.md": "# Miller fair\n\nBen keeps the budget of the fair.\n"},
}


@pytest.fixture
async def memory(tmp_path):
    async with MemoryStream(tmp_path / "memory.db", embeddings="hashed") as stream:
        for name, files in TEXTS.items():
            (tmp_path / name).mkdir()
            for file, text in files.items():
                (tmp_path / name / file).write_text(text)
            await index(tmp_path / name, stream, options=Options(scope=name))
        yield stream


async def paths(tools, query):
    call = {"name": "retrieve", "args": {"query": query}, "id": "1", "type": "tool_call"}
    seen = await observe(call, tools, seconds_left=30)
    return [passage["path"] for passage in seen.message.artifact["passages"]]


async def test_all_collections_are_asked_and_files_of_one_name_told_apart(memory):
    found = await paths(document_tools(memory), "Who keeps the budget of the fair?")
    assert found[0] == "fairs/notes.md"
    assert set(found) == {"fairs/notes.md", "stations/notes.md", "stations/pumps.md"}
    found = await paths(document_tools(memory), "How many decibels were measured at the fence?")
    assert found[0] == "stations/notes.md"


async def test_a_named_collection_alone_is_asked(memory):
    tools = document_tools(memory, ["stations"])
    assert set(await paths(tools, "budget of the fair")) == {"notes.md", "pumps.md"}


async def test_an_unknown_collection_is_told_with_those_there_are(memory):
    with pytest.raises(SetupError, match="no collection 'fair'; there is fairs, stations"):
        document_tools(memory, ["fair"])
    with pytest.raises(SetupError, match="without a memory"):
        document_tools(BufferMemory(), ["fairs"])


async def test_without_documents_there_is_no_tool(tmp_path):
    assert document_tools(BufferMemory()) == []
    async with MemoryStream(tmp_path / "empty.db", embeddings="hashed") as stream:
        assert document_tools(stream) == []
        with pytest.raises(SetupError, match="cogitate index"):
            document_tools(stream, ["fairs"])


def test_the_common_folder_is_that_of_the_files():
    assert common_folder(["/a/b/c.md", "/a/d.md"]) == "/a"
    assert common_folder(["/a/b/c.md"]) == "/a/b"
    assert common_folder(["a/b.md", "/a/b.md"]) == ""
