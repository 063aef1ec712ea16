import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cogitate.errors import SetupError
from cogitate.runs.events import Event, Noted, RunEnded, RunStarted
from cogitate.runs.store import RunStore, new_id
from cogitate.values import Result


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def keep(store: RunStore, run_id: str, *, ended: bool = True, at: float = 100.0) -> Path:
    with store.create(run_id) as folder:
        folder.append(RunStarted(at=at, run_id=run_id, goal=f"goal of {run_id}"))
        if ended:
            result = Result(run_id=run_id, answer="7", stopped="answered", seconds=3.5)
            folder.append(RunEnded(at=at + 4, result=result))
        return folder.events_path


def test_events_come_back_in_order(store: RunStore) -> None:
    written = [Noted(at=float(i), text=f"第 {i} 步\nline two") for i in range(5)]
    with store.create("a") as folder:
        for event in written:
            folder.append(event)
    assert list(store.events("a")) == written


def test_an_event_can_be_read_as_soon_as_it_was_appended(store: RunStore) -> None:
    with store.create("a") as folder:
        folder.append(Noted(text="now"))
        assert list(store.events("a")) == [Noted(text="now")]


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_last_line_is_left_out(store: RunStore, cut: int) -> None:
    path = keep(store, "a")
    whole = list(store.events("a"))
    line = Noted(text="写到一半就被中断了").as_json().encode()
    path.write_bytes(path.read_bytes() + line[:-cut])
    assert list(store.events("a")) == whole
    assert store.row("a").stopped == "answered"


