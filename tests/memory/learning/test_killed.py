"""A reflection whose process is killed goes on later: nothing is lost, nothing comes twice."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cogitate.memory.records import Note
from cogitate.memory.stream import MemoryStream

REFLECTOR = Path(__file__).with_name("reflector.py")
EVENTS = [
    "Klaus wrote his thesis all night.",
    "Klaus skipped lunch for the thesis.",
    "Maria lent Klaus her bicycle.",
    "Klaus rode the bicycle to the library.",
]


async def _happened(db: Path) -> None:
    async with MemoryStream(db, embeddings="hashed") as stream:
        await stream.remember_many([Note(text=text, importance=6) for text in EVENTS])


async def _held(db: Path) -> tuple[list[str], list[str], list[str]]:
    async with MemoryStream(db, embeddings="hashed") as stream:
        reflections = [record.text for record in await stream.list(["reflection"])]
        others = [record.text for record in await stream.list(["observation"])]
        return sorted(reflections), sorted(others), stream.store.problems()


def _reflect(db: Path, kill_after: int | None) -> bool:
    """Return whether the reflection ended by itself; else it was killed after so many questions."""
    with subprocess.Popen(
        [sys.executable, str(REFLECTOR), str(db)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for count, _ in enumerate(process.stdout, 1):
            if count == kill_after:
                process.send_signal(signal.SIGKILL)
        code = process.wait()
    assert code in (0, -signal.SIGKILL)
    return code == 0


@pytest.mark.parametrize("kill_after", [2, 4])
def test_a_killed_reflection_goes_on_and_ends_as_one_that_was_not(tmp_path, kill_after) -> None:
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    for db in (whole, killed):
        asyncio.run(_happened(db))
    assert _reflect(whole, None)
    kills = 0
    while not _reflect(killed, kill_after) and kills < 8:
        kills += 1
        assert asyncio.run(_held(killed))[2] == []
    assert _reflect(killed, None)
    expected = asyncio.run(_held(whole))
    assert expected[0]  # there was something to conclude
    assert asyncio.run(_held(killed)) == expected
    assert kills >= 1
