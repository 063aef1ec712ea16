"""The stream, with the real index and the hashed embedder."""

import asyncio
import io
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from cogitate.errors import SetupError
from cogitate.memory.records import EmbedderMismatch, Note
from cogitate.memory.storage.store import Filter
from cogitate.memory.stream import MemoryStream


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Letters:
    """An embedder of 26 numbers: how often each letter occurs."""

    name = "letters"
    dimension = 26

    def embed_documents(self, texts) -> np.ndarray:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> np.ndarray:
        counts = np.array([text.lower().count(c) for c in "abcdefghijklmnopqrstuvwxyz"], np.float32)
        return counts / max(float(np.linalg.norm(counts)), 1e-9)


class Stopping(Letters):
    """It breaks down after a number of texts."""

    def __init__(self, after: int) -> None:
        self.left = after

    def embed_documents(self, texts) -> np.ndarray:
        self.left -= len(texts)
        if self.left < 0:
            raise RuntimeError("out of power")
        return super().embed_documents(texts)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def memory(tmp_path: Path, clock: Clock) -> AsyncIterator[MemoryStream]:
    async with MemoryStream(tmp_path / "m.db", embeddings="hashed", clock=clock) as stream:
        yield stream


FACTS = ["The boat is red.", "Anna feeds the cat at noon.", "The bakery opens at seven."]


async def test_the_best_note_comes_first(memory: MemoryStream) -> None:
    await memory.remember_many(FACTS)
    assert (await memory.recall("when does the bakery open?", k=2))[0].text == FACTS[2]
    assert len(await memory.recall("anything", k=2)) == 2


async def test_an_empty_memory_recalls_nothing(memory: MemoryStream) -> None:
    assert (await memory.recall("anything")).texts == []


async def test_recall_counts_as_an_access_that_is_kept(memory: MemoryStream, clock: Clock) -> None:
    record = await memory.remember(FACTS[0])
    clock.now += 3600
    await memory.recall("boat", touch=False)
    assert (await memory.get(record.id)).uses == 0
    await memory.recall("boat")
    after = await memory.get(record.id)
    assert (after.last_access, after.uses) == (clock.now, 1)


async def test_the_index_agrees_with_the_store_after_touches(
    memory: MemoryStream, clock: Clock, tmp_path: Path
) -> None:
    await memory.remember_many([f"event {n} in house {n % 7}" for n in range(60)])
    for n in range(10):
        clock.now += 7200
        await memory.recall(f"house {n}", k=3)
    memory.store.settle()
    fresh = MemoryStream(tmp_path / "m.db", embeddings="hashed", clock=clock)
    for query in ("house 3", "event 12", "nothing"):
        one = await memory.recall(query, k=10, weights="paper", touch=False)
        two = await fresh.recall(query, k=10, weights="paper", touch=False)
        assert [(h.record, h.score) for h in one] == [(h.record, h.score) for h in two]
    fresh.close()


async def test_a_recall_is_in_the_file_once_the_stream_is_closed(
    tmp_path: Path, clock: Clock
) -> None:
    async with MemoryStream(tmp_path / "m.db", embeddings="hashed", clock=clock) as memory:
        record = await memory.remember(FACTS[0])
        clock.now += 60
        for _ in range(3):
            await memory.recall("boat")
    async with MemoryStream(tmp_path / "m.db", embeddings="hashed", clock=clock) as again:
        after = await again.get(record.id)
    assert (after.last_access, after.uses) == (clock.now, 3)


