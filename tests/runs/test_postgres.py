"""A journal in a real PostgreSQL server, which the test starts and stops."""

import glob
import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from cogitate import Limits
from cogitate.agents.running import Going, result_of
from cogitate.errors import SetupError, UnavailableError
from cogitate.runs.record import JOURNAL, kept, open_rows
from cogitate.runs.store import RunStore

pytest.importorskip("psycopg")


def program(name):
    """Return where a program of the server is."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return found[-1] if found else shutil.which(name)


@pytest.fixture(scope="module")
def database():
    """Return the URL of a database on a server of our own."""
    if program("initdb") is None or program("pg_ctl") is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    # Below pytest's own folder another session of pytest would take the server's rights away.
    with tempfile.TemporaryDirectory() as folder:
        yield from served(Path(folder))


def served(place):
    """Give the URL of a database below a folder, and stop its server afterwards."""
    data, who = place / "data", []
    if os.geteuid() == 0:  # the server refuses to run as root
        who = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chown(place, 65534, 65534)
    run = {"check": True, "capture_output": True, "cwd": place, "timeout": 60}
    try:
        subprocess.run([*who, program("initdb"), "-D", data, "-U", "me", "-A", "trust"], **run)
        options = f"-k {place} -c listen_addresses= -c fsync=off"
        start = [*who, program("pg_ctl"), "-D", data, "-o", options, "-l", place / "log", "-w"]
        subprocess.run([*start, "start"], **{**run, "capture_output": False})
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        pytest.skip(f"the server does not start here: {getattr(error, 'stderr', error)}")
    yield f"postgresql://me@/postgres?host={place}"
    subprocess.run([*who, program("pg_ctl"), "-D", data, "-m", "fast", "stop"], **run)


@pytest.fixture
def journal(database, monkeypatch):
    """Keep the journals of this test in the database."""
    monkeypatch.setenv("COGITATE_JOURNAL", database)
    return database


async def test_a_run_goes_on_replays_and_forks_from_a_database(journal, faults):
    made = faults.make()
    short = replace(made, limits=Limits(steps=3, tool_calls=30))
    ended = await result_of(short.stream(faults.GOAL, run_id="r"))
    assert ended.stopped == "steps"
    assert not (RunStore().root / "r" / JOURNAL).exists()
    done = await short.aresume("r", limits=Limits(steps=30, tool_calls=30))
    assert done.answer == faults.ANSWER
    replayed = await result_of(short.going(Going(run="r", mode="replay")))
    assert replayed.answer == faults.ANSWER
    forked = await result_of(short.going(Going(run="r", mode="fork", at=2, run_id="f")))
    assert forked.answer == faults.ANSWER
    assert kept(RunStore().root / "f").accepted.goal == faults.GOAL


async def test_a_run_in_a_database_belongs_to_one_process_at_a_time(journal, faults):
    await result_of(faults.make().stream(faults.GOAL, run_id="one"))
    folder = RunStore().root / "one"
    rows = open_rows(folder)
    with pytest.raises(SetupError, match="another process"):
        open_rows(folder)
    rows.close()
    open_rows(folder).close()


def test_a_changed_row_in_a_database_is_refused(journal, faults):
    import psycopg

    faults.make().run(faults.GOAL)
    run = RunStore().find("last")
    with psycopg.connect(journal, autocommit=True) as base:
        base.execute("update cogitate_rows set turn = 7 where run = %s and seq = 3", (run,))
    with pytest.raises(SetupError, match=r"row 3 .* was changed"):
        kept(RunStore().root / run)


def test_a_database_that_is_not_there_is_said_in_one_line(monkeypatch, tmp_path, faults):
    monkeypatch.setenv("COGITATE_JOURNAL", f"postgresql://me@/x?host={tmp_path}")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        faults.make().run(faults.GOAL)
