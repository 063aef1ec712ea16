"""The store: nothing acknowledged is lost, nothing is doubled, each failure is one clear error."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.memory_crash import crash, problems, together
from cogitate.errors import CogitateError, SetupError, UnavailableError
from cogitate.memory.records import EmbedderMismatch, Note
from cogitate.memory.storage.store import Filter, Mark, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = opened(tmp_path / "memory.db")
    yield made
    made.close()


def opened(path: Path) -> Store:
    store = Store(path)
    store.use_embedder("numbers", 4)
    return store


def vectors(count: int) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[[n % 4 for n in range(count)]]


def add(store: Store, *texts: str, **fields) -> list:
    return store.add([Note(text=t, **fields) for t in texts], vectors(len(texts)), now=100.0)


# ------------------------------------------------------------------------------ what is kept


def test_a_note_comes_back_as_it_was_given(store: Store) -> None:
    note = Note(
        text="Der Termin ist um 9 — 好的",
        kind="fact",
        importance=7.5,
        context="Wann?",
        origin="tool",
        run="r1",
        step="s2",
        tool="mail",
        evidence=("a", "b"),
        depth=2,
        subject="meeting",
        attribute="time",
        created=50.0,
        valid_from=40.0,
        valid_to=60.0,
        scope="work",
        untrusted=True,
        meta={"page": 3, "path": "ä.pdf"},
    )
    kept = store.add([note], vectors(1), now=100.0)[0]
    assert {name: getattr(kept, name) for name in note.__dataclass_fields__} == vars(note)
    assert store.one(kept.id) == kept
    assert (kept.last_access, kept.uses, kept.status) == (50.0, 0, "active")


def test_an_exact_repetition_refreshes_the_record(store: Store) -> None:
    first = add(store, "the door is open", importance=2)[0]
    again = add(store, "  the door\nis open ", "the door is open", importance=6)
    assert {r.id for r in again} == {first.id} and len(store) == 1
    assert (again[0].uses, again[0].importance) == (2, 6)


def test_repetitions_differ_by_kind_and_scope(store: Store) -> None:
    add(store, "same words")
    add(store, "same words", kind="plan")
    add(store, "same words", scope="other")
    assert len(store) == 3


def test_a_row_is_never_used_again(store: Store) -> None:
    row = add(store, "one")[0].row
    store.forget([store.of_rows([row])[row].id], "asked")
    assert add(store, "two")[0].row > row


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(SetupError, match="shape"):
        store.add([Note(text="a"), Note(text="b")], vectors(3))
    assert len(store) == 0 and store.problems() == []


def test_records_are_filtered_and_ordered(store: Store) -> None:
    add(store, "a", "b", "c")
    add(store, "d", kind="fact", subject="Rex", scope="s2")
    texts = lambda **f: [r.text for r in store.records(Filter(**f))]  # noqa: E731
    assert texts(kinds=["fact"]) == texts(scopes=["s2"]) == texts(subject="Rex") == ["d"]
    assert [r.text for r in store.records(newest=True, limit=2)] == ["d", "c"]


# -------------------------------------------------------------------------------- shared words


def test_a_word_that_few_hold_scores_higher(store: Store) -> None:
    rows = [r.row for r in add(store, "the red boat", "the red car", "the red bike")]
    found = store.lexical("red boat")
    assert max(found, key=found.__getitem__) == rows[0] and set(found) == set(rows)
    assert min(found.values()) > 0


def test_words_are_found_after_each_kind_of_change(store: Store) -> None:
    one, two = add(store, "an apple", "a pear")
    assert set(store.lexical("apple")) == {one.row}
    three = add(store, "another apple")[0]
    assert set(store.lexical("apple")) == {one.row, three.row}
    store.edit(two.id, "an apple tart", vectors(1)[0])
    assert set(store.lexical("apple")) == {one.row, two.row, three.row}
    assert store.lexical("pear") == {}
    store.forget([one.id], "asked")
    assert set(store.lexical("apple")) == {two.row, three.row}


def test_words_that_another_connection_wrote_are_found(store: Store) -> None:
    add(store, "an apple")
    store.lexical("apple")
    other = opened(store.path)
    row = add(other, "an apple pie")[0].row
    other.close()
    assert row in store.lexical("apple")


def test_cached_postings_score_as_fresh_ones_do(store: Store) -> None:
    for n in range(30):
        add(store, f"apple number {n} and pear {n % 3}", context="fruit basket of apples")
        store.lexical("apple pear fruit")
    fresh = Store(store.path)
    assert store.lexical("apple pear fruit") == pytest.approx(fresh.lexical("apple pear fruit"))
    fresh.close()


def test_chinese_is_found_by_pairs_of_characters(store: Store) -> None:
    row = add(store, "我喜欢喝绿茶", "今天下雨")[0].row
    assert set(store.lexical("绿茶")) == {row}


@pytest.mark.parametrize("query", ['"', "a OR", "NEAR(", "*", "text:x", "'; DROP TABLE records"])
def test_a_query_is_words_and_never_syntax(store: Store, query: str) -> None:
    add(store, "plain text")
    store.lexical(query)
    assert len(store) == 1


# ------------------------------------------------------------------------------------- changes


def test_another_connection_sees_what_has_changed(store: Store) -> None:
    one, two = add(store, "one", "two")
    mark = store.mark()
    other = opened(store.path)
    three = add(other, "three")[0]
    other.touch([one.row], 200.0)
    other.set_importance({two.id: 9})
    other.set_status(two.id, "retracted")
    other.close()
    news = store.changes_since(mark)
    assert news.changed == {one.row: {"touch"}, two.row: {"weigh", "status"}}
    assert (news.since.row, news.mark.row) == (two.row, three.row) and not news.lost
    assert store.changes_since(news.mark).changed == {}


def test_a_log_that_does_not_go_back_far_enough_says_so(store: Store) -> None:
    row = add(store, "one")[0].row
    mark = store.mark()
    with store.writing():
        for _ in range(12_000):
            store.log([row], "touch")
    assert store.changes_since(mark).lost
    assert not store.changes_since(Mark()).lost


def test_a_touch_is_kept_and_never_goes_back(store: Store) -> None:
    record = add(store, "one")[0]
    store.touch([record.row], 300.0)
    store.touch([record.row], 200.0)
    found = store.one(record.id)
    assert (found.last_access, found.uses) == (300.0, 2)


def test_a_touch_that_waits_is_read_at_once_and_written_soon(store: Store) -> None:
    one, two = add(store, "one", "two")
    other = opened(store.path)
    store.touch_soon([one.row], 300.0)
    store.touch_soon([one.row, two.row], 200.0)
    assert [(r.last_access, r.uses) for r in store.get([one.id, two.id])] == [(300, 2), (200, 1)]
    assert [r.last_access for r in store.records()] == [300.0, 200.0]
    assert [block.last_access for block in store.entries()] == [[300.0, 200.0]]
    store.settle()
    assert [(r.last_access, r.uses) for r in other.get([one.id, two.id])] == [(300, 2), (200, 1)]
    assert list(store.records()) == list(other.records())
    other.close()


def test_what_waits_is_written_without_being_asked(store: Store) -> None:
    record = add(store, "one")[0]
    other = opened(store.path)
    store.touch_soon([record.row], 300.0)
    for thread in threading.enumerate():
        if thread.name == "touches":
            thread.join(timeout=30)
    assert other.one(record.id).uses == store.one(record.id).uses == 1
    other.close()


def test_what_waits_is_written_when_a_program_ends_without_closing(tmp_path: Path) -> None:
    program = (
        "import sys; from cogitate.memory.storage.store import Store\n"
        "store = Store(sys.argv[1]); store.touch_soon([1], 300.0)"
    )
    store = opened(tmp_path / "memory.db")
    record = add(store, "one")[0]
    subprocess.run([sys.executable, "-c", program, str(store.path)], check=True, timeout=60)
    assert store.one(record.id).uses == 1
    store.close()


def test_followers_are_not_told_of_touches_that_they_know(store: Store) -> None:
    one, two = add(store, "one", "two")
    mark = store.mark()
    for now in (200.0, 300.0):
        store.touch_soon([one.row], now)
        store.settle()
    assert store.changes_since(mark).changed == {}
    store.touch([two.row], 400.0)
    store.touch_soon([one.row], 500.0)
    store.settle()
    assert two.row in store.changes_since(mark).changed


def test_touches_that_cannot_be_written_wait(store: Store) -> None:
    record = add(store, "one")[0]
    with store.reading() as sql:
        sql.execute("PRAGMA query_only = 1")
    store.touch_soon([record.row], 300.0)
    with pytest.raises(CogitateError):
        store.settle()
    assert store.one(record.id).uses == 1
    with store.reading() as sql:
        sql.execute("PRAGMA query_only = 0")
    store.settle()
    with Store(store.path).reading() as sql:
        assert sql.execute("SELECT uses FROM access").fetchall() == [(1,)]


# ------------------------------------------------------------------------------------ forgetting


def test_forgetting_leaves_no_byte_of_the_text(store: Store) -> None:
    gone = add(store, "the password is zanzibar", context="asked in quagmire", subject="kumquat")[0]
    add(store, *(f"filler {n}" for n in range(50)))
    store.forget([gone.id], "asked by the person")
    held = b"".join(p.read_bytes() for p in store.path.parent.iterdir())
    assert [word for word in (b"zanzibar", b"quagmire", b"kumquat") if word in held] == []
    assert store.get([gone.id]) == [] and store.problems() == []
    assert [stone[:3] for stone in store.tombstones()] == [
        (gone.id, "observation", "asked by the person")
    ]


def test_what_was_drawn_only_from_forgotten_records_is_retracted(store: Store) -> None:
    one, two = add(store, "one", "two")
    alone = add(store, "from one", kind="reflection", evidence=(one.id,))[0]
    both = add(store, "from both", kind="reflection", evidence=(one.id, two.id))[0]
    done = store.forget([one.id], "asked")
    assert (done.ids, done.derived, done.retracted) == ((one.id,), (both.id,), (alone.id,))
    assert store.one(alone.id).status == "retracted" and store.one(both.id).status == "active"
    assert store.forget([two.id], "asked").retracted == (both.id,)


def test_forgetting_twice_and_what_never_was_is_nothing(store: Store) -> None:
    record = add(store, "one")[0]
    store.forget([record.id], "asked")
    assert store.forget([record.id, "0" * 16], "again").ids == ()
    assert len(store.tombstones()) == 1


# ------------------------------------------------------------------- threads, processes, crashes


def test_threads_may_write_at_once(store: Store) -> None:
    def work(tag: int) -> None:
        for n in range(50):
            add(store, f"thread {tag} event {n}")
            store.lexical("event")

    threads = [threading.Thread(target=work, args=(tag,)) for tag in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(store) == 200 and store.problems() == []


def test_many_may_open_a_memory_that_is_not_there_yet_at_once(tmp_path: Path) -> None:
    opening = threading.Barrier(8)
    failures: list[Exception] = []

    def work(path: Path) -> None:
        opening.wait()
        try:
            Store(path).close()
        except Exception as error:  # noqa: BLE001 - what any thread met is looked at below
            failures.append(error)

    for n in range(40):
        path = tmp_path / f"{n}.db"
        threads = [threading.Thread(target=work, args=(path,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert failures == []


def test_two_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    assert together(tmp_path / "both.db", 400) == (800, 800)
    assert problems(tmp_path / "both.db") == []


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    outcome = crash(tmp_path / "killed.db", kills=12)
    assert (outcome.kills, outcome.lost, outcome.problems) == (12, 0, 0)
    assert outcome.acknowledged > 12


# -------------------------------------------------------------------------------- clear errors


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.write_text("just some text, long enough to be looked at as a header of a database file")
    with pytest.raises(SetupError, match="is not a memory"):
        Store(path)


def test_a_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE contacts (name TEXT)")
    other.close()
    with pytest.raises(SetupError, match="of another program"):
        Store(path)


def test_a_newer_schema(store: Store) -> None:
    with store.writing() as sql:
        sql.execute("PRAGMA user_version = 99")
    with pytest.raises(SetupError, match=r"schema 99.*upgrade cogitate"):
        Store(store.path)


def test_a_damaged_file(tmp_path: Path) -> None:
    store = opened(tmp_path / "memory.db")
    add(store, *(f"event number {n} of a long day" for n in range(400)))
    with store.reading() as sql:
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    data = bytearray(store.path.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 : page * 4096 + 400] = b"\xff" * 400
    store.path.write_bytes(data)
    with pytest.raises(SetupError, match=r"is damaged.*import your last export"):
        list(Store(store.path).records())


@pytest.mark.parametrize("change", ["text = CAST(x'ff41ff' AS TEXT)", "evidence = '[x'"])
def test_a_row_that_cannot_be_read_is_a_damaged_file(store: Store, change: str) -> None:
    add(store, "the tide is high", "the oven is cold")
    with store.writing() as sql:
        sql.execute(f"UPDATE records SET {change} WHERE row = 1")
    with pytest.raises(SetupError, match=r"is damaged.*import your last export") as caught:
        list(Store(store.path).records())
    assert "\n" not in str(caught.value)


def test_a_folder_without_rights() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o555)
        with warnings.catch_warnings():  # later Pythons warn of forks beside threads
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:  # root may write anywhere, so a nobody tries it
            code = 2
            try:
                if os.getuid() == 0:
                    os.setuid(65534)
                Store(folder / "memory.db")
            except SetupError as error:
                code = 0 if "cannot write" in str(error) else 1
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_path_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SetupError, match="cannot write"):
        Store(tmp_path / "file" / "memory.db")


def test_a_full_disk(store: Store) -> None:
    with store.reading() as sql:
        pages = sql.execute("PRAGMA page_count").fetchone()[0]
        sql.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UnavailableError, match=r"disk .* is full"):
        for n in range(100):
            add(store, *(f"{n} event {m} " + "long " * 50 for m in range(20)))
    with store.reading() as sql:
        sql.execute("PRAGMA max_page_count = 1000000")
    assert store.problems() == []


def test_vectors_of_two_embedders_never_mix(store: Store) -> None:
    store.use_embedder("other", 8)  # still empty: nothing to lose
    store.use_embedder("numbers", 4)
    add(store, "one")
    with pytest.raises(EmbedderMismatch, match=r"'numbers' \(4.*'other' gives 8.*memory rebuild"):
        store.use_embedder("other", 8)


def test_unknown_durability_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="durability 'never'"):
        Store(tmp_path / "m.db", "never")


def test_full_durability_is_set(tmp_path: Path) -> None:
    store = Store(tmp_path / "m.db", "full")
    with store.reading() as sql:
        assert sql.execute("PRAGMA synchronous").fetchone()[0] == 2
    store.close()