@pytest.mark.parametrize("seed", range(6))
async def test_two_streams_of_one_file_find_what_a_new_one_finds(
    tmp_path: Path, clock: Clock, seed: int
) -> None:
    rng = random.Random(seed)
    path = tmp_path / "m.db"
    both = [MemoryStream(path, embeddings="hashed", clock=clock) for _ in range(2)]
    made = await both[0].remember_many([f"event {n} in house {n % 7}" for n in range(60)])
    ids = [record.id for record in made]
    for turn in range(40):
        one = both[rng.randrange(2)]
        clock.now += rng.choice([0.0, 60.0, 7200.0])
        match rng.randrange(6):
            case 0 | 1:
                await one.recall(f"house {rng.randrange(7)}", k=4)
            case 2:
                count = rng.choice([1, 5, 250])
                notes = [f"thing {turn * 1000 + n} in garden {n % 5}" for n in range(count)]
                ids += [record.id for record in await one.remember_many(notes)]
            case 3:
                await one.edit(rng.choice(ids), text=f"changed thing {turn} in house {turn % 7}")
            case 4:
                await one.forget(ids.pop(rng.randrange(len(ids))), "asked", wipe=False)
            case _:
                ending = Note(text=f"offer {turn} of the house", valid_to=clock.now + 5000)
                ids.append((await one.remember(ending)).id)
    for each in both:
        each.store.settle()
    async with MemoryStream(path, embeddings="hashed", clock=clock) as fresh:
        for query in ("house 3", "garden 2", "changed thing", "offer"):
            answers = [
                [(hit.text, hit.record.uses, pytest.approx(hit.score)) for hit in found]
                for found in [
                    await each.recall(query, k=12, weights="paper", touch=False)
                    for each in (fresh, *both)
                ]
            ]
            assert answers[0] == answers[1] == answers[2]
    for each in both:
        each.close()


async def test_an_explanation_adds_up(memory: MemoryStream) -> None:
    await memory.remember_many([Note(text=t, importance=n + 1) for n, t in enumerate(FACTS)])
    found = await memory.recall("red boat", k=1, explain=True)
    parts, weights = found[0].parts, found[0].parts.weights
    dense = weights["dense"]
    assert parts.relevance == pytest.approx(dense * parts.dense + (1 - dense) * parts.lexical)
    total = sum(weights[p] * getattr(parts, p) for p in ("relevance", "importance", "recency"))
    assert found[0].score == pytest.approx(total)
    assert [hit.text for hit in found.below] and found.proven


async def test_kinds_and_scopes_bound_a_recall(memory: MemoryStream) -> None:
    await memory.remember("the boat is red", kind="fact")
    await memory.remember("the boat sails", scope="sea")
    assert (await memory.recall("boat", kinds=["fact"])).texts == ["the boat is red"]
    assert (await memory.recall("boat", scopes=["sea"])).texts == ["the boat sails"]


# ---------------------------------------------------------------------------------------- gate


async def test_a_repetition_is_no_new_record(memory: MemoryStream) -> None:
    one = await memory.remember("I like green tea in the morning", importance=2)
    two = await memory.remember("In the morning I like green tea", importance=5)
    assert two.id == one.id and (two.uses, two.importance) == (1, 5)


async def test_repetitions_inside_of_one_batch_are_found(memory: MemoryStream) -> None:
    kept = await memory.remember_many(
        ["I like green tea in the morning", "The boat is red.", "I like green tea in the morning!"]
    )
    assert kept[0].id == kept[2].id != kept[1].id
    assert len(memory.store) == 2


async def test_large_and_small_batches_find_the_same_repetitions(memory: MemoryStream) -> None:
    await memory.remember_many([f"Person {n} lives in house {n} of the village" for n in range(80)])
    await memory.recall("warm")
    again = [f"Person {n} lives in house {n} of this village" for n in range(80)]
    await memory.remember_many(again[:10])
    await memory.remember_many(again)
    assert len(memory.store) == 80


async def test_what_was_recalled_is_not_stored_again(memory: MemoryStream) -> None:
    record = await memory.remember("The spare key lies under the third flower pot.")
    await memory.recall("where is the spare key?")
    echo = await memory.remember(
        "Earlier memory: the spare key lies under the third flower pot.", kind="chat"
    )
    assert echo.id == record.id and len(memory.store) == 1


async def test_chunks_of_documents_pass_the_gate(memory: MemoryStream) -> None:
    text = "The spare key lies under the third flower pot."
    await memory.remember(text)
    await memory.recall("spare key")
    await memory.remember(text + " Chapter 2.", kind="document")
    await memory.remember("Chapter 2. " + text, kind="document")
    assert len(memory.store) == 3


