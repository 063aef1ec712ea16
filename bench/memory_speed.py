"""How long a recall takes and what it needs of memory, from 1,000 to 1,000,000 records.

Each size is a whole `MemoryStream` on disk, filled by one process and asked by a fresh one:
words, vectors, importance, recency, reading the records and counting them as used. Texts and
vectors are made up: words by Zipf's law, vectors in a cone as those of E5 are. Vectors of the
questions are there beforehand, as embedding is a matter of the embedder. One thread.
"""

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.memory.records import Note
from cogitate.memory.stream import MemoryStream

DIMENSION = 384
WORDS = 30_000
STOP = 50
"""The most common words are those that a search leaves out."""
BATCH = 5_000
ASKED = {1_000: 300, 10_000: 300, 100_000: 100, 1_000_000: 40}
"""How many questions at each size; the first tenth is not counted."""
K = 5
LANGCHAIN_UP_TO = 10_000
"""LangChain's stores look at each document in Python: more would take minutes."""


class MadeUp:
    """An embedder whose vectors are random, in a narrow cone, and take no time."""

    name = "made-up"
    dimension = DIMENSION

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._asked = self.embed_documents([""] * 64)
        self._next = 0

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a random row a text."""
        rows = self._rng.standard_normal((len(texts), DIMENSION), dtype=np.float32)
        rows[:, 0] += 40.0
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return one of some random vectors, the next each time."""
        self._next = (self._next + 1) % len(self._asked)
        return self._asked[self._next]


def texts(count: int, length: int, seed: int) -> list[str]:
    """Return texts of made-up words by Zipf's law, without the first, which say nothing."""
    rng = np.random.default_rng(seed)
    ranks = np.exp(rng.uniform(np.log(STOP), np.log(WORDS), (count, length)))
    return [" ".join(f"w{rank:.0f}x" for rank in row) for row in ranks.tolist()]


