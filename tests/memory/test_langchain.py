import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import InMemoryVectorStore

from cogitate.errors import SetupError
from cogitate.llm.embed import load_embeddings
from cogitate.memory.langchain import LangChainSource, MemoryRetriever, MemoryVectorStore
from cogitate.memory.stream import MemoryStream

TEXTS = [
    "The tide is highest at new moon.",
    "Bread needs flour, water, salt and time.",
    "The harbour closes at dusk.",
]
DATA = [{"path": "sea.md", "page": 3}, {"path": "food.md"}, {"path": "sea.md", "line_start": 9}]


class Hashed(Embeddings):
    """Our embedder without a model, as LangChain knows embedders."""

    def __init__(self):
        self._base = load_embeddings("hashed")

    def embed_documents(self, texts):
        return self._base.embed_documents(texts).tolist()

    def embed_query(self, text):
        return self._base.embed_query(text).tolist()


@pytest.fixture
def memory(tmp_path):
    stream = MemoryStream(tmp_path / "memory.db", embeddings="hashed")
    yield stream
    stream.close()


@pytest.fixture
def store(memory):
    found = MemoryVectorStore(memory)
    found.add_texts(TEXTS, DATA)
    return found


def texts(documents):
    return [each.page_content for each in documents]


def test_documents_come_back_with_where_they_are_from(store):
    found = store.similarity_search("when is the tide highest", k=1)[0]
    assert found.page_content == TEXTS[0]
    assert found.metadata["path"] == found.metadata["source"] == "sea.md"
    assert (found.metadata["page"], found.metadata["kind"]) == (3, "document")
    assert found.metadata["untrusted"] is True
    assert store.get_by_ids([found.id])[0].page_content == TEXTS[0]
    assert store.similarity_search("harbour", k=1)[0].metadata["line"] == 9


def test_scores_are_those_of_the_stream(store, memory):
    pairs = store.similarity_search_with_score("bread and salt", k=3)
    assert texts(found for found, _ in pairs)[0] == TEXTS[1]
    scores = [score for _, score in pairs]
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1]
    relevance = store.similarity_search_with_relevance_scores("bread and salt", k=3)
    assert all(0 <= score <= 1 for _, score in relevance)


def test_ids_of_your_own_replace_and_outlive_an_export(store, memory, tmp_path):
    assert store.add_documents([Document(id="a", page_content="one")], ids=["a"]) == ["a"]
    store.add_texts(["two"], ids=["a"])
    assert texts(store.get_by_ids(["a"])) == ["two"]
    assert len(memory.store) == 4
    with pytest.raises(SetupError, match="given twice"):
        store.add_texts(["x", "y"], ids=["b", "b"])
    with pytest.raises(SetupError, match="do not match"):
        store.add_texts(["x", "y"], [{}])
    other = MemoryStream(tmp_path / "other.db", embeddings="hashed")
    with open(tmp_path / "export", "w+", encoding="utf-8") as file:
        from cogitate.memory.storage.transfer import export_lines

        file.writelines(export_lines(memory.store))
        file.seek(0)
        other._import(file)
    assert [record.text for record in other.store.get(["a"])] == ["two"]
    other.close()


def test_delete_forgets_some_or_all_of_its_own(store, memory):
    first = store.similarity_search("tide", k=1)[0].id
    assert store.delete([first]) is True
    assert store.get_by_ids([first]) == []
    other = MemoryVectorStore(memory, scope="other")
    other.add_texts(["kept"])
    store.delete()
    assert store.similarity_search("tide", k=5) == []
    assert texts(other.similarity_search("kept", k=5)) == ["kept"]


def test_filters_look_further_until_there_are_enough(store):
    store.add_texts([f"The tide of day {n} is high." for n in range(80)])
    found = store.similarity_search("the tide is high", k=2, filter={"path": "sea.md"})
    assert {each.metadata["path"] for each in found} == {"sea.md"} and len(found) == 2
    odd = store.similarity_search("tide", k=3, filter=lambda each: "day 7" in each.page_content)
    assert all("day 7" in each.page_content for each in odd) and len(odd) == 3


