"""The index that was chosen for a collection is the one that is searched, and it keeps up."""

import logging

import numpy as np
import pytest

from cogitate.errors import SetupError
from cogitate.memory.documents.collections import plan, planned
from cogitate.memory.documents.dense import FRESH, Dense
from cogitate.memory.documents.library import Library
from cogitate.memory.records import Note
from cogitate.memory.scoring.index_file import read_sidecar
from cogitate.memory.scoring.kinds import TRAINED_ON
from cogitate.memory.storage.beside import index_file, sidecar_of
from cogitate.memory.storage.store import Store
from cogitate.memory.stream import MemoryStream

SIZE = 16


def vectors(count, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, SIZE)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(store, count, seed=0, scope="lore"):
    store.use_embedder("numbers", SIZE)
    notes = [Note(text=f"chunk {seed} {n}", kind="document", scope=scope) for n in range(count)]
    return store.add(notes, vectors(count, seed))


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "memory.db")
    filled(made, 400)
    yield made
    made.close()


def warned(caplog):
    return [r.getMessage() for r in caplog.records if r.name == "cogitate.memory"]


def chosen(store, kind="hnsw"):
    plan(store, "lore", kind)
    return Dense(store, "lore")


# -------------------------------------------------------------------------------------- used


@pytest.mark.parametrize("kind", ["hnsw", "lsh"])
def test_an_index_that_was_built_is_read_and_not_built_again(store, kind, caplog):
    dense = chosen(store, kind)
    before = index_file(store.path, "lore").stat().st_mtime_ns
    asked = vectors(1, seed=5)[0]
    near = dense.nearest(kind, asked, 10)
    true = np.argsort(-(vectors(400) @ asked))[:10] + 1
    assert len(set(near.rows) & set(true.tolist())) >= 8
    assert near.cosines == sorted(near.cosines, reverse=True) and near.kind == kind
    assert index_file(store.path, "lore").stat().st_mtime_ns == before and warned(caplog) == []


def test_an_index_that_skips_vectors_never_claims_proof(store):
    assert not chosen(store, "hnsw").nearest("hnsw", vectors(1)[0], 5).proven
    assert not chosen(store, "lsh").nearest("lsh", vectors(1)[0], 5).proven
    assert chosen(store, "lsh").nearest("lsh", vectors(1)[0], 400).proven


def test_the_kind_is_remembered_until_another_is_asked_for(store):
    plan(store, "lore", "hnsw")
    filled(store, 10, seed=1)
    again = plan(store, "lore")
    assert (again.kind, again.vectors, again.wanted) == ("hnsw", 410, "hnsw")
    assert read_sidecar(index_file(store.path, "lore")).rows == 410
    assert planned(store, "lore") == again
    assert plan(store, "lore", "flat").kind == plan(store, "lore").kind == "flat"
    assert not index_file(store.path, "lore").exists()
    assert not sidecar_of(index_file(store.path, "lore")).exists()


def test_a_collection_that_has_become_too_small_is_searched_exactly(store):
    filled(store, TRAINED_ON, seed=1)
    assert plan(store, "lore", "ivfpq").kind == "ivfpq"
    gone = [record.id for record in store.records()][:1000]
    store.forget(gone, "asked")
    assert Dense(store, "lore").nearest("ivfpq", vectors(1)[0], 5) is None
    assert (plan(store, "lore").kind, plan(store, "lore").wanted) == ("flat", "ivfpq")
    with pytest.raises(SetupError, match="take flat"):
        plan(store, "lore", "ivfpq")


# -------------------------------------------------------------------------------- kept in step


def test_what_came_later_is_found_without_building_anew(store, caplog):
    dense = chosen(store)
    before = read_sidecar(index_file(store.path, "lore"))
    late = filled(store, 50, seed=3)
    filled(store, 50, seed=3, scope="other")
    near = dense.nearest("hnsw", vectors(50, seed=3)[7], 3)
    assert near.rows[0] == late[7].row and near.cosines[0] == pytest.approx(1, abs=1e-5)
    assert Dense(store, "lore").nearest("hnsw", vectors(50, seed=3)[7], 1).rows == [late[7].row]
    assert read_sidecar(index_file(store.path, "lore")) == before and warned(caplog) == []


def test_an_index_far_behind_is_passed_over_with_one_line_until_it_is_built_anew(store, caplog):
    dense = chosen(store)
    before = read_sidecar(index_file(store.path, "lore"))
    late = filled(store, FRESH + 1, seed=3)
    asked = vectors(FRESH + 1, seed=3)[7]
    assert dense.nearest("hnsw", asked, 3) is None
    filled(store, 1, seed=4)
    assert dense.nearest("hnsw", asked, 3) is None
    (line,) = warned(caplog)
    assert "'lore' is out of date: all its chunks are compared instead" in line
    assert read_sidecar(index_file(store.path, "lore")) == before
    plan(store, "lore")
    assert dense.nearest("hnsw", asked, 3).rows[0] == late[7].row
    assert read_sidecar(index_file(store.path, "lore")).rows == 400 + FRESH + 2
    assert len(warned(caplog)) == 1