def speed(sizes: Sequence[int], say: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures of all sizes; each is measured in processes of its own."""
    found = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "memory.db")
            _process(["fill", path, str(size)])
            figures = _process(["ask", path, str(size)])
        figures |= _process(["others", "-", str(size)])
        found[str(size)] = figures
        say(f"{size:>9,} records: {json.dumps(figures)}")
    return found


def _process(arguments: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.memory_speed", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


async def fill(path: str, size: int) -> dict[str, Any]:
    """Keep `size` records."""
    rng = np.random.default_rng(size)
    begun = time.time()
    async with MemoryStream(path, embeddings=MadeUp(1)) as stream:
        for at in range(0, size, BATCH):
            count = min(BATCH, size - at)
            made = texts(count, 12, at)
            ages = rng.exponential(30 * 86_400, count).tolist()
            await stream.remember_many(
                Note(
                    text=f"{text} n{at + n}",
                    kind="document",
                    created=begun - age,
                    importance=float(rng.integers(1, 11)),
                )
                for n, (text, age) in enumerate(zip(made, ages, strict=True))
            )
    return {"seconds": round(time.time() - begun, 1)}


async def ask(path: str, size: int) -> dict[str, Any]:
    """Ask a memory of that size, and return times and memory.

    `p50_ms` is a recall in this thread, `cpu_p50_ms` what of it this thread computed (the rest
    is what others on the machine took), and `awaited_p50_ms` one through the event loop.
    """
    questions, others = texts(ASKED.get(size, 100), 6, 9), texts(ASKED.get(size, 100), 6, 10)
    async with MemoryStream(path, embeddings=MadeUp(2)) as stream:
        begun = time.perf_counter()
        await stream.recall(questions[0], K)
        loading = time.perf_counter() - begun
        inside, computing, awaited, proven = [], [], [], 0
        for question, other in zip(questions, others, strict=True):
            start = time.perf_counter()
            found = await stream.recall(question, K)
            awaited.append(time.perf_counter() - start)
            proven += found.proven
            start, used = time.perf_counter(), time.thread_time()
            stream._recall(other, K, {})
            inside.append(time.perf_counter() - start)
            computing.append(time.thread_time() - used)
    return {
        **_times("", inside),
        **_times("cpu_", computing),
        **_times("awaited_", awaited),
        "proven": proven / len(questions),
        "loading_s": round(loading, 2),
        "gb": round(_status("VmRSS"), 3),
        "gb_most": round(_status("VmHWM"), 3),
    }


def _times(name: str, seconds: Sequence[float]) -> dict[str, float]:
    counted = np.array(seconds[len(seconds) // 10 :]) * 1e3
    return {
        f"{name}p50_ms": round(float(np.median(counted)), 3),
        f"{name}p95_ms": round(float(np.percentile(counted, 95)), 3),
    }


def _status(key: str) -> float:
    """Return a figure of this process's memory in GB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1_024 / 1e9
    return 0.0


def others(size: int) -> dict[str, Any]:
    """Return the times of others: numpy over the same formula, and LangChain's stores."""
    embedder = MadeUp(3)
    vectors = np.concatenate(
        [embedder.embed_documents([""] * min(BATCH, size - at)) for at in range(0, size, BATCH)]
    )
    rng = np.random.default_rng(4)
    importance, hours = rng.integers(1, 11, size) / 10, rng.exponential(720, size)

    def brute(query: NDArray[np.float32]) -> object:
        parts = [vectors @ query, importance, 0.995**hours]
        scaled = [(each - each.min()) / (each.max() - each.min()) for each in parts]
        total = scaled[0] + 0.2 * scaled[1] + 0.05 * scaled[2]
        return np.argpartition(total, -K)[-K:]

    queries = [embedder.embed_query("") for _ in range(40)]
    found: dict[str, Any] = {"numpy": _timed(brute, queries)}
    if size <= LANGCHAIN_UP_TO:
        found["langchain_in_memory"] = _in_memory(vectors, queries)
        found["langchain_time_weighted"] = _time_weighted(vectors, queries)
    return found


def _timed(deed: Callable[[Any], object], queries: Sequence[Any]) -> dict[str, float]:
    seconds = []
    for query in queries:
        start = time.perf_counter()
        deed(query)
        seconds.append(time.perf_counter() - start)
    return _times("", seconds)


def _in_memory(vectors: NDArray[np.float32], queries: Sequence[Any]) -> dict[str, float]:
    store = _langchain_store(vectors)
    store.add_texts([str(n) for n in range(len(vectors))])
    return _timed(lambda query: store.similarity_search_by_vector(query.tolist(), K), queries)


def _langchain_store(vectors: NDArray[np.float32]) -> Any:
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import InMemoryVectorStore

    class Given(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            rows: list[list[float]] = vectors[[int(text) for text in texts]].tolist()
            return rows

        def embed_query(self, text: str) -> list[float]:
            row: list[float] = vectors[int(text)].tolist()
            return row

    class Scored(InMemoryVectorStore):
        def _select_relevance_score_fn(self) -> Callable[[float], float]:
            return lambda score: score

    return Scored(Given())


def _time_weighted(vectors: NDArray[np.float32], queries: Sequence[Any]) -> object:
    if find_spec("langchain_classic") is None:
        return "not measured: langchain-classic is not installed"
    from datetime import datetime

    from langchain_classic.retrievers import TimeWeightedVectorStoreRetriever
    from langchain_core.documents import Document

    store = _langchain_store(vectors)
    retriever = TimeWeightedVectorStoreRetriever(
        vectorstore=store, k=K, decay_rate=0.005, other_score_keys=["importance"]
    )
    now = datetime.now()
    retriever.add_documents(
        [
            Document(str(n), metadata={"importance": n % 10 / 10, "last_accessed_at": now})
            for n in range(len(vectors))
        ]
    )
    return _timed(lambda number: retriever.invoke(str(number)), range(len(queries)))


if __name__ == "__main__":
    deed, place, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if deed == "others":
        print(json.dumps(others(rows)))
    else:
        print(json.dumps(asyncio.run({"fill": fill, "ask": ask}[deed](place, rows))))