def test_only_what_is_returned_counts_as_used(store, memory):
    store.similarity_search("tide", k=1, filter={"path": "food.md"})
    uses = {record.text: record.uses for record in memory.store.records()}
    assert uses == {TEXTS[0]: 0, TEXTS[1]: 1, TEXTS[2]: 0}


def test_mmr_prefers_what_differs(store):
    store.add_texts(["The tide is highest at the new moon.", "The tide is highest, new moon."])
    plain = texts(store.similarity_search("tide highest new moon", k=3))
    varied = texts(
        store.max_marginal_relevance_search("tide highest new moon", k=3, lambda_mult=0.1)
    )
    assert all("tide" in text for text in plain)
    assert not all("tide" in text for text in varied)
    assert MemoryVectorStore(store.memory, scope="none").max_marginal_relevance_search("x") == []


def test_as_retriever_and_from_texts_work_as_langchain_says(tmp_path):
    store = MemoryVectorStore.from_texts(TEXTS, Hashed(), DATA, path=tmp_path / "m.db")
    retriever = store.as_retriever(search_kwargs={"k": 1})
    assert texts(retriever.invoke("flour and water")) == [TEXTS[1]]
    varied = store.as_retriever(search_type="mmr", search_kwargs={"k": 2})
    assert len(varied.invoke("tide")) == 2
    assert store.embeddings.embed_query("tide") == pytest.approx(Hashed().embed_query("tide"))
    assert len(store.embeddings.embed_documents(["a", "b"])) == 2
    store.memory.close()


async def test_the_same_calls_work_inside_and_by_a_running_loop(store):
    assert texts(store.similarity_search("harbour", k=1)) == [TEXTS[2]]
    assert texts(await store.asimilarity_search("harbour", k=1)) == [TEXTS[2]]
    assert len(await store.aadd_texts(["one more"])) == 1
    assert await store.adelete(["nothing"]) is True


async def test_the_retriever_finds_records_of_any_kind(memory):
    await memory.remember("Anna prefers tea", kind="fact", importance=7)
    await memory.remember("Bert cycles to work", kind="chat")
    retriever = MemoryRetriever(memory=memory, k=1)
    found = (await retriever.ainvoke("what does Anna drink: tea?"))[0]
    assert found.page_content == "Anna prefers tea"
    assert (found.metadata["kind"], found.metadata["importance"]) == ("fact", 7)
    assert found.metadata["score"] > 0
    chats = MemoryRetriever(memory=memory, options={"kinds": ["chat"]})
    assert texts(chats.invoke("Anna")) == ["Bert cycles to work"]


async def test_a_vector_store_of_langchain_is_asked_as_a_memory():
    base = InMemoryVectorStore(Hashed())
    base.add_texts(TEXTS, metadatas=DATA)
    found = await LangChainSource(base).recall("when is the tide highest", 2)
    assert len(found) == 2 and found.proven is False
    best = found[0]
    assert best.text == TEXTS[0] and best.score >= found[1].score
    assert best.record.meta == DATA[0] and best.record.kind == "document"
    assert best.record.untrusted and best.record.id


async def test_a_retriever_of_langchain_keeps_its_order():
    class Fixed(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            when = Document(page_content="second", metadata={"when": pytest})
            return [Document(page_content="first"), when, Document(page_content="third")]

    found = await LangChainSource(Fixed()).recall("anything", 2)
    assert found.texts == ["first", "second"]
    assert [hit.score for hit in found] == [1.0, 0.5]
    assert "module" in found[1].record.meta["when"]


async def test_chroma_can_be_the_source(tmp_path):
    chroma = pytest.importorskip("langchain_chroma")
    base = chroma.Chroma(embedding_function=Hashed(), persist_directory=str(tmp_path))
    base.add_texts(TEXTS, metadatas=[{"path": "a"}] * 3)
    found = await LangChainSource(base).recall("when is the tide highest", 1)
    assert found.texts == [TEXTS[0]]