@pytest.mark.parametrize("wipe", [True, False])
def test_what_was_deleted_never_comes_back(store, wipe):
    open_before = chosen(store)
    open_before.nearest("hnsw", vectors(1)[0], 5)
    gone = list(store.records())[:30]
    other = Store(store.path)
    other.forget([record.id for record in gone[:15]], "asked", wipe=wipe)
    other.close()
    store.forget([record.id for record in gone[15:]], "asked", wipe=wipe)
    if wipe:  # the file is gone with what was in it
        assert open_before.nearest("hnsw", vectors(1)[0], 5) is None
        plan(store, "lore")
    for dense in (open_before, Dense(store, "lore")):
        for vector in vectors(30):
            found = dense.nearest("hnsw", vector, 400).rows
            assert len(found) > 200 and not {record.row for record in gone} & set(found)


def test_what_was_forgotten_for_good_is_in_no_file(store):
    chosen(store)
    file = index_file(store.path, "lore")
    blob = vectors(1)[0].tobytes()
    assert blob in file.read_bytes()
    store.forget([next(store.records()).id], "asked")
    kept = [path for path in store.path.parent.iterdir() if blob in path.read_bytes()]
    assert kept == []


def test_a_changed_text_is_found_by_its_new_vector(store):
    dense = chosen(store)
    record = next(store.records())
    store.edit(record.id, "something else", vectors(1, seed=9)[0])
    assert dense.nearest("hnsw", vectors(1, seed=9)[0], 1).rows == [record.row]
    assert record.row not in dense.nearest("hnsw", vectors(1)[0], 1).rows


def test_what_is_superseded_is_left_out_and_may_return(store):
    dense = chosen(store)
    record = next(store.records())
    store.set_status(record.id, "superseded")
    assert record.row not in dense.nearest("hnsw", vectors(1)[0], 400).rows
    store.set_status(record.id, "active")
    assert dense.nearest("hnsw", vectors(1)[0], 1).rows == [record.row]


# ------------------------------------------------------------------------------------ damaged


def flipped(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


DAMAGE = {
    "a flipped byte": flipped,
    "half a file": lambda file: file.write_bytes(file.read_bytes()[:1000]),
    "no file": lambda file: file.unlink(),
    "no sidecar": lambda file: sidecar_of(file).unlink(),
    "half a sidecar": lambda file: sidecar_of(file).write_text('{"kind": "hn'),
    "another sidecar": lambda file: sidecar_of(file).write_text("[1]"),
    "a newer format": lambda file: sidecar_of(file).write_text(
        sidecar_of(file).read_text().replace('"format": 1', '"format": 9')
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_index_is_passed_over_with_one_line_until_it_is_built_anew(store, name, caplog):
    chosen(store)
    file = index_file(store.path, "lore")
    whole = read_sidecar(file)
    DAMAGE[name](file)
    dense = Dense(store, "lore")
    with caplog.at_level(logging.WARNING):
        assert dense.nearest("hnsw", vectors(1)[0], 3) is None
        filled(store, 1, seed=4)
        assert dense.nearest("hnsw", vectors(1)[0], 3) is None
    (line,) = warned(caplog)
    assert "the index of the collection 'lore' is" in line and "builds it anew" in line
    assert "\n" not in line
    plan(store, "lore")
    assert read_sidecar(file).rows == whole.rows + 1
    assert dense.nearest("hnsw", vectors(1)[0], 3).rows[0] == 1
    assert len(warned(caplog)) == 1


def test_an_index_of_other_vectors_is_passed_over_until_it_is_built_anew(store):
    chosen(store)
    with store.writing() as sql:
        sql.execute("UPDATE meta SET value = 'others' WHERE key = 'embedder'")
    dense = Dense(store, "lore")
    assert dense.nearest("hnsw", vectors(1)[0], 3) is None
    plan(store, "lore")
    assert dense.nearest("hnsw", vectors(1)[0], 3).rows[0] == 1
    assert read_sidecar(index_file(store.path, "lore")).embedder == "others"


# -------------------------------------------------------------------------------- in a library


async def test_a_library_asks_the_index_and_finds_what_the_scan_finds(tmp_path):
    async with MemoryStream(tmp_path / "m.db", embeddings="hashed") as stream:
        towns = ["Harrow", "Coldbrook", "Tansley", "Osier", "Pennywell", "Redgrave"]
        await stream.remember_many(
            Note(
                text=f"The keys of {town} hang in hut {n}, beside the {n} ladders.",
                kind="document",
                meta={"path": f"/files/{town.lower()}-{n}.md", "number": 0, "start": 0, "end": 9},
            )
            for town in towns
            for n in range(40)
        )
        question = "Where do the keys of Osier 17 hang?"
        exact = await Library(stream).passages(question, 5)
        assert Library(stream).near(question, 5) is None
        plan(stream.store, "default", "hnsw")
        library = Library(stream)
        near = library.near(question, 100)
        assert len(near.rows) == 100 and not near.proven
        found = await library.passages(question, 5)
        assert [p["text"] for p in found] == [p["text"] for p in exact]
        assert "hut 17" in found[0]["text"]
        records = await stream.list(kinds=("document",))
        gone = [record.id for record in records if record.text == found[0]["text"]]
        await stream.forget(gone, "asked")  # which takes the index file with it
        assert library.near(question, 100) is None
        left = [p["text"] for p in await library.passages(question, 5)]
        assert len(left) == 5 and found[0]["text"] not in left