@pytest.mark.parametrize("text", ["", " \n", "x" * 8_001])
async def test_a_bad_note_is_an_error_and_nothing_is_kept(memory: MemoryStream, text: str) -> None:
    with pytest.raises(SetupError):
        await memory.remember_many(["good", text])
    assert len(memory.store) == 0


# ---------------------------------------------------------------------------------------- time


async def test_a_superseded_record_is_found_only_in_its_time(
    memory: MemoryStream, clock: Clock
) -> None:
    old = await memory.remember("Anna works at the bakery", kind="fact")
    before = clock.now
    clock.now += 1000
    new = await memory.supersede(old.id, "Anna works at the harbour", kind="fact")
    assert (await memory.recall("where does Anna work?")).texts == ["Anna works at the harbour"]
    then = await memory.recall("where does Anna work?", as_of=before)
    assert then.texts == ["Anna works at the bakery"]
    closed = await memory.get(old.id)
    assert (closed.status, closed.superseded_by) == ("superseded", new.id)
    assert closed.valid_to == clock.now


async def test_what_has_ceased_to_hold_is_left_out(memory: MemoryStream, clock: Clock) -> None:
    await memory.remember("The shop is closed", valid_to=clock.now + 10)
    assert (await memory.recall("shop")).texts == ["The shop is closed"]
    clock.now += 11
    assert (await memory.recall("shop")).texts == []
    assert (await memory.recall("shop", now=clock.now - 11)).texts == ["The shop is closed"]


# ------------------------------------------------------------------------- edits and other hands


async def test_an_edit_is_found_by_its_new_words(memory: MemoryStream) -> None:
    record = (await memory.remember_many(FACTS))[0]
    await memory.recall("boat")
    edited = await memory.edit(record.id, text="The submarine is yellow.", importance=9)
    assert (edited.text, edited.importance) == ("The submarine is yellow.", 9)
    assert (await memory.recall("yellow submarine", k=1))[0].record.id == record.id


async def test_what_is_forgotten_is_never_recalled(memory: MemoryStream) -> None:
    record = (await memory.remember_many(FACTS))[0]
    await memory.recall("boat")
    await memory.forget(record.id, "asked")
    assert record.text not in (await memory.recall("red boat", k=10)).texts
    assert await memory.get(record.id) is None
    again = await memory.remember(record.text)
    assert again.id != record.id


async def test_two_streams_see_each_other(memory: MemoryStream, tmp_path: Path) -> None:
    other = MemoryStream(tmp_path / "m.db", embeddings="hashed", clock=memory.clock)
    one = await memory.remember(FACTS[0])
    assert (await other.recall("boat")).texts == [FACTS[0]]
    await other.remember(FACTS[1])
    assert set((await memory.recall("cat", k=5)).texts) == {FACTS[0], FACTS[1]}
    await other.forget([one.id], "asked")
    assert (await memory.recall("boat", k=5)).texts == [FACTS[1]]
    other.close()


async def test_many_tasks_may_use_one_stream(memory: MemoryStream) -> None:
    async def work(tag: int) -> None:
        for n in range(8):
            await memory.remember(f"task {tag} has done thing {tag * 100 + n}")
            await memory.recall("thing", k=3)

    await asyncio.gather(*(work(tag) for tag in range(6)))
    assert len(memory.store) == 48 and memory.store.problems() == []


async def test_pins_and_lists(memory: MemoryStream) -> None:
    records = await memory.remember_many(FACTS)
    await memory.pin(records[1].id)
    assert [r.pinned for r in await memory.list(newest=False)] == [False, True, False]
    assert [r.text for r in await memory.list(limit=1)] == [FACTS[2]]
    assert await memory.list(kinds=["plan"]) == ()


# ----------------------------------------------------------------------------- export and rebuild


async def filled(memory: MemoryStream, clock: Clock) -> list[dict]:
    records = await memory.remember_many([Note(text=t, meta={"n": 0.1}) for t in FACTS])
    clock.now += 0.1
    await memory.recall("boat")
    await memory.supersede(records[0].id, "The boat is blue.", evidence=(records[1].id,))
    await memory.pin(records[1].id)
    await memory.forget(records[2].id, "asked")
    return everything(memory)