def test_a_line_with_one_bit_changed_is_never_another_event(store: RunStore) -> None:
    path = keep(store, "a")
    whole, data = list(store.events("a")), path.read_bytes()
    for at in range(8 * len(data)):
        spoiled = bytearray(data)
        spoiled[at // 8] ^= 1 << at % 8
        path.write_bytes(bytes(spoiled))
        left = [event for event in store.events("a") if not isinstance(event, Noted)]
        assert all(event in whole for event in left), (at, left)
        assert len(left) <= len(whole)
        assert store.row("a").stopped in ("answered", "unfinished")


def test_a_line_without_a_checksum_is_of_an_earlier_version(store: RunStore) -> None:
    path = keep(store, "a", ended=False)
    path.write_text(path.read_text() + Noted(text="before").as_json() + "\n")
    assert list(store.events("a"))[1] == Noted(text="before")


def test_writing_on_after_a_torn_line_loses_that_line_only(store: RunStore) -> None:
    from cogitate.runs.store import RunFolder

    path = keep(store, "a", ended=False)
    path.write_bytes(path.read_bytes() + b'{"kind": "Noted", "te')
    with RunFolder(path.parent) as folder:
        folder.append(Noted(text="after"))
    kinds = list(store.events("a"))
    assert isinstance(kinds[0], RunStarted)
    assert isinstance(kinds[1], Noted) and "line 2" in kinds[1].text
    assert kinds[2] == Noted(text="after")


def test_no_line_that_was_appended_is_lost_when_the_process_is_killed(store: RunStore) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from cogitate.runs.store import RunStore\n"
        "from cogitate.runs.events import Noted\n"
        "folder = RunStore(Path(sys.argv[1])).create('a')\n"
        "for n in range(10**9):\n"
        "    folder.append(Noted(text=str(n))); print(n, flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(store.root)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = 0
    for line in child.stdout:
        said = int(line)
        if said == 50:
            assert store.row("a").stopped == "running"
            break
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().split()
    child.stdout.close()
    child.wait()
    told = int(rest[-1]) if rest else said
    texts = [event.text for event in store.events("a") if isinstance(event, Noted)]
    assert texts[: told + 1] == [str(n) for n in range(told + 1)]
    assert store.row("a").stopped == "unfinished"


def test_events_of_many_threads_are_whole_lines(store: RunStore) -> None:
    with store.create("a") as folder:

        def write(number: int) -> None:
            for _ in range(50):
                folder.append(Noted(text=f"{number}" * 3000))

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = list(store.events("a"))
    assert len(found) == 200
    assert all(isinstance(e, Noted) and len(e.text) == 3000 for e in found)


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    for name in ("20260101-000000-aaaa", "20260301-000000-bbbb", "20260201-000000-cccc"):
        keep(store, name)
    assert [row.run_id[-4:] for row in store.list()] == ["bbbb", "cccc", "aaaa"]
    assert [row.run_id[-4:] for row in store.list(1)] == ["bbbb"]


def test_a_row_tells_goal_stop_seconds_and_start(store: RunStore) -> None:
    keep(store, "a", at=1000.0)
    row = store.row("a")
    assert (row.goal, row.stopped, row.seconds, row.when) == ("goal of a", "answered", 3.5, 1000.0)


def test_a_row_is_right_when_the_last_event_is_longer_than_a_block(store: RunStore) -> None:
    result = Result(run_id="a", answer="长" * 100_000, stopped="steps", seconds=1.0)
    with store.create("a") as folder:
        folder.append(RunStarted(at=1.0, run_id="a", goal="g"))
        folder.append(RunEnded(at=2.0, result=result))
    assert store.row("a").stopped == "steps"


def test_a_run_is_running_while_it_is_open_and_unfinished_after(store: RunStore) -> None:
    folder = store.create("a")
    folder.append(RunStarted(at=1.0, run_id="a", goal="g"))
    assert store.row("a").stopped == "running"
    folder.close()
    assert store.row("a").stopped == "unfinished"


def test_an_empty_events_file_is_an_unfinished_run(store: RunStore) -> None:
    store.create("a").close()
    assert [row.stopped for row in store.list()] == ["unfinished"]
    assert list(store.events("a")) == []


def test_a_run_has_a_workspace(store: RunStore) -> None:
    with store.create("a") as folder:
        assert folder.workspace.is_dir()
        assert folder.workspace == store.root / "a" / "files"


def test_new_ids_differ_and_sort_by_time() -> None:
    assert len({new_id() for _ in range(20)}) > 15
    assert new_id()[:15] <= new_id()[:15]


def test_a_run_is_found_by_its_id_its_start_and_last(store: RunStore) -> None:
    keep(store, "20260101-000000-aaaa")
    keep(store, "20260301-000000-bbbb")
    assert store.find("20260101-000000-aaaa") == "20260101-000000-aaaa"
    assert store.find("202601") == "20260101-000000-aaaa"
    assert store.find("last") == "20260301-000000-bbbb"


def test_an_id_that_is_the_start_of_another_is_found(store: RunStore) -> None:
    keep(store, "a")
    keep(store, "ab")
    assert store.find("a") == "a"


def test_an_unknown_run_is_an_error_that_names_the_closest(store: RunStore) -> None:
    keep(store, "20260101-000000-aaaa")
    with pytest.raises(SetupError, match=r"no run '20260101-000000-aaab'.*20260101-000000-aaaa"):
        store.find("20260101-000000-aaab")


def test_an_ambiguous_start_is_an_error(store: RunStore) -> None:
    keep(store, "20260101-000000-aaaa")
    keep(store, "20260101-000001-bbbb")
    with pytest.raises(SetupError, match="may mean any of"):
        store.find("2026")


def test_nothing_is_found_where_no_run_was(store: RunStore) -> None:
    assert store.list() == []
    with pytest.raises(SetupError, match="no runs"):
        store.find("last")
    assert not store.root.exists()


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".", "a" * 101, "a\n"])
def test_an_id_that_is_no_plain_name_is_refused(store: RunStore, name: str) -> None:
    with pytest.raises(SetupError, match="cannot be a run's id"):
        store.create(name)


def test_an_id_is_taken_only_once(store: RunStore) -> None:
    keep(store, "a")
    with pytest.raises(SetupError, match="already"):
        store.create("a")


def test_a_store_that_cannot_be_written_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupError, match="COGITATE_HOME"):
        RunStore(tmp_path / "file" / "runs").create("a")
    with pytest.raises(SetupError, match="COGITATE_HOME"):
        RunStore(tmp_path / "file").create("a")


def test_a_full_disk_is_a_setup_error(store: RunStore) -> None:
    with store.create("a") as folder:
        folder._file.close()
        folder._file = open("/dev/full", "ab", buffering=0)  # noqa: SIM115
        with pytest.raises(SetupError, match="No space left"):
            folder.append(Noted(text="x"))


def test_an_event_of_another_version_is_shown_not_fatal(store: RunStore) -> None:
    path = keep(store, "a")
    first, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b'{"kind": "FromTheFuture"}\n' + last)
    found: list[Event] = list(store.events("a"))
    assert [event.kind for event in found] == ["RunStarted", "Noted", "RunEnded"]
