"""Many files at once: written together, in step after a kill, and each accounted for."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cogitate.llm.embed import load_embeddings
from cogitate.memory.documents import index, indexing, remove
from cogitate.memory.documents.manifest import Manifest
from cogitate.memory.documents.writer import BATCH
from cogitate.memory.stream import MemoryStream
from tests.memory.documents.indexed import (
    OLD,
    in_step,
    kept,
    kill_after,
    texts,
    with_licence,
    write,
)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "files"
    made.mkdir()
    return made


def notes(folder, count):
    for n in range(count):
        write(folder / f"{n // 100:02}" / f"{n % 100:02}.txt", f"Note {n}: parcel {7 * n} is here.")


def long_text(word, sentences=3_000):
    return " ".join(f"The {word} number {n} does something else." for n in range(sentences))


class Counting:
    """Hashed n-grams that remember how many texts were asked for, and how long they were."""

    name = "counting"
    dimension = 16

    def __init__(self):
        self.asked = []

    def embed_documents(self, texts):
        self.asked.append(len(texts))
        rows = load_embeddings("hashed").embed_documents(texts)[:, :16] + 1e-3
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def embed_query(self, text):
        return self.embed_documents([text])[0]


async def test_small_files_are_embedded_and_written_together(folder, tmp_path):
    notes(folder, 300)
    counting = Counting()
    async with MemoryStream(tmp_path / "memory.db", embeddings=counting) as stream:
        commits = []
        with stream.store.reading() as sql:
            sql.set_trace_callback(lambda done: commits.extend([done] * (done == "COMMIT")))
        assert (await index(folder, stream)).counts == {"indexed": 300}
    assert sum(counting.asked) == 300 and len(counting.asked) < 300 / 8
    assert len(commits) < 300 / 16


async def test_what_is_unchanged_asks_the_embedder_for_nothing(folder, tmp_path):
    notes(folder, 300)
    counting = Counting()
    async with MemoryStream(tmp_path / "memory.db", embeddings=counting) as stream:
        await index(folder, stream)

    class Never:
        name, dimension = "counting", 16

        def __getattr__(self, name):
            raise AssertionError(name)

    async with MemoryStream(tmp_path / "memory.db", embeddings=Never()) as stream:
        assert (await index(folder, stream)).counts == {"unchanged": 300}


async def test_no_file_costs_a_look_at_all_the_others(folder, stream):
    """Every statement that names a file, a text or a record finds it by an index."""
    notes(folder, 20)
    write(folder / "copy.txt", "Note 3: parcel 21 is here.")
    said = set()
    with stream.store.reading() as sql:
        sql.set_trace_callback(said.add)
    await index(folder, stream)
    write(folder / "00" / "03.txt", "Other words.", OLD + 5)
    (folder / "00" / "04.txt").unlink()
    await index(folder, stream)
    with stream.store.reading() as sql:
        sql.set_trace_callback(None)
        named = [each for each in said if "document" in each and " = 'default' AND " in each]
        plans = {s: sql.execute(f"EXPLAIN QUERY PLAN {s}").fetchall() for s in named}
    listing = [s for s in plans if "ORDER BY path LIMIT" in s]
    wide = [s for s, steps in plans.items() if any("(scope=?)" in step[-1] for step in steps)]
    assert len(plans) > 20 and listing and set(wide) <= set(listing)


async def test_outcomes_come_in_the_order_of_names_and_for_each_file_once(folder, stream):
    notes(folder, 150)
    await index(folder, stream)
    write(folder / "00" / "50.txt", "Something else stands here now.", OLD + 5)
    write(folder / "00" / "55a.txt", "A new one.")
    write(folder / "00" / "60.txt", "", OLD + 5)
    write(folder / "01" / "00.txt", long_text("pump"), OLD + 5)
    told = [each async for each in indexing(folder, stream) if each.deed != "writing"]
    assert [each.path for each in told] == sorted(str(p) for p in folder.rglob("*.txt"))
    deeds = Counter(each.deed for each in told)
    assert deeds == {"unchanged": 147, "indexed": 3, "skipped": 1}
    assert await in_step(stream, folder)


async def test_skipped_files_are_known_the_next_time(folder, stream):
    for n in range(2 * BATCH):
        write(folder / f"{n}.bin", "\x00\x01")
    assert (await index(folder, stream)).counts == {"skipped": 2 * BATCH}
    assert Manifest(stream.store.path).counts()["skipped"] == 2 * BATCH
    assert (await index(folder, stream)).counts == {"skipped": 2 * BATCH}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
async def test_a_killed_index_ends_as_one_that_was_not(folder, tmp_path):
    for n in range(60):
        write(folder / f"{n:02}.md", with_licence(f"thing{n}"))
    write(folder / "30a.txt", long_text("valve"))
    write(folder / "31.txt", "words of one file")
    write(folder / "59a.txt", "words of one file")
    memory = tmp_path / "killed.db"
    for after in (1, 25, 33, 45):
        kill_after(after, memory, folder)
    async with (
        MemoryStream(memory, embeddings="hashed") as stream,
        MemoryStream(tmp_path / "whole.db", embeddings="hashed") as whole,
    ):
        again = await index(folder, stream)
        assert sum(again.counts.values()) == 63
        await index(folder, whole)
        assert await in_step(stream, folder)
        assert await kept(stream) == await kept(whole)
        assert (await index(folder, stream)).counts == {"unchanged": 62, "duplicate": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
async def test_a_change_of_many_files_that_is_killed_is_finished_by_the_next(folder, tmp_path):
    for n in range(60):
        write(folder / f"{n:02}.md", with_licence(f"thing{n}"))
    memory = tmp_path / "killed.db"
    async with MemoryStream(memory, embeddings="hashed") as stream:
        await index(folder, stream)
    for n in range(0, 60, 2):
        write(folder / f"{n:02}.md", with_licence(f"machine{n}"), OLD + 5)
    (folder / "01.md").unlink()
    for after in (1, 22):
        kill_after(after, memory, folder)
    async with MemoryStream(memory, embeddings="hashed") as stream:
        await index(folder, stream)
        assert await in_step(stream, folder)
        assert sorted(set(await texts(stream))) == await texts(stream)
        assert (await index(folder, stream)).counts == {"unchanged": 59}
        assert not any("thing0 " in text for text in await texts(stream))


async def test_many_files_leave_together(folder, stream):
    for n in range(3 * BATCH):
        write(folder / f"{n:03}.md", with_licence(f"thing{n}"))
    await index(folder, stream)
    for n in range(1, 3 * BATCH):
        (folder / f"{n:03}.md").unlink()
    commits = []
    with stream.store.reading() as sql:
        sql.set_trace_callback(lambda done: commits.extend([done] * (done == "COMMIT")))
    report = await index(folder, stream)
    assert report.counts == {"unchanged": 1, "removed": 3 * BATCH - 1} and len(commits) < BATCH
    assert await in_step(stream, folder)
    assert {r.meta["path"] for r in await stream.list()} == {str(folder / "000.md")}


async def test_a_search_finds_a_changed_file_at_all_times(folder, stream):
    """The old version and the new one are one transaction: no reader sees neither."""
    for n in range(40):
        write(folder / f"{n}.txt", f"The price of article {n} is {n} euros, so they say.")
    await index(folder, stream)
    for n in range(40):
        write(
            folder / f"{n}.txt", f"The price of article {n} is {n + 1} euros, so they say.", OLD + 5
        )
    counts = set()
    async with MemoryStream(stream.store.path, embeddings="hashed") as reader:
        indexed = asyncio.create_task(index(folder, stream))
        while not indexed.done():
            counts.add(len(await reader.list(kinds=("document",))))
        assert (await indexed).counts == {"indexed": 40}
    assert counts == {40}


async def test_two_files_of_the_same_bytes_are_both_removed(folder, stream):
    write(folder / "a.txt", "same words")
    write(folder / "b.txt", "same words")
    await index(folder, stream)
    report = await remove(folder, stream)
    assert report.counts == {"removed": 2}
    assert await texts(stream) == [] and list(Manifest(stream.store.path).entries()) == []


async def test_a_copy_takes_the_place_of_a_file_that_changes_with_it(folder, stream):
    write(folder / "b.txt", "same words")
    await index(folder, stream)
    write(folder / "a.txt", "same words")
    write(folder / "c.txt", "same words")
    assert (await index(folder, stream)).counts == {"duplicate": 2, "unchanged": 1}
    write(folder / "b.txt", "other words", OLD + 5)
    write(folder / "c.txt", "same words", OLD + 5)  # touched only
    await index(folder, stream)
    assert await texts(stream) == ["other words", "same words"] and await in_step(stream, folder)
    again = await index(folder, stream)
    assert again.counts == {"unchanged": 2, "duplicate": 1}


async def test_a_long_copy_is_told_from_a_long_file(folder, stream):
    write(folder / "a.txt", long_text("pump"))
    write(folder / "b.txt", long_text("pump"))
    assert (await index(folder, stream)).counts == {"indexed": 1, "duplicate": 1}
    write(folder / "a.txt", long_text("tank"), OLD + 5)
    await index(folder, stream)
    assert await in_step(stream, folder)
    assert any("pump" in text for text in await texts(stream))
    assert any("tank" in text for text in await texts(stream))


async def test_a_text_that_was_forgotten_is_kept_anew_for_another_file(folder, stream):
    write(folder / "a.txt", "words that somebody wants to forget")
    await index(folder, stream)
    [record] = await stream.list()
    await stream.forget(record.id, "asked for")
    write(folder / "b.txt", "words that somebody wants to forget\n")
    await index(folder, stream)
    [record] = await stream.list()
    assert Path(record.meta["path"]).name == "b.txt"