def everything(memory: MemoryStream) -> list[dict]:
    records = memory.store.records(Filter(statuses=None))
    return [{**r.as_dict(), "row": 0, "v": memory.store.vectors([r.row]).tolist()} for r in records]


async def test_an_export_loses_nothing_and_may_be_taken_in_twice(
    memory: MemoryStream, clock: Clock, tmp_path: Path
) -> None:
    held = await filled(memory, clock)
    assert await memory.export(tmp_path / "out.jsonl") == 1 + 1 + len(held)
    async with MemoryStream(tmp_path / "new.db", embeddings="hashed", clock=clock) as other:
        assert await other.import_(tmp_path / "out.jsonl") == len(held)
        assert everything(other) == held
        assert other.store.tombstones() == memory.store.tombstones()
        assert await other.import_(tmp_path / "out.jsonl") == 0
        assert everything(other) == held and other.store.problems() == []
        again = io.StringIO()
        await other.export(again)
    assert again.getvalue() == (tmp_path / "out.jsonl").read_text("utf-8")


async def test_what_was_forgotten_does_not_come_back_by_an_import(memory: MemoryStream) -> None:
    records = await memory.remember_many(FACTS)
    file = io.StringIO()
    await memory.export(file)
    await memory.forget(records[0].id, "asked")
    file.seek(0)
    assert await memory.import_(file) == 0 and len(memory.store) == 2


async def test_an_export_of_another_embedder_is_embedded_anew(
    memory: MemoryStream, clock: Clock, tmp_path: Path
) -> None:
    await memory.remember_many(FACTS)
    file = io.StringIO()
    await memory.export(file)
    assert json.loads(file.getvalue().splitlines()[0])["dimension"] == 512
    file.seek(0)
    async with MemoryStream(tmp_path / "letters.db", embeddings=Letters(), clock=clock) as other:
        assert await other.import_(file) == 3
        assert (await other.recall("red boat", k=1)).texts == [FACTS[0]]


@pytest.mark.parametrize("content", ["hello\n", '{"cogitate_memory": 1}\n', "[1]\n"])
async def test_what_is_no_export_is_named_by_its_line(memory: MemoryStream, content: str) -> None:
    with pytest.raises(SetupError, match="line 1 is no line of a memory export"):
        await memory.import_(io.StringIO(content))


async def test_another_embedder_needs_a_rebuild_that_can_be_resumed(
    memory: MemoryStream, clock: Clock, tmp_path: Path
) -> None:
    await memory.remember_many([f"Event {n} has happened in town {n % 9}" for n in range(200)])
    memory.close()
    other = MemoryStream(tmp_path / "m.db", embeddings=Letters(), clock=clock)
    with pytest.raises(EmbedderMismatch, match="memory rebuild"):
        await other.recall("event")
    other.close()
    broken = MemoryStream(tmp_path / "m.db", embeddings=Stopping(after=150), clock=clock)
    with pytest.raises(RuntimeError, match="out of power"):
        await broken.rebuild()
    assert broken.store.embedder()[1] == 512
    broken.close()
    seen: list[tuple[int, int]] = []
    async with MemoryStream(tmp_path / "m.db", embeddings=Letters(), clock=clock) as other:
        assert await other.rebuild(lambda done, total: seen.append((done, total))) < 200
        assert seen[-1] == (200, 200) and other.store.embedder() == ("letters", 26)
        assert len(await other.recall("event 7", k=3)) == 3
        assert other.store.problems() == []


async def test_a_stream_says_so_when_another_rebuilt_its_memory(
    memory: MemoryStream, clock: Clock, tmp_path: Path
) -> None:
    await memory.remember_many(FACTS)
    await memory.recall("boat")
    async with MemoryStream(tmp_path / "m.db", embeddings=Letters(), clock=clock) as other:
        await other.rebuild()
    with pytest.raises(EmbedderMismatch):
        await memory.recall("boat")
    with pytest.raises(SetupError):
        await memory.remember("A new thing has happened.")
